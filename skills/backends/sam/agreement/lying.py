"""Things that lie on others or in them, by the levels that an exact camera sees.

A frame that lies flat on a slab, or a letter in a bowl whose top is as high as the rim that it touches: depth has no
step between them that is a thing's height, but their tops are level, and what is around them is another level or none.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from skills.backends.sam.color.leftovers import overlap
from skills.backends.sam.depth.levels import EVEN, STEP, Patch, by_level, is_rim, patches, ring
from skills.backends.sam.depth.relief import Relief
from skills.backends.sam.depth.sides import with_side
from skills.types import Bool, Float, Int, UInt8

_LEAST = 12
"""Pixels of a thing, and of what it lies on."""
_SHEET = 0.008
"""Metres that a thing is thick, at most, that is told from what it lies on by its level alone."""
_GAP = np.ones((9, 9), np.uint8)
"""Pixels between pieces of such a thing: something may lie across it."""
_AROUND = 0.7
"""Share of its surroundings that must be one level."""
_LEDGE, _LOWER, _HIGHER = 0.001, 0.5, 0.45
"""Metres that the surroundings of a top are lower; the share of them that is, at least, and that is higher, at most."""
_REST = 0.1
"""Of a top's area, that is left of the solid that it is taken from, at least."""
_ALIKE = 0.5
"""Overlap of their colours from which both are one thing's, such as a pan's rim and its floor, unless"""
_BESIDE, _DEEP, _HOLLOW, _LEVEL = 0.3, 0.008, 0.4, 0.3
"""what is left is so large beside the top, that many metres lower or higher, less hollow and more level: a block."""


class Apart(NamedTuple):
    """Solids with the things that lie on them or in them told apart.

    Attributes:
        solid: (H, W) numbers, 0 for none.
        laid: numbers of the things that are told from what they lie on by a level alone: nothing else joins them.
        rests: number of each solid that something was taken from -> the numbers of what was.
    """

    solid: Int
    laid: frozenset[int]
    rests: dict[int, frozenset[int]]


def apart(rgb: UInt8, seen: Relief, solids: Int) -> Apart:
    """Tells apart what lies on or in other things.

    Args:
        rgb: (H, W, 3) uint8.
        seen: its depth, exact.
        solids: (H, W) numbers, 0 for none.
    """
    found, newest = solids.copy(), int(solids.max())
    tops = patches(solids, seen.height)
    laid: set[int] = set()
    for patch in by_level(tops, within_solids=False):
        for thing in _laid(patch, solids, seen.height):
            newest += 1
            found[thing] = newest
            laid.add(newest)
    levels = by_level(tops, within_solids=True)
    wide = np.logical_or.reduce([np.zeros(solids.shape, bool), *(it.mask for it in levels if _wide(it))])
    rests: dict[int, frozenset[int]] = {}
    for patch in sorted(levels, key=lambda it: -it.height):
        here = found == patch.solid
        own = _standing_out(rgb, seen, Patch(patch.mask & here, patch.height, patch.solid), here, wide)
        if own is not None:
            newest += 1
            found[own] = newest
            rests[patch.solid] = rests.get(patch.solid, frozenset()) | {newest}
    return Apart(found, frozenset(laid), rests)


def _wide(patch: Patch) -> bool:
    return patch.area >= _LEAST and patch.thick


def _laid(level: Patch, solids: Int, height: Float) -> list[Bool]:
    """The pieces of a level that lie on a lower one, which is all around them: thin or not, with their edges."""
    if level.area < _LEAST:
        return []
    _, near = cv2.connectedComponents(cv2.morphologyEx(level.mask.astype(np.uint8), cv2.MORPH_CLOSE, _GAP))
    found = []
    for number in range(1, int(near.max()) + 1):
        piece = level.mask & (near == number)
        if np.count_nonzero(piece) < _LEAST:
            continue
        around = ring(piece)
        heights, raised = height[around], solids[around] > 0
        lower = heights[raised & (heights < level.height - STEP) & (heights > level.height - _SHEET)]
        if not len(lower):
            continue
        steps = np.round(lower / EVEN).astype(np.int64)
        under = float(np.bincount(steps - steps.min()).argmax() + steps.min()) * EVEN
        if np.count_nonzero(np.abs(lower - under) <= 2 * EVEN) >= _AROUND * len(heights):
            edge = around & (solids > 0) & (height > under + STEP) & (height < level.height)
            found.append(piece | edge)
    return found


def _standing_out(rgb: UInt8, seen: Relief, top: Patch, solid: Bool, wide: Bool) -> Bool | None:
    """The thing that a level of a solid is the top of, its side included; None where it is the solid's own."""
    area = top.area
    if area < _LEAST or np.count_nonzero(solid) - area < _LEAST or not top.thick:
        return None
    around = seen.height[ring(top.mask)]
    if np.mean(around < top.height - _LEDGE) < _LOWER or np.mean(around > top.height + STEP) > _HIGHER:
        return None
    if is_rim(top.mask, seen.height):
        return None
    thing = with_side(seen, top.mask, top.height, solid & ~wide)
    rest = solid & ~thing
    if np.count_nonzero(rest) < max(_LEAST, _REST * area):
        return None
    if overlap(rgb, thing, rest) >= _ALIKE and not _is_block(seen.height, rest, wide, top):
        return None
    return thing


def _is_block(height: Float, rest: Bool, wide: Bool, top: Patch) -> bool:
    """Whether what is left without a top is a thing of another height, and no container's floor or handle."""
    area = np.count_nonzero(rest)
    heights = height[rest]
    highest = float(np.quantile(heights, 0.9))
    return bool(
        area >= _BESIDE * top.area
        and abs(highest - top.height) >= _DEEP
        and np.mean(heights < highest - _DEEP) < _HOLLOW
        and np.count_nonzero(rest & wide) >= _LEVEL * area
    )
