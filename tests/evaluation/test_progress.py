"""What a person is told while episodes are played."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from instruct2act.evaluation import progress
from instruct2act.evaluation.progress import Progress
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec

Made = Callable[..., EpisodeRecord]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def _specs(tasks: dict[str, int]) -> list[EpisodeSpec]:
    return [EpisodeSpec(task=task, seed=seed) for task, count in tasks.items() for seed in range(count)]


def test_rate_time_left_and_success(clock: list[float], made: Made) -> None:
    told = Progress(_specs({"rotate": 400}), quiet=True)
    clock[0] += 60.0  # models are loaded: no part of the rate
    for seed in range(40):
        clock[0] += 0.5
        told.hear(made(seed, success=seed % 4 != 0, seconds={"total": 0.5}))
    assert told.line() == "40 of 400   2.00/s   3 min left   success 75.0%"
    told.hear(made(40, status="infrastructure", success=None))
    assert told.line().endswith("success 75.0%   1 not played to an end")


def test_success_by_task_runs_along(made: Made) -> None:
    told = Progress(_specs({"rotate": 4, "rearrange": 2}), quiet=True)
    for seed in range(4):
        told.hear(made(seed, success=seed > 0))
    out = io.StringIO()
    Console(file=out, width=100).print(told._table())
    rows = {line.split()[0]: line.split()[1:] for line in out.getvalue().splitlines() if line.startswith("r")}
    assert rows["rotate"][:3] == ["L1", "4/4", "75.0%"]
    assert rows["rearrange"] == ["L1", "0/2"]


def test_lines_come_now_and_then_where_there_is_no_terminal(
    clock: list[float], made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(_specs({"rotate": 100})) as told:
        for seed in range(10):
            clock[0] += 7.0
            told.hear(made(seed))
    said = capsys.readouterr().err.splitlines()
    assert [line.split("   ")[0] for line in said] == ["5 of 100", "10 of 100"]
    with Progress(_specs({"rotate": 100}), quiet=True) as told:
        clock[0] += 100.0
        told.hear(made(0))
    assert capsys.readouterr().err == ""
