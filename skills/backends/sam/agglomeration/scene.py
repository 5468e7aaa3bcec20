"""What is known of a picture before its parts are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skills.backends.sam.affinity.regions import SURE, absorbed, components
from skills.backends.sam.color.outline import Piece
from skills.backends.sam.depth.relief import Relief
from skills.types import Bool, Float, Int, UInt8

_SURELY, _MOST = (SURE, 0.9, 0.5, -1.0), 6000
"""Affinities from which direct neighbours are together; the next one where there would be more parts than this, twice
as many as the hardest of 512 pictures of training had: a picture of noise is not worth the time and the memory."""
_SHOWS = 0.5
"""How surely a pixel must show a thing."""
_SPECK, _LIKELY = 2, 0.8
"""Pixels that a part has at least if it has a neighbour of this affinity: most parts would be single pixels."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with all that was found out about it.

    Attributes:
        rgb: (H, W, 3).
        raw: (H, W) float32 metres above the plane under everything, NaN where nothing was measured.
        height: (H, W) float32 the same, smoothed as much as the noise asks for.
        noise: metres, standard deviation of ``height``; 0 where there is no depth.
        affinity: (len(OFFSETS), H, W) float32 in [0, 1], of each pixel to that which lies ``OFFSETS`` from it.
        shows: (H, W) float32 in [0, 1], how surely a pixel shows a thing.
        known: (H, W) number of the mask that covers a pixel, from 1 on; 0 where none does.
        shown: (H, W) what may be a thing's; the rest is a region of its own, the surface.
    """

    rgb: UInt8
    raw: Float
    height: Float
    noise: float
    affinity: Float
    shows: Float
    known: Int
    shown: Bool

    @classmethod
    def of(cls, rgb: UInt8, told: Float, pieces: Sequence[Piece], seen: Relief | None, raised: Bool | None) -> Scene:
        """What masks, affinities and depth say together.

        Args:
            rgb: (H, W, 3).
            told: (len(OFFSETS) + 1, H, W) as ``SamSegmenter.affinities`` gives them.
            pieces: the masks that there are.
            seen: depth, if there is any.
            raised: (H, W) what may be a thing's beside what the pieces cover and what seems to show one, if anything.
        """
        known = np.zeros(rgb.shape[:2], np.int64)
        for number in sorted(range(len(pieces)), key=lambda it: -np.count_nonzero(pieces[it][0])):
            known[pieces[number][0]] = number + 1
        unknown = np.full(known.shape, np.nan, np.float32)
        raw, height = (unknown, unknown) if seen is None else (seen.raw, seen.height)
        return cls(
            rgb,
            np.asarray(raw, np.float32),
            np.asarray(height, np.float32),
            0.0 if seen is None else seen.noise,
            np.asarray(told[:-1], np.float32),
            np.asarray(told[-1], np.float32),
            known,
            (known > 0) | (told[-1] > _SHOWS) | (False if raised is None else raised),
        )

    def parts(self) -> Int:
        """(H, W) what surely is one, from 1 on without gaps.

        But for specks, no mask's edge and no doubtful affinity lies within.
        """
        for sure in _SURELY:
            held = components(self.affinity, self.shown, sure)
            _, first = np.unique(held * (int(self.known.max()) + 1) + self.known, return_inverse=True)
            labels = absorbed(self.affinity, np.where(self.shown, first.reshape(held.shape) + 1, 0), _SPECK, _LIKELY)
            kept, found = np.unique(labels, return_inverse=True)
            if len(kept) <= _MOST:
                break
        return np.asarray(found.reshape(labels.shape) + int(kept[0] != 0))
