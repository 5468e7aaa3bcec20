"""What stands on the table, by a depth picture alone: the plane under everything, and the solids above it.

A solid ends where its surface does: at a step of height that is no wall of its own, or where a wall rises from the top
of something else (a concave crease; the concave parts of real objects: Stein et al. 2014, "Object partitioning using
local convexity"). What an outline encloses, such as the floor of a bowl, belongs to the outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from skills.backends.sam.outline import filled
from skills.backends.sam.raised import raised_in, surfaces
from skills.types import Bool, Float, Image, Int, View

_SAMPLES = 96
"""Planes that are tried."""
_POINTS = 2000
"""Pixels that vote on them."""
_NEAR = 0.004
"""Metres from a plane within which a pixel votes for it."""
_REFITS, _WITHIN = 4, 4.0
"""How often the plane is fitted again, to pixels within that many median deviations."""
_UPRIGHT = 0.9
"""Cosine between the table's normal and the base's vertical, at least: calibrations are a little off."""
_SHARE = 0.25
"""Of the picture, that the plane under everything must take up."""
_LEAST = 0.0004
"""Metres above the plane that are something, where the camera is exact."""
_SIGMAS = 4.0
"""Standard deviations of the noise that are something."""
EXACT = _LEAST / _SIGMAS
"""Metres of noise up to which a camera counts as exact."""
_STEP = 0.004
"""Metres between neighbours at which a surface may end, where the camera is exact."""
_LEVELS = 96
"""Heights at which outlines are closed."""
_THIN, _ALONG, _HOLLOW = 0.3, 0.3, 0.3
"""Of a rim: the share of it that is 3 px thick, at most; of its border that runs along the solid that it belongs to, at
least; of that solid which lies lower than what encloses it, at least."""
_HOLDS = 60
"""Pixels of a solid that may hold another."""
_CRUMB = 12
"""Pixels that are no surface of their own."""
_BLOCK = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Relief:
    """A picture's depth, seen from the plane under everything.

    Attributes:
        points: (H, W, 3) metres, base frame.
        height: (H, W) metres above that plane, smoothed as much as the noise asks for; NaN where nothing was measured.
        noise: metres, standard deviation of ``height`` on the plane.
        raised: (H, W) what is higher than the plane and its noise.
    """

    points: Float
    height: Float
    noise: float
    raised: Bool


def relief(image: Image) -> Relief | None:
    """None where a picture has no depth of its own, or shows no plane that things stand on."""
    view = image.view
    if view is None or view.depth_m is None or view.depth_m.shape != image.shape:
        return None
    rows, columns = image.shape
    y, x = np.mgrid[:rows, :columns]
    depth = np.asarray(view.depth_m, np.float64)
    measured = np.isfinite(depth) & (depth > 0)
    if 2 * np.count_nonzero(measured) < depth.size:
        return None
    points = view.camera.back_project(np.column_stack([x.ravel(), y.ravel()]), np.where(measured, depth, 0.0).ravel())
    plane = _plane(points[measured.ravel()])
    if plane is None:
        return None
    normal, offset = plane
    height = np.where(measured, (points @ normal - offset).reshape(rows, columns), np.nan)
    noise = _spread(height)
    if noise > EXACT:
        height = _smooth(height)
        noise = _spread(height)
    raised = np.nan_to_num(height, nan=-1.0) > max(_LEAST, _SIGMAS * noise)
    if noise > EXACT:
        raised = _without_holes(cv2.medianBlur(raised.astype(np.uint8), 3).astype(bool), height, noise)
    return Relief(points.reshape(rows, columns, 3), height, noise, raised)


def _without_holes(raised: Bool, height: Float, noise: float) -> Bool:
    """What is raised, with those of its holes that are raised on average: a low floor between walls."""
    holes = _enclosed(raised) & ~raised & np.isfinite(height)
    count, labels = cv2.connectedComponents(holes.astype(np.uint8), connectivity=4)
    areas = np.bincount(labels.ravel(), minlength=count)
    means = np.bincount(labels.ravel(), np.where(holes, height, 0.0).ravel(), minlength=count) / np.maximum(areas, 1)
    # Neighbours share their noise after smoothing, so nine pixels tell as much as one.
    low = means > np.maximum(2 * _LEAST, 3 * _SIGMAS * noise / np.sqrt(np.maximum(areas, 9)))
    low[0] = False
    found: Bool = raised | low[labels]
    return found


def _plane(points: Float) -> tuple[Float, float] | None:
    """Unit normal (3,), upward, and offset of the nearly level plane that most of the points (N, 3) lie in."""
    rng = np.random.default_rng(0)
    voters = points[rng.integers(len(points), size=_POINTS)]
    corners = voters[rng.integers(_POINTS, size=(_SAMPLES, 3))]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1)
    kept = (length > 1e-9) & (np.abs(normals[:, 2]) > _UPRIGHT * length)
    if not kept.any():
        return None
    normals = normals[kept] / length[kept, None]
    normals *= np.sign(normals[:, 2:])
    offsets = np.einsum("ij,ij->i", normals, corners[kept, 0])
    # How far off counts too (MSAC, Torr and Zisserman 2000): a plane over thin things has as many near it.
    cost = np.minimum(np.abs(voters @ normals.T - offsets), _NEAR).sum(axis=0)
    best = int(cost.argmin())
    normal, offset = normals[best], float(offsets[best])
    for _ in range(_REFITS):
        off = np.abs(points @ normal - offset)
        if np.count_nonzero(near := off < _NEAR) < _SHARE * len(points):
            return None
        on = points[off <= max(_WITHIN * float(np.median(off[near])), 1e-5)]
        middle = on.mean(axis=0)
        normal = np.linalg.eigh(np.cov((on - middle).T))[1][:, 0]
        normal = normal * np.sign(normal[2])
        offset = float(middle @ normal)
    return normal, offset


def _spread(height: Float) -> float:
    """Standard deviation of the heights of the plane, by what lies under it: things lie above."""
    under = -height[(height < 0) & (height > -0.02)]
    return 1.4826 * float(np.median(under)) if len(under) else 0.0


def _smooth(height: Float) -> Float:
    """Medians of 3 x 3, what was not measured filled from beside it where that is near."""
    known = np.isfinite(height)
    some = np.where(known, height, 0.0).astype(np.float32)
    total, count = cv2.blur(some, (5, 5)), cv2.blur(known.astype(np.float32), (5, 5))
    whole = np.where(known, some, total / np.maximum(count, 1e-6)).astype(np.float32)
    smooth = cv2.medianBlur(cv2.medianBlur(whole, 3), 3).astype(np.float64)
    return np.where(count > 0.2, smooth, np.nan)


def solids(seen: Relief, view: View) -> Int:
    """(H, W) number of the solid that each raised pixel belongs to, 0 for none."""
    step = _step(seen, view)
    height = closed(seen.height, seen.raised, step)
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
    whole = _with_rims(_without_crumbs(_flooded(labels, height, seen.raised, flat, rises)), seen.height, height, step)
    return _unpacked(whole, seen.height)


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


def _unpacked(labels: Int, height: Float) -> Int:
    """What lies in the hollow of a solid gets numbers of its own."""
    levels = surfaces(height)
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
    return float(max(_SIGMAS * seen.noise, min(_STEP, 0.5 * apart / max(tilt, 1e-3))))


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
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = np.arange(free.size).reshape(free.shape)
    pairs = []
    for way in ("left", "up"):
        one, other = _SIDES[way]
        joined = flat[way] & free[one] & free[other]
        pairs.append(np.stack([number[one][joined], number[other][joined]]))
    rows, columns = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(free.size, free.size))
    _, labels = connected_components(graph, directed=False)
    found: Int = np.where(free, labels.reshape(free.shape) + 1, 0)
    _, small = np.unique(found, return_inverse=True)
    return np.asarray(small.reshape(free.shape) - (0 if (found == 0).any() else -1))


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
        within = _enclosed(top >= level)
        full = np.where(within & (full < level), level, full)
    return np.where(raised, full, 0.0)


_BORDERS: tuple[tuple[Any, Any], ...] = (
    (np.s_[0], np.s_[1]),
    (np.s_[-1], np.s_[-2]),
    (np.s_[:, 0], np.s_[:, 1]),
    (np.s_[:, -1], np.s_[:, -2]),
)
"""Each side of a picture, and the pixels next to it."""


def _enclosed(mask: Bool) -> Bool:
    """A mask with its holes, and with what it encloses together with one side of the picture."""
    whole = filled(mask)
    for side, inner in _BORDERS:
        if np.count_nonzero(mask[side]) > 1:
            edged = mask.copy()
            edged[side] = True
            within = filled(edged)
            within[side] = mask[side] | within[inner]
            whole |= within
    return whole
