"""How alike things are in one aspect: by the retriever's embedding where it has one, else by a stated rule.

Of things a few pixels large an embedding says little of their texture and their colours much: there both count, one
half each. The rules: ``texture`` by the share that two colour histograms have in common, ``shape`` by laying one
outline over the other at every turn, ``profile`` always by the outline's harmonics (``skills.outlines``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from skills.backends import Retriever
from skills.errors import BadArgument
from skills.outlines import same_profile, same_shape
from skills.perception import similarities
from skills.types import Float, Image

Aspect = Literal["identity", "texture", "shape", "profile"]

MINIMUM = {"texture": 0.8, "shape": 0.8, "profile": 0.5}
"""By a rule, the least that counts as alike."""
_BINS = 12


def alike(retriever: Retriever, objs: Sequence[Image], query: str | Image, aspect: Aspect) -> tuple[Float, float]:
    """How alike each object is to a phrase or picture, (N,), and the least that counts as fitting.

    Raises:
        BadArgument: a phrase with another aspect than ``identity``.
    """
    if aspect == "identity":
        return similarities(retriever, objs, query)
    if isinstance(query, str):
        raise BadArgument(f"a phrase can't be compared by {aspect}: give a picture, or leave the aspect out")
    rules: dict[str, Callable[[Image, Image], float]] = {
        "texture": same_colours,
        "shape": same_shape,
        "profile": same_profile,
    }
    if aspect not in retriever.aspects:
        return np.array([rules[aspect](obj, query) for obj in objs]), MINIMUM[aspect]
    crops = retriever.embed_images([*objs, query], aspect)
    cosines, least = np.asarray(crops[:-1] @ crops[-1], dtype=np.float64), float(retriever.minimum.get(aspect, -1.0))
    if aspect != "texture":
        return cosines, least
    colours = np.array([same_colours(obj, query) for obj in objs])
    return (cosines + colours) / 2, (least + MINIMUM["texture"]) / 2


def same_colours(one: Image, other: Image) -> float:
    """[0, 1]: Bhattacharyya coefficient of two colour histograms in CIE L*a*b*."""
    return float(np.sqrt(_colours(one) * _colours(other)).sum())


def _colours(image: Image) -> Float:
    """(12, 12, 12) shares, neighbouring colours blurred into one another."""
    import cv2

    mask = np.ones(image.shape, bool) if image.mask is None else image.mask
    core = cv2.erode(np.pad(mask, 1).astype(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1].astype(bool)
    lab = cv2.cvtColor(image.rgb[core if core.any() else mask][None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    low, high = np.array([0.0, -90.0, -90.0]), np.array([100.0, 90.0, 90.0])
    counts, _ = np.histogramdd(np.clip(lab, low, high), _BINS, list(zip(low, high)))
    from scipy.ndimage import gaussian_filter

    soft: Float = gaussian_filter(counts, 0.7)
    shares: Float = soft / soft.sum()
    return shares
