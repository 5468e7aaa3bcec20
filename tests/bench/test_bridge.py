"""What stops an arm behind a bridge is measured, and none of it is said before it happened."""

from __future__ import annotations

import pytest

from instruct2act.bench import bridge, links


@pytest.mark.slow
def test_stops_and_kills_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    links.stops(2, "websockets")
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip().endswith(" 2")]
    assert len(rows) == 3
    called, confirmed, killed = ([float(word) for word in row[-3:-1]] for row in rows)
    assert all(0 <= median <= worst for median, worst in (called, confirmed, killed))
    assert killed[0] > 200, "nobody asks it to stop: its watchdog waits for half a second of silence"


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_a_task_is_played_both_ways(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real = bridge.suites.load

    def one(name: str, changes: dict[str, object]) -> bridge.suites.Suite:
        return real(name, {**changes, "tasks": ("visual_manipulation",)})

    monkeypatch.setattr(bridge.suites, "load", one)
    bridge.tasks(1, "oracle", "websockets", 3)
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("visual_manipulation"))
    assert row.split()[1:5] == ["1", "100.0%", "100.0%", "100%"]
