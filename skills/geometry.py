"""From pixels to the table: where things are, where there is room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from skills import skill
from skills.context import Context, Located
from skills.errors import BadArgument, NothingFound
from skills.footprints import Footprint, footprint, table_points
from skills.room import Room
from skills.types import Mask, View

SIDES = {"left": (0.0, -1.0), "right": (0.0, 1.0), "near": (-1.0, 0.0), "far": (1.0, 0.0)}
"""Directions (x, y) on the table by the words that people use for them, as the top view shows it."""


@skill("Pixel2Loc")
def pixel2loc(ctx: Context, obj: int | Mask | list[float], masks: list[Mask] | None = None) -> list[float]:
    """Where a thing is: [x, y, z] metres of its visible centre.

    x grows away from the robot (far), y to the right of the picture, z up. Masks of a scene's picture say where things
    are to be. Keep a location to bring the thing back later.

    Args:
        obj: an index into masks, a mask, or one pixel [x, y].
        masks: from SAM or ImageCrop.
    """
    if isinstance(obj, Mask):
        return list(locate(ctx, obj).xyz)
    if isinstance(obj, int):
        if masks is None:
            raise BadArgument(f"Pixel2Loc({obj}) needs the masks that {obj} counts in: Pixel2Loc({obj}, masks)")
        return list(locate(ctx, chosen(masks, obj, "obj")).xyz)
    return _point(ctx, obj, masks)


def locate(ctx: Context, mask: Mask) -> Located:
    """Measures a mask, and remembers what the location that a program gets belongs to."""
    view, place = view_of(ctx, mask), footprint_of(ctx, mask)
    xyz = (float(place.center[0]), float(place.center[1]), float(place.grasp[2]))
    located = Located(xyz, (float(place.grasp[0]), float(place.grasp[1]), xyz[2]), mask, view)
    ctx.located.append(located)
    ctx.note("location", {"xyz": xyz, "grasp": located.grasp, "mask": mask, "depth": view.depth_m is not None})
    return located


def footprint_of(ctx: Context, mask: Mask) -> Footprint:
    """A mask's place on the table, measured once."""
    if mask.id not in ctx.footprints:
        ctx.footprints[mask.id] = footprint(mask, view_of(ctx, mask))
    return ctx.footprints[mask.id]


def view_of(ctx: Context, mask: Mask) -> View:
    """The calibrated view that a mask was found in.

    Raises:
        BadArgument: its picture has none.
    """
    image = ctx.pictures.get(mask.image_id)
    if image is None or image.view is None or image.view.rgb.shape[:2] != mask.array.shape:
        raise BadArgument(
            "this mask belongs to a picture that shows no place on the table: use masks of a whole picture, from "
            "GetImage() or of a scene"
        )
    return image.view


def chosen(masks: Sequence[Mask], index: int, name: str) -> Mask:
    """masks[index], or a sentence that says how many there are."""
    if not 0 <= index < len(masks):
        raise BadArgument(f"{name} {index} is not an index into {len(masks)} masks")
    return masks[index]


def _point(ctx: Context, pixel: Sequence[float], masks: Sequence[Mask] | None) -> list[float]:
    if len(pixel) != 2 or not all(math.isfinite(v) for v in pixel):
        raise BadArgument(f"a pixel is two numbers [x, y], not {list(pixel)}")
    view = view_of(ctx, masks[0]) if masks else ctx.observation.views[ctx.camera] if ctx.observation else ctx.look()
    if not (0 <= pixel[0] < view.camera.width and 0 <= pixel[1] < view.camera.height):
        size = f"{view.camera.width} x {view.camera.height}"
        raise BadArgument(f"pixel ({pixel[0]:g}, {pixel[1]:g}) lies outside the picture of {size} pixels")
    x, y, z = (float(v) for v in table_points(view, np.array([pixel], dtype=np.float64))[0])
    ctx.note("location", {"xyz": (x, y, z), "pixel": tuple(pixel), "depth": view.depth_m is not None})
    return [x, y, z]


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
    own = footprint_of(ctx, chosen(masks, obj, "obj"))
    room = Room(ctx.robot.info.workspace, own.cell)
    around = np.asarray(own.center if near is None else finite(near, "near")[:2], dtype=np.float64)
    # A place beside its own is elsewhere; beside another thing, its own counts as free.
    moves_away = float(np.linalg.norm(around - own.center)) < own.radius / 2
    for i, mask in enumerate(masks):
        if i != obj or moves_away:
            room.fill(footprint_of(ctx, mask).points)
    place = room.free(own.radius, around, SIDES[side] if side else None)
    if place is None:
        where = f" on the {side} side of" if side else " near"
        raise NothingFound(
            f"there is no free place of {2 * own.radius:.2f} m across{where} ({around[0]:.2f}, {around[1]:.2f})"
        )
    ctx.note("place", {"xyz": (*place, 0.0), "mask": masks[obj]})
    return [*place, 0.0]


def finite(location: Sequence[float], name: str) -> tuple[float, float, float | None]:
    """(x, y, z or None) of a location that a program gave, or a sentence that says what is wrong with it."""
    if len(location) not in (2, 3) or not all(isinstance(v, (int, float)) for v in location):
        raise BadArgument(f"{name} is a location [x, y] or [x, y, z] in metres, not {list(location)}")
    if not all(math.isfinite(v) for v in location):
        raise BadArgument(f"{name} {tuple(location)} is not finite")
    x, y, *rest = (float(v) for v in location)
    return x, y, rest[0] if rest else None
