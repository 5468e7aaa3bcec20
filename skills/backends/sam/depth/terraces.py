"""Level tops side by side: things that touch and differ in height by less than a wall, or that lie flat in another.

Where a camera is exact, the top of a slab has one height to the last digit, and what touches it has another. A step
between two level tops is where one thing ends; the same step in a curved or slanting surface is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from skills.backends.sam.depth.levels import is_rim, is_thick
from skills.backends.sam.depth.linking import SIDES, linked
from skills.types import Bool, Float, Int

_EVEN = 0.00005
"""Metres by which neighbouring pixels of a level top may differ."""
_STEP, _WALL = 0.0002, 0.008
"""Metres between tops from which, and up to which, they are two things': a higher step may be a container's wall."""
_TOP = 16
"""Pixels of a top."""
_CONTACT, _BESIDE = 4, 1
"""Pixels along which two tops meet, and pixels of a wall between each and there."""
_MOST = 64
"""Tops of one solid; what has more is no pile of slabs."""


def terraced(solids: Int, height: Float) -> Int:
    """Solids (H, W), of which those with level tops of several heights are several.

    Args:
        solids: (H, W) numbers, 0 for none.
        height: (H, W) metres above the plane, exact; NaN where nothing was measured.
    """
    tops = _tops(solids, height)
    found = solids.copy()
    newest = int(solids.max())
    own = np.unique(np.stack([solids[tops > 0], tops[tops > 0]]), axis=1)
    counts = np.bincount(own[0], minlength=1)
    for label in np.flatnonzero((counts > 1) & (counts <= _MOST)):
        rows, columns = (np.flatnonzero((solids == label).any(axis=axis)) for axis in (1, 0))
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        inside = solids[box] == label
        surroundings = _Surroundings.of(tops[box], own[1][own[0] == label], np.where(inside, height[box], np.nan))
        group = np.array(_groups(surroundings))
        for other in np.unique(group)[1:]:
            newest += 1
            found[box][inside & (group[surroundings.nearest] == other)] = newest
    return found


def _tops(solids: Int, height: Float) -> Int:
    """(H, W) numbers from 1 of the level tops, 0 elsewhere."""
    even = [
        (solids[one] > 0) & (solids[one] == solids[other]) & (np.abs(height[one] - height[other]) <= _EVEN)
        for one, other in SIDES
    ]
    labels = linked(*even)
    areas = np.bincount(labels.ravel())
    tops = np.zeros(height.shape, np.int64)
    for place, label in enumerate(np.flatnonzero(areas >= _TOP), 1):
        top = labels == label
        if is_thick(top) and not is_rim(top, height):
            tops[top] = place
    return tops


@dataclass(frozen=True, eq=False)
class _Surroundings:
    """A solid's pixels, each given to the nearest of its tops.

    Attributes:
        nearest: (h, w) index of that top.
        beside: (h, w) whether it is next to that top, or on it.
        height: (h, w) metres, NaN outside.
        levels: (N,) metres, of the tops.
    """

    nearest: Int
    beside: Bool
    height: Float
    levels: Float

    @classmethod
    def of(cls, tops: Int, numbers: Int, height: Float) -> _Surroundings:
        index, least = np.zeros(tops.shape, np.int64), np.full(tops.shape, np.inf, np.float32)
        for place, number in enumerate(numbers):
            away = cv2.distanceTransform((tops != number).astype(np.uint8), cv2.DIST_L1, 3)
            index[away < least] = place
            least = np.minimum(least, away)
        levels = np.array([np.median(height[tops == number]) for number in numbers])
        return cls(index, least <= _BESIDE, height, levels)

    def meetings(self) -> list[tuple[tuple[int, int], int, int]]:
        """Pairs of tops whose surroundings meet, with the pixels of that border, and those with no wall above both."""
        inside = np.isfinite(self.height)
        pairs, nears = [], []
        for one, other in SIDES:
            both = inside[one] & inside[other] & (self.nearest[one] != self.nearest[other])
            pair = np.stack([self.nearest[one][both], self.nearest[other][both]])
            over = np.maximum(self.height[one][both], self.height[other][both]) - self.levels[pair].max(axis=0)
            nears.append(self.beside[one][both] & self.beside[other][both] & (over <= _STEP))
            pairs.append(np.sort(pair, axis=0))
        met, which = np.unique(np.concatenate(pairs, axis=1), axis=1, return_inverse=True)
        counts = np.bincount(which.ravel(), minlength=met.shape[1])
        near = np.bincount(which.ravel(), np.concatenate(nears), minlength=met.shape[1])
        return [((int(a), int(b)), int(n), int(m)) for (a, b), n, m in zip(met.T, counts, near)]


def _groups(of: _Surroundings) -> list[int]:
    """Which tops of a solid are one thing's, none that a step parts.

    Those of one height, which something may lie between; then those that meet, the longest borders first.
    """
    meetings = of.meetings()
    apart = {
        (a, b) for (a, b), _, near in meetings if near >= _CONTACT and _STEP < abs(of.levels[a] - of.levels[b]) < _WALL
    }
    count = len(of.levels)
    even = [(a, b) for a, b in combinations(range(count), 2) if abs(of.levels[a] - of.levels[b]) <= 2 * _EVEN]
    group = list(range(count))
    for a, b in [*even, *(pair for pair, _, _ in sorted(meetings, key=lambda it: -it[1]))]:
        members = [[i for i, own in enumerate(group) if own == group[each]] for each in (a, b)]
        if not any((min(i, j), max(i, j)) in apart for i in members[0] for j in members[1]):
            group = [group[a] if own == group[b] else own for own in group]
    return group
