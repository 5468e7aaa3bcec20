"""Thin frames: one thing each, in however many stretches of colour their outline is painted."""

from __future__ import annotations

import cv2
import numpy as np

from skills.backends.sam.color.outline import Piece, filled
from skills.types import Bool

_CONVEX = 0.92
"""Of the area of its hull, that a frame has with its hole: what sticks out belongs to something else."""
_OPEN = 0.1
"""Share of the hole that a stretch encloses by itself, at most."""
_ROOM = 0.4
"""Of its area with its hole, that a frame's hole has, at least."""
_SPECK = 4
"""Pixels of a hole that is none."""
_GAP = np.ones((5, 5), np.uint8)
"""Stretches touch that are four pixels apart, at most: where two colours mix, they may mix to the table's."""


def unbroken(pieces: list[Piece]) -> list[Piece]:
    """Pieces, of which those that make a frame, each a stretch of it, are one."""
    if len(pieces) < 2:
        return pieces
    near = _closed(np.logical_or.reduce([mask for mask, _ in pieces]))
    _, labels = cv2.connectedComponents(near.astype(np.uint8), connectivity=8)
    groups: dict[int, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(int(labels[piece[0]][0]) if piece[0].any() else 0, []).append(piece)
    found: list[Piece] = []
    for group in groups.values():
        masks = [mask for mask, _ in group]
        if len(group) > 1 and are_stretches(masks):
            made_of = dict.fromkeys(index for _, members in group for index in members)
            between = _closed(np.logical_or.reduce(masks)) & ~np.logical_or.reduce([_closed(mask) for mask in masks])
            found.append((np.logical_or.reduce([between, *masks]), tuple(made_of)))
        else:
            found += group
    return found


def are_stretches(masks: list[Bool]) -> bool:
    """Whether masks (H, W) are the stretches that a frame's outline is made of.

    The frame has one hole and no arms, and encloses it with all of them only: a line inside one or across it, and a
    ring around something, are none.
    """
    whole = _closed(np.logical_or.reduce(masks))
    full = filled(whole)
    hole = full & ~whole
    count, _, stats, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8), connectivity=4)
    if np.count_nonzero(stats[1:count, cv2.CC_STAT_AREA] >= _SPECK) != 1:
        return False
    if np.count_nonzero(hole) < _ROOM * np.count_nonzero(full):
        return False
    hull = np.zeros(whole.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.argwhere(full)[:, ::-1].astype(np.int32)), 1)
    if np.count_nonzero(full) < _CONVEX * np.count_nonzero(hull):
        return False
    most = _OPEN * np.count_nonzero(hole)
    return all(np.count_nonzero(filled(_closed(mask)) & hole) <= most for mask in masks)


def _closed(mask: Bool) -> Bool:
    """A mask without gaps of a few pixels, the picture's border included."""
    reach = len(_GAP)
    padded = np.pad(mask, reach).astype(np.uint8)
    closed: Bool = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, _GAP)[reach:-reach, reach:-reach].astype(bool)
    return closed
