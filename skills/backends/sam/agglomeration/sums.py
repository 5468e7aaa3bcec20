"""What is added up over regions, and over pairs of pixels across two of them: joining two regions is adding again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from skills.backends.sam.affinity.network import OFFSETS
from skills.backends.sam.affinity.regions import sides
from skills.backends.sam.agglomeration.scene import Scene
from skills.types import Float, Int

LEAST_NOISE = 2e-4
"""Metres that a camera's noise counts as at least."""

(NEAR, NEAR_SQUARED, NEAR_COUNT, FAR, FAR_COUNT, SAME, TOLD) = range(7)
(CONTACTS, STEPS, CHANGES, DIRECT, ABOVE, BELOW, LINKED) = range(7, 14)
"""Columns of ``Pairs.sums``: affinities of pixels up to 3 apart, their squares and number; those of pixels farther
apart; pairs within one mask, and all pairs; of direct neighbours their number, steps in height (log of noises), changes
of colour, affinities, and how many of these are above 0.9 and below 0.1; pairs without the surface between."""

_COLUMNS = LINKED + 1
_FAR_FROM = 8
_LEVELS = 4
"""Of each colour channel, that a palette tells apart."""
_EMPTY = [1 << 20, 1 << 20, -1, -1]
"""Box of no pixels."""
_OF_ONE_MASK, _LEAST_PART = 40, 8
"""Parts of one mask that are paired though no affinity reaches across, at most, and pixels that each has at least."""


@dataclass
class Regions:
    """N regions; the first is the surface.

    Attributes:
        area: (N,) pixels.
        colors: (N, 6) sums of the channels, in [0, 1], and of their squares.
        palette: (N, 64) pixels of each colour, of four levels a channel.
        heights: (N, 10) sums over what was measured of 1, x, y, z, xx, xy, yy, xz, yz and zz, in hundreds of pixels and
            in centimetres.
        border: (N,) pixels along the picture's border.
        shows: (N,) sum of how surely pixels show a thing.
        known: (N, P) pixels in each mask, the first column in none.
        box: (N, 4) pixels: top, left, bottom, right.
    """

    area: Float
    colors: Float
    palette: Float
    heights: Float
    border: Float
    shows: Float
    known: Float
    box: Float

    def join(self, into: Int, gone: Int) -> None:
        """Adds regions to others, several to one perhaps; nothing is left of those that are gone."""
        for sums in (self.area, self.colors, self.palette, self.heights, self.border, self.shows, self.known):
            np.add.at(sums, into, sums[gone])
            sums[gone] = 0
        np.minimum.at(self.box[:, :2], into, self.box[gone, :2])
        np.maximum.at(self.box[:, 2:], into, self.box[gone, 2:])


@dataclass
class Pairs:
    """M pairs of regions.

    Attributes:
        one, other: (M,) numbers of regions, the smaller first.
        sums: (M, 14) over the pairs of pixels across, by the columns named above.
    """

    one: Int
    other: Int
    sums: Float


def around(box: Float, other: Float) -> Float:
    """(N, 4) boxes around two."""
    return np.concatenate([np.minimum(box[:, :2], other[:, :2]), np.maximum(box[:, 2:], other[:, 2:])], axis=1)


def regions(scene: Scene, labels: Int) -> Regions:
    """What there is of each region of (H, W) labels."""
    count, flat = int(labels.max()) + 1, labels.ravel()
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    rgb = scene.rgb.reshape(-1, 3) / 255.0
    measured = np.isfinite(scene.height) & np.isfinite(scene.raw)
    across, down, up = x.ravel() / 100.0, y.ravel() / 100.0, np.where(measured, scene.height, 0).ravel() * 100.0
    one = measured.ravel().astype(np.float64)
    plane = [one, across, down, up, across**2, across * down, down**2, across * up, down * up, up**2]

    def total(weights: Float | None = None) -> Float:
        return np.bincount(flat, weights, minlength=count).astype(np.float64)

    border = np.ones(labels.shape)
    border[1:-1, 1:-1] = 0
    colors = np.minimum((rgb * _LEVELS).astype(int), _LEVELS - 1) @ np.array([_LEVELS**2, _LEVELS, 1])
    found = ndimage.find_objects(labels + 1, count)
    box = np.array(
        [_EMPTY if of is None else [each.start for each in of] + [each.stop - 1 for each in of] for of in found]
    )
    return Regions(
        total(),
        np.stack([*map(total, rgb.T), *map(total, rgb.T**2)], axis=1),
        _table(flat, colors, count, _LEVELS**3),
        np.stack([total(one * part) for part in plane], axis=1),
        total(border.ravel()),
        total(scene.shows.ravel()),
        _table(flat, scene.known.ravel(), count, int(scene.known.max()) + 1),
        box.astype(np.float64),
    )


