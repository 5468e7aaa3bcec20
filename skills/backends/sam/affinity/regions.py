"""Regions out of affinities: what belongs together surely is one, then neighbours join, the likeliest first.

Average linkage: two regions join while the mean affinity of all pairs of pixels across them says so (Bailoni et al.,
GASP, CVPR 2022). All pairs of regions that prefer each other join at once, which comes to the same as one after the
other and takes few rounds.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from skills.backends.sam.affinity.network import OFFSETS
from skills.types import Bool, Float, Int

SURE = 0.9
"""Affinity from which direct neighbours are together without further question."""
FAR = 0.5
"""Weight of a pair of pixels that are 8 apart, beside that of a nearer one."""

_FAR = 8


def regions(affinity: Float, shown: Bool, together: float = 0.5, first: Int | None = None) -> Int:
    """Parts a picture.

    Args:
        affinity: (len(OFFSETS), H, W) in [0, 1], of each pixel to that which lies ``OFFSETS`` from it.
        shown: (H, W) the pixels to part; no other is looked at.
        together: mean affinity above which regions join.
        first: (H, W) regions to begin with, 0 for none; by default what direct neighbours are sure of.

    Returns:
        (H, W) labels from 1 on, 0 where nothing is shown.
    """
    labels = components(affinity, shown) if first is None else first
    return _numbered(_joined(int(labels.max()) + 1, *across(affinity, shown, labels), together)[labels])


def absorbed(affinity: Float, parted: Int, least: int, together: float) -> Int:
    """Regions of fewer than ``least`` pixels go to the neighbour that they belong to most likely, if to any.

    Args:
        affinity: as in ``regions``.
        parted: (H, W) labels, 0 for none.
        least: pixels.
        together: mean affinity that this takes.
    """
    while True:
        one, other, chance, weight = across(affinity, parted > 0, parted)
        mean, area = chance / np.maximum(weight, 1e-9), np.bincount(parted.ravel())
        speck, to = np.concatenate([one, other]), np.concatenate([other, one])
        asked = np.flatnonzero((area[speck] < least) & (np.tile(mean, 2) > together))
        if not len(asked):
            return _numbered(parted)
        asked = asked[np.argsort(-np.tile(mean, 2)[asked], kind="stable")]
        chosen = asked[np.unique(speck[asked], return_index=True)[1]]  # each goes to one, so that it joins no two
        graph = coo_array((np.ones(len(chosen), bool), (speck[chosen], to[chosen])), shape=(len(area), len(area)))
        parted = np.where(parted > 0, connected_components(graph, directed=False)[1][parted] + 1, 0)


def _numbered(labels: Int) -> Int:
    """Labels from 1 on without gaps; 0 stays."""
    kept, found = np.unique(labels, return_inverse=True)
    return np.asarray(found.reshape(labels.shape) + int(kept[0] != 0))


def components(affinity: Float, shown: Bool, sure: float = SURE) -> Int:
    """(H, W) what direct neighbours hold together, labels from 1 on, 0 where nothing is shown."""
    found = np.zeros(shown.shape, int)
    if not shown.any():
        return found
    number = np.full(shown.shape, -1)
    number[shown] = np.arange(np.count_nonzero(shown))
    rows, columns = [], []
    for pair, (a, b) in enumerate(sides(offset) for offset in OFFSETS[:2]):
        held = shown[a] & shown[b] & (affinity[pair][a] > sure)
        rows.append(number[a][held])
        columns.append(number[b][held])
    links = np.concatenate(rows), np.concatenate(columns)
    count = np.count_nonzero(shown)
    graph = coo_array((np.ones(len(links[0]), bool), links), shape=(count, count))
    found[shown] = connected_components(graph, directed=False)[1] + 1
    return found


def sides(offset: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices of the pixels that have another at an offset (down, right), and of those others."""
    down, right = offset
    here = slice(None, -down or None), slice(max(0, -right), -right if right > 0 else None)
    there = slice(down, None), slice(max(0, right), right if right < 0 else None)
    return here, there


def across(affinity: Float, shown: Bool, labels: Int) -> tuple[Int, Int, Float, Float]:
    """Pairs of regions a < b with pixels that an affinity is told of: a, b, the sum of affinities, and their number."""
    found = []
    for pair, offset in enumerate(OFFSETS):
        a, b = sides(offset)
        differ = shown[a] & shown[b] & (labels[a] != labels[b])
        one, other, chance = labels[a][differ], labels[b][differ], affinity[pair][a][differ]
        weight = np.full(len(one), FAR if max(map(abs, offset)) >= _FAR else 1.0)
        found.append((np.minimum(one, other), np.maximum(one, other), weight * chance, weight))
    one, other, chance, weight = (np.concatenate(part) for part in zip(*found))
    return _gathered(one, other, chance, weight)


def _gathered(one: Int, other: Int, chance: Float, weight: Float) -> tuple[Int, Int, Float, Float]:
    """The same pairs, each once."""
    if not len(one):
        return one, other, chance, weight
    size = int(other.max()) + 1
    keys, place = np.unique(one * size + other, return_inverse=True)
    chances, weights = (np.asarray(np.bincount(place, part), np.float64) for part in (chance, weight))
    return keys // size, keys % size, chances, weights


def _joined(count: int, one: Int, other: Int, chance: Float, weight: Float, together: float) -> Int:
    """(count,) for each region the least of those it is one with."""
    root = np.arange(count)
    while len(one):
        mean = chance / weight
        best = np.full(count, together)
        np.maximum.at(best, one, mean)
        np.maximum.at(best, other, mean)
        chosen = np.flatnonzero((mean > together) & (mean >= best[one]) & (mean >= best[other]))
        if not len(chosen):
            break
        # Of equals that share a region the first counts; the others come again in the next round.
        _, firsts = np.unique(one[chosen], return_index=True)
        chosen = chosen[firsts]
        _, firsts = np.unique(other[chosen], return_index=True)
        chosen = chosen[firsts]
        chosen = chosen[~np.isin(other[chosen], one[chosen])]
        to = np.arange(count)
        to[other[chosen]] = one[chosen]
        root = to[root]
        one, other = to[one], to[other]
        differ = one != other
        one, other = one[differ], other[differ]
        one, other = np.minimum(one, other), np.maximum(one, other)
        one, other, chance, weight = _gathered(one, other, chance[differ], weight[differ])
    return root
