"""What every training shares: how long it goes on, what it tells, when it keeps what it has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from instruct2act.training.loop import Budget, finished, mixed, until_spent


def test_a_training_tells_the_means_since_the_last_time_and_keeps_at_the_end() -> None:
    budget = Budget(steps=45, done=13)
    told: list[Mapping[str, float]] = []
    kept: list[int] = []

    def step() -> dict[str, float]:
        budget.done += 1
        return {"loss": float(budget.done)}

    until_spent(budget, step, lambda: kept.append(budget.done), 1e9, told.append)
    assert [(each["step"], each["loss"]) for each in told] == [(20, 17.0), (40, 30.5)]
    assert kept == [45] and told[-1]["spent"] == pytest.approx(40 / 45)
    until_spent(budget, step, lambda: kept.append(-1), 1e9, told.append)
    assert kept == [45, -1] and budget.done == 45, "a budget that is spent takes no step more"


def test_checkpoints_are_kept_in_between() -> None:
    budget = Budget(steps=6)
    kept: list[int] = []

    def step() -> dict[str, float]:
        budget.done += 1
        budget.before_s += 10.0  # as if it had taken so long
        return {"loss": 0.0}

    until_spent(budget, step, lambda: kept.append(budget.done), 15.0, lambda _: None)
    assert kept == [2, 4, 6, 6]


def test_bfloat16_is_for_processors_that_compute_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for has, able in (
        ({"avx512_f": True}, False),
        ({"avx512_f": True, "amx_bf16": True}, True),
        ({"bf16": True}, True),
    ):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: has)
        with mixed("cpu"):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == (torch.bfloat16 if able else torch.float32)


def test_what_is_not_finished_says_which_command_makes_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no checkpoint in .*; `instruct2act train affinity` makes one"):
        finished(tmp_path / "checkpoint.pt", "affinity")
