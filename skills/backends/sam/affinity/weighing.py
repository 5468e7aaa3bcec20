"""Masks and affinities weighed against each other: what one of them is sure of decides."""

from __future__ import annotations

import numpy as np

from skills.backends.sam.affinity.network import OFFSETS
from skills.backends.sam.affinity.regions import absorbed, across, components, regions, sides
from skills.backends.sam.color.outline import Piece
from skills.types import Bool, Float, Int

_PART, _PART_NOISY = (400, 0.4), (30, 0.25)
"""Pixels of a region that is part of a neighbour rather than a thing, and the mean affinity that this takes.

Where depth is noisy, affinities across the edges of small things are higher.
"""
_OWN = 0.5
"""Share of a region in a piece from which it is of that piece."""


def weighed(affinity: Float, shown: Bool, pieces: list[Piece], faith: float, exact: bool = False) -> list[Piece]:
    """A picture parted anew.

    Args:
        affinity: (len(OFFSETS), H, W) in [0, 1]; see ``regions``.
        shown: (H, W) what shows a thing, beside what the pieces cover.
        pieces: the things as they are known.
        faith: in these, [0, 1]: 0 leaves it to the affinities, from 0.5 on they decide only where no piece is.
        exact: whether the camera's depth is.

    Returns:
        Masks that share no pixel, each with what the piece that it shares most with is made of.
    """
    known = _labels(pieces, shown)
    shown = shown | (known > 0)
    evidence = np.array(affinity, np.float64)
    for layer, offset in zip(evidence, OFFSETS):
        a, b = sides(offset)
        layer[a] += faith * ((known[a] == known[b]) - layer[a])
    sure = components(affinity, shown)
    _, first = np.unique(sure * (len(pieces) + 1) + known, return_inverse=True)
    parted = regions(evidence, shown, first=np.where(shown, first.reshape(shown.shape) + 1, 0))
    parted = absorbed(evidence, _whole(evidence, parted, known), *(_PART if exact else _PART_NOISY))
    of, _ = _owners(parted, known)
    return [(parted == label, pieces[of[label] - 1][1] if of[label] else ()) for label in range(1, len(of))]


def _labels(pieces: list[Piece], like: Bool) -> Int:
    """(H, W) number of the piece that covers a pixel, the smallest where several do; 0 where none does."""
    labels = np.zeros(like.shape, int)
    for number in sorted(range(len(pieces)), key=lambda it: -np.count_nonzero(pieces[it][0])):
        labels[pieces[number][0]] = number + 1
    return labels


def _owners(parted: Int, known: Int) -> tuple[Int, Float]:
    """For each region the piece that it shares most pixels with, 0 for none, and that share of it."""
    pieces = int(known.max()) + 1
    shared = np.bincount(parted.ravel() * pieces + known.ravel(), minlength=(int(parted.max()) + 1) * pieces)
    of = shared.reshape(-1, pieces)
    area = np.maximum(of.sum(axis=1), 1)
    of[:, 0] = 0
    return np.where(of.any(axis=1), of.argmax(axis=1), 0), of.max(axis=1) / area


def _whole(affinity: Float, parted: Int, known: Int) -> Int:
    """Regions of one piece are one where no affinity is told across: what lies over a thing's middle hides them all."""
    owner, share = _owners(parted, known)
    one, other, _, _ = across(affinity, parted > 0, parted)
    told = set(zip(one.tolist(), other.tolist()))
    area = np.bincount(parted.ravel())
    to = np.arange(len(area))
    leading: dict[int, list[int]] = {}
    for label in np.argsort(-area, kind="stable").tolist():
        if not label or not owner[label] or share[label] <= _OWN:
            continue
        larger = leading.setdefault(int(owner[label]), [])
        apart = (it for it in larger if (min(it, label), max(it, label)) not in told)
        to[label] = next(apart, label)
        if to[label] == label:
            larger.append(label)
    return np.asarray(to[parted])
