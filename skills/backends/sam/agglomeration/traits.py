"""What a judge is told about two regions that might be one thing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skills.backends.sam.agglomeration import sums
from skills.backends.sam.agglomeration.sums import LEAST_NOISE, Pairs, Regions, around
from skills.types import Bool, Float, Int

TRAITS = 63
"""How many."""
_SOME = 0.01
"""Share of a region that a colour must have to be one of its colours."""
NEAR, SAME = 0, 6
"""The mean affinity of near pixels across, and the share of pairs of pixels across that lie in one mask."""


def traits(regions: Regions, pairs: Pairs, asked: Int, noise: float) -> Float:
    """Some pairs, each seen with its smaller region first.

    Args:
        regions: all of them.
        pairs: all of them.
        asked: (A,) which of the pairs.
        noise: metres, of the heights.

    Returns:
        (A, TRAITS) float32.
    """
    count = len(regions.area)
    told = pairs.sums[:, sums.TOLD]
    mean = np.where(told > 0, (pairs.sums[:, sums.NEAR] + pairs.sums[:, sums.FAR]) / np.maximum(told, 1), 0.0)
    nearest = np.zeros(count)
    np.maximum.at(nearest, pairs.one, mean)
    np.maximum.at(nearest, pairs.other, mean)
    one, other, row = pairs.one[asked], pairs.other[asked], pairs.sums[asked]
    turned = regions.area[one] > regions.area[other]
    a, b = np.where(turned, other, one), np.where(turned, one, other)
    told_of = [*_affinities(row), nearest[a], nearest[b], *_masks(regions, a, b), *_colors(regions, row, a, b)]
    told_of += [*_heights(regions, row, a, b, noise), *_shapes(regions, pairs, row, a, b)]
    return np.stack([np.asarray(each, np.float32) for each in told_of], axis=1)


def _share(part: Float, of: Float, otherwise: float = 0.5) -> Float:
    share: Float = np.where(of > 0, part / np.maximum(of, 1e-9), otherwise)
    return share


def _affinities(row: Float) -> Iterator[Float | Bool]:
    near, count = _share(row[:, sums.NEAR], row[:, sums.NEAR_COUNT]), row[:, sums.NEAR_COUNT]
    yield near
    yield np.sqrt(np.maximum(_share(row[:, sums.NEAR_SQUARED], count) - near**2, 0))
    yield _share(row[:, sums.FAR], row[:, sums.FAR_COUNT])
    for part in (sums.DIRECT, sums.ABOVE, sums.BELOW):
        yield _share(row[:, part], row[:, sums.CONTACTS])
    yield _share(row[:, sums.SAME], row[:, sums.TOLD])
    yield np.log1p(count) / 5
    yield np.log1p(row[:, sums.FAR_COUNT]) / 5
    yield np.log1p(row[:, sums.CONTACTS]) / 4
    yield row[:, sums.TOLD] > 0


def _masks(regions: Regions, a: Int, b: Int) -> Iterator[Float | Bool]:
    """How well each region, and both together, are one of the masks."""
    whole = regions.known.sum(axis=0)
    whole[0] = np.inf
    areas = regions.area.astype(np.float32)
    most, shares = [], []
    for known, area in (
        (regions.known[a], areas[a]),
        (regions.known[b], areas[b]),
        (regions.known[a] + regions.known[b], areas[a] + areas[b]),
    ):
        known[:, 0] = 0
        yield (known / (area[:, None] + whole - known)).max(axis=1)
        shares.append(known.max(axis=1) / area)
        yield shares[-1]
        most.append(known.argmax(axis=1))
    yield (most[0] == most[1]) & (shares[0] > 0) & (shares[1] > 0)
    yield regions.shows[a] / regions.area[a]
    yield regions.shows[b] / regions.area[b]


def _colors(regions: Regions, row: Float, a: Int, b: Int) -> Iterator[Float]:
    means, palettes = [], []
    for each in (a, b):
        mean = regions.colors[each] / regions.area[each, None]
        means.append(mean[:, :3])
        palettes.append(regions.palette[each] / regions.area[each, None].astype(np.float32))
        yield np.sqrt(np.maximum(mean[:, 3:] - mean[:, :3] ** 2, 0)).mean(axis=1)
    apart = np.abs(means[0] - means[1])
    yield apart.mean(axis=1)
    yield apart.max(axis=1)
    one, other = palettes
    yield np.minimum(one, other).sum(axis=1)
    yield np.einsum("mc,mc->m", one, (other > _SOME).astype(np.float32))
    yield np.einsum("mc,mc->m", other, (one > _SOME).astype(np.float32))
    yield _share(row[:, sums.CHANGES], row[:, sums.CONTACTS], 0.0)


def _heights(regions: Regions, row: Float, a: Int, b: Int, noise: float) -> Iterator[Float | Bool]:
    scale = max(noise, LEAST_NOISE) * 100  # centimetres

    def orders(value: Float) -> Float:
        told: Float = np.log1p(value / scale) / 4
        return told

    one, other = regions.heights[a], regions.heights[b]
    first, second, both = _Plane(one), _Plane(other), _Plane(one + other)
    yield _share(row[:, sums.STEPS], row[:, sums.CONTACTS], 0.0) / 4
    yield first.mean > second.mean
    yield np.minimum(np.abs(first.mean - second.mean) / 2, 3)
    for value in (first.mean - second.mean, first.mean, second.mean):
        yield orders(np.abs(value))
    for plane in (first, second, both):
        yield orders(plane.off)
    for plane in (first, second):
        yield orders(plane.spread)
    yield orders(second.off_it(one))
    yield one[:, 0] / regions.area[a]
    yield other[:, 0] / regions.area[b]
    yield np.full(len(a), np.log(max(noise, LEAST_NOISE / 10) / LEAST_NOISE) / 4)


class _Plane:
    """The plane z = a x + b y + c through regions, of their sums of heights (M, 10).

    Attributes:
        mean, spread: (M,) of the heights.
        off: (M,) root mean square distance from the plane.
    """

    def __init__(self, heights: Float) -> None:
        n = np.maximum(heights[:, 0], 1e-9)
        x, y, z = (heights[:, column] / n for column in (1, 2, 3))
        xx, xy, yy, xz, yz, zz = (heights[:, column] / n for column in range(4, 10))
        xx, xy, yy, xz, yz, zz = xx - x * x, xy - x * y, yy - y * y, xz - x * z, yz - y * z, np.maximum(zz - z * z, 0)
        xx, yy = xx + 1e-4, yy + 1e-4  # a pixel's square, so that a point has a plane: a level one
        determinant = xx * yy - xy * xy
        self._a, self._b = (xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant
        self._c = z - self._a * x - self._b * y
        self.mean, self.spread = z, np.sqrt(zz)
        self.off = np.sqrt(np.maximum(zz - self._a * xz - self._b * yz, 0))

    def off_it(self, heights: Float) -> Float:
        """(M,) root mean square distance of other regions from these planes."""
        a, b, c = self._a, self._b, self._c
        n, x, y, z, xx, xy, yy, xz, yz, zz = heights.T
        square = zz - 2 * (a * xz + b * yz + c * z) + a * a * xx + 2 * a * b * xy + b * b * yy
        square = square + 2 * c * (a * x + b * y) + c * c * n
        off: Float = np.sqrt(np.maximum(square / np.maximum(n, 1e-9), 0))
        return off


def _shapes(regions: Regions, pairs: Pairs, row: Float, a: Int, b: Int) -> Iterator[Float]:
    contacts, sides, beside = row[:, sums.CONTACTS], pairs.sums[:, sums.CONTACTS], pairs.one == 0
    count = len(regions.area)
    rim = np.bincount(pairs.one, sides, count) + np.bincount(pairs.other, sides, count)
    surface = np.bincount(pairs.other[beside], sides[beside], count)
    boxes = regions.box[a], regions.box[b]
    areas = regions.area[a], regions.area[b]
    for each, area, box in zip((a, b), areas, boxes):
        around_it = np.maximum(rim[each], 1)
        yield np.log(area) / 8
        yield contacts / np.sqrt(area) / 4
        yield area / _size(box)
        yield contacts / around_it
        yield surface[each] / around_it
        yield regions.border[each] / np.sqrt(area)
        yield 4 * np.sqrt(area) / around_it
    both = areas[0] + areas[1]
    yield both / _size(around(*boxes))
    yield 4 * np.sqrt(both) / np.maximum(rim[a] + rim[b] - 2 * contacts, 1)
    least, most = np.maximum(boxes[0][:, :2], boxes[1][:, :2]), np.minimum(boxes[0][:, 2:], boxes[1][:, 2:])
    yield np.maximum(most - least + 1, 0).prod(axis=1) / _size(boxes[0])
    yield np.log1p(np.maximum(least - most, 0).sum(axis=1)) / 3


def _size(box: Float) -> Float:
    size: Float = (box[:, 2:] - box[:, :2] + 1).prod(axis=1)
    return size
