"""Every hostile program comes away with nothing, ends, and leaves the host and the next episode as they were."""

from __future__ import annotations

import json
import math
import os
import resource
from importlib import import_module
from pathlib import Path

import pytest
from contained import CANARY, World
from hostile import NOTHING, Attack
from hostile.ends import UNPARSED

from instruct2act.sandbox import Execution, Gateway, Limits

pytestmark = pytest.mark.needs("jail")

CLASSES = ("introspection", "outside", "endless", "memory", "values", "ends")
ATTACKS = [
    pytest.param(attack, id=f"{name}-{attack.name}")
    for name in CLASSES
    for attack in import_module(f"hostile.{name}").ATTACKS
]
PATIENT = Limits(program_s=20, turn_s=10)
HOST_MEMORY_KB = 300 * 1024
BENIGN = """
def main():
    masks = SAM(GetImage())
    return RobotExecution(PickPlace(Pixel2Loc(masks[0]), Pixel2Loc(masks[1])))
"""


def ends_within_its_limits(execution: Execution) -> None:
    """The gateway's own account; generous to a loaded machine beside the 3 s that a quiet one needs."""
    assert execution.seconds["wall"] < 20
    assert execution.status in ("finished", "failed", "refused")
    assert execution.error is None or len(str(execution.error.message).encode()) <= 2000


def learns_nothing(execution: Execution, world: World) -> None:
    kept = json.dumps({"value": execution.value, "prints": execution.prints, "error": str(execution.error)})
    assert CANARY not in kept and "root:" not in kept
    assert not {"\x1b", "\x07", "\u202e"} & set(execution.prints + str(execution.error))
    assert world.file.read_text(encoding="utf-8") == CANARY


def host_is_unharmed(world: World, environment: dict[str, str]) -> None:
    assert not world.moved
    assert world.bounds == {"x": [0.25, 0.75], "y": [-0.5, 0.5]} and world.clicks == [(100.0, 60.0)]
    assert dict(os.environ) == environment and math.sqrt(4) == 2
    assert not Path("/tmp/instruct2act-was-here").exists()


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_program(attack: Attack, gateway: Gateway, world: World) -> None:
    environment = dict(os.environ)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    execution = world.run(gateway, attack.source)
    if execution.error is not None and execution.error.type == "TimeLimit" and "TimeLimit" not in attack.dies:
        world = World(world.file)  # a busy machine: what ends it when it is given time
        execution = world.run(gateway, attack.source, limits=PATIENT)

    ends_within_its_limits(execution)
    learns_nothing(execution, world)
    host_is_unharmed(world, environment)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < HOST_MEMORY_KB
    if attack.gives is not NOTHING:
        assert execution.status == "finished", execution.error
        assert execution.value == attack.gives
        assert world.held == 1 and world.stopped == 0
    else:
        assert execution.error is not None, execution.value
        assert execution.error.type in attack.dies, execution.error
        assert world.stopped == 1 and world.held == 0

    again = World(world.file)
    assert again.run(gateway, BENIGN, limits=PATIENT).value == {"done": 1, "of": 1, "failed": [], "clipped": 0}
    assert len(again.moved) == 1


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_program_through_the_front_door(attack: Attack, gateway: Gateway, world: World) -> None:
    environment = dict(os.environ)
    execution = world.run(gateway, attack.source, check=True)
    ends_within_its_limits(execution)
    learns_nothing(execution, world)
    host_is_unharmed(world, environment)
    if attack.gives is NOTHING:
        assert execution.status in ("failed", "refused")
    if execution.status == "refused":
        assert not execution.calls and not world.stopped and not world.held


@pytest.mark.parametrize("name", UNPARSED)
def test_text_made_to_break_a_parser(name: str, gateway: Gateway, world: World) -> None:
    for check in (True, False):
        execution = world.run(gateway, UNPARSED[name], check=check)
        ends_within_its_limits(execution)
    assert World(world.file).run(gateway, BENIGN, limits=PATIENT).status == "finished"
