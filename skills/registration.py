"""How far a thing turned between two pictures of it: geometry, not an embedding."""

from __future__ import annotations

import numpy as np

from skills.types import Bool, Float, Image, UInt8

COARSE_DEGREES = 5
FINE_DEGREES = 1
SIDE = 64
"""Pixels of the square that both pictures are compared in."""
TIE = 0.02
"""Disagreements this close count as equal (a symmetric thing has several): the smallest turn is meant."""


def turn(before: Image, after: Image) -> tuple[float, float]:
    """The turn that makes one picture of a thing look like another, both seen from above at one scale.

    Args:
        before, after: cut-outs with masks.

    Returns:
        The turn in radians about +z (counter-clockwise as the top view shows it), the smallest where a symmetric thing
        allows several, and how well the pictures agree after it, [0, 1].
    """
    reach = max(_reach(before), _reach(after))
    one, other = _centred(before, reach), _centred(after, reach)
    coarse = np.arange(-180, 180, COARSE_DEGREES)
    errors = np.array([_disagreement(_turned(one, float(angle)), other) for angle in coarse])
    near = coarse[errors <= errors.min() + TIE]
    first = int(near[np.abs(near).argmin()])
    fine = np.arange(first - COARSE_DEGREES, first + COARSE_DEGREES + 1, FINE_DEGREES)
    errors = np.array([_disagreement(_turned(one, float(angle)), other) for angle in fine])
    best = int(errors.argmin())
    degrees = (float(fine[best]) + 180) % 360 - 180
    return float(np.radians(degrees)), 1.0 - float(errors[best])


def _mask(image: Image) -> Bool:
    return image.mask if image.mask is not None else np.ones(image.shape, bool)


def _reach(image: Image) -> float:
    """Pixels from a mask's centroid to its farthest pixel."""
    at = np.argwhere(_mask(image))
    return float(np.linalg.norm(at - at.mean(axis=0), axis=1).max()) + 1.0


def _centred(image: Image, reach: float) -> tuple[UInt8, Float]:
    """A picture and its mask resampled so that the centroid is in the middle and ``reach`` is half the square."""
    import cv2

    mask = _mask(image)
    row, column = np.argwhere(mask).mean(axis=0)
    scale = (SIDE / 2) / reach
    middle = (SIDE - 1) / 2
    affine = np.array([[scale, 0, middle - scale * column], [0, scale, middle - scale * row]])
    rgb = cv2.warpAffine(image.rgb, affine, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    soft = cv2.warpAffine(mask.astype(np.float32), affine, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return rgb.astype(np.uint8), soft.astype(np.float32)


def _turned(picture: tuple[UInt8, Float], degrees: float) -> tuple[UInt8, Float]:
    import cv2

    middle = (SIDE - 1) / 2
    affine = cv2.getRotationMatrix2D((middle, middle), float(degrees), 1.0)
    rgb, soft = cv2.warpAffine(picture[0], affine, (SIDE, SIDE)), cv2.warpAffine(picture[1], affine, (SIDE, SIDE))
    return rgb.astype(np.uint8), soft.astype(np.float32)


def _disagreement(one: tuple[UInt8, Float], other: tuple[UInt8, Float]) -> float:
    """[0, 1]: share of the union where only one is, plus the colour difference where both are."""
    both, either = np.minimum(one[1], other[1]), np.maximum(one[1], other[1])
    colour = np.abs(one[0].astype(np.float32) - other[0]).mean(axis=2) / 255
    return float(((either - both) + both * colour).sum() / max(float(either.sum()), 1.0))
