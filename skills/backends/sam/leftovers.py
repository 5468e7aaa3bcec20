"""What neither the surface nor any mask covers: missing pieces of things, and things that were missed.

Where the surface under the objects is known, whatever stands out from it belongs to some object. A leftover that
touches a mask of the same colours completes it (the far side of a frame); two touching pieces of the same colours are
one thing; a leftover that resembles no neighbour is a thing of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from skills.types import Bool, Float, UInt8

_LEVELS = 8
_RIM = 4
_TOUCH = 6
"""Pixels of one region within 2 px of another for the two to touch."""
_OPEN = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Region:
    """A mask (H, W) and whose it is: the index of a thing, or -1 for a leftover."""

    mask: Bool
    thing: int
    colors: Float


def complete(
    rgb: UInt8, surface: Bool, things: list[Bool], least: int, alike: float
) -> list[tuple[Bool, tuple[int, ...]]]:
    """Joins pieces and adds what was missed.

    Args:
        rgb: (H, W, 3) uint8.
        surface: (H, W) what lies under everything, to the pixel.
        things: (H, W) masks.
        least: pixels that a leftover must have.
        alike: overlap of two colour histograms, [0, 1], from which neighbours are one thing; above 1 nothing is joined.

    Returns:
        Masks, each with the indices of the things that it is made of: none for what was missed.
    """
    regions = [Region(mask, i, _colors(rgb, mask)) for i, mask in enumerate(things)]
    regions += [Region(mask, -1, _colors(rgb, mask)) for mask in _left(surface, things, least)]
    parent = list(range(len(regions)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    grown = [cv2.dilate(region.mask.astype(np.uint8), _OPEN, iterations=2).astype(bool) for region in regions]

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
    return found


def _left(surface: Bool, things: list[Bool], least: int) -> list[Bool]:
    free = ~surface
    for mask in things:
        free &= ~mask
    # Rims, a pixel wide around things or a few along the picture's border, are no things: a piece must hold a block of
    # 3 x 3 somewhere else.
    solid = cv2.morphologyEx(free.astype(np.uint8), cv2.MORPH_OPEN, _OPEN).astype(bool)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(free.astype(np.uint8), connectivity=8)
    solid[:_RIM] = solid[-_RIM:] = solid[:, :_RIM] = solid[:, -_RIM:] = False
    held = set(np.unique(labels[solid]).tolist())
    return [labels == i for i in range(1, count) if i in held and stats[i, cv2.CC_STAT_AREA] >= least]


def _colors(rgb: UInt8, mask: Bool) -> Float:
    """(levels ** 3,) shares of the colours in a mask; each channel's neighbouring levels counted in part."""
    cells = (rgb[mask] // (256 // _LEVELS)).astype(np.int64)
    counts = np.zeros((_LEVELS + 2,) * 3, np.float32)
    np.add.at(counts, tuple(cells.T + 1), 1.0)
    for axis in range(3):
        counts = 0.5 * counts + 0.25 * (np.roll(counts, 1, axis) + np.roll(counts, -1, axis))
    flat: Float = counts.ravel() / max(1.0, float(counts.sum()))
    return flat
