"""Solids that are several things, and solids that are one.

What lies in a container, on a thing or beside it may hide from depth: its top level with a rim, its side against a
wall. Depth still sees another surface there, and colours tell whose it is. The other way round:

Depth sees a step where a wall shows one pixel wide, and a crease where a wall is toothed; colours and the masks by
colour say that what lies on both sides is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from skills.backends.sam.color.leftovers import overlap
from skills.backends.sam.color.outline import nearest
from skills.backends.sam.depth.levels import core, is_top, ring
from skills.backends.sam.depth.solids import Parts
from skills.types import Bool, Float, Int, UInt8

_SURFACE, _SHARE, _PAINT = 12, 0.02, 0.36
"""Of a surface that may be a thing: its pixels, its share of the solid, the overlap of colours from which it is not."""
_FLAT = 0.0003
"""Metres by which tops may differ that are one thing's."""
_CUT_OFF = 0.7
"""Share of two solids that one mask must have for the two to be one thing which another lies across."""
_HANDLE, _NECK, _RIM, _HOLLOW = 0.4, 0.2, 0.25, 0.4
"""Of a handle: its area beside that of what it is on, at most; the share of its outline that meets it, at most; how far
the rim is from as high, of its height, at most; and the share of what it is on that is hollow, at least."""
_LOOK, _WIDE_NECK = 0.5, 0.35
"""Overlap of their colours from which both need no mask in common, and the share of the outline then."""
_LARGER, _SHEET = 0.5, 0.003
"""Of the area of what a thing was taken from, that the neighbour it belongs to has, at least; metres above the plane
below which things have no tops."""
_ALIKE, _LIKE, _SAME = 0.3, 0.4, 0.58
"""Overlap of colour histograms, [0, 1]: of a strip's, a crumb's, and of anything's that is no such piece."""
_STANDS = 0.01
"""Metres above the plane from which something has walls: lines and frames that lie there are thin things themselves."""
_THIN, _CRUMB, _CORED = 0.2, 37, 0.85
"""Of a strip: the share of it that is 3 px thick, at most; of a crumb: its pixels and that share, at most."""
_TINY, _ALONG = 0.04, 0.43
"""Of a splinter: its area beside its neighbour's, at most; the share of its outline that runs along that, at least."""
_MEETS = 0.1
"""The same share of a strip."""
_DEEP = 0.008
"""Metres that a hollow lies under the rim."""


def painted(rgb: UInt8, parts: Parts, height: Float) -> Int:
    """Solids (H, W), of which those whose surfaces are painted differently are several.

    A wall and a floor have shades of their own: what is no sheet and has no level top is no thing.
    """
    solids = parts.solid.copy()
    newest = int(solids.max())
    for label in range(1, newest + 1):
        solid = parts.solid == label
        area = np.count_nonzero(solid)
        areas = np.bincount(parts.surface[solid])
        areas[:1] = 0
        groups: list[Bool] = []
        for surface in np.argsort(-areas, kind="stable"):
            if areas[surface] < max(_SURFACE, _SHARE * area):
                break
            patch = solid & (parts.surface == surface)
            alike = [overlap(rgb, patch, group) for group in groups]
            if alike and max(alike) >= _PAINT:
                groups[int(np.argmax(alike))] |= patch
            else:
                groups.append(patch)
        things = [group for group in groups[1:] if np.median(height[group]) < _SHEET or is_top(group, height)]
        if things:
            groups = [
                np.logical_or.reduce([group for group in groups if not any(group is it for it in things)]),
                *things,
            ]
            shared = nearest(groups)
            for number in range(1, len(groups)):
                solids[solid & (shared == number)] = newest + number
            newest += len(groups) - 1
    return solids


def without_rests(rgb: UInt8, solids: Int, rests: Mapping[int, Collection[int]]) -> Int:
    """Solids (H, W), of which what a thing was taken from belongs to the neighbour that looks most like it.

    Args:
        rgb: (H, W, 3) uint8.
        solids: (H, W) numbers, 0 for none.
        rests: number of each solid that things were taken from -> their numbers.
    """
    solids = solids.copy()
    for rest in sorted(rests):
        here = solids == rest
        alike = [
            (overlap(rgb, here, there), label)
            for label in np.unique(solids[ring(here)])
            if label
            and label not in rests[rest]
            and np.count_nonzero(there := solids == label) >= _LARGER * np.count_nonzero(here)
        ]
        best, label = max(alike, default=(0.0, rest))
        if best >= _LIKE:
            solids[here] = label
    return solids


