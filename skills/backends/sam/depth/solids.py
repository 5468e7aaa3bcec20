"""What stands on the table, by a depth picture alone.

A solid ends where its surface does: at a step of height that is no wall of its own, or where a wall rises from the top
of something else (a concave crease; the concave parts of real objects: Stein et al. 2014, "Object partitioning using
local convexity"). What an outline encloses, such as the floor of a bowl, belongs to the outline.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np

from skills.backends.sam.color.outline import enclosed
from skills.backends.sam.depth.linking import linked
from skills.backends.sam.depth.raised import raised_in
from skills.backends.sam.depth.relief import EXACT, SIGMAS, Relief
from skills.backends.sam.depth.sides import with_sides
from skills.backends.sam.depth.terraces import terraced
from skills.types import Bool, Float, Int, View

_STEP = 0.004
"""Metres between neighbours at which a surface may end, where the camera is exact."""
_LEDGE = 0.001
"""The same between the surfaces of one solid, which colours have a say about."""
_LEVELS = 96
"""Heights at which outlines are closed."""
_THIN, _ALONG, _HOLLOW = 0.3, 0.3, 0.3
"""Of a rim: the share of it that is 3 px thick, at most; of its border that runs along the solid that it belongs to, at
least; of that solid which lies lower than what encloses it, at least."""
_HOLDS = 60
"""Pixels of a solid that may hold another."""
_WHOLLY, _MOSTLY, _BELOW = 0.9, 0.5, 0.002
"""Share of a solid that is one surface, and of that surface that is the solid; metres that its sides lie below."""
_CRUMB = 12
"""Pixels that are no surface of their own."""
_BLOCK = np.ones((3, 3), np.uint8)


class Parts(NamedTuple):
    """What the raised pixels of a picture belong to, by depth.

    Attributes:
        solid: (H, W) number of the solid, 0 for none.
        surface: (H, W) number of the surface; a container's floor, its rim and its contents are several.
    """

    solid: Int
    surface: Int


def solids(seen: Relief, view: View) -> Parts:
    """Solids, what lies clearly in or on one apart, and the surfaces that they are made of."""
    step = _step(seen, view)
    height = closed(seen.height, seen.raised, step)
    whole = _with_rims(_parted(seen, view, height, step), seen.height, height, step)
    open_height = np.where(seen.raised & np.isfinite(seen.height), seen.height, 0.0)
    surface = _parted(seen, view, open_height, min(step, _LEDGE) if seen.noise <= EXACT else step)
    labels = _unpacked(whole, surface, seen.height)
    if seen.noise > EXACT:
        return Parts(labels, surface)
    labels = with_sides(seen, _with_own_sides(terraced(labels, seen.height), surface, seen.height))
    return Parts(labels, surface)


def _parted(seen: Relief, view: View, height: Float, step: float) -> Int:
    """(H, W) numbers of the solids by heights whose containers are closed, or open: then their contents are solids."""
    rays = seen.points - view.camera.base_from_camera[:3, 3]
    rays /= np.maximum(np.linalg.norm(rays, axis=-1, keepdims=True), 1e-9)
    flat, rises = {}, {}
    wall = np.zeros(height.shape, bool)
    for way, (one, other) in _SIDES.items():
        both = seen.raised[one] & seen.raised[other]
        change = height[one] - height[other]
        flat[way] = both & (np.abs(change) < step)
        moved = seen.points[one] - seen.points[other]
        rises[way] = both & (change >= step) & _upright(moved, change, rays[other])
    for way in _SIDES:
        opposite = _shifted(flat[_OPPOSITE[way]], _OPPOSITE[way], height.shape)
        wall |= _shifted(rises[way], way, height.shape) & ~opposite
    labels = _joined(flat, seen.raised & ~wall)
    areas = np.bincount(labels.ravel())
    labels = np.where(areas[labels] >= _CRUMB, labels, 0)
    return _without_crumbs(_flooded(labels, height, seen.raised, flat, rises))


def _with_rims(labels: Int, height: Float, full: Float, step: float) -> Int:
    """Hollow solids with their rims, of which a thin piece may stand higher than the rest."""
    labels = labels.copy()
    hollow = full - np.nan_to_num(height) > step
    areas = np.bincount(labels.ravel())
    shares = np.bincount(labels[hollow], minlength=len(areas)) / np.maximum(areas, 1)
    for label in np.flatnonzero((areas > 0) & (np.arange(len(areas)) > 0)):
        here = labels == label
        solid = cv2.morphologyEx(here.astype(np.uint8), cv2.MORPH_OPEN, _BLOCK)
        if np.count_nonzero(solid) > _THIN * areas[label]:
            continue
        ring = cv2.dilate(here.astype(np.uint8), _BLOCK).astype(bool) & ~here
        beside = np.bincount(labels[ring], minlength=len(areas))
        beside[0] = 0
        other = int(beside.argmax())
        if beside[other] >= _ALONG * np.count_nonzero(ring) and shares[other] > _HOLLOW:
            labels[here] = other
    return labels


def _unpacked(labels: Int, levels: Int, height: Float) -> Int:
    """What lies in the hollow of a solid gets numbers of its own."""
    newest = int(labels.max())
    unpacked = labels.copy()
    for label in range(1, newest + 1):
        solid = labels == label
        if np.count_nonzero(solid) < _HOLDS:
            continue
        for content in raised_in(height, levels, solid, (labels > 0) & ~solid, least=_CRUMB):
            newest += 1
            unpacked[content & solid] = newest
    return unpacked


def _with_own_sides(labels: Int, surface: Int, height: Float) -> Int:
    """Solids that are one surface each, with what of that surface hangs below them: it went to what is beside it."""
    count = int(surface.max()) + 1
    shared = np.bincount((labels * count + surface).ravel(), minlength=(int(labels.max()) + 1) * count)
    shared = shared.reshape(-1, count)
    shared[0], shared[:, 0] = 0, 0
    areas = shared.sum(axis=1)
    found = labels.copy()
    for number in np.flatnonzero(np.count_nonzero(shared, axis=0) > 1):
        of = shared[:, number]
        own = np.where(of >= _WHOLLY * np.maximum(areas, 1), of, 0)
        label = int(own.argmax())
        if own[label] == 0 or own[label] < _MOSTLY * of.sum():
            continue
        hanging = (surface == number) & (labels > 0) & (labels != label)
        if np.median(height[hanging]) < np.median(height[labels == label]) - _BELOW:
            found[hanging] = label
    return found


def _without_crumbs(labels: Int) -> Int:
    """Pieces of a few pixels joined to the neighbour that they share most of their border with."""
    labels = labels.copy()
    areas = np.bincount(labels.ravel())
    for crumb in np.flatnonzero((areas > 0) & (areas < _CRUMB)):
        here = labels == crumb
        beside = labels[cv2.dilate(here.astype(np.uint8), _BLOCK).astype(bool) & ~here]
        if (beside > 0).any():
            labels[here] = int(np.bincount(beside[beside > 0]).argmax())
    return labels


def _step(seen: Relief, view: View) -> float:
    """Metres between neighbours at which surfaces end: less than a wall rises from pixel to pixel."""
    on = seen.points[:-1, :-1], seen.points[1:, :-1], seen.points[:-1, 1:]
    apart = np.median(np.linalg.norm(on[2] - on[0], axis=-1))
    tilt = float(np.sqrt(max(0.0, 1.0 - view.camera.base_from_camera[2, 2] ** 2)))
    return float(max(SIGMAS * seen.noise, min(_STEP, 0.5 * apart / max(tilt, 1e-3))))


def _upright(moved: Float, change: Float, ray: Float) -> Bool:
    """Whether the way from a lower to a higher pixel is up a wall, and not along the ray to something nearer."""
    level = np.hypot(ray[..., 0], ray[..., 1])
    toward = -(moved[..., 0] * ray[..., 0] + moved[..., 1] * ray[..., 1]) / np.maximum(level, 1e-6)
    slant = level / np.maximum(-ray[..., 2], 1e-6)
    found: Bool = (slant > _SLANT) & (toward < 0.5 * change * slant)
    return found


_SIDES: dict[str, tuple[Any, Any]] = {
    "left": (np.s_[:, :-1], np.s_[:, 1:]),
    "right": (np.s_[:, 1:], np.s_[:, :-1]),
    "up": (np.s_[:-1], np.s_[1:]),
    "down": (np.s_[1:], np.s_[:-1]),
}
"""Where a pixel's neighbour lies -> (the neighbours, the pixels)."""
_OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up"}
_SLANT = 0.2
"""Tangent of the angle to the vertical from which a camera sees walls."""


