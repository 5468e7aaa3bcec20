"""A piece cut out of a picture becomes the small model's input: the object alone, centred, its real size kept visible.

From straight above, an open box and a cube differ in size alone, so the size must reach the model; but one pixel scale
for a 3 cm cube and a 30 cm pan would leave the cube seven pixels. The object is therefore drawn with a diameter that
grows with the square root of its diameter in metres. Circle and centre are those of the smallest circle around the
mask, which turning does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skills.types import Bool, Float, Image, UInt8, View

SIDE = 64
"""Pixels a side of the model's input."""

LARGEST = 0.36
"""Diameter in metres of an object that fills the input; larger ones fill it too."""

BACKGROUND = -3.0
"""Value of pixels outside the object. Colours lie in [-2, 2], so no colour can be mistaken for it."""

UNKNOWN_SIZES = (0.10, 0.14, 0.24)
"""Diameters in metres tried for a picture without a calibrated camera: of a cube, of a letter, of a bowl or box."""


@dataclass(frozen=True, eq=False)
class Cutout:
    """An object's pixels and how large it is.

    Attributes:
        rgb: (h, w, 3) uint8, trimmed to the object's box.
        mask: (h, w) bool, at least one pixel.
        center: (x, y) of the smallest circle around the mask, pixels of ``rgb``.
        diameter: of that circle, pixels.
        metres_per_pixel: where a calibrated camera tells it, else None.
    """

    rgb: UInt8
    mask: Bool
    center: tuple[float, float]
    diameter: float
    metres_per_pixel: float | None = None

    @classmethod
    def of(cls, rgb: UInt8, mask: Bool, metres_per_pixel: float | None = None) -> Cutout:
        """Measures the circle around a mask; specks smaller than a twentieth of the largest piece are left out.

        Args:
            rgb: (H, W, 3) uint8.
            mask: (H, W) bool; an empty one stands for the whole picture.
            metres_per_pixel: if known.
        """
        import cv2

        cover = mask.astype(np.uint8)
        left, top, width, height = cv2.boundingRect(cover)
        if not width:
            cover[:] = 1
            top, left, (height, width) = 0, 0, cover.shape
        rgb, cover = rgb[top : top + height, left : left + width], cover[top : top + height, left : left + width]
        count, labels, stats, _ = cv2.connectedComponentsWithStats(cover, connectivity=8)
        if count > 2:
            areas = stats[1:, cv2.CC_STAT_AREA]
            cover = np.isin(labels, 1 + np.flatnonzero(areas >= areas.max() / 20)).astype(np.uint8)
        (x, y), radius = cv2.minEnclosingCircle(cv2.convexHull(cv2.findNonZero(cover)))
        return cls(rgb, cover.astype(np.bool_), (float(x), float(y)), 2 * float(radius) + 1, metres_per_pixel)

    def drawn_sizes(self) -> tuple[float, ...]:
        """Diameters in input pixels at which the object may be drawn: one, or several where its size is unknown."""
        if self.metres_per_pixel is None:
            return tuple(drawn_diameter(size) for size in UNKNOWN_SIZES)
        return (drawn_diameter(self.diameter * self.metres_per_pixel),)


def drawn_diameter(metres: float) -> float:
    """Pixels across, in the model's input, of an object so many metres across."""
    return float(np.clip((SIDE - 2) * np.sqrt(metres / LARGEST), 8, SIDE - 2))


def cutout(image: Image) -> Cutout:
    """The object of a crop: by its mask, or, in a picture without one, what differs from the picture's border."""
    mask = foreground(image.rgb) if image.mask is None else image.mask
    scale = None
    if image.view is not None:
        height, width = image.shape
        scale = metres_per_pixel(image.view, (image.origin_xy[0] + width / 2, image.origin_xy[1] + height / 2))
    return Cutout.of(image.rgb, mask, scale)


def metres_per_pixel(view: View, at: tuple[float, float]) -> float | None:
    """Metres that a pixel of the view covers, across the line of sight, where the ray through it meets the table."""
    x, y = at
    there = view.camera.meet_plane([(x, y), (x + 1, y), (x, y + 1)])
    if not np.isfinite(there).all():
        return None
    steps = np.linalg.norm(there[1:] - there[0], axis=1)
    return float(steps.min()) or None


def foreground(rgb: UInt8, threshold: float = 30.0) -> Bool:
    """What differs from the colour of the border of a picture that shows one object.

    Args:
        rgb: (H, W, 3) uint8.
        threshold: distance in RGB from the border's median colour.

    Returns:
        (H, W) bool; the whole picture when the border has no one colour or nothing differs from it.
    """
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]).astype(np.float64)
    color = np.median(border, axis=0)
    whole = np.ones(rgb.shape[:2], dtype=np.bool_)
    if np.mean(np.linalg.norm(border - color, axis=1) < threshold) < 0.6:
        return whole
    different: Bool = np.linalg.norm(rgb.astype(np.float64) - color, axis=2) > threshold
    return different if different.mean() > 0.002 else whole


def place(cut: Cutout, diameter: float, turn: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> Float:
    """Draws a cut-out into the model's input.

    Args:
        cut: the object.
        diameter: of its circle, input pixels.
        turn: radians about its centre.
        shift: (x, y) input pixels away from the middle.

    Returns:
        (SIDE, SIDE, 3) float32: colours in [-2, 2], ``BACKGROUND`` outside the object.
    """
    import cv2

    colors: Float = np.dstack([cut.rgb.astype(np.float32) * cut.mask[..., None], cut.mask.astype(np.float32)])
    (x, y), scale = cut.center, diameter / cut.diameter
    if scale < 0.75:  # bilinear sampling would skip pixels
        height, width = colors.shape[:2]
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        colors = np.asarray(cv2.resize(colors, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        x, y = (x + 0.5) * size[0] / width - 0.5, (y + 0.5) * size[1] / height - 0.5
        scale = 1.0
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    middle = (SIDE - 1) / 2
    warp = np.array([[cos, -sin, middle + shift[0]], [sin, cos, middle + shift[1]]])
    warp[:, 2] -= warp[:, :2] @ (x, y)
    drawn = cv2.warpAffine(colors, warp, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    cover = drawn[..., 3:]
    inside = drawn[..., :3] / (255 * np.maximum(cover, 1e-3))
    placed: Float = ((4 * inside - 2) * cover + BACKGROUND * (1 - cover)).astype(np.float32)
    return placed


def canvases(crops: Sequence[Image]) -> tuple[Float, list[int]]:
    """Inputs for crops.

    Returns:
        (M, SIDE, SIDE, 3) float32, and for each of them the index of its crop: one input for a crop of known size, one
        for each of ``UNKNOWN_SIZES`` else.
    """
    cuts = [cutout(crop) for crop in crops]
    drawn = [(place(cut, size), index) for index, cut in enumerate(cuts) for size in cut.drawn_sizes()]
    return np.stack([canvas for canvas, _ in drawn]), [index for _, index in drawn]
