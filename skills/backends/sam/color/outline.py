"""Outlines by colour: where a small model is unsure of a mask's edge, the picture decides.

A pixel near the edge goes to the side whose colours it has: colours are counted where the mask is sure of itself,
inside and around it. On a plain table this finds a thing's outline to the pixel; where inside and surroundings have the
same colours it changes nothing. This is the first, non-iterative step of GrabCut (Rother et al. 2004) with the mask's
logits as prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from skills.types import Bool, Float, Int, UInt8

Piece = tuple[Bool, tuple[int, ...]]
"""A mask (H, W) and the indices of the accepted masks that it is made of; none where it is of no such mask."""

_LEVELS = 16
"""Steps of a colour channel that are told apart."""

_MARGIN = 14
"""Pixels around a mask whose colours are counted."""

_TILE = 64
"""Pixels along a side of the pieces that a surface is looked at in."""

PLAIN = 0.08
"""Share of the commonest colour, 1 / 8 at most, from which a surface is plain: any other colour is no surface then."""

_UNIFORM, _COMMON = 0.11, 0.3
"""As ``PLAIN``, but of a surface of one colour; and the share, beside that colour's, of a shade of it."""

_SPECK = 30
"""Pixels."""

_SEEN = 1e-4
"""Share that a colour counts as having where it was not seen."""


def snap(
    rgb: UInt8,
    logits: Float,
    weight: float = 2.0,
    inside: float = 2.0,
    outside: float = -3.0,
) -> Bool:
    """A mask whose edge follows the picture's colours.

    Args:
        rgb: (H, W, 3) uint8.
        logits: (H, W) of the mask, at the picture's size.
        weight: of the colours' log-likelihood ratio beside the logits.
        inside, outside: logits beyond which the mask is sure.

    Returns:
        (H, W) bool; the mask as it was where too few pixels are sure.
    """
    mask: Bool = logits > 0
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return mask
    window = (
        slice(max(0, rows[0] - _MARGIN), rows[-1] + 1 + _MARGIN),
        slice(max(0, columns[0] - _MARGIN), columns[-1] + 1 + _MARGIN),
    )
    near = logits[window]
    sure_in = near > min(inside, float(np.quantile(near[near > 0], 0.5)))
    sure_out = near < outside
    if sure_in.sum() < 8 or sure_out.sum() < 20:
        return mask
    cell = color_cells(rgb[window])
    ratio = np.log((color_shares(cell[sure_in]) + _SEEN) / (color_shares(cell[sure_out]) + _SEEN))
    colored = near + weight * np.clip(ratio[cell], -4, 4)
    kept = cv2.medianBlur((colored > 0).astype(np.uint8), 3).astype(bool) if sure_in.sum() > 60 else colored > 0
    snapped = np.zeros_like(mask)
    snapped[window] = without_specks(_touching(kept, sure_in), near > 0)
    return snapped if snapped.any() else mask


def snap_surface(rgb: UInt8, logits: Float, weight: float = 2.0, sure: float = 3.0) -> Bool:
    """The mask of a surface, tile by tile: what has none of the colours that the surface has nearby lies on it.

    Args:
        rgb: (H, W, 3) uint8.
        logits: (H, W) of the surface's mask, at the picture's size.
        weight: as in ``snap``.
        sure: logit beyond which a pixel is surely surface, and surely not below its negative.

    Returns:
        (H, W) bool; as it was in tiles where too few pixels are sure.
    """
    mask: Bool = logits > 0
    cells = color_cells(rgb)
    uniform = bool(color_shares(cells[logits > sure]).max() > _UNIFORM)
    for top in range(0, mask.shape[0], _TILE):
        for left in range(0, mask.shape[1], _TILE):
            tile = slice(top, top + _TILE), slice(left, left + _TILE)
            around = tuple(slice(max(0, part.start - _MARGIN), part.stop + _MARGIN) for part in tile)
            cell, near = cells[around], logits[around]
            if np.count_nonzero(near > sure) < _TILE:
                continue
            inside, outside = (color_shares(cell[where]) for where in (near > sure, near < -sure))
            seen = _SEEN / 10
            if inside.max() > PLAIN:
                # The surer part only: a thin thing that the model overlooked is at least a little doubtful.
                high = max(sure, float(np.quantile(near[near > 0], 0.4)))
                inside, seen = color_shares(cell[near >= high]), _SEEN / 500
                if uniform:
                    inside = np.where(inside < _COMMON * inside.max(), 0.0, inside)
            ratio = np.log((inside + seen) / (outside + _SEEN))
            mask[tile] = logits[tile] + weight * np.clip(ratio[cells[tile]], -6, 6) > 0
    return mask


def color_cells(rgb: UInt8) -> npt.NDArray[np.int64]:
    """(..., 3) colours to the number (...) of the cell that they fall into."""
    cells: npt.NDArray[np.int64] = (rgb // (256 // _LEVELS)).astype(np.int64) @ np.array([_LEVELS**2, _LEVELS, 1])
    return cells


def color_shares(cells: npt.NDArray[np.int64]) -> Float:
    """(levels ** 3,) how common each colour is among some pixels, neighbouring colours counted in part."""
    counts = np.bincount(cells, minlength=_LEVELS**3).astype(np.float32).reshape((_LEVELS,) * 3)
    for axis in range(3):
        padded = np.pad(counts, [(1, 1) if a == axis else (0, 0) for a in range(3)])
        before, here, after = (np.take(padded, np.arange(_LEVELS) + shift, axis=axis) for shift in range(3))
        counts = 0.25 * before + 0.5 * here + 0.25 * after
    flat: Float = counts.ravel() / max(1.0, float(counts.sum()))
    return flat


def _touching(mask: Bool, sure: Bool) -> Bool:
    """The connected parts of a mask that hold a sure pixel."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    found: Bool = mask & np.isin(labels, np.unique(labels[mask & sure]))
    return found


def filled(mask: Bool) -> Bool:
    """A mask (H, W) with its holes."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    full = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(full, outlines, -1, 1, cv2.FILLED)
    return full.astype(bool)


def without_specks(mask: Bool, believed: Bool) -> Bool:
    """A mask without the small holes that the model did not see: parts of a pattern that have the surface's colours."""
    holes = filled(mask) & ~mask
    _, labels, stats, _ = cv2.connectedComponentsWithStats(holes.astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < max(_SPECK, 0.06 * np.count_nonzero(mask))
    small[0] = False
    whole: Bool = mask | (small[labels] & believed)
    return whole


def nearest(masks: Sequence[Bool]) -> Int:
    """(H, W) index of the mask that each pixel of a picture is nearest to."""
    apart = [cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) for mask in masks]
    index: Int = np.argmin(apart, axis=0)
    return index


def enclosed(mask: Bool) -> Bool:
    """A mask with its holes, and with what it encloses together with one side of the picture."""
    whole = filled(mask)
    for side, inner in _BORDERS:
        if np.count_nonzero(mask[side]) > 1:
            edged = mask.copy()
            edged[side] = True
            within = filled(edged)
            within[side] = mask[side] | within[inner]
            whole |= within
    return whole


_BORDERS: tuple[tuple[Any, Any], ...] = (
    (np.s_[0], np.s_[1]),
    (np.s_[-1], np.s_[-2]),
    (np.s_[:, 0], np.s_[:, 1]),
    (np.s_[:, -1], np.s_[:, -2]),
)
"""Each side of a picture, and the pixels next to it."""