def _table(rows: Int, columns: Int, count: int, width: int) -> Float:
    """(count, width) float32, which counts pixels exactly and is half as much to move: how often row meets column."""
    return np.bincount(rows * width + columns, minlength=count * width).reshape(count, width).astype(np.float32)


def pairs(scene: Scene, labels: Int, known: Float) -> Pairs:
    """The pairs of regions that affinities are told across, and parts of one mask where none are.

    Regions of two masks that have the surface between are no pair: nothing hides that they are one.

    Args:
        scene: see there.
        labels: (H, W) the regions.
        known: (N, P) as in ``Regions``: what lies over a thing's middle hides that its sides are one.
    """
    scale, width = max(scene.noise, LEAST_NOISE), labels.shape[1]
    of, mask, raw = labels.ravel(), scene.known.ravel(), scene.raw.ravel()
    rgb = scene.rgb.reshape(-1, 3).astype(np.float32) / 255
    number = np.arange(labels.size).reshape(labels.shape)
    found: list[Pairs] = []
    for layer, offset in zip(scene.affinity, OFFSETS):
        here, there = sides(offset)
        one = number[here][labels[here] != labels[there]]
        length = max(map(abs, offset))
        stride = (offset[0] * width + offset[1]) // length
        other = one + length * stride
        chance = layer.ravel()[one].astype(np.float64)
        row = np.zeros((len(one), _COLUMNS))
        if length >= _FAR_FROM:
            row[:, FAR], row[:, FAR_COUNT] = chance, 1
        else:
            row[:, NEAR], row[:, NEAR_SQUARED], row[:, NEAR_COUNT] = chance, chance**2, 1
        row[:, SAME] = (mask[one] > 0) & (mask[one] == mask[other])
        row[:, TOLD] = 1
        row[:, LINKED] = np.all([of[one + step * stride] > 0 for step in range(1, length)], axis=0)
        if length == 1:
            step = np.nan_to_num(np.abs(raw[other] - raw[one]), nan=0.0)  # to what was not measured there is none
            row[:, CONTACTS], row[:, STEPS], row[:, DIRECT] = 1, np.log1p(step / scale), chance
            row[:, CHANGES] = np.abs(rgb[other] - rgb[one]).mean(axis=1)
            row[:, ABOVE], row[:, BELOW] = chance > 0.9, chance < 0.1
        found.append(gathered(np.minimum(of[one], of[other]), np.maximum(of[one], of[other]), row))
    found += [Pairs(one, other, np.zeros((len(one), _COLUMNS))) for one, other in _of_one_mask(known)]
    every = gathered(*(np.concatenate([getattr(each, name) for each in found]) for name in ("one", "other", "sums")))
    most = known.argmax(axis=1)
    one, other = most[every.one], most[every.other]
    kept = (every.sums[:, LINKED] > 0) | (one == other) | (one == 0) | (other == 0)
    return Pairs(every.one[kept], every.other[kept], every.sums[kept])


def _of_one_mask(known: Float) -> Sequence[tuple[Int, Int]]:
    mask = known.argmax(axis=1)
    large = known.sum(axis=1) >= _LEAST_PART
    large[0] = False
    found = []
    for number in range(1, known.shape[1]):
        parts = np.flatnonzero(large & (mask == number))
        if 1 < len(parts) <= _OF_ONE_MASK:
            a, b = np.triu_indices(len(parts), 1)
            found.append((parts[a], parts[b]))
    return found


def gathered(one: Int, other: Int, rows: Float) -> Pairs:
    """The same pairs, each once."""
    if not len(one):
        return Pairs(one, other, rows)
    size = int(other.max()) + 1
    keys, place = np.unique(one * size + other, return_inverse=True)
    sums = np.stack([np.bincount(place, column) for column in rows.T], axis=1).astype(np.float64)
    return Pairs(keys // size, keys % size, sums)
