"""Moving: actions are built, checked, and carried out through one gate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skills import skill
from skills.context import Context, Located
from skills.errors import BadArgument, OutOfReach, did_you_mean
from skills.geometry import finite
from skills.types import Action, Pose, Tool, Workspace

SAME_M = 1e-3
"""A location within this distance of one that was handed out means that thing."""
SLACK_M = 0.03
"""How far suction may have to stay short of its point, at the border, before a location counts as out of reach."""
SHORTEST_PUSH_M = 0.005


@skill("PickPlace", shown={"bounds": "BOUNDS"})
def pick_place(
    ctx: Context,
    pick: list[float],
    place: list[float],
    bounds: dict[str, list[float]] | None = None,
    yaw_angle_degree: float = 0,
    tool: str | None = None,
) -> Action:
    """An action that carries a thing from one location to another; RobotExecution does it.

    Suction takes the thing at a point of its own surface, and its centre arrives at `place`. With pick == place it
    turns on the spot. Put several actions into a list to do them in order.

    Args:
        pick: location of the thing, from Pixel2Loc.
        place: location, from Pixel2Loc or FindPlace: of the container to put it into or onto, of the place it had.
        bounds: {"x": [low, high], "y": [low, high]} metres that it must stay in.
        yaw_angle_degree: turn on the way, clockwise positive seen from above.
        tool: "suction".

    Raises:
        OutOfReach: pick or place lies outside the bounds.
    """
    limits = limited(ctx, bounds)
    require_tool(ctx, "suction", tool)
    if not math.isfinite(yaw_angle_degree):
        raise BadArgument(f"yaw_angle_degree is {yaw_angle_degree}; give a finite number of degrees")
    start, end = finite(pick, "pick"), finite(place, "place")
    require_within(start, limits, "pick")
    require_within(end, limits, "place")
    thing = _thing_at(ctx, start)
    return carry(ctx, thing or start, end, limits, -math.radians(yaw_angle_degree))


def carry(
    ctx: Context,
    thing: Located | tuple[float, float, float | None],
    place: tuple[float, float, float | None],
    limits: Workspace,
    yaw: float = 0.0,
) -> Action:
    """Builds the action that brings a thing's visible centre to ``place``, turned by ``yaw`` radians about +z.

    Suction takes a thing at its grasp point g, and its centre c stays at ``R(yaw) (c - g)`` from there, so that g has
    to arrive at ``place - R(yaw) (c - g)``. A bare point is taken literally.
    """
    if isinstance(thing, Located):
        grasp, center = thing.grasp, thing.xyz
    else:
        x, y, z = thing
        grasp = center = (x, y, z or 0.0)
    cos, sin = math.cos(yaw), math.sin(yaw)
    dx, dy = center[0] - grasp[0], center[1] - grasp[1]
    wanted = (place[0] - (cos * dx - sin * dy), place[1] - (sin * dx + cos * dy))
    height = max(place[2] or 0.0, grasp[2])
    start = _inside(Pose(*grasp), limits)
    end = _inside(Pose(*wanted, height, yaw), limits)
    for name, pose, (x, y) in (("pick", start, grasp[:2]), ("place", end, wanted)):
        if math.hypot(pose.x - x, pose.y - y) > SLACK_M:
            require_within((x, y, None), limits, f"suction at {name}")
    clipped = (start.x, start.y, end.x, end.y) != (*grasp[:2], *wanted)
    action = Action("pick_place", start, end, "suction", clipped)
    if isinstance(thing, Located):
        # A later action may take the thing up again from where this one puts it.
        arrives = (place[0], place[1], center[2] if place[2] is None else place[2])
        ctx.located.append(Located(arrives, (end.x, end.y, end.z), thing.mask, thing.view, action.id))
        ctx.planned[thing.mask.id] = (place[0], place[1])
    ctx.note("action", {"action": action, "mask": thing.mask if isinstance(thing, Located) else None})
    return action


def _thing_at(ctx: Context, pick: tuple[float, float, float | None]) -> Located | None:
    """The thing whose location a program gives back: the closest within ``SAME_M``, of equally close the newest."""

    def distance(known: Located) -> float:
        height = 0.0 if pick[2] is None else pick[2] - known.xyz[2]
        return math.hypot(pick[0] - known.xyz[0], pick[1] - known.xyz[1], height)

    nearest = min(reversed(ctx.located), key=distance, default=None)
    return nearest if nearest is not None and distance(nearest) <= SAME_M else None


def _inside(pose: Pose, limits: Workspace) -> Pose:
    x, y, z = np.clip((pose.x, pose.y, pose.z), limits.low, limits.high)
    return Pose(float(x), float(y), float(z), pose.yaw)


def limited(ctx: Context, bounds: Mapping[str, Sequence[float]] | None) -> Workspace:
    """The robot's workspace, narrowed by a program's bounds."""
    whole = ctx.robot.info.workspace
    low, high = list(whole.low), list(whole.high)
    for axis, pair in (bounds or {}).items():
        if axis not in ("x", "y", "z"):
            raise BadArgument(f'bounds has no axis {axis!r}; it is {{"x": [low, high], "y": [low, high]}} in metres')
        if len(pair) != 2 or not all(math.isfinite(v) for v in pair) or pair[0] > pair[1]:
            raise BadArgument(f"bounds[{axis!r}] is [low, high] in metres with low <= high, not {list(pair)}")
        i = "xyz".index(axis)
        low[i], high[i] = max(low[i], float(pair[0])), min(high[i], float(pair[1]))
    return Workspace((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def require_tool(ctx: Context, needed: Tool, asked: str | None = None) -> None:
    """Says so when an action is asked of another tool than the one it needs, or the robot has no such tool."""
    tools = ctx.robot.info.tools
    does = {"suction": "picking up", "spatula": "pushing"}[needed]
    if asked not in (None, needed):
        raise BadArgument(f"no {does} with the tool {asked!r}{did_you_mean(str(asked), [needed])}: use {needed!r}")
    if needed not in tools:
        other = "; it pushes things: Push, SweepActions" if "spatula" in tools else ""
        raise BadArgument(f"this robot has no {needed}, which {does} needs; it has: {', '.join(tools)}{other}")


def require_within(point: tuple[float, float, float | None], limits: Workspace, name: str) -> None:
    """Raises OutOfReach with the point and the limits when it lies outside them (seen from above)."""
    inside = all(a <= v <= b for a, v, b in zip(limits.low[:2], point[:2], limits.high[:2]))
    if not inside:
        (x0, y0, _), (x1, y1, _) = limits.low, limits.high
        raise OutOfReach(
            f"{name} ({_metres(point[0])}, {_metres(point[1])}) m lies outside the workspace "
            f"x {x0:.2f}..{x1:.2f}, y {y0:.2f}..{y1:.2f} m"
        )


def _metres(value: float) -> str:
    text = f"{value:.3f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


@skill("Push", shown={"bounds": "BOUNDS"})
def push(ctx: Context, start: list[float], end: list[float], bounds: dict[str, list[float]] | None = None) -> Action:
    """An action of the spatula: its blade, 5 cm wide, is set down at start and moves straight along the table to end.

    What stands in front of the blade is pushed along; RobotExecution does it.

    Args:
        start, end: [x, y] or [x, y, z] metres; start lies on free table, behind the thing.
        bounds: as for PickPlace.

    Raises:
        OutOfReach: start or end lies outside the bounds.
    """
    require_tool(ctx, "spatula")
    limits = limited(ctx, bounds)
    at, to = finite(start, "start"), finite(end, "end")
    require_within(at, limits, "start")
    require_within(to, limits, "end")
    length = math.hypot(to[0] - at[0], to[1] - at[1])
    if length < SHORTEST_PUSH_M:
        raise BadArgument(f"a push needs two different points: start and end are {1000 * length:.1f} mm apart")
    yaw = math.atan2(to[1] - at[1], to[0] - at[0])
    action = Action("push", Pose(*at[:2], limits.low[2], yaw), Pose(*to[:2], limits.low[2], yaw), "spatula")
    ctx.note("action", {"action": action, "mask": None})
    return action


@skill("RobotExecution")
def robot_execution(ctx: Context, action: Action | list[Action]) -> dict[str, Any]:
    """Carries out one action or a list in order. Look again (GetImage, SAM, …) before using what has moved.

    Stops at the first action that fails. Returns {"done": number carried out, "of": number asked for, "failed":
    sentences, "clipped": number that had to be shortened to stay within the bounds}.
    """
    actions = [action] if isinstance(action, Action) else list(action)
    limits = ctx.robot.info.workspace
    for i, asked in enumerate(actions):
        for name, pose in (("pick", asked.start), ("place", asked.end)):
            label = name if len(actions) == 1 else f"action {i}: {name}"
            finite([pose.x, pose.y, pose.z], label)
            require_within((pose.x, pose.y, pose.z), limits, label)
            if not (math.isfinite(pose.yaw) and limits.low[2] <= pose.z <= limits.high[2]):
                raise OutOfReach(
                    f"{label} has height {pose.z:.3f} m and yaw {pose.yaw:.3f}: not a pose of the workspace"
                )
    ctx.note("plan", {"actions": tuple(actions)})
    failed: list[str] = []
    done = clipped = 0
    for i, asked in enumerate(actions):
        outcome = ctx.robot.execute(asked, ctx.monitor)
        ctx.outcomes.append(outcome)
        ctx.note("outcome", {"outcome": outcome})
        clipped += outcome.action.clipped
        if outcome.status != "done":
            left = len(actions) - i - 1
            rest = f"; the {left} after it {'was' if left == 1 else 'were'} not begun" if left else ""
            ctx.settle_plans()
            failed.append(f"action {i} {outcome.status}: {outcome.error or 'no reason given'}{rest}")
            break
        ctx.settle_plans(asked.id)
        done += 1
    return {"done": done, "of": len(actions), "failed": failed, "clipped": clipped}


@skill("RobotSetting")
def robot_setting(ctx: Context, speed: float) -> dict[str, float]:
    """Sets the speed, a fraction of full speed such as 0.5. Returns {"speed": speed}."""
    low, high = ctx.robot.info.speed_range
    if not low <= speed <= high:
        raise BadArgument(f"speed {speed} lies outside {low:g}..{high:g}, fractions of full speed")
    ctx.robot.configure(speed=speed)
    return {"speed": speed}