def joined(rgb: UInt8, solids: Int, height: Float, masks: list[Bool], laid: Collection[int] = ()) -> Int:
    """Solids with what belongs to them; the smallest are asked first, and belong to the neighbour that they touch most.

    Args:
        rgb: (H, W, 3) uint8.
        solids: (H, W) of `solids.solids`.
        height: (H, W) metres above the plane, known wherever there is a solid.
        masks: (H, W) by colour.
        laid: numbers of solids that belong to no other.
    """
    solids = solids.copy()
    areas = np.bincount(solids.ravel())
    held = np.array([np.bincount(solids[mask], minlength=len(areas)) for mask in masks]).reshape(-1, len(areas))
    for label in np.argsort(areas, kind="stable"):
        if not label or not areas[label] or label in laid:
            continue
        here = solids == label
        around = ring(here)
        beside = np.bincount(solids[around], minlength=len(areas))
        shares = held / np.maximum(areas, 1)
        together = np.minimum(shares, shares[:, [label]]).max(axis=0, initial=0.0)
        near = np.flatnonzero((areas >= areas[label]) & ((beside > 0) | (together >= _CUT_OFF)))
        for other in sorted((it for it in near if it not in (0, label) and it not in laid), key=lambda it: -beside[it]):
            there = solids == other
            pair = _Pair(
                area=int(areas[label]),
                ratio=float(areas[label] / areas[other]),
                core=core(here) / float(areas[label]),
                along=float(beside[other] / max(1, np.count_nonzero(around))),
                alike=overlap(rgb, here, there),
                heights=(height[here], height[there]),
                together=float(together[other]),
            )
            if pair.is_one_thing():
                solids[here] = other
                areas[other], areas[label] = areas[other] + areas[label], 0
                held[:, other] += held[:, label]
                break
    return solids


@dataclass(frozen=True)
class _Pair:
    """A solid and a larger one.

    Attributes:
        area, ratio: pixels of the smaller, and beside the larger's.
        core: share of the smaller that is 3 px thick.
        along: share of its outline beside the larger.
        alike: overlap of their colours.
        heights: (N,) metres above the plane of the pixels of both.
        together: share of both that one mask has.
    """

    area: int
    ratio: float
    core: float
    along: float
    alike: float
    heights: tuple[Float, Float]
    together: float

    @property
    def top(self) -> float:
        """Metres above the plane of the smaller."""
        return float(np.median(self.heights[0]))

    @property
    def higher(self) -> float:
        """Metres from the larger up to the smaller."""
        return self.top - float(np.median(self.heights[1]))

    def is_one_thing(self) -> bool:
        """Whether the smaller one is a piece of the larger."""
        level, touching = abs(self.higher) < _FLAT, self.along > 0
        if not touching:
            return level and self.alike >= _ALIKE
        if level and self.alike >= _SAME:
            return True
        return self._is_splinter() or self._is_handle()

    def _is_splinter(self) -> bool:
        if self.ratio < _TINY and self.along >= _ALONG and self.alike >= _ALIKE:
            return True
        if self.top < _STANDS:
            return False
        if self.core < _THIN:
            return self.alike >= _ALIKE and self.along >= _MEETS
        return self.area < _CRUMB and self.core < _CORED and self.alike >= _LIKE

    def _is_handle(self) -> bool:
        """Whether it sticks out from a hollow: in its colours, joined to it by an end, about as high."""
        look = self.alike >= _LOOK
        small = self.ratio <= _HANDLE and self.along <= (_WIDE_NECK if look else _NECK)
        if not small or not (look or self.together >= _CUT_OFF) or self.alike < _ALIKE or self.top < _STANDS:
            return False
        grip, rim = (float(np.quantile(height, 0.9)) for height in self.heights)
        hollow = float(np.mean(self.heights[1] < rim - _DEEP))
        return hollow >= _HOLLOW and abs(rim - grip) <= _RIM * rim
