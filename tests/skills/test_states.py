"""What is where, from pictures: with the oracle's masks, so that a failure is the geometry's."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tabletop import Table

from sim.env import TabletopEnv
from skills.backends import oracle
from skills.registration import turn
from skills.robots import Silent
from skills.states import Watcher
from skills.types import TABLE, Action, ObjectState, Pose, Truth


def _watcher() -> Watcher:
    backend = oracle.build()
    return Watcher(backend, backend, ["heart", "bowl", "star"], ["red", "blue", "green"])


def _named(states: tuple[ObjectState, ...]) -> dict[str, ObjectState]:
    return {state.name: state for state in states}


def _carry(env: TabletopEnv, name: str, to: Pose) -> None:
    id = next(id for id in env.world.objects if env.name_of(id) == name)
    at = env.world.pose(id)
    assert env.carry_out(Action("pick_place", Pose(at.x, at.y, 0.03), to), Silent()).status == "done"


def test_things_are_named_measured_and_followed(table: Table) -> None:
    env = table("red heart @0.4,-0.3; blue bowl @0.6,0.1; green star @0.4,0.3")
    watcher = _watcher()
    before = _named(watcher.look(env.look()["top"]))
    assert {name: state.texture for name, state in before.items()} == {"heart": "red", "bowl": "blue", "star": "green"}
    assert before["heart"].pose.x == pytest.approx(0.4, abs=0.006)
    assert before["heart"].pose.y == pytest.approx(-0.3, abs=0.006)
    assert before["heart"].size[2] == pytest.approx(0.032, abs=0.004)
    _carry(env, "red heart", Pose(0.6, 0.1, 0.03))
    after = _named(watcher.look(env.look()["top"]))
    assert after["heart"].id == before["heart"].id
    assert after["heart"].on == after["bowl"].id
    assert before["heart"].on is None and after["star"].on is None


@pytest.mark.parametrize("degrees", [-150, -60, 30, 90])
def test_a_turn_is_seen(degrees: int, table: Table) -> None:
    env = table("red heart @0.4,-0.2; blue bowl @0.6,0.1")
    watcher = _watcher()
    before = _named(watcher.look(env.look()["top"]))["heart"]
    _carry(env, "red heart", Pose(0.5, -0.3, 0.03, math.radians(degrees)))
    after = _named(watcher.look(env.look()["top"]))["heart"]
    off = math.remainder(after.pose.yaw - before.pose.yaw - math.radians(degrees), 2 * math.pi)
    assert abs(math.degrees(off)) < 6


def test_a_glimpse_of_a_scene_uses_the_ids_of_the_table_and_is_forgotten(table: Table) -> None:
    env, other = table("red heart @0.4,-0.3; blue bowl @0.6,0.1"), table("red heart @0.6,0.35; green star @0.4,0.0")
    watcher = _watcher()
    before = watcher.look(env.look()["top"])
    shown = watcher.glimpse(other.look()["top"])
    assert [state.name for state in shown] == ["heart"]
    assert shown[0].id == _named(before)["heart"].id
    assert shown[0].pose.y == pytest.approx(0.35, abs=0.006)
    assert watcher.look(env.look()["top"]) == before


def test_a_symmetric_thing_turned_by_its_period_did_not_turn(table: Table) -> None:
    env = table("red cross @0.5,0.0")
    watcher = _watcher()
    watcher.look(env.look()["top"])
    start = watcher._seen[0].crop
    _carry(env, "red cross", Pose(0.5, 0.0, 0.03, math.pi / 2))
    watcher.look(env.look()["top"])
    radians, agreement = turn(start, watcher._seen[0].crop)
    assert abs(math.degrees(radians)) < 6
    assert agreement > 0.8


def test_an_empty_table_has_no_states(table: Table) -> None:
    env = table("red heart @0.5,0.0")
    view = env.look()["top"]
    assert view.truth is not None
    nothing = Truth(np.full_like(view.truth.segmentation, TABLE), {})
    assert _watcher().look(replace(view, truth=nothing)) == ()
