"""What lies in or on a large thing, by colour: pixels in its middle that look like nothing near its edge."""

from __future__ import annotations

import cv2
import numpy as np

from skills.backends.sam.color.outline import color_cells, color_shares
from skills.types import Bool, UInt8

_DEEP = 11.0
"""Pixels from its edge to its middle that a thing must have to hold another."""

_EDGE = 0.3
"""Share of that depth which counts as its edge, whose colours are its own."""

_BLOCK = np.ones((3, 3), np.uint8)


def content_of(rgb: UInt8, mask: Bool, least: int = 60, most: float = 0.6, rare: float = 0.002) -> Bool | None:
    """The pixels of a thing that belong to something else in its middle.

    Args:
        rgb: (H, W, 3) uint8.
        mask: (H, W) of the thing, what it holds included.
        least: pixels of a content.
        most: share of the thing that a content may take up.
        rare: share of a colour's neighbourhood below which the colour is not the thing's own.

    Returns:
        (H, W) bool, or None where all of the thing looks alike.
    """
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    if depth.max() < _DEEP:
        return None
    edge = _EDGE * float(depth.max())
    cells = color_cells(rgb)
    own = color_shares(cells[mask & (depth <= edge)])
    foreign = mask & (depth > 0.6 * edge) & (own[cells] < rare)
    closed = cv2.morphologyEx(foreign.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    solid = cv2.morphologyEx(closed, cv2.MORPH_OPEN, _BLOCK)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    if count < 2:
        return None
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    found: Bool = labels == largest
    area = int(stats[largest, cv2.CC_STAT_AREA])
    if not least <= area <= most * np.count_nonzero(mask) or np.median(depth[found]) < edge:
        return None
    return found
