"""Our actions as VIMABench's, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sim.placement import WORKSPACE
from skills.types import Action, Float, Pose, Tool, Workspace

BEHIND, SHORT = 0.02, 0.05
"""Metres by which VIMABench's push begins behind its first pose and ends short of its second."""

SWEPT = Workspace(
    (WORKSPACE.low[0] - BEHIND, WORKSPACE.low[1] - BEHIND, 0.0),
    (WORKSPACE.high[0] + BEHIND, WORKSPACE.high[1] + BEHIND, WORKSPACE.high[2]),
)
"""Where the blade may be: it is set down behind poses that lie within the workspace."""


def published(action: Action) -> tuple[dict[str, list[float]], Action]:
    """An action within the workspace as VIMABench's, and as it will be carried out.

    Suction: what it holds turns by VIMABench's second rotation relative to its first. The spatula: a push begins
    ``BEHIND`` its first pose and ends ``SHORT`` of its second, so both are put farther on; where they would leave the
    workspace, the push comes out shorter.
    """
    if action.primitive == "pick_place":
        turn = Pose(0.0, 0.0, 0.0, (action.end.yaw - action.start.yaw + math.pi) % (2 * math.pi) - math.pi)
        return _theirs(flat(action.start), flat(action.end), turn), action
    start, end = flat(action.start), flat(action.end)
    along = (end - start) / np.linalg.norm(end - start)
    theirs = _theirs(_within(start, BEHIND * along), _within(end, SHORT * along), Pose(0.0, 0.0))
    ours = from_published(theirs, "spatula")
    if max(math.dist(flat(ours.start), start), math.dist(flat(ours.end), end)) < 1e-4:
        return theirs, action
    return theirs, replace(action, start=ours.start, end=ours.end, clipped=True)


def from_published(action: Mapping[str, Sequence[float]], tool: Tool) -> Action:
    """VIMABench's action as ours."""
    first, last = np.array(action["pose0_position"]), np.array(action["pose1_position"])
    if tool == "spatula":
        along = (last - first) / max(1e-9, float(np.linalg.norm(last - first)))
        first, last = first - BEHIND * along, last - SHORT * along
        return Action("push", _pose(first), _pose(last), tool)
    begin, end = (2 * math.atan2(action[name][2], action[name][3]) for name in ("pose0_rotation", "pose1_rotation"))
    return Action("pick_place", _pose(first, begin), _pose(last, end), tool)


def _theirs(first: Float, last: Float, turn: Pose) -> dict[str, list[float]]:
    return {
        "pose0_position": first.tolist(),
        "pose0_rotation": [0.0, 0.0, 0.0, 1.0],
        "pose1_position": last.tolist(),
        "pose1_rotation": list(turn.quaternion()),
    }


def _within(point: Float, way: Float) -> Float:
    """A point moved along ``way``, as far as it stays in the workspace."""
    edge = np.where(way > 0, WORKSPACE.high[:2], WORKSPACE.low[:2])
    moving = np.abs(way) > 1e-12
    share = float(np.clip(((edge - point)[moving] / way[moving]).min(), 0.0, 1.0))
    moved: Float = np.clip(point + way * share, WORKSPACE.low[:2], WORKSPACE.high[:2])
    return moved


def flat(pose: Pose) -> Float:
    """(x, y)."""
    return np.array([pose.x, pose.y])


def _pose(point: Float, yaw: float = 0.0) -> Pose:
    return Pose(float(point[0]), float(point[1]), 0.0, yaw)