def _shifted(of_pairs: Bool, way: str, shape: tuple[int, int]) -> Bool:
    """What holds for pairs, told of the pixels."""
    whole = np.zeros(shape, bool)
    whole[_SIDES[way][1]] = of_pairs
    return whole


def _joined(flat: dict[str, Bool], free: Bool) -> Int:
    """(H, W) numbers from 1 of the connected surfaces among free pixels, 0 elsewhere."""
    ends = [(way, *_SIDES[way]) for way in ("left", "up")]
    labels = linked(*(flat[way] & free[one] & free[other] for way, one, other in ends))
    found: Int = np.where(free, labels + 1, 0)
    used = np.zeros(int(found.max()) + 1, bool)
    used[found] = True
    used[0] = False
    return np.asarray(np.cumsum(used)[found])


def _flooded(labels: Int, height: Float, raised: Bool, flat: dict[str, Bool], rises: dict[str, Bool]) -> Int:
    """Surfaces grown downwards: each pixel goes to what it hangs from, the highest first."""
    labels = labels.copy()
    left = np.argwhere(raised & (labels == 0))
    left = left[np.argsort(-height[tuple(left.T)], kind="stable")]
    linked = {way: (_shifted(rises[way], way, height.shape), _shifted(flat[way], way, height.shape)) for way in _SIDES}
    steps = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
    newest = int(labels.max())
    for y, x in left.tolist():
        best = 0
        for kind in (0, 1):
            for way, (dy, dx) in steps.items():
                if linked[way][kind][y, x] and labels[y + dy, x + dx]:
                    best = int(labels[y + dy, x + dx])
                    break
            if best:
                break
        if not best:
            newest += 1
            best = newest
        labels[y, x] = best
    return labels


def closed(height: Float, raised: Bool, step: float) -> Float:
    """Heights in which what an outline encloses has the outline's height."""
    known = raised & np.isfinite(height)
    top = np.where(known, height, 0.0)
    full = top.copy()
    highest = float(np.quantile(top[known], 0.995)) if known.any() else 0.0
    levels = np.linspace(0.0, highest, min(_LEVELS, int(np.ceil(2 * highest / step))) + 1)[1:]
    for level in levels:
        within = enclosed(top >= level)
        full = np.where(within & (full < level), level, full)
    return np.where(raised, full, 0.0)
