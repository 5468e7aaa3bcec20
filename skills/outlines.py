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
SPREAD, SHARE = 0.06, 0.25
"""Two profiles are alike by 1/e at this distance, and that share of how far both are from round."""


def same_shape(one: Image, other: Image) -> float:
    """[0, 1]: how much of two things seen from above at one scale agrees once one is turned onto the other."""
    return turn(_plain(one), _plain(other))[1]


def profile(mask: Bool) -> Float:
    """(11,) what is round, square, triangular … about an outline, whatever its turn, size and stretch.

    Magnitudes of the 2nd to the 12th harmonic of the radius around the middle, relative to the mean radius, of the
    filled outline without a handle, its smallest box stretched to a square.
    """
    import cv2

    height, width = mask.shape
    solid = np.pad(without_handle(filled(mask)).astype(np.float32), 2)
    large = cv2.resize(solid, ((width + 4) * FINER, (height + 4) * FINER), interpolation=cv2.INTER_LINEAR)
    smooth = cv2.GaussianBlur(large, (0, 0), 0.6 * FINER) >= 0.5
    contours, _ = cv2.findContours(smooth.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len, default=np.zeros((0, 1, 2), np.int32))[:, 0].astype(np.float32)
    if len(outline) < BINS:
        return np.zeros(11)
    corners = cv2.boxPoints(cv2.minAreaRect(outline))
    sides = corners[[1, 3]] - corners[0]
    border = (outline - corners.mean(axis=0)) @ (sides / (sides**2).sum(axis=1, keepdims=True)).T
    radius, angle = np.hypot(*border.T), np.arctan2(border[:, 1], border[:, 0])
    order = np.argsort(angle)
    at = np.linspace(-np.pi, np.pi, BINS, endpoint=False)
    rays = np.interp(at, angle[order], radius[order], period=2 * np.pi)
    waves = np.abs(np.fft.rfft(rays))
    harmonics: Float = 2 * waves[2:13] / waves[0]
    return harmonics


def same_profile(one: Image, other: Image) -> float:
    """[0, 1]: how alike two profiles are."""
    a, b = profile(_mask(one)), profile(_mask(other))
    allowed = SPREAD + SHARE * float(np.linalg.norm(a) + np.linalg.norm(b)) / 2
    return float(np.exp(-np.linalg.norm(a - b) / allowed))


def _plain(image: Image) -> Image:
    """Its outline alone: one colour."""
    return Image(np.zeros_like(image.rgb), _mask(image))


def _mask(image: Image) -> Bool:
    return image.mask if image.mask is not None else np.ones(image.shape, bool)
