"""Masks by colour and solids by depth made one account of a picture.

Depth says where a solid ends, colours can't undo it: touching things of one colour come apart, and a pattern stays on
its thing. Colours say what depth cannot: things of one height side by side, what is too flat for the camera to measure,
and where outlines run when depth is noisy.
"""

from __future__ import annotations

import cv2
import numpy as np

from skills.backends.sam.agreement.hidden import reunited
from skills.backends.sam.agreement.joining import joined, painted, without_rests
from skills.backends.sam.agreement.lying import apart
from skills.backends.sam.color.bars import crossing
from skills.backends.sam.color.frames import are_stretches
from skills.backends.sam.color.leftovers import overlap
from skills.backends.sam.color.outline import Piece, nearest
from skills.backends.sam.color.parting import crossed
from skills.backends.sam.depth.relief import EXACT, SIGMAS, Relief
from skills.backends.sam.depth.sides import is_side
from skills.backends.sam.depth.solids import Parts
from skills.types import Bool, Int, UInt8

_Within = tuple[Bool, Bool, tuple[int, ...]]
"""What of a mask (H, W) lies in a solid, and the piece."""

_PART = 0.12
"""Share of a solid that a mask must have to be a thing of its own there."""
_WITHIN = 0.7
"""Share of that mask which must lie in the solid."""
_ALIKE = 0.3
"""Overlap of colour histograms, [0, 1], from which a solid's parts are one thing."""
_ONE = 0.5
"""Overlap from which what lies on several sides of a part is one thing."""
_LOW, _CROSSED = 0.003, 0.6
"""Metres above the plane up to which things lie across one another at one height, as far as depth can tell, and the
overlap for a straight bar, whose shape speaks for it."""
_SHEET = 0.0002
"""Metres by which a level is another one, at least, where the camera is exact."""
_LEVEL, _OTHER = 0.0026, 0.1
"""Metres by which a part may be higher or lower that is level with the rest, and the overlap for it: a pattern's spots
are level."""
_SURE, _CORE = 60, 0.5
"""Pixels of a solid that noisy depth is believed about, and the share of them that is 3 px thick."""
_LEAST = 24
"""Pixels of a solid, or of a rest of a mask, that is a thing by itself."""


def agreed(rgb: UInt8, seen: Relief, parts: Parts, pieces: list[Piece]) -> list[Piece]:
    """The things in a picture.

    Args:
        rgb: (H, W, 3) uint8.
        seen: the picture's depth.
        parts: the solids and surfaces that it sees.
        pieces: masks by colour.

    Returns:
        Masks that share no raised pixel, with what they are made of: nothing where only depth found them.
    """
    if seen.noise > EXACT:
        return _doubted(seen, parts.solid, pieces)
    told = apart(rgb, seen, parts.solid)
    parts = Parts(told.solid, parts.surface)
    solids = without_rests(rgb, painted(rgb, parts, seen.height), told.rests)
    solids = joined(rgb, solids, seen.height, [mask for mask, _ in pieces], told.laid)
    solids = reunited(rgb, solids, seen.height)
    found: list[Piece] = []
    for label in range(1, int(solids.max()) + 1):
        solid = solids == label
        if solid.any():
            found += _things(rgb, seen, solid, pieces)
    taken = np.logical_or.reduce([solids > 0, *(mask for mask, _ in found)])
    for mask, made_of in pieces:
        rest = mask & ~taken
        if np.count_nonzero(rest) > 0.5 * np.count_nonzero(mask) and _stands(seen, rest):
            found.append((rest, made_of))
    return found


def _doubted(seen: Relief, solids: Int, pieces: list[Piece]) -> list[Piece]:
    """The pieces, where depth is noisy: parted between large solids, and with large solids that colours missed."""
    areas = np.bincount(solids.ravel())
    sure = {}
    for label in np.flatnonzero(areas >= _SURE):
        solid = solids == label
        core = cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        if label and np.count_nonzero(core) >= _CORE * areas[label]:
            sure[int(label)] = solid
    found: list[Piece] = []
    for mask, made_of in pieces:
        held = [solid for label, solid in sure.items() if np.count_nonzero(mask & solid) >= _WITHIN * areas[label]]
        parts = [solid & mask for solid in held]
        if len(parts) > 1 and sum(map(np.count_nonzero, parts)) >= _WITHIN * np.count_nonzero(mask):
            shared = nearest(parts)
            found += [(mask & (shared == i), made_of) for i in range(len(parts))]
        else:
            found.append((mask, made_of))
    taken = np.logical_or.reduce([np.zeros_like(seen.raised), *(mask for mask, _ in found)])
    missed = [solid & ~taken for solid in sure.values()]
    return found + [(rest, ()) for rest, solid in zip(missed, sure.values()) if _mostly(rest, solid)]


def _mostly(rest: Bool, solid: Bool) -> bool:
    return bool(np.count_nonzero(rest) >= _WITHIN * np.count_nonzero(solid))


