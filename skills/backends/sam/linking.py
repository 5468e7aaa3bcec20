"""Pixels in connected pieces, where each pair of neighbours is linked or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from skills.types import Bool, Int

SIDES: tuple[tuple[Any, Any], ...] = ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1]))
"""(the pixels, their neighbours) to the left, and above."""


def linked(left: Bool, above: Bool) -> Int:
    """(H, W) number from 0 of the piece that each pixel belongs to.

    Args:
        left: (H, W - 1) whether a pixel is linked to the one on its left.
        above: (H - 1, W) whether a pixel is linked to the one above it.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    shape = len(left), above.shape[1]
    number = np.arange(shape[0] * shape[1]).reshape(shape)
    pairs = [np.stack([number[one][links], number[other][links]]) for (one, other), links in zip(SIDES, (left, above))]
    rows, columns = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(number.size, number.size))
    _, labels = connected_components(graph, directed=False)
    found: Int = labels.reshape(shape)
    return found
