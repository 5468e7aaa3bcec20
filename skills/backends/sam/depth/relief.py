"""A depth picture seen from the plane under everything: how high each pixel is, and how well that is known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skills.backends.sam.color.outline import enclosed
from skills.types import Bool, Float, Image

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
"""Metres above the plane that are something, where the camera is exact, and"""
_DIGIT, _SHEET = 0.00002, 0.00015
"""metres from the plane up to which what lies on it is off where only the last digits are: then this is something."""
SIGMAS = 4.0
"""Standard deviations of the noise that are something."""
EXACT = _LEAST / SIGMAS
"""Metres of noise up to which a camera counts as exact."""


@dataclass(frozen=True, eq=False)
class Relief:
    """A picture's depth, seen from the plane under everything.

    Attributes:
        points: (H, W, 3) metres, base frame.
        raw: (H, W) metres above that plane; NaN where nothing was measured.
        height: (H, W) the same, smoothed as much as the noise asks for.
        noise: metres, standard deviation of ``height`` on the plane.
        raised: (H, W) what is higher than the plane and its noise.
        slant: (H, W) tangent of the angle between the ray and the base's vertical.
        pixel: metres from the point of one pixel to that of the next, in the median.
    """

    points: Float
    raw: Float
    height: Float
    noise: float
    raised: Bool
    slant: Float
    pixel: float


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
    pixels = np.column_stack([x.ravel(), y.ravel()])
    points = view.camera.back_project(pixels, np.where(measured, depth, 0.0).ravel())
    plane = _plane(points[measured.ravel()])
    if plane is None:
        return None
    normal, offset = plane
    raw = height = np.where(measured, (points @ normal - offset).reshape(rows, columns), np.nan)
    noise = spread(height)
    if noise > EXACT:
        height = _smooth(height)
        noise = spread(height)
    raised = np.nan_to_num(height, nan=-1.0) > max(_SHEET if noise <= _DIGIT else _LEAST, SIGMAS * noise)
    if noise > EXACT:
        raised = _without_holes(cv2.medianBlur(raised.astype(np.uint8), 3).astype(bool), height, noise)
    _, rays = view.camera.rays(pixels)
    slant = np.hypot(rays[:, 0], rays[:, 1]) / np.maximum(-rays[:, 2], 1e-6)
    points = points.reshape(rows, columns, 3)
    pixel = float(np.median(np.linalg.norm(points[:, 1:] - points[:, :-1], axis=-1)))
    return Relief(points, raw, height, noise, raised, slant.reshape(rows, columns), pixel)


def _without_holes(raised: Bool, height: Float, noise: float) -> Bool:
    """What is raised, with those of its holes that are raised on average: a low floor between walls."""
    holes = enclosed(raised) & ~raised & np.isfinite(height)
    count, labels = cv2.connectedComponents(holes.astype(np.uint8), connectivity=4)
    areas = np.bincount(labels.ravel(), minlength=count)
    means = np.bincount(labels.ravel(), np.where(holes, height, 0.0).ravel(), minlength=count) / np.maximum(areas, 1)
    # Neighbours share their noise after smoothing, so nine pixels tell as much as one.
    low = means > np.maximum(2 * _LEAST, 3 * SIGMAS * noise / np.sqrt(np.maximum(areas, 9)))
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


def spread(height: Float) -> float:
    """Metres, standard deviation of the heights (H, W) of the plane, by what lies under it: things lie above.

    Where most of the plane lies on it to the last digit, a lower floor beside it is no noise.
    """
    under, level = -height[(height < 0) & (height > -0.02)], np.abs(height[np.abs(height) <= _DIGIT])
    told = level if len(level) > np.count_nonzero(under > _DIGIT) else under
    return 1.4826 * float(np.median(told)) if len(told) else 0.0


def _smooth(height: Float) -> Float:
    """Medians of 3 x 3, what was not measured filled from beside it where that is near."""
    known = np.isfinite(height)
    some = np.where(known, height, 0.0).astype(np.float32)
    total, count = cv2.blur(some, (5, 5)), cv2.blur(known.astype(np.float32), (5, 5))
    whole = np.where(known, some, total / np.maximum(count, 1e-6)).astype(np.float32)
    smooth = cv2.medianBlur(cv2.medianBlur(whole, 3), 3).astype(np.float64)
    return np.where(count > 0.2, smooth, np.nan)
