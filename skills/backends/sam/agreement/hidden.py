"""Sheets of which something hides a part: what is seen of them is several pieces of one level and one look."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skills.backends.sam.color.leftovers import overlap
from skills.backends.sam.depth.levels import EVEN, is_one_level, ring
from skills.types import Bool, Float, Int, UInt8

_LOW = 0.003
"""Metres above the plane up to which a thing is a sheet: of blocks of one height and look there may be two."""
_OVER = 0.0005
"""Metres that what hides a part is higher."""
_ALIKE = 0.5
"""Overlap of the colours of two pieces of a sheet."""
_BEYOND = -1
"""What hides a part beyond the picture's border."""


class _Piece(NamedTuple):
    label: int
    mask: Bool
    height: float
    hidden_by: frozenset[int]


def reunited(rgb: UInt8, solids: Int, height: Float) -> Int:
    """Solids (H, W), of which the pieces of a sheet that one thing hides a part of are one.

    Args:
        rgb: (H, W, 3) uint8.
        solids: (H, W) numbers, 0 for none.
        height: (H, W) metres above the plane, exact.
    """
    found = solids.copy()
    of = _pieces(solids, height)
    owner = {piece.label: piece.label for piece in of}
    for i, one in enumerate(of):
        for other in of[i + 1 :]:
            if owner[one.label] == owner[other.label] or abs(one.height - other.height) > EVEN:
                continue
            if one.hidden_by & other.hidden_by and overlap(rgb, one.mask, other.mask) >= _ALIKE:
                old, new = owner[other.label], owner[one.label]
                owner = {label: new if own == old else own for label, own in owner.items()}
    for piece in of:
        found[piece.mask] = owner[piece.label]
    return found


def _pieces(solids: Int, height: Float) -> list[_Piece]:
    """The sheets, with what lies over their edges."""
    found = []
    for label in np.unique(solids[solids > 0]).tolist():
        mask = solids == label
        middle = float(np.median(height[mask]))
        if middle >= _LOW or not is_one_level(height[mask]):
            continue
        over = ring(mask, 2) & (height > middle + _OVER) & (solids > 0)
        cut = any(edge.any() for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
        hidden_by = frozenset(np.unique(solids[over]).tolist()) | ({_BEYOND} if cut else frozenset())
        found.append(_Piece(label, mask, middle, hidden_by))
    return sorted(found, key=lambda it: -int(np.count_nonzero(it.mask)))
