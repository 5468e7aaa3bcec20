"""A table by hand: four objects, and moments after something was moved."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from instruct2act.authoring.reward import history_as_data
from sim.objects import SHAPES
from sim.polygons import rotated
from skills.types import Action, Moment, ObjectState, Pose

MOVE = Action("pick_place", Pose(0.4, 0.0), Pose(0.5, 0.0))


def _state(id: int, name: str, texture: str, pose: Pose, on: int | None = None) -> ObjectState:
    shape = SHAPES[name]
    rings = tuple(
        tuple((float(x) + pose.x, float(y) + pose.y) for x, y in rotated(ring, pose.yaw)) for ring in shape.outline
    )
    return ObjectState(id, name, texture, pose, shape.size, rings, on)


HEART = _state(7, "heart", "red", Pose(0.4, -0.3, 0.0, 0.4))
BOWL = _state(2, "bowl", "blue", Pose(0.55, 0.2))
STAR = _state(5, "star", "yellow", Pose(0.4, 0.0, 0.0, math.pi / 2))
RING = _state(1, "ring", "red and yellow stripe", Pose(0.65, -0.1))
TABLE = (HEART, BOWL, STAR, RING)


def at(state: ObjectState, x: float, y: float, yaw: float | None = None, on: int | None = None) -> ObjectState:
    """The same object elsewhere."""
    pose = Pose(x, y, 0.006 if on is not None else 0.0, state.pose.yaw if yaw is None else yaw)
    return _state(state.id, state.name, state.texture, pose, on)


def start(*changed: ObjectState) -> tuple[ObjectState, ...]:
    """The table, some of its objects elsewhere."""
    new = {state.id: state for state in changed}
    return tuple(new.get(state.id, state) for state in TABLE)


def moments(*tables: tuple[ObjectState, ...]) -> list[Moment]:
    """A history of these tables."""
    return [replace(Moment(MOVE, table), action=MOVE if place else None) for place, table in enumerate(tables)]


def history(*tables: tuple[ObjectState, ...]) -> list[dict[str, Any]]:
    """The same as a reward function gets it."""
    return history_as_data(moments(*tables))
