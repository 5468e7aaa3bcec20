"""`instruct2act sandbox probe`: what it prints, and that it is loud."""

from __future__ import annotations

import json
import os

import pytest

from instruct2act.sandbox import command
from instruct2act.sandbox.probe import battery
from instruct2act.sandbox.probe.attack import Attack, dies, gives, raw
from instruct2act.sandbox.probe.attacks import CLASSES, attacks
from instruct2act.sandbox.probe.world import VARIABLE

pytestmark = pytest.mark.needs("jail")

FEW = {
    "values": [gives("harmless", "return None"), dies("bad_call", "RobotExecution({1, 2})", "BadCall")],
    "endless": [dies("loop", "while True: pass", "TimeLimit")],
    "raw": [raw("fork", "[attempt(lambda: os.fork())]")],
}
ESCAPED = [dies("escaped", "return ['\\x1b[31m', open]", "TimeLimit"), gives("other", "return 3", 4)]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Attack]]:
    chosen = {kind: list(found) for kind, found in FEW.items()}
    monkeypatch.setattr(battery, "those", lambda kind, backend: chosen.get(kind, []))
    return chosen


@pytest.mark.slow
def test_it_says_what_contained_each(few: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.play(json_line=True) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["backend"].split()[0] for line in lines] == ["monty", "cpython"]
    assert all(line["attacks"] == line["contained"] == 4 for line in lines)
    assert [line["classes"]["values"]["by"] for line in lines] == [
        {"language": 1, "gateway": 1},
        {"process": 1, "gateway": 1},
    ]
    assert all(line["classes"]["endless"]["by"] == {"time": 1} for line in lines)
    assert all(line["classes"]["raw"]["by"] == {"seccomp": 1} for line in lines)
    assert VARIABLE not in os.environ or "canary" in os.environ[VARIABLE]


def test_what_gets_out_is_loud(few: dict[str, list[Attack]], capsys: pytest.CaptureFixture[str]) -> None:
    few["values"] += ESCAPED
    assert command.play(json_line=False) == 1
    said = capsys.readouterr().out
    assert said.count("NOT CONTAINED values/escaped") == said.count("NOT CONTAINED values/other") == 2
    assert said.count("4 of 6 contained") == 2 and "\x1b[31m" not in said


def test_the_battery_is_as_large_as_it_is_said_to_be() -> None:
    for kind in CLASSES:
        names = [attack.name for attack in attacks(kind)]
        assert len(names) == len(set(names)) > 10, kind
    for backend in battery.BACKENDS:
        assert sum(len(battery.those(kind, backend)) for kind in CLASSES) >= 115