def _things(rgb: UInt8, seen: Relief, solid: Bool, pieces: list[Piece]) -> list[Piece]:
    """A solid, or the things of one height that it is made of."""
    area = np.count_nonzero(solid)
    inside = [(mask & solid, mask, made_of) for mask, made_of in pieces]
    inside = [it for it in inside if np.count_nonzero(it[0]) >= _PART * area]
    parts = [it for it in inside if np.count_nonzero(it[0]) >= _WITHIN * np.count_nonzero(it[1])]
    parts = [it for it in parts if _foreign(rgb, seen, it[0], solid)]
    low = float(np.nanmedian(seen.height[solid])) < _LOW
    if low and (two := _stacked(seen, solid, inside) or _crossed(rgb, solid, inside, parts)):
        return two
    if parts and (len(parts) > 1 or np.count_nonzero(solid & ~parts[0][0]) >= max(_PART * area, _LEAST)):
        return _shared(rgb, solid, [(part, made_of) for part, _, made_of in parts])
    mask, made_of = _best(solid, inside)
    return [(solid | (mask & ~np.isfinite(seen.height)), made_of)]


def _best(solid: Bool, inside: list[_Within]) -> Piece:
    """The piece that fits a solid best; the solid itself where there is none."""
    overlaps = [np.count_nonzero(mask & solid) / np.count_nonzero(mask | solid) for _, mask, _ in inside]
    return inside[int(np.argmax(overlaps))][1:] if inside else (solid, ())


def _stacked(seen: Relief, solid: Bool, inside: list[_Within]) -> list[Piece]:
    """A low solid's two levels, where it has two and no more: a thin thing on a thin thing, no floor with its walls."""
    heights = seen.height[solid]
    middle = float(heights.min() + heights.max()) / 2
    upper, lower = heights > middle, heights <= middle
    if heights.max() >= _LOW or min(upper.sum(), lower.sum()) < max(_LEAST, _PART * len(heights)):
        return []
    sheer = heights[upper].min() - heights[lower].max()
    if sheer < max(_SHEET, SIGMAS * seen.noise) or max(np.ptp(heights[upper]), np.ptp(heights[lower])) > 0.5 * sheer:
        return []
    parts = [solid & (seen.height > middle), solid & (seen.height <= middle)]
    return [(part, _best(part, inside)[1]) for part in parts]


def _crossed(rgb: UInt8, solid: Bool, inside: list[_Within], parts: list[_Within]) -> list[Piece]:
    """A bar across a low solid and the rest; nothing where a part by colour is parted better from its rest.

    Depth has the outline of both to the pixel, of which colours may have a piece only.
    """
    two = crossed(rgb, [(solid, _best(solid, inside)[1])]) or []
    best = min((overlap(rgb, part, solid & ~part) for part, _, _ in parts), default=1.0)
    return two if two and overlap(rgb, two[0][0], two[1][0]) < best else []


def _foreign(rgb: UInt8, seen: Relief, part: Bool, solid: Bool) -> bool:
    """Whether a part of a solid is another thing: by its colours, which say less where it is as high as the rest."""
    rest = solid & ~part
    if np.count_nonzero(rest) < _LEAST // 2 or np.count_nonzero(part) < _LEAST // 2:
        return False
    top, under = (float(np.nanmedian(seen.height[it])) for it in (part, rest))
    alike = overlap(rgb, part, rest)
    if top < _LOW:
        other = alike < _ALIKE or (alike < _CROSSED and _is_bar(part, solid))
        foreign = other and not are_stretches([part, rest])
    else:
        foreign = alike < (_OTHER if abs(top - under) < _LEVEL else _ALIKE)
    return foreign and not (is_side(seen, part, rest) or is_side(seen, rest, part))


def _is_bar(part: Bool, solid: Bool) -> bool:
    """Whether a part lies straight across a solid, or is what a bar lies across."""
    for bar in crossing(solid):
        for piece in (bar, solid & ~bar):
            if np.count_nonzero(part & piece) >= _WITHIN * np.count_nonzero(part | piece):
                return True
    return False


def _shared(rgb: UInt8, solid: Bool, parts: list[Piece]) -> list[Piece]:
    """A solid's pixels given to its parts: each to the nearest, and what is a part's size to nobody's."""
    claimed = np.logical_or.reduce([part for part, _ in parts])
    rest = solid & ~claimed
    opened = cv2.morphologyEx(rest.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    large = max(_LEAST, _PART * np.count_nonzero(solid))
    own = [labels == i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= large]
    if own and all(overlap(rgb, own[0], other) >= _ONE for other in own[1:]):
        own = [np.logical_or.reduce(own)]
    parts = parts + [(mask, ()) for mask in own]
    shared = nearest([part for part, _ in parts])
    return [(solid & (shared == i), made_of) for i, (_, made_of) in enumerate(parts)]


def _stands(seen: Relief, mask: Bool) -> bool:
    """Whether exact depth leaves open that a mask shows a thing; noisy depth can tell nothing of paper and marks."""
    known = seen.height[mask & np.isfinite(seen.height)]
    if 2 * len(known) < np.count_nonzero(mask):
        return True
    return bool(np.median(known) > max(seen.noise, 1e-4))
