"""What lies beside the surface: a strip along the picture's border, where the table ends before the picture does."""

from __future__ import annotations

import numpy as np

from skills.types import Bool, UInt8

_WIDEST = 0.06
"""Of the picture's shorter side: how far in a strip may reach."""

_COVER = 0.6
"""Share of a line along the border that must have the strip's colour: things on the table may cut across the rest."""

_NEAR, _OTHER = 12, 40
"""Levels, of 255, within which a pixel has the strip's colour, and from which that is not the surface's."""


def margin(rgb: UInt8, surface: Bool) -> Bool:
    """(H, W) pixels of one colour, not the surface's, in straight strips along the border.

    A thing of the strip's colour that reaches over it loses the pixels there, and nothing else: it would have taken in
    the whole strip.

    Args:
        rgb: (H, W, 3).
        surface: (H, W) what things lie on.
    """
    found: Bool = np.zeros(surface.shape, np.bool_)
    if not surface.any():
        return found
    under = np.median(rgb[surface], axis=0)
    widest = max(1, round(_WIDEST * min(surface.shape)))
    colours = rgb.astype(np.int16)
    for side in range(4):  # rows from the top, columns from the right, ...
        turned, part = np.rot90(colours, side), np.rot90(found, side)
        strip = np.median(turned[0], axis=0)
        if np.abs(strip - under).max() < _OTHER:
            continue
        for line in range(widest):
            same = np.abs(turned[line] - strip).max(axis=-1) <= _NEAR
            if same.mean() < _COVER:
                break
            part[line] |= same
    return found
