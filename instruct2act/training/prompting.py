"""Prompts for training and judging segmentation, after Segment Anything (Kirillov et al. 2023, appendix A)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruct2act.training.engine import Picture
from skills.types import Bool, Float, Int

LEAST = 12
"""Pixels that an object must show to be asked for."""


@dataclass(frozen=True, eq=False)
class Prompts:
    """N prompts, some by points and some by boxes.

    Attributes:
        image: (N,) index of the picture.
        target: (N, H, W) bool, what is asked for.
        point: (N, 2) float32 (x, y) pixels; NaN where a box asks.
        box: (N, 4) float32 box_xyxy pixels; NaN where a point asks.
    """

    image: Int
    target: Bool
    point: Float
    box: Float


def targets(picture: Picture, rng: np.random.Generator, count: int) -> list[Bool]:
    """``count`` masks of a picture: its objects in turn, and one time in seven the table under them."""
    ids, areas = np.unique(picture.segmentation, return_counts=True)
    masks = {int(i): picture.segmentation == i for i, area in zip(ids, areas) if area >= LEAST}
    table = masks.pop(-1, None)
    chosen: list[Bool] = []
    while len(chosen) < count:
        for i in rng.permutation(list(masks) or [-1]):
            beneath = table is not None and (i < 0 or rng.random() < 1 / 7)
            chosen.append(table if beneath and table is not None else masks[int(i)])
    return chosen[:count]


def prompts_for(pictures: list[Picture], rng: np.random.Generator, each: int, boxes: float = 0.2) -> Prompts:
    """Random prompts: an inner point drawn uniformly, or a box that is somewhat off."""
    image, target, point, box = [], [], [], []
    for number, picture in enumerate(pictures):
        for mask in targets(picture, rng, each):
            image.append(number)
            target.append(mask)
            by_box = rng.random() < boxes
            point.append([np.nan] * 2 if by_box else inner_point(mask, rng))
            box.append(loose_box(mask, rng) if by_box else [np.nan] * 4)
    return Prompts(np.array(image), np.array(target), np.array(point, np.float32), np.array(box, np.float32))


def inner_point(mask: Bool, rng: np.random.Generator) -> tuple[float, float]:
    """(x, y) of a pixel of the mask, drawn uniformly."""
    pixels = np.flatnonzero(mask)
    row, column = divmod(int(pixels[rng.integers(len(pixels))]), mask.shape[1])
    return float(column), float(row)


def loose_box(mask: Bool, rng: np.random.Generator) -> tuple[float, ...]:
    """The mask's box_xyxy, each side off by a tenth of the box (standard deviation), 8 px at most."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)
    spread = 0.1 * np.tile([box[2] - box[0], box[3] - box[1]], 2)
    loose = box + np.clip(rng.normal(0, spread), -8, 8)
    height, width = mask.shape
    return tuple(np.clip(loose, 0, [width, height, width, height]).tolist())


def correcting_point(answer: Bool, target: Bool, rng: np.random.Generator) -> tuple[float, float, int]:
    """(x, y, label) drawn uniformly from where an answer is wrong: 1 where it misses, 0 where it has too much."""
    wrong = answer != target
    x, y = inner_point(wrong if wrong.any() else target, rng)
    return x, y, int(target[int(y), int(x)])
