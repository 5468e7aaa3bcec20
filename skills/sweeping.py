"""Sweeping: pushes that bring a thing into a region, planned from masks alone."""

from __future__ import annotations

import numpy as np

from skills import skill
from skills.context import Context
from skills.errors import NothingFound
from skills.footprints import filled, iou, pixels_of, table_points
from skills.geometry import chosen, footprint_of, view_of
from skills.lanes import MOST_SHIFT_M, SHIFT_M, Lanes, clearance
from skills.motion import limited, push, require_tool
from skills.room import Room
from skills.types import Action, Bool, Float, Mask

DEEP_M = 0.025
"""How far inside the region a swept thing's outline should lie, if there is room."""
SURE_M = 0.003
"""How far inside it has to lie to count as swept in: what a mask may be wrong by."""
FLAT_M = 0.004
"""What is no higher is painted, and may be swept across."""
TRIES = ((0.006, 0.0, 0.0), (0.001, 0.0, 0.0), (0.001, SHIFT_M, 0.0), (0.001, MOST_SHIFT_M, 0.8))
"""What is tried in turn: metres of margin, metres that the blade may pass to the side, and, for a thing that touches
another, the share of its half width that its own path keeps free (0: all of its reach)."""
_SAME = 0.5
"""IoU from which two masks show one thing."""


@skill("SweepActions", shown={"bounds": "BOUNDS"})
def sweep_actions(
    ctx: Context,
    obj: int,
    masks: list[Mask],
    into: Mask,
    not_beyond: Mask | None = None,
    not_touching: Mask | None = None,
    bounds: dict[str, list[float]] | None = None,
) -> list[Action]:
    """Pushes that sweep masks[obj] with the spatula into a region, through its open side; other things stay.

    Returns [] when it lies there. Pushed things slide: carry out one action, look again and plan again until [] comes.

    Args:
        obj: index of the thing.
        masks: everything on the table.
        into: the region's border, such as a three-sided rectangle.
        not_beyond: a line that the thing must stop before ("without exceeding").
        not_touching: a line that neither thing nor blade may touch.
        bounds: as for PickPlace.

    Raises:
        NothingFound: no way of at most three pushes leads there.
    """
    require_tool(ctx, "spatula")
    mask = chosen(masks, obj, "obj")
    own = footprint_of(ctx, mask)
    room = Room(limited(ctx, bounds), 0.004)
    at = np.array(ctx.planned.get(mask.id, own.center))
    region, sides = _region(ctx, room, into)
    taken = np.zeros_like(room.taken)
    if _is_high(ctx, into):
        taken |= sides
    for line in (not_beyond, not_touching):
        if line is not None:
            taken |= _cells(ctx, room, line)
    if not_beyond is not None:
        taken |= _beyond(ctx, room, not_beyond, at)
    special = [m for m in (into, not_beyond, not_touching) if m is not None]
    for i, other in enumerate(masks):
        if i != obj and not any(m.id == other.id or iou(m.array, other.array) >= _SAME for m in special):
            place = footprint_of(ctx, other)
            taken |= room.covered(place.points + (np.array(ctx.planned.get(other.id, place.center)) - place.center))
    reach = float(np.linalg.norm(own.outline - own.center, axis=1).max())
    if room.under(at + (own.outline - own.center) * (1 + (own.cell / 2 + SURE_M) / reach), region & ~taken).all():
        return []
    depth = clearance(~(region & ~taken), room.cell)
    rows, columns = np.nonzero(depth > reach + 0.5 * room.cell)
    goals = room.low + (np.column_stack([rows, columns]) + 0.5) * room.cell
    if not len(goals):
        raise NothingFound(f"there is no room of {2 * reach:.2f} m in the region for the thing to be swept in")
    costs = 4 * np.maximum(0.0, reach + DEEP_M - depth[rows, columns])
    narrow = float(np.linalg.norm(own.outline - own.center, axis=1).min())
    for margin, shift, girth in TRIES:
        sides_to_pass = (0.0, shift, -shift) if shift else (0.0,)
        lanes = Lanes(room.low, room.cell, taken, sides, reach, margin, sides_to_pass, girth * narrow or None)
        way = lanes.way(at, goals, costs)
        if way is not None:
            break
    else:
        raise NothingFound(
            f"no way of at most three pushes brings the thing at ({at[0]:.2f}, {at[1]:.2f}) m into the region without "
            "touching what it must not; sweep another thing first"
        )
    ctx.planned[mask.id] = (float(way[-1].end[0]), float(way[-1].end[1]))
    pushes = [leg.poses(narrow, lanes.behind) for leg in way]
    return [push(ctx, start.tolist(), end.tolist(), bounds) for start, end in pushes]


def _region(ctx: Context, room: Room, into: Mask) -> tuple[Bool, Bool]:
    """The cells that a border surrounds, up to its open side, and the border's own. (rows, columns) bool each."""
    import cv2

    border = _points(ctx, into, into.array)
    hollow = filled(into.array) & ~into.array
    if np.count_nonzero(hollow) > np.count_nonzero(into.array) / 4:
        return room.covered(_points(ctx, into, hollow)), room.covered(border)
    corners = cv2.boxPoints(cv2.minAreaRect(border.astype(np.float32))).astype(np.float64)
    sides = room.covered(border)
    ring = np.floor((corners - room.low) / room.cell).astype(np.int32)
    canvas = np.zeros(sides.shape, np.uint8)
    cv2.fillPoly(canvas, [ring[:, ::-1].copy()], 1)
    region = (canvas > 0) & ~cv2.dilate(sides.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    if np.count_nonzero(region) < np.count_nonzero(sides) / 4:
        return sides, np.zeros_like(sides)
    return region, sides


def _beyond(ctx: Context, room: Room, line: Mask, at: Float) -> Bool:
    """The cells on the other side of a line, seen from a point, however long the line is."""
    points = _points(ctx, line, line.array)
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T))
    across = axes[:, 0]
    across = across if (at - middle) @ across < 0 else -across
    near = float(((points - middle) @ across).min())
    rows, columns = np.indices(room.taken.shape)
    centers = room.low + (np.stack([rows, columns], axis=-1) + 0.5) * room.cell
    return np.asarray((centers - middle) @ across >= near)


def _is_high(ctx: Context, mask: Mask) -> bool:
    view = view_of(ctx, mask)
    return view.depth_m is not None and footprint_of(ctx, mask).grasp[2] > FLAT_M


def _points(ctx: Context, mask: Mask, array: Bool) -> Float:
    """(N, 2) metres: where some pixels of a mask's picture lie."""
    return table_points(view_of(ctx, mask), pixels_of(array))[:, :2]


def _cells(ctx: Context, room: Room, mask: Mask) -> Bool:
    return room.covered(_points(ctx, mask, mask.array))
