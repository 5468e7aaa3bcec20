"""Level patches: where an exact camera sees one height to the last digit, it sees a top, a floor or a rim."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skills.backends.sam.color.outline import enclosed
from skills.backends.sam.depth.linking import pieces
from skills.types import Bool, Float, Int

EVEN = 0.0001
"""Metres by which neighbouring pixels of a patch may differ, and patches of one level."""
STEP = 0.00015
"""Metres from which a level is another one."""
_SPREAD = 3
"""Times that, by which all of a patch may: more is a slope."""
_LEAST = 4
"""Pixels of a patch."""
_THICK = 0.5
"""Share of a patch that is 3 px thick, from which it is no line, no rim and no row of a wall."""
_FLOOR = 0.6
"""Share of a level's surroundings that is higher around a floor."""
_HOLLOW, _SUNK = 0.3, 0.002
"""Of its own area, that a rim encloses, and the metres that this lies lower."""
_BLOCK = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Patch:
    """Pixels of one level.

    Attributes:
        mask: (H, W).
        height: metres above the plane.
        solid: number of the solid that most of it belongs to.
    """

    mask: Bool
    height: float
    solid: int

    @property
    def area(self) -> int:
        """Pixels."""
        return int(np.count_nonzero(self.mask))

    @property
    def thick(self) -> bool:
        """Whether it is more than a line."""
        return is_thick(self.mask)


def patches(solids: Int, height: Float) -> list[Patch]:
    """The level patches of solids, each connected, corners included.

    Args:
        solids: (H, W) numbers, 0 for none.
        height: (H, W) metres above the plane, exact; NaN where nothing was measured.
    """
    on = solids > 0
    labels = pieces(on.shape, lambda one, other: on[one] & on[other] & _even(height[one], height[other]))
    areas = np.bincount(labels.ravel())
    areas[np.unique(labels[solids == 0])] = 0
    found = []
    for label in np.flatnonzero(areas >= _LEAST):
        mask = labels == label
        heights = height[mask]
        if np.ptp(heights) <= _SPREAD * EVEN:
            found.append(Patch(mask, float(np.median(heights)), int(np.bincount(solids[mask]).argmax())))
    return found


def by_level(of: list[Patch], within_solids: bool) -> list[Patch]:
    """Patches of one height in one: of the same solid, or wherever they are."""
    found: list[Patch] = []
    for patch in sorted(of, key=lambda it: (within_solids * it.solid, it.height)):
        last = found[-1] if found else None
        if last and patch.height - last.height <= EVEN and (patch.solid == last.solid or not within_solids):
            found[-1] = Patch(last.mask | patch.mask, last.height, last.solid)
        else:
            found.append(patch)
    return found


def is_top(mask: Bool, height: Float, share: float = 0.3) -> bool:
    """Whether that share of a mask is level, and no floor: what is around it is not higher for the most part."""
    level = _level_pixels(mask, height)
    if np.count_nonzero(level) < share * np.count_nonzero(mask):
        return False
    beside = ring(level) & ~mask
    return bool(np.mean(height[beside] > np.median(height[level]) + STEP) < _FLOOR) if beside.any() else True


def is_rim(level: Bool, height: Float) -> bool:
    """Whether the pixels of a level (H, W) enclose something large and deep."""
    inner = enclosed(level) & ~level
    if np.count_nonzero(inner) <= _HOLLOW * np.count_nonzero(level):
        return False
    return not float(np.nanmedian(height[inner])) > float(np.median(height[level])) - _SUNK


def is_thick(mask: Bool) -> bool:
    """Whether a mask is more than a line: half of it is 3 px thick."""
    return bool(core(mask) >= _THICK * np.count_nonzero(mask))


def is_one_level(height: Float, share: float = 0.8) -> bool:
    """Whether that share of some heights (N,) is one."""
    return bool(np.mean(np.abs(height - np.median(height)) <= EVEN) >= share)


def ring(mask: Bool, reach: int = 1) -> Bool:
    """The pixels around a mask."""
    found: Bool = cv2.dilate(mask.astype(np.uint8), _BLOCK, iterations=reach).astype(bool) & ~mask
    return found


def core(mask: Bool) -> int:
    """Pixels of a mask that are in a block of 3 x 3 of it."""
    return int(np.count_nonzero(cv2.morphologyEx(np.pad(mask, 1).astype(np.uint8), cv2.MORPH_OPEN, _BLOCK)))


def _level_pixels(mask: Bool, height: Float) -> Bool:
    """The pixels of a mask that are as high as one beside them and one above or below: no row of a wall."""
    along, across = np.zeros_like(mask), np.zeros_like(mask)
    for one, other, of in ((np.s_[:, 1:], np.s_[:, :-1], along), (np.s_[1:], np.s_[:-1], across)):
        even = _even(height[one], height[other])
        of[one] |= even
        of[other] |= even
    found: Bool = mask & along & across
    return found


def _even(one: Float, other: Float) -> Bool:
    near: Bool = np.abs(one - other) <= EVEN
    return near
