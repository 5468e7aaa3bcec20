"""Depth as the small model sees it: how high above the plane under everything each pixel is, coarsely and finely."""

from __future__ import annotations

import numpy as np

from skills.types import Float

LAYERS = 3
"""Of what ``layers`` gives."""

_COARSE, _FINE = 0.05, 0.004
"""Metres that 1 stands for."""


def layers(height: Float) -> Float:
    """A picture's heights as input of the model.

    Args:
        height: (..., H, W) metres above the plane, NaN where nothing was measured.

    Returns:
        (..., 3, H, W) float32: height, height near the plane, and whether it was measured; all 0 where it was not.
    """
    known = np.isfinite(height)
    some = np.where(known, height, 0.0).astype(np.float32)
    parts = [np.clip(some / _COARSE, -1, 4), np.tanh(some / _FINE), known.astype(np.float32)]
    return np.stack(parts, axis=-3)
