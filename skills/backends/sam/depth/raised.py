"""What lies in or on a large thing, by depth: level patches that stand out from all that is around them.

Colours can't tell a thing from a container that wears the same ones; a depth camera can. Pictures without depth (prompt
pictures of others, photographs) are left to ``contents``.
"""

from __future__ import annotations

import cv2
import numpy as np

from skills.backends.sam.color.outline import filled
from skills.backends.sam.depth.linking import SIDES, linked
from skills.types import Bool, Float, Image, Int

_STEP = 0.008
"""Metres between neighbouring pixels from which one surface ends and another begins."""

_LOWER = 0.7
"""Share of a patch's neighbours that must lie lower by that much."""

_WITHIN = 0.6
"""Share of them that must belong to the thing itself: of a rim's neighbours half lie outside."""

_ALL = 0.97
"""Share of them that lies lower around what leans over a thing's edge, or stands beside it: nothing holds it."""

_HOLLOW = 0.25
"""Of its own area, that such a patch may enclose: a wall encloses more."""

_TAKEN_IN = 12
"""Pixels of a patch in a mask from which the mask has taken it in."""

_BLOCK = np.ones((3, 3), np.uint8)


def heights(image: Image) -> Float | None:
    """(H, W) metres above the base's z = 0 of what each pixel shows, NaN where the camera measured nothing.

    None where the picture has no depth of its own.
    """
    view = image.view
    if view is None or view.depth_m is None or view.depth_m.shape != image.shape:
        return None
    rows, columns = image.shape
    y, x = np.mgrid[:rows, :columns]
    points = view.camera.back_project(np.column_stack([x.ravel(), y.ravel()]), view.depth_m.ravel())
    measured = np.isfinite(view.depth_m) & (view.depth_m > 0)
    return np.where(measured, points[:, 2].reshape(rows, columns), np.nan)


def surfaces(height: Float) -> Int:
    """(H, W) number of the surface of each pixel: neighbours of nearly one height share theirs."""
    near = [np.abs(height[one] - height[other]) < _STEP for one, other in SIDES]
    return linked(*near)


def raised_in(height: Float, surface: Int, mask: Bool, others: Bool, least: int = 40, most: float = 0.6) -> list[Bool]:
    """The patches of a mask that belong to other things: in or on what it shows, or beside it.

    Args:
        height: (H, W) metres, NaN where nobody knows.
        surface: (H, W) of `surfaces`.
        mask: (H, W) of the thing, what it holds included.
        others: (H, W) what other masks have: no part of a patch.
        least: pixels of a patch.
        most: share of the thing that a patch may take up.

    Returns:
        (H, W) masks, apart from one another; they may reach beyond the mask.
    """
    found = []
    shares = np.bincount(surface[mask])
    for label in np.flatnonzero(shares >= _TAKEN_IN):
        if shares[label] > most * np.count_nonzero(mask):
            continue
        patch = (surface == label) & (mask | ~others)
        area = int(np.count_nonzero(patch))
        box = _box(patch)
        near, z, inside = patch[box], height[box], mask[box]
        solid = cv2.morphologyEx(near.astype(np.uint8), cv2.MORPH_OPEN, _BLOCK)
        # A wall seen from above stands out as well, but it is thin.
        if area < least or 2 * np.count_nonzero(solid) < area:
            continue
        lower, within = _around(z, near, inside)
        alone = lower >= _ALL and np.count_nonzero(filled(near)) <= (1 + _HOLLOW) * area
        if alone or (lower >= _LOWER and within >= _WITHIN):
            found.append(patch)
    return found


def _box(mask: Bool) -> tuple[slice, slice]:
    """The mask's box and a pixel more on each side."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(max(0, rows[0] - 1), rows[-1] + 2), slice(max(0, columns[0] - 1), columns[-1] + 2)


def _around(z: Float, patch: Bool, inside: Bool) -> tuple[float, float]:
    """Of the pixels beside a patch: the share that lies lower than the patch next to it, and the share in the mask.

    What is not measured counts for neither; a patch that little is known around is not told apart.
    """
    low = float(np.nanmin(z)) - 1.0
    top = cv2.dilate(np.where(patch, z, low).astype(np.float32), _BLOCK)
    ring = cv2.dilate(patch.astype(np.uint8), _BLOCK).astype(np.bool_) & ~patch
    known = ring & np.isfinite(z)
    if not known.any() or 2 * np.count_nonzero(known) < np.count_nonzero(ring):
        return 0.0, 0.0
    return float((top[known] - z[known] >= _STEP).mean()), float(inside[known].mean())
