"""Pens for pictures of a scene: masks, outlines, planned motions, clicks, labels that keep out of each other's way.

Everything is given in the pixels of the camera's picture, however much that is enlarged, and drawn at the enlarged
size. Colours are Okabe and Ito's (Color Universal Design, 2008), told apart by readers of any colour vision; numbers
stand beside them anyway.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from instruct2act.listeners import typeset, words
from instruct2act.listeners.typeset import INK, RGB, WHITE
from skills.types import Action, Bool, Camera, Float, Image, Mask, UInt8

PALETTE: tuple[RGB, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (204, 121, 167),
    (213, 94, 0),
    (0, 114, 178),
)
"""Orange, sky blue, bluish green, yellow, reddish purple, vermilion, blue."""

CHOSEN: RGB = (240, 228, 66)
TARGET: RGB = (86, 180, 233)
_SHIFT = 4
_GAPS = (3, 10, 22, 40, 64, 96, 140, 200)
_SPOTS = ((0, -1), (0, 1), (1, 0), (-1, 0), (1, -1), (-1, -1), (1, 1), (-1, 1))


def color_of(index: int) -> RGB:
    """The palette's colour of the thing with this number."""
    return PALETTE[index % len(PALETTE)]


def scale_for(shape: tuple[int, int], width: int) -> float:
    """How much a picture of (height, width) grows to fill ``width``: a whole number when it grows at all."""
    return float(width // shape[1]) if width >= shape[1] else width / shape[1]


def enlarge(rgb: UInt8, scale: float) -> UInt8:
    """The picture with every pixel as a crisp square (averaged when the scale is below one)."""
    import cv2

    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    how = cv2.INTER_NEAREST if scale >= 1 else cv2.INTER_AREA
    return np.array(cv2.resize(np.ascontiguousarray(rgb), size, interpolation=how), np.uint8)


def cut_out(image: Image, fade: float = 0.93, ground: float = 240.0) -> UInt8:
    """A crop's pixels with what does not belong to the object faded to light grey; a whole picture as it is."""
    if image.mask is None:
        return image.rgb
    faded = image.rgb + (ground - image.rgb) * fade
    return np.where(image.mask[..., None], image.rgb, faded).astype(np.uint8)


def in_picture(crop: Image, shape: tuple[int, int]) -> Bool:
    """Where a crop's object lies in the picture of (height, width) that it was cut from, (height, width) bool."""
    whole = np.zeros(shape, np.bool_)
    x, y = crop.origin_xy
    part = np.ones(crop.shape, np.bool_) if crop.mask is None else crop.mask
    height, width = max(0, min(part.shape[0], shape[0] - y)), max(0, min(part.shape[1], shape[1] - x))
    whole[y : y + height, x : x + width] = part[:height, :width]
    return whole


@dataclass
class Sketch:
    """An enlarged picture that is drawn upon; ``finish`` adds the labels and returns it.

    Attributes:
        rgb: (H, W, 3) uint8, the camera's picture.
        scale: enlarged pixels a camera pixel.
        letters: size of the labels' letters, enlarged pixels.
    """

    rgb: UInt8
    scale: float = 3.0
    letters: int = 14
    _labels: list[tuple[Float, str, RGB]] = field(default_factory=list)
    _taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.picture = enlarge(self.rgb, self.scale)
        self._things = np.zeros(self.picture.shape[:2], np.bool_)

    def at(self, pixels: npt.ArrayLike) -> Float:
        """Camera pixels (N, 2) to enlarged ones; an integer is a pixel's centre in both."""
        return (np.atleast_2d(np.asarray(pixels, dtype=np.float64)) + 0.5) * self.scale - 0.5

    def tint(self, mask: Bool, color: RGB, strength: float = 0.5) -> None:
        """Colours a (H, W) bool mask's pixels and draws its outline."""
        inside = self._enlarged(mask)
        mixed = self.picture[inside] * (1 - strength) + np.array(color) * strength
        self.picture[inside] = mixed.astype(np.uint8)
        self.outline(mask, color)

    def outline(self, mask: Bool, color: RGB, width: int = 2, halo: bool = False) -> None:
        """Draws the outline of a (H, W) bool mask, holes included; a dark halo makes it stand out."""
        import cv2

        inside = np.pad(self._enlarged(mask), 1).astype(np.uint8)
        contours, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=(-1, -1))
        for ink, wide in ((INK, width + 3), (color, width)) if halo else ((color, width),):
            cv2.drawContours(self.picture, contours, -1, ink, wide, cv2.LINE_AA)

    def label(self, text: str, xy: npt.ArrayLike, color: RGB, box: Sequence[float] | Float | None = None) -> None:
        """Asks for a label beside a camera pixel, or just outside a box_xyxy; placed by ``finish``."""
        x, y = np.asarray(xy, dtype=np.float64).reshape(-1)[:2]
        around = np.array(box if box is not None else (x, y, x + 1, y + 1), dtype=np.float64) * self.scale
        self._labels.append((around, text, color))

    def avoid(self, masks: Sequence[Mask]) -> None:
        """Keeps labels off these things, where there is room elsewhere."""
        for mask in masks:
            self._things |= self._enlarged(mask.array)

    def label_mask(self, text: str, mask: Bool, color: RGB) -> None:
        """Asks for a label beside a (H, W) bool mask."""
        rows, columns = np.nonzero(mask)
        if len(rows):
            self._things |= self._enlarged(mask)
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            self.label(text, (box[0], box[1]), color, box)

    def click(self, xy: tuple[float, float], number: int) -> None:
        """A numbered cross at a camera pixel."""
        (x, y) = self.at(xy)[0]
        arm = 9.0
        for color, width in ((INK, 6), (WHITE, 2)):
            self._line([(x - arm, y), (x + arm, y)], color, width)
            self._line([(x, y - arm), (x, y + arm)], color, width)
        self._taken.append((x - arm, y - arm, x + arm, y + arm))
        self.label(f"click {number}", xy, WHITE, np.array((x - arm, y - arm, x + arm, y + arm)) / self.scale)

    def motion(self, camera: Camera, action: Action, number: int | None = None, color: RGB = WHITE) -> None:
        """A planned action as an arrow from start to end; a turn as an arc at its end; a push with its blade.

        Args:
            camera: the one that took the picture.
            action: poses in the base frame.
            number: written at the start, where several are drawn.
            color: of the shaft; a dark halo keeps it visible on anything.
        """
        poses = [(pose.x, pose.y, pose.z) for pose in (action.start, action.end)]
        start, end = self.at(camera.project(poses)[0])
        reach = float(np.linalg.norm(end - start))
        strokes: list[tuple[Float, int]] = []
        heads: list[Float] = []
        turn = words.turn_words(action.end.yaw - action.start.yaw) if action.primitive == "pick_place" else ""
        if reach > (36 if turn else 6):
            along = (end - start) / reach
            strokes.append((np.array([start, end - along * min(9.0, reach / 2)]), 3))
            heads.append(_head(end, along))
            if action.primitive == "push":
                across = np.array([-along[1], along[0]]) * 12
                strokes.append((np.array([start - across, start + across]), 5))
        if turn:
            arc = self._arc(camera, action)
            strokes.append((arc, 2))
            heads.append(_head(arc[-1], arc[-1] - arc[-3], length=11, half=5.5))
            reach_px = float(np.linalg.norm(arc - end, axis=1).max())
            box = np.concatenate([end - reach_px, end + reach_px]) / self.scale
            self.label(turn, (box[0], box[1]), color, box)
        self._strokes(strokes, heads, color)
        self._badge(start, "" if number is None else str(number), color)

    def finish(self) -> UInt8:
        """Places the labels, each beside its thing and clear of the others, and returns the picture (uint8)."""
        for around, text, color in self._labels:
            size = typeset.width_of(text, self.letters) + 14, typeset.line_height(self.letters) + 2
            spot = self._free(around, size)
            if spot is None:
                continue
            x, y = int(spot[0]), int(spot[1])
            box = (x, y, x + size[0], y + size[1])
            self._leader(around, box, color)
            self._taken.append(box)
            part = self.picture[y : y + size[1], x : x + size[0]]
            part[:] = (part * 0.12 + np.array(INK) * 0.88).astype(np.uint8)
            part[:, :4] = color
            typeset.write(self.picture, (x + 8, y + 1), text, self.letters, WHITE)
        self._labels.clear()
        return self.picture

    @property
    def placed(self) -> list[tuple[float, float, float, float]]:
        """Boxes, in enlarged pixels, that labels and marks have taken."""
        return list(self._taken)

    def _enlarged(self, mask: Bool) -> Bool:
        """A mask at the enlarged size, its corners rounded as little as a linear blow-up does."""
        import cv2

        size = self.picture.shape[1], self.picture.shape[0]
        grown = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(grown >= 0.5)

    def _line(self, points: npt.ArrayLike, color: RGB, width: int, closed: bool = False) -> None:
        import cv2

        fixed = np.round(np.asarray(points, dtype=np.float64) * (1 << _SHIFT)).astype(np.int32)
        cv2.polylines(self.picture, [fixed.reshape(-1, 1, 2)], closed, color, width, cv2.LINE_AA, _SHIFT)

    def _strokes(self, strokes: Sequence[tuple[Float, int]], heads: Sequence[Float], color: RGB) -> None:
        import cv2

        covered = self._things.astype(np.uint8)
        for ink, more in ((INK, 4), (color, 0)):
            for points, width in strokes:
                self._line(points, ink, width + more)
                cv2.polylines(covered, [np.round(points).astype(np.int32)], False, 1, 14)
            for head in heads:
                if more:
                    self._line(head, ink, more, closed=True)
                fixed = np.round(head * (1 << _SHIFT)).astype(np.int32)
                cv2.fillConvexPoly(self.picture, fixed, ink, cv2.LINE_AA, _SHIFT)
        self._things = covered.astype(np.bool_)

    def _badge(self, centre: Float, text: str, color: RGB) -> None:
        import cv2

        radius = 10 if text else 5
        x, y = round(float(centre[0])), round(float(centre[1]))
        cv2.circle(self.picture, (x, y), radius + 2, INK, -1, cv2.LINE_AA)
        cv2.circle(self.picture, (x, y), radius, color, -1, cv2.LINE_AA)
        if text:
            size = 14 if len(text) == 1 else 12
            corner = x - typeset.width_of(text, size) // 2, y - typeset.line_height(size) // 2
            typeset.write(self.picture, corner, text, size, INK)
        self._taken.append((x - radius, y - radius, x + radius, y + radius))

    def _arc(self, camera: Camera, action: Action, radius_m: float = 0.05) -> Float:
        """The turn of an action as enlarged pixels, (K, 2), about its end."""
        turn = float(np.remainder(action.end.yaw - action.start.yaw + np.pi, 2 * np.pi) - np.pi)
        angles = action.start.yaw + np.linspace(0, turn, max(8, int(abs(turn) * 16)))
        circle = [
            (action.end.x + radius_m * np.cos(a), action.end.y + radius_m * np.sin(a), action.end.z) for a in angles
        ]
        return self.at(camera.project(circle)[0])

    def _free(self, around: Float, size: tuple[int, int]) -> tuple[float, float] | None:
        """A place for a label of ``size`` beside a box: on no other label, on no thing if it can, not far away."""
        tall, wide = self.picture.shape[:2]
        centre = np.array([around[0] + around[2], around[1] + around[3]]) / 2
        half = np.array([around[2] - around[0], around[3] - around[1]]) / 2
        best: tuple[float, float, float] | None = None
        for gap, spot in itertools.product(_GAPS, _SPOTS):
            x, y = centre + np.array(spot) * (half + np.array(size) / 2 + gap) - np.array(size) / 2
            x, y = np.clip(x, 2, max(2, wide - size[0] - 2)), np.clip(y, 2, max(2, tall - size[1] - 2))
            box = (x, y, x + size[0], y + size[1])
            covers = _overlap(box, around) or any(_overlap(box, other) for other in self._taken)
            if box[2] > wide or box[3] > tall or covers:
                continue
            cost = gap + 200 * float(self._things[int(y) : int(box[3]), int(x) : int(box[2])].mean())
            if best is None or cost < best[0]:
                best = cost, float(x), float(y)
        return best[1:] if best else None

    def _leader(self, around: Float, box: tuple[int, int, int, int], color: RGB) -> None:
        """A thin line from a label to its thing, where the label had to move away."""
        near = np.clip((around[:2] + around[2:]) / 2, box[:2], box[2:])
        edge = np.clip(near, around[:2], around[2:])
        if np.linalg.norm(near - edge) > 12:
            self._line([near, edge], color, 1)


def _head(tip: Float, along: Float, length: float = 15, half: float = 7.5) -> Float:
    """An arrow head, (3, 2)."""
    ahead = along / max(1e-9, float(np.linalg.norm(along)))
    across = np.array([-ahead[1], ahead[0]])
    return np.array([tip, tip - ahead * length + across * half, tip - ahead * length - across * half])


def _overlap(a: Sequence[float] | Float, b: Sequence[float] | Float) -> bool:
    return bool(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])
