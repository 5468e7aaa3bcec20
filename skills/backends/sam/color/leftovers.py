"""What neither the surface nor any mask covers: missing pieces of things, and things that were missed.

Where the surface under the objects is known, whatever stands out from it belongs to some object. A leftover that
touches a mask of the same colours completes it (the far side of a frame); two touching pieces of the same colours are
one thing; a leftover that resembles no neighbour is a thing of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skills.backends.sam.color.outline import PLAIN, Piece, color_cells, color_shares, without_specks
from skills.types import Bool, Float, Int, UInt8

_LEVELS = 8
_RIM = 4
_TOUCH = 6
"""Pixels of one region beside another for the two to touch."""
_WHOLE = 60
"""Pixels of a piece that is no mere part of a pattern."""

_SHADE = 4
"""Pixels of a mask that have a colour which is the mask's own."""

_OPEN = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Region:
    """A mask (H, W) and whose it is: the index of a thing, or -1 for a leftover."""

    mask: Bool
    thing: int
    colors: Float


def complete(rgb: UInt8, surface: Bool, things: list[Bool], least: int, alike: float) -> list[Piece]:
    """Joins pieces and adds what was missed.

    Args:
        rgb: (H, W, 3) uint8.
        surface: (H, W) what lies under everything, to the pixel.
        things: (H, W) masks; of an empty one nothing comes.
        least: pixels that a leftover must have.
        alike: overlap of two colour histograms, [0, 1], from which neighbours are one thing; above 1 nothing is joined.

    Returns:
        Masks, each with the indices of the things that it is made of: none for what was missed.
    """
    plain = bool(color_shares(color_cells(rgb[surface])).max() > PLAIN)
    regions = []
    for i, mask in enumerate(things):
        if not mask.any():  # the surface's margin took all of it
            continue
        parts = _parts(rgb, mask, surface, least, alike) if plain else [mask]
        regions += [Region(part, i, color_histogram(rgb, part)) for part in parts]
    covered = [region.mask for region in regions]
    regions += [Region(mask, -1, color_histogram(rgb, mask)) for mask in _left(surface, covered, least, plain)]
    parent = list(range(len(regions)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    reach = 1 if plain else 2
    grown = [cv2.dilate(region.mask.astype(np.uint8), _OPEN, iterations=reach).astype(bool) for region in regions]

    def likeness(i: int, j: int) -> float:
        if np.count_nonzero(grown[i] & regions[j].mask) < _TOUCH:
            return 0.0
        return float(np.minimum(regions[i].colors, regions[j].colors).sum())

    for i, region in enumerate(regions):
        shared = {j: likeness(i, j) for j in range(i)}
        near = [j for j, share in shared.items() if share >= alike]
        # A leftover completes one neighbour; it never ties two things together.
        for j in near if region.thing >= 0 else sorted(near, key=lambda j: -shared[j])[:1]:
            parent[root(i)] = root(j)
    joined: dict[int, list[Region]] = {}
    for i, region in enumerate(regions):
        joined.setdefault(root(i), []).append(region)
    found = []
    for members in joined.values():
        mask = np.logical_or.reduce([member.mask for member in members])
        found.append((mask, tuple(member.thing for member in members if member.thing >= 0)))
    free = ~np.logical_or.reduce([surface, *(mask for mask, _ in found)])
    cells = color_cells(rgb)
    return [(mask | _corners(cells, mask, free), made_of) for mask, made_of in found]


def _corners(cells: Int, mask: Bool, free: Bool) -> Bool:
    """Free pixels beside a mask that are of its colours, to the shade: corners that smoothing an outline cuts off."""
    beside = cv2.dilate(mask.astype(np.uint8), _OPEN).astype(bool) & free
    own = np.bincount(cells[mask], minlength=int(cells.max()) + 1)
    found: Bool = beside & (own[cells] >= _SHADE)
    return found


def _parts(rgb: UInt8, mask: Bool, surface: Bool, least: int, alike: float) -> list[Bool]:
    """A mask without the table that it took in, parted where a gap of table or a change of colours parts it.

    Nothing is left of a mask that is mostly table.
    """
    clear = mask & ~surface
    if np.count_nonzero(clear) < 0.4 * np.count_nonzero(mask):
        return []
    clear = without_specks(clear, mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(clear.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = 1 + int(areas.argmax())
    main, own = labels == largest, color_histogram(rgb, labels == largest)
    apart = []
    for i in range(1, count):
        piece = labels == i
        if i == largest:
            continue
        # A small piece is part of a pattern, unless the others are as small: then a pixel of table parts two things.
        twin = areas[i - 1] >= max(least, 0.5 * areas.max())
        reach = cv2.dilate(piece.astype(np.uint8), _OPEN, iterations=1 if twin else 2).astype(bool)
        far = not np.any(reach & main)
        strange = np.minimum(color_histogram(rgb, piece), own).sum() < alike
        if (strange and areas[i - 1] >= least) or (far and (twin or areas[i - 1] >= _WHOLE)):
            apart.append(piece)
        else:
            main = main | piece
    return [main, *apart]


def _left(surface: Bool, things: list[Bool], least: int, plain: bool) -> list[Bool]:
    """What stands out from the surface and is no thing's rim; thin outlines too, where the surface is plain."""
    covered = np.logical_or.reduce([np.zeros_like(surface), *things])
    free = ~surface & ~covered
    # Rims, a pixel wide around things or a few along the picture's border, are no things: a piece must hold a block of
    # 3 x 3 somewhere else, or lie away from all of them for the most part.
    solid = cv2.morphologyEx(free.astype(np.uint8), cv2.MORPH_OPEN, _OPEN).astype(bool)
    away = free & ~cv2.dilate(covered.astype(np.uint8), _OPEN, iterations=2).astype(bool)
    for array in (solid, away):
        array[:_RIM] = array[-_RIM:] = array[:, :_RIM] = array[:, -_RIM:] = False
    count, labels, stats, _ = cv2.connectedComponentsWithStats(free.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    held = np.bincount(labels[solid], minlength=count) > 0
    if plain:
        held |= 2 * np.bincount(labels[away], minlength=count) > areas
    return [labels == i for i in range(1, count) if held[i] and areas[i] >= least]


def overlap(rgb: UInt8, one: Bool, other: Bool) -> float:
    """How much of their colours two masks (H, W) of a picture share, [0, 1]."""
    return float(np.minimum(color_histogram(rgb, one), color_histogram(rgb, other)).sum())


def color_histogram(rgb: UInt8, mask: Bool) -> Float:
    """(levels ** 3,) shares of the colours in a mask; each channel's neighbouring levels counted in part."""
    cells = (rgb[mask] // (256 // _LEVELS)).astype(np.int64)
    counts = np.zeros((_LEVELS + 2,) * 3, np.float32)
    np.add.at(counts, tuple(cells.T + 1), 1.0)
    for axis in range(3):
        counts = 0.5 * counts + 0.25 * (np.roll(counts, 1, axis) + np.roll(counts, -1, axis))
    flat: Float = counts.ravel() / max(1.0, float(counts.sum()))
    return flat
