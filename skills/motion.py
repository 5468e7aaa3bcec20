"""Moving: actions are built, checked, and carried out through one gate."""

from __future__ import annotations

from typing import Any

from skills import skill
from skills.context import Context
from skills.types import Action


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
    raise NotImplementedError


@skill("RobotExecution")
def robot_execution(ctx: Context, action: Action | list[Action]) -> dict[str, Any]:
    """Carries out one action or a list in order. Look again (GetImage, SAM, …) before using what has moved.

    Returns {"done": number carried out, "of": number asked for, "failed": sentences, "clipped": number that had to be
    shortened to stay within the bounds}.
    """
    raise NotImplementedError


@skill("RobotSetting")
def robot_setting(ctx: Context, speed: float) -> dict[str, float]:
    """Sets the speed, a fraction of full speed such as 0.5. Returns {"speed": speed}."""
    raise NotImplementedError
