"""Things that lie across or beside each other and were taken for one.

A straight bar that parts the rest of a mask in two, and is painted otherwise, lies across it. Segment Anything answers
a point with the whole, a part and a subpart: of a mask too large for one thing, an answer whose colours the rest of the
mask does not have is a thing that lies on it; its outline follows those colours. A mask of a few pixels with a waist is
two small things that touch.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from skills.backends.sam.color.bars import crossing
from skills.backends.sam.color.leftovers import overlap
from skills.backends.sam.color.outline import Piece, color_cells, color_shares, filled, nearest
from skills.types import Bool, Float, UInt8

LARGE = 0.065
"""Share of the picture from which a mask is looked at twice."""

CROSSED = 0.035
"""Share of the picture from which a mask may have a bar across it."""

SMALL = 0.006
"""Share of the picture up to which a mask with a waist is two things; larger shapes have waists of their own."""

_LEAST = 6
"""Pixels on each side of a waist, what borders on the table left out."""

_SHARES = (0.12, 0.6)
"""Of the mask, that what lies on it may have."""
_ALIKE = 0.35
"""Overlap of two colour histograms, [0, 1], from which they may be one thing's."""
_OTHER = 0.6
"""The same for a bar, whose shape speaks for it: things may share a colour."""
_SAME = 0.5
"""Overlap from which what lies on both sides of a bar is one thing."""
_CRUMB = 12
"""Pixels that are nothing by themselves."""
_POINTS = 24
_SEEN = 1e-4

Answer = Callable[[Float], Bool]
"""Points (N, 2) as (x, y) -> the masks (M, H, W) that they are answered with."""


def told_apart(rgb: UInt8, pieces: list[Piece], answer: Answer) -> list[Piece]:
    """Pieces, each parted where it is several things, and joined to what something that lies across it cut it off."""
    found: list[Piece] = []
    for group in _touching(pieces):
        found += crossed(rgb, group) or _each_parted(rgb, group, answer)
    return found


def _touching(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces in groups that touch one another."""
    if not pieces:
        return []
    _, labels = cv2.connectedComponents(np.logical_or.reduce([mask for mask, _ in pieces]).astype(np.uint8))
    groups: dict[int, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(int(np.bincount(labels[piece[0]]).argmax()), []).append(piece)
    return list(groups.values())


def crossed(rgb: UInt8, pieces: list[Piece]) -> list[Piece] | None:
    """A bar that lies across touching pieces, what it lies on in one piece, and the others; None without a bar.

    Args:
        rgb: (H, W, 3) uint8.
        pieces: masks that touch one another.
    """
    whole = np.logical_or.reduce([mask for mask, _ in pieces])
    if np.count_nonzero(whole) < CROSSED * whole.size:
        return None
    bars = [(overlap(rgb, bar, whole & ~bar), i, bar) for i, bar in enumerate(crossing(whole)) if _fits(bar, whole)]
    alike, _, bar = min(bars, default=(1.0, 0, whole))
    if alike >= _OTHER:
        return None
    left = [(mask & ~bar, made_of) for mask, made_of in pieces]
    left = sorted((piece for piece in left if np.count_nonzero(piece[0]) >= _CRUMB), key=lambda it: -it[0].sum())
    under, made_of = left[0]
    others = []
    for piece in left[1:]:
        if overlap(rgb, piece[0], left[0][0]) >= _SAME:
            under = under | piece[0]
        else:
            others.append(piece)
    return [(bar, ()), (under, made_of), *others]


def _each_parted(rgb: UInt8, pieces: list[Piece], answer: Answer) -> list[Piece]:
    across: list[tuple[Bool, int]] = []
    found: list[Piece] = []
    for mask, made_of in pieces:
        *others, rest = parted(rgb, mask, answer)
        found += [*((part, ()) for part in others), (rest, made_of)]
        if others and np.count_nonzero(mask) >= LARGE * mask.size:
            across.append((others[0], len(found) - 1))
    gone = set()
    for bar, cut in across:
        beside = cv2.dilate(bar.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        for i, (mask, _) in enumerate(found):
            if i == cut or mask is bar or np.count_nonzero(mask & beside) < _LEAST:
                continue
            rest, made_of = found[cut]
            if overlap(rgb, mask, rest) >= _SAME:
                found[cut] = rest | mask, made_of
                gone.add(i)
    return [piece for i, piece in enumerate(found) if i not in gone]


def parted(rgb: UInt8, mask: Bool, answer: Answer) -> list[Bool]:
    """A mask (H, W), or the things that it is made of; the one that it is named after last."""
    if np.count_nonzero(mask) < SMALL * mask.size:
        return _at_waist(mask)
    if np.count_nonzero(mask) < LARGE * mask.size:
        return [mask]
    best, lowest = None, _ALIKE
    for found in answer(_points(mask)):
        part = found & mask
        if _fits(part, mask) and (alike := overlap(rgb, part, mask & ~part)) < lowest:
            best, lowest = part, alike
    if best is None:
        return [mask]
    part = _by_color(rgb, best, mask)
    if not _fits(part, mask) or overlap(rgb, part, mask & ~part) >= _ALIKE:
        return [mask]
    return [part, mask & ~part]


def _at_waist(mask: Bool) -> list[Bool]:
    """A mask, or the parts that it falls into when its border is taken off, each with the border next to it."""
    padded = np.pad(mask, 1).astype(np.uint8)
    for times in range(1, 4):
        core = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=times)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4)
        cores = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= _LEAST]
        if len(cores) > 1:
            shared = nearest([labels == i for i in cores])[1:-1, 1:-1]
            return [mask & (shared == k) for k in range(len(cores))]
    return [mask]


def _fits(part: Bool, mask: Bool) -> bool:
    low, high = _SHARES
    return bool(low <= np.count_nonzero(part) / np.count_nonzero(mask) <= high)


def _by_color(rgb: UInt8, part: Bool, mask: Bool) -> Bool:
    """The connected pixels of a mask that have a part's colours more than the rest's."""
    cells = color_cells(rgb)
    own, other = color_shares(cells[part]), color_shares(cells[mask & ~part])
    like = mask & (np.log((own + _SEEN) / (other + _SEEN))[cells] > 0)
    like = cv2.medianBlur(like.astype(np.uint8), 3).astype(bool) & mask
    count, labels = cv2.connectedComponents(like.astype(np.uint8), connectivity=4)
    areas, shared = (np.bincount(labels[where], minlength=count) for where in (like, like & part))
    held = 2 * shared > areas
    held[0] = False
    found = filled(held[labels]) & mask
    _, labels, stats, _ = cv2.connectedComponentsWithStats((mask & ~found).astype(np.uint8), connectivity=4)
    crumbs = stats[:, cv2.CC_STAT_AREA] < _CRUMB
    crumbs[0] = False
    whole: Bool = found | crumbs[labels]
    return whole


def _points(mask: Bool) -> Float:
    """(N, 2) points (x, y), the widest places of a mask first."""
    depth = np.ascontiguousarray(cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1])
    points: list[tuple[int, int]] = []
    while len(points) < _POINTS and depth.max() >= 1:
        y, x = divmod(int(depth.argmax()), depth.shape[1])
        points.append((x, y))
        cv2.circle(depth, (x, y), max(3, round(1.5 * float(depth[y, x]))), 0.0, -1)
    return np.array(points, np.float64).reshape(-1, 2)
