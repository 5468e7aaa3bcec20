"""What is checked before anything is sent. The robot's side checks again; neither relies on the other."""

from __future__ import annotations

import math

from skills.robots.rosbridge.messages import State
from skills.robots.rosbridge.settings import Settings
from skills.types import Action, Pose, Workspace

LEAST_M = 0.002
"""How far below the table's top a commanded point may lie: the noise of depth."""
SHORTEST_PUSH_M = 0.01


def problem(action: Action, settings: Settings, workspace: Workspace) -> str:
    """Why an action is not sent; "" when it may be. Works on values alone: nothing is asked, nothing is moved."""
    if action.primitive != "pick_place":
        return f"this robot picks and places; it can't {action.primitive}"
    if action.tool != "suction":
        return f"the action needs the {action.tool}, which this robot does not have"
    for name, pose in (("pick", action.start), ("place", action.end)):
        told = _pose(name, pose, settings, workspace)
        if told:
            return told
    return ""


def _pose(name: str, pose: Pose, settings: Settings, workspace: Workspace) -> str:
    numbers = (pose.x, pose.y, pose.z, pose.yaw)
    if not all(isinstance(v, (int, float)) and math.isfinite(v) for v in numbers):
        return f"{name} {numbers} is not finite"
    if abs(pose.yaw) > 2 * math.pi + 1e-9:
        return f"{name} turns by {math.degrees(pose.yaw):.0f} degrees; at most a full turn is carried out"
    if abs(math.hypot(*pose.quaternion()) - 1) > 1e-6:
        return f"{name} has an orientation that is no rotation"
    if pose.z < -LEAST_M:
        return f"{name} lies {-pose.z * 1000:.0f} mm below the table's top"
    floor = min(workspace.low[2], pose.z if pose.z >= -LEAST_M else workspace.low[2])
    if not Workspace((*workspace.low[:2], floor), workspace.high).holds(pose):
        (x0, y0, z0), (x1, y1, z1) = workspace.low, workspace.high
        return (
            f"{name} ({pose.x:.3f}, {pose.y:.3f}, {pose.z:.3f}) m lies outside the workspace "
            f"x {x0:.2f}..{x1:.2f}, y {y0:.2f}..{y1:.2f}, z {z0:.2f}..{z1:.2f} m"
        )
    reach = math.hypot(pose.x, pose.y, pose.z + settings.table_height_m)
    least, most = settings.reach_m
    if not least <= reach <= most:
        return f"{name} is {reach:.2f} m from the robot's base; it reaches {least:.2f}..{most:.2f} m"
    return ""


def overlap(settings: Settings, state: State) -> Workspace:
    """The box that both sides allow, on the table; the node's is given in the robot's own base frame.

    Raises:
        ValueError: they have nothing in common.
    """
    up = settings.table_height_m
    low, high = state.workspace_low, state.workspace_high
    theirs_low, theirs_high = (low.x, low.y, low.z - up), (high.x, high.y, high.z - up)
    own = settings.workspace
    a, b, c = (max(ours, theirs) for ours, theirs in zip(own.low, theirs_low))
    d, e, f = (min(ours, theirs) for ours, theirs in zip(own.high, theirs_high))
    if not (a < d and b < e and c < f):
        raise ValueError(
            f"the robot's file allows {own.low} to {own.high} m, the arm's node {theirs_low} to {theirs_high} m "
            "(above the table): no point lies in both"
        )
    return Workspace((a, b, c), (d, e, f))
