"""Every hostile program comes away with nothing, ends, and leaves the host and the next episode as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from contained import World

from instruct2act.sandbox import Gateway
from instruct2act.sandbox.probe import trial
from instruct2act.sandbox.probe.attack import ANYTHING, Attack, End, dies, gives, raw
from instruct2act.sandbox.probe.attacks import CLASSES
from instruct2act.sandbox.probe.bare import X86
from instruct2act.sandbox.probe.battery import BACKENDS, those

pytestmark = pytest.mark.needs("jail")

# In the interpreter that is not the default, all but one of each class are the slow tier's.
ATTACKS = [
    pytest.param(
        backend,
        attack,
        id=f"{backend}-{kind}-{attack.name}",
        marks=[pytest.mark.slow] * (backend != "monty" and place > 0),
    )
    for backend in BACKENDS
    for kind in CLASSES
    for place, attack in enumerate(those(kind, backend))
]


@pytest.fixture
def bait(tmp_path: Path) -> Path:
    folder = tmp_path / "bait"
    folder.mkdir()
    return folder / "secret.txt"


def of(backend: str, gateway: Gateway, second: Gateway) -> Gateway:
    return gateway if backend == "monty" else second


@pytest.mark.parametrize("backend, attack", ATTACKS)
def test_hostile_program(backend: str, attack: Attack, gateway: Gateway, second: Gateway, bait: Path) -> None:
    verdict = trial.play(attack, of(backend, gateway, second), bait)
    assert not verdict.amiss
    assert verdict.by


@pytest.mark.slow
@pytest.mark.parametrize("backend, attack", [entry for entry in ATTACKS if not entry.values[1].raw])
def test_hostile_program_through_the_front_door(
    backend: str, attack: Attack, gateway: Gateway, second: Gateway, world: World
) -> None:
    execution = world.run(of(backend, gateway, second), attack.source, check=True)
    assert not trial.ends_within_its_limits(execution)
    assert not trial.learns_nothing(execution, world)
    assert not world.moved
    if execution.status == "refused":
        assert not execution.calls and not world.stopped and not world.held


# --- the judge itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attack, said",
    [
        (Attack("leak", "return 'canary-' + '7f3a91'", End(gives=ANYTHING), End(gives=ANYTHING)), "secret"),
        (dies("no_error", "return 1", "TimeLimit"), "came away with 1"),
        (dies("other_error", "1 / 0", "TimeLimit"), "ZeroDivisionError"),
        (gives("other_value", "return 2", 1), "came away with 2"),
        (gives("motion", "RobotExecution(PickPlace([0.5, 0.0], [0.4, 0.0]))\nreturn None"), "robot moved"),
        (raw("allowed", "[attempt(lambda: 1)]"), "['done', '1']"),
        (raw("one_of_two", "[call(number['bpf'], 0), call(number['mmap'], 0, 4096, 1, 0x22, -1, 0)]"), "answered"),
        (raw("lives_on", "[call(number['bpf'], 0)]", kills=True), ""),
        (raw("nothing", "[]"), "attempted nothing"),
    ],
    ids=lambda value: value.name if isinstance(value, Attack) else "",
)
def test_what_is_not_contained_is_seen(attack: Attack, said: str, both: Gateway, bait: Path) -> None:
    verdict = trial.play(attack, both, bait)
    assert verdict.amiss and said in verdict.amiss and not verdict.by


def test_the_page_on_security_says_how_many_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    count = {backend: sum(len(those(kind, backend)) for kind in CLASSES) for backend in BACKENDS}
    if X86:
        assert f"in Monty, {count['cpython']} in CPython" in page and f"{count['monty']} hostile programs" in page
    assert all(f"| {kind} | " in page for kind in CLASSES)
