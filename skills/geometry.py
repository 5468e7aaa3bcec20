"""From pixels to the table: where things are, where there is room."""

from __future__ import annotations

from typing import Literal

from skills import skill
from skills.context import Context
from skills.types import Mask


@skill("Pixel2Loc")
def pixel2loc(ctx: Context, obj: int | Mask | list[float], masks: list[Mask] | None = None) -> list[float]:
    """Where a thing is: [x, y, z] metres of its visible centre.

    x grows away from the robot (far), y to the right of the picture, z up. Masks of a scene's picture say where things
    are to be. Keep a location to bring the thing back later.

    Args:
        obj: an index into masks, a mask, or one pixel [x, y].
        masks: from SAM or ImageCrop.
    """
    raise NotImplementedError


@skill("FindPlace")
def find_place(
    ctx: Context,
    obj: int,
    masks: list[Mask],
    near: list[float] | None = None,
    side: Literal["left", "right", "near", "far"] | None = None,
) -> list[float]:
    """A free place on the table for masks[obj], [x, y, z] metres, to put it beside other things.

    Args:
        obj: index of what is to be put there.
        masks: everything on the table.
        near: location to be close to; where the object is now if left out.
        side: on which side of `near`: left or right of the picture, near or far from the robot.

    Raises:
        NothingFound: there is no room.
    """
    raise NotImplementedError
