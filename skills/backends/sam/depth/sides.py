"""Sides of things: what a slanting camera sees of them below the edges of their tops.

A side is straight under the edge that it belongs to: seen from above, its points are where the edge's are. Its colours
say little, since it has a shade of its own.
"""

from __future__ import annotations

import numpy as np

from skills.backends.sam.depth.levels import EVEN, ring
from skills.backends.sam.depth.relief import Relief
from skills.types import Bool, Float, Int

_SLANT = 0.05
"""Tangent of the angle between a ray and the vertical from which a camera sees sides."""
_REACH = 1.5
"""Pixels to the side, from the points of an edge, where those of its side may be."""
_LOWER = 0.0005
"""Metres that a side is lower than its edge."""
_MOST = 0.7
"""Share of a mask that is a side, if the mask is one."""
_LOW = 0.003
"""Metres above the plane below which things are sheets, and have no sides."""


def with_side(seen: Relief, top: Bool, height: float, free: Bool) -> Bool:
    """A top (H, W) at some height, and the free pixels that are its side."""
    free = free & (seen.height < height) & (seen.slant > _SLANT)
    found = top.copy()
    if free.any():
        edge = top & ring(~np.pad(top, 1))[1:-1, 1:-1]
        found[free] |= _near(seen, edge, free)[0]
    return found


def is_side(seen: Relief, mask: Bool, of: Bool) -> bool:
    """Whether a mask is the side of another."""
    heights = seen.height[mask]
    higher = of & (seen.height > np.nanquantile(heights, 0.1))
    if seen.slant[mask].mean() < _SLANT or not higher.any():
        return False
    near, over = _near(seen, higher, mask)
    return bool(np.mean(near & (over > heights - _LOWER)) >= _MOST)


def with_sides(seen: Relief, solids: Int) -> Int:
    """Solids (H, W), each with the solids that are its sides.

    Where a wall falls steeply from pixel to pixel, its rows are as many solids at first.
    """
    on = solids > 0
    if not (seen.slant[on] > _SLANT).any():
        return solids
    heights, labels = seen.height[on], solids[on]
    share = _sheltered(seen.points[on][:, :2], heights, labels, seen.slant[on] > _SLANT, seen.pixel)
    tallest = np.full(len(share), -np.inf)
    np.maximum.at(tallest, labels, heights)
    owner = np.arange(len(share))
    for label in np.argsort(-tallest, kind="stable"):
        if not np.isfinite(tallest[label]) or not _may_be_side(solids == label, seen.height):
            continue
        under = np.where(tallest > tallest[label], share[label], 0.0)
        if under.max() >= _MOST:
            owner[label] = owner[under.argmax()]
    found: Int = owner[solids]
    return found


def _may_be_side(mask: Bool, height: Float) -> bool:
    """Not a sheet on the plane, and not level, but for a single row or column."""
    heights = height[mask]
    block = mask[1:, 1:] & mask[:-1, 1:] & mask[1:, :-1] & mask[:-1, :-1]
    return bool(np.median(heights) >= _LOW and (np.ptp(heights) >= EVEN or not block.any()))


def _sheltered(points: Float, heights: Float, labels: Int, slanted: Bool, cell: float) -> Float:
    """(N, N) share of a label's points that have another label's highest point straight above them, or next to that.

    Args:
        points: (M, 2) metres, to the side.
        heights: (M,) metres.
        labels: (M,) numbers, below N.
        slanted: (M,) whether a side would be seen there.
        cell: metres that are "straight above".
    """
    at = np.floor((points - points.min(axis=0)) / cell).astype(np.int64) + 1
    rising = np.argsort(heights, kind="stable")
    highest = np.full(at.max(axis=0) + 2, -np.inf)
    owner = np.zeros(highest.shape, np.int64)
    highest[tuple(at[rising].T)], owner[tuple(at[rising].T)] = heights[rising], labels[rising]
    count = int(labels.max()) + 1
    pairs = []
    for shift in np.ndindex(3, 3):
        near = tuple((at + np.array(shift) - 1).T)
        under = np.flatnonzero(slanted & (highest[near] > heights + _LOWER))
        pairs.append(under * count + owner[near][under])
    point, over = np.divmod(np.unique(np.concatenate(pairs)), count)
    found = np.bincount(labels[point] * count + over, minlength=count**2).reshape(count, count)
    share: Float = found / np.maximum(np.bincount(labels, minlength=count), 1)[:, None]
    return share


def _near(seen: Relief, of: Bool, mask: Bool) -> tuple[Bool, Float]:
    """Which pixels of a mask (N,) have one of another straight above or below, and the height of that; inf: none."""
    from scipy.spatial import cKDTree

    apart, which = cKDTree(seen.points[of][:, :2]).query(
        seen.points[mask][:, :2], distance_upper_bound=_REACH * seen.pixel
    )
    found = np.isfinite(apart)
    over = np.append(seen.height[of], -np.inf)[which]
    return found, over
