"""Outlines compared: the same shape at any turn; the same profile at any turn, size and stretch."""

from __future__ import annotations

import numpy as np

from skills.footprints import filled, without_handle
from skills.registration import turn
from skills.types import Bool, Float, Image

FINER = 4
"""Times that a mask is enlarged and smoothed before its outline is taken."""
BINS = 72
"""Directions in which an outline's radius is read."""
SPREAD = 0.03
"""Distance of two profiles at which they count as alike by 1/e."""


def same_shape(one: Image, other: Image) -> float:
    """[0, 1]: how much of two things seen from above at one scale agrees once one is turned onto the other."""
    return turn(_plain(one), _plain(other))[1]


def profile(mask: Bool) -> Float:
    """(10,) what is round, square, triangular … about an outline, whatever its turn, size and stretch.

    Magnitudes of the 3rd to the 12th harmonic of the radius around the centre, relative to the mean radius, of the
    filled outline without a handle, stretched so that it is equally wide in every direction.
    """
    import cv2

    height, width = mask.shape
    solid = np.pad(without_handle(filled(mask)).astype(np.float32), 2)
    large = cv2.resize(solid, ((width + 4) * FINER, (height + 4) * FINER), interpolation=cv2.INTER_LINEAR)
    smooth = cv2.GaussianBlur(large, (0, 0), 0.6 * FINER) >= 0.5
    rows, columns = np.nonzero(smooth)
    inside = np.column_stack([columns, rows]).astype(np.float64)
    if len(inside) < BINS:
        return np.zeros(10)
    middle = inside.mean(axis=0)
    spread, axes = np.linalg.eigh(np.cov((inside - middle).T))
    contours, _ = cv2.findContours(smooth.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    border = (max(contours, key=len)[:, 0] - middle) @ (axes / np.sqrt(np.maximum(spread, 1e-9)))
    radius, angle = np.hypot(*border.T), np.arctan2(border[:, 1], border[:, 0])
    order = np.argsort(angle)
    at = np.linspace(-np.pi, np.pi, BINS, endpoint=False)
    rays = np.interp(at, angle[order], radius[order], period=2 * np.pi)
    waves = np.abs(np.fft.rfft(rays))
    harmonics: Float = 2 * waves[3:13] / waves[0]
    return harmonics


def same_profile(one: Image, other: Image) -> float:
    """[0, 1]: how alike two profiles are."""
    distance = float(np.linalg.norm(profile(_mask(one)) - profile(_mask(other))))
    return float(np.exp(-distance / SPREAD))


def _plain(image: Image) -> Image:
    """Its outline alone: one colour."""
    return Image(np.zeros_like(image.rgb), _mask(image))


def _mask(image: Image) -> Bool:
    return image.mask if image.mask is not None else np.ones(image.shape, bool)
