"""What stops an arm behind a bridge is measured, and none of it is said before it happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruct2act.bench import bridge, faults, links


@pytest.mark.slow
def test_stops_and_kills_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    links.stops(2, "websockets")
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip().endswith(" 2")]
    assert len(rows) == 3
    called, confirmed, killed = ([float(word) for word in row[-3:-1]] for row in rows)
    assert all(0 <= median <= worst for median, worst in (called, confirmed, killed))
    assert killed[0] > 200, "nobody asks it to stop: its watchdog waits for half a second of silence"


@pytest.mark.slow
def test_faults_are_told_with_what_became_of_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = {"result: never", "pictures: stale", "nothing was grasped"}
    given = [one for one in faults.cases() if one[0] in some]
    monkeypatch.setattr(faults, "cases", lambda: iter(given))
    faults.faults("websockets")
    rows = {line[:38].strip(): line[38:].split() for line in capsys.readouterr().out.splitlines()}
    assert rows["result: never"][0] == "unknown" and rows["result: never"][-3:] == ["FAULT", "yes", "yes"]
    assert rows["pictures: stale"][0] == "done" and rows["pictures: stale"][2:4] == ["no", "picture"]
    assert rows["nothing was grasped"][0] == "missed" and rows["nothing was grasped"][-3:] == ["READY", "yes", "yes"]


def test_lines_of_code_are_those_that_do_something(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(
        '"""Doc.\n\nMore.\n"""\n\n# why\nx = (\n    1,\n)\n\ndef f():\n    "doc"\n    return """a\nb"""\n', "utf-8"
    )
    assert faults.code(file) == 6


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
