"""A table made of what was seen: the same things, where and as they lay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.perceived import centred
from skills.errors import Mistake
from skills.types import ObjectState

SCENE = "red heart @0.4,-0.2; blue bowl @0.6,0.1; green L-shaped block @0.4,0.3; tiger block @0.65,-0.3"


def _states(objects: str = SCENE) -> tuple[ObjectState, ...]:
    with sim.make_objects(objects, 3) as env:
        names = [entry.split("@")[0].strip() for entry in objects.split(";")]
        return tuple(sorted(env.history[0].objects, key=lambda one: names.index(f"{one.texture} {one.name}")))


def _seen(state: ObjectState) -> ObjectState:
    """As perception tells it: heading unknown, extent along the table's axes."""
    ring = np.array(state.footprint[0])
    x, y = np.ptp(ring, axis=0)
    return replace(
        state,
        pose=replace(state.pose, z=0.0, yaw=0.0),
        size=(float(x), float(y), state.size[2]),
        footprint=state.footprint[:1],
    )


def test_things_lie_where_and_as_they_were_seen() -> None:
    states = _states()
    with sim.make_perceived([_seen(state) for state in states]) as env:
        made = {item.description: item for item in env.situation().items.values()}
        for state in states:
            item = made[f"{state.texture} {state.name}"]
            assert np.hypot(item.pose.x - state.pose.x, item.pose.y - state.pose.y) < 0.006, item.description
            off = (
                (item.pose.yaw - state.pose.yaw + item.period / 2) % item.period - item.period / 2 if item.period else 0
            )
            assert abs(off) < np.radians(16), item.description
            assert item.state.size[:2] == pytest.approx(state.size[:2], rel=0.06)
            assert item.fixed == (state.name == "bowl")


def test_what_lay_in_a_bowl_lies_there_again() -> None:
    heart, bowl, *_ = _states()
    inside = replace(heart, pose=replace(bowl.pose, z=0.0, yaw=0.0), on=bowl.id, footprint=((),))
    with sim.make_perceived([inside, _seen(bowl)]) as env:
        items = {item.state.name: item for item in env.situation().items.values()}
        assert items["heart"].state.on == items["bowl"].state.id


def test_what_has_no_known_name_is_a_block_of_its_size() -> None:
    heart, *others = map(_seen, _states())
    unknown = replace(heart, name="", texture="", size=(*heart.size[:2], 0.09))
    with sim.make_perceived([unknown, *others]) as env:
        (block,) = [item for item in env.situation().items.values() if item.description == "gray block"]
        assert block.state.size[2] == pytest.approx(0.09, abs=0.01)


def test_what_overlaps_by_little_is_moved_apart_and_what_cannot_lie_there_is_said() -> None:
    heart, bowl, *_ = map(_seen, _states())
    reach = max(heart.size[0], bowl.size[0])
    near = replace(heart, pose=replace(bowl.pose, y=bowl.pose.y + reach), footprint=())
    with sim.make_perceived([near, bowl]) as env:
        assert len(env.inventory()) == 2
    with pytest.raises(Mistake, match="do not fit"):
        sim.make_perceived([replace(heart, pose=replace(heart.pose, x=0.2), footprint=()), bowl])


def test_another_workspace_is_laid_about_the_middle_of_this_one() -> None:
    (state,) = _states("red heart @0.5,0.0")
    (moved,) = centred([state], (-0.3, 0.4), (0.3, 1.0))
    assert (moved.pose.x - state.pose.x, moved.pose.y - state.pose.y) == pytest.approx((0.5, -0.7))
    shift = np.array(moved.footprint[0]) - np.array(state.footprint[0])
    assert np.allclose(shift, (0.5, -0.7))
