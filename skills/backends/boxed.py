"""Boxes in place of masks: any segmenter with its outlines taken away, to see what they are worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from skills.backends import Candidates, Encoded, Segmenter
from skills.types import Bool, Image, Mask


class Boxed:
    """A ``Segmenter`` whose masks fill the boxes of another one's."""

    def __init__(self, inner: Segmenter) -> None:
        self.inner, self.name = inner, inner.name

    def encode(self, image: Image) -> Encoded:
        """As the one inside."""
        return self.inner.encode(image)

    def everything(self, encoded: Encoded) -> list[Mask]:
        """A box for each of its masks, largest first."""
        found = []
        for mask in self.inner.everything(encoded):
            array = _box(mask.array)
            found.append(replace(mask, array=array, area=int(np.count_nonzero(array))))
        return sorted(found, key=lambda mask: (-mask.area, mask.id))

    def prompt(self, encoded: Encoded, *prompts: Any, **more: Any) -> Candidates:
        """Its answers, each filled to its box."""
        found = self.inner.prompt(encoded, *prompts, **more)
        masks = found.masks.copy()
        for at in np.ndindex(masks.shape[:2]):
            masks[at] = _box(masks[at])
        return replace(found, masks=masks)


def _box(array: Bool) -> Bool:
    """(H, W) the box around what is set."""
    box = np.zeros_like(array)
    rows, columns = np.flatnonzero(array.any(axis=1)), np.flatnonzero(array.any(axis=0))
    if len(rows):
        box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box
