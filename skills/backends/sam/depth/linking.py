"""Pixels in connected pieces, where each pair of neighbours is linked or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from skills.types import Bool, Int

SIDES: tuple[tuple[Any, Any], ...] = ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1]))
"""(the pixels, their neighbours) to the left, and above."""
_CORNERS: tuple[tuple[Any, Any], ...] = (
    (np.s_[1:, 1:], np.s_[:-1, :-1]),
    (np.s_[1:, :-1], np.s_[:-1, 1:]),
)
"""The same to the left and right above."""


def linked(left: Bool, above: Bool) -> Int:
    """(H, W) number from 0 of the piece that each pixel belongs to.

    Args:
        left: (H, W - 1) whether a pixel is linked to the one on its left.
        above: (H - 1, W) whether a pixel is linked to the one above it.
    """
    return _pieces((len(left), above.shape[1]), zip(SIDES, (left, above)))


def pieces(shape: tuple[int, int], are_linked: Callable[[Any, Any], Bool]) -> Int:
    """(H, W) number from 0 of the piece that each pixel belongs to, where corners touch too.

    Args:
        shape: of the picture.
        are_linked: index of some pixels, and of a neighbour of each -> which of the pairs are linked.
    """
    return _pieces(shape, ((pair, are_linked(*pair)) for pair in SIDES + _CORNERS))


def _pieces(shape: tuple[int, int], links: Iterable[tuple[tuple[Any, Any], Bool]]) -> Int:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = np.arange(shape[0] * shape[1]).reshape(shape)
    pairs = [np.stack([number[one][hold], number[other][hold]]) for (one, other), hold in links]
    rows, columns = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(number.size, number.size))
    _, labels = connected_components(graph, directed=False)
    found: Int = labels.reshape(shape)
    return found
