"""Between two pictures: what moved, what became of a thing; and what is beside what."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from skills import skill
from skills.context import Context
from skills.errors import NothingFound
from skills.footprints import iou
from skills.geometry import SIDES, chosen, footprint_of, locate
from skills.perception import cut, everything
from skills.registration import turn
from skills.types import Float, Image, Mask

MOVED_M = 0.015
"""A thing whose centre is this far from where it was has moved."""
OVERLAP = 0.3
"""What the share of its old place that a thing covers (IoU) adds to the cosine of its looks."""
NEARER = 0.1
"""What a metre between two places takes from the cosine of two looks: of equal things the nearer one is the same."""

Side = Literal["left", "right", "near", "far", "north", "south", "west", "east"]
_COMPASS = {"north": "near", "south": "far", "west": "left", "east": "right"}


@skill("WhatMoved")
def what_moved(ctx: Context, before: Image, after: Image) -> dict[str, Any]:
    """The one thing that moved between two pictures of the table, such as two frames of an instruction.

    Returns {"obj": its picture before, "start": [x, y, z], "end": [x, y, z]}, locations in metres for PickPlace.

    Raises:
        NothingFound: nothing moved.
    """
    pairs = _pairs(ctx, before, after)
    moved = {pair: _distance(ctx, *pair) for pair in pairs}
    farthest = max(moved, key=moved.__getitem__, default=None)
    if farthest is None or moved[farthest] < MOVED_M:
        raise NothingFound(f"nothing moved between the pictures: {len(pairs)} things were found in both")
    old, new = farthest
    obj = cut(before, old)
    ctx.cut_from[obj.id] = old
    return {"obj": obj, "start": list(locate(ctx, old).xyz), "end": list(locate(ctx, new).xyz)}


def what_turned(ctx: Context, before: Image, after: Image) -> tuple[Image, Image]:
    """The thing that turned most clearly between two whole pictures, cut out of each.

    Raises:
        NothingFound: the pictures have nothing in common.
    """
    pairs = _pairs(ctx, before, after)
    if not pairs:
        raise NothingFound("the two pictures have nothing in common that could have been turned")
    crops = [(cut(before, old), cut(after, new)) for old, new in pairs]
    turns = [abs(turn(*pair)[0]) for pair in crops]
    return crops[int(np.argmax(turns))]


@skill("Track")
def track(ctx: Context, mask: Mask, image: Image) -> Mask:
    """The same thing in a later picture: what looks like it, of equal things the one closest to where it was.

    Args:
        mask: of an earlier picture.
        image: from GetImage.

    Raises:
        NothingFound: it can't be seen there.
    """
    masks = everything(ctx, image)
    if not masks:
        raise NothingFound("there is nothing in the later picture")
    overlap = np.array([iou(mask.array, other.array) for other in masks])
    if not ctx.tracking:
        if overlap.max() <= 0:
            raise NothingFound("nothing lies where the thing was, and tracking is switched off (perception.tracking)")
        return masks[int(overlap.argmax())]
    cosines = _looks(ctx, ctx.pictures[mask.image_id], [mask]) @ _looks(ctx, image, masks).T
    fits = cosines[0] >= ctx.retriever.minimum.get("identity", -1.0)
    if not fits.any():
        raise NothingFound(f"none of the {len(masks)} things in the later picture looks like it; it may be covered")
    return masks[int(np.where(fits, cosines[0] + OVERLAP * overlap, -np.inf).argmax())]


@skill("FindNeighbor")
def find_neighbor(ctx: Context, obj: int, masks: list[Mask], side: Side) -> int:
    """The index of the nearest thing on one side of masks[obj]. To know who was there before, call it before moving.

    Args:
        obj: index of the thing.
        masks: everything on the table.
        side: as the top view shows it: left or west (-y), right or east (+y), near or north (-x, the picture's top,
            towards the robot), far or south (+x).

    Raises:
        NothingFound: there is nothing on that side.
    """
    at = footprint_of(ctx, chosen(masks, obj, "obj")).center
    direction = np.array(SIDES[_COMPASS.get(side, side)])
    best: tuple[float, int] | None = None
    for i, mask in enumerate(masks):
        away = footprint_of(ctx, mask).center - at
        along, across = float(away @ direction), abs(float(away[0] * direction[1] - away[1] * direction[0]))
        if i != obj and along > 0 and across <= along:
            best = min(best or (np.inf, i), (along + 2 * across, i))
    if best is None:
        raise NothingFound(f"there is nothing on the {side} side of object {obj}")
    return best[1]


def _pairs(ctx: Context, before: Image, after: Image) -> list[tuple[Mask, Mask]]:
    """Things that two pictures share, by looks; of equal ones, those that moved least."""
    from scipy.optimize import linear_sum_assignment

    old, new = everything(ctx, before), everything(ctx, after)
    if not old or not new:
        return []
    cosines = _looks(ctx, before, old) @ _looks(ctx, after, new).T
    apart = np.array([[_distance(ctx, a, b) for b in new] for a in old])
    fits = cosines >= ctx.retriever.minimum.get("identity", -1.0)
    rows, columns = linear_sum_assignment(np.where(fits, NEARER * apart - cosines - 1, 0.0))
    return [(old[i], new[j]) for i, j in zip(rows, columns) if fits[i, j]]


def _looks(ctx: Context, image: Image, masks: list[Mask]) -> Float:
    return ctx.retriever.embed_images([cut(image, mask) for mask in masks], "identity")


def _distance(ctx: Context, one: Mask, other: Mask) -> float:
    """Metres between two centres."""
    return float(np.linalg.norm(footprint_of(ctx, one).center - footprint_of(ctx, other).center))
