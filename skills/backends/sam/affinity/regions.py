"""Regions out of affinities: what belongs together surely."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from skills.backends.sam.affinity.network import OFFSETS
from skills.types import Bool, Float, Int

SURE = 0.98
"""Affinity from which direct neighbours are together without further question.

From 0.9 on, a few wrong pixels held 1 to 3 of 100 things to others for good where depth is exact, and 3 to 7 where it
is noisy.
"""


def components(affinity: Float, shown: Bool, sure: float = SURE) -> Int:
    """(H, W) what direct neighbours hold together, labels from 1 on, 0 where nothing is shown.

    Args:
        affinity: (len(OFFSETS), H, W) in [0, 1], of each pixel to that which lies ``OFFSETS`` from it.
        shown: (H, W) the pixels to part; no other is looked at.
        sure: affinity that it takes.
    """
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


def absorbed(affinity: Float, labels: Int, least: int, likely: float) -> Int:
    """Regions of fewer than ``least`` pixels go to the neighbour that they belong to most likely, if to any.

    Each goes to one, so that two regions never become one by what lies between them.

    Args:
        affinity: as in ``components``.
        labels: (H, W) regions, 0 for none.
        least: pixels.
        likely: mean affinity of direct neighbours that it takes.
    """
    while True:
        one, other, chance = [], [], []
        for pair, (a, b) in enumerate(sides(offset) for offset in OFFSETS[:2]):
            across = (labels[a] != labels[b]) & (labels[a] > 0) & (labels[b] > 0)
            one.append(labels[a][across])
            other.append(labels[b][across])
            chance.append(affinity[pair][a][across])
        speck, to = np.concatenate([*one, *other]), np.concatenate([*other, *one])
        area = np.bincount(labels.ravel())
        keys, place, count = np.unique(speck * len(area) + to, return_inverse=True, return_counts=True)
        mean = np.bincount(place, np.concatenate(chance * 2)) / count if len(keys) else np.zeros(0)
        speck, to = np.divmod(keys, len(area))
        asked = np.flatnonzero((area[speck] < least) & (mean > likely))
        if not len(asked):
            return labels
        asked = asked[np.argsort(-mean[asked], kind="stable")]
        asked = asked[np.unique(speck[asked], return_index=True)[1]]
        graph = coo_array((np.ones(len(asked), bool), (speck[asked], to[asked])), shape=(len(area), len(area)))
        labels = np.where(labels > 0, connected_components(graph, directed=False)[1][labels] + 1, 0)


def sides(offset: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices of the pixels that have another at an offset (down, right), and of those others."""
    down, right = offset
    here = slice(None, -down or None), slice(max(0, -right), -right if right > 0 else None)
    there = slice(down, None), slice(max(0, right), right if right < 0 else None)
    return here, there
