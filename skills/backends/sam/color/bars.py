"""Straight bars that lie across something: what their shape alone gives away, when they share colours with it."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from skills.types import Bool

_LENGTHS = (0.97, 0.75, 0.55, 0.4)
"""Of a mask's longest straight run, that a bar's rows are tried to have."""

_SLENDER = 3.0
"""Times as long as it is wide, at least, that a bar is."""

_PIECE = 12
"""Pixels of a piece that counts as lying on one side of a bar."""

_TURNED_DEG = 2.0
"""A mask nearer than this to the picture's axes is taken as lying along them, and not turned."""


def crossing(mask: Bool) -> Iterator[Bool]:
    """The bars (H, W) that go straight through a mask, and without which it falls into pieces.

    Along the picture's axes and along those of the smallest box around the mask.
    """
    contour = np.argwhere(mask)[:, ::-1].astype(np.float32)
    angle = cv2.minAreaRect(contour)[2] % 90.0 if len(contour) >= 3 else 0.0
    angles = [0.0] if min(angle, 90.0 - angle) < _TURNED_DEG else [0.0, angle]
    for turn in angles:
        turned, back = _turned(mask, turn)
        for along in (turned, turned.T):
            for bar in _bars(along):
                found = back(bar.T if along is not turned else bar) & mask
                if _parts(mask & ~found):
                    yield found


def _turned(mask: Bool, degrees: float) -> tuple[Bool, _Back]:
    """A mask turned by an angle on a canvas that holds it, and the way back."""
    if degrees == 0.0:
        return mask, _Back(None, mask.shape)
    height, width = mask.shape
    side = int(np.ceil(np.hypot(height, width)))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turn[:, 2] = turn[:, 2] + (side / 2 - np.array([width / 2, height / 2]))
    turned = cv2.warpAffine(mask.astype(np.uint8), turn, (side, side), flags=cv2.INTER_NEAREST)
    return turned.astype(bool), _Back(turn, mask.shape)


class _Back:
    def __init__(self, turn: np.ndarray | None, shape: tuple[int, ...]) -> None:
        self._turn, self._shape = turn, shape

    def __call__(self, mask: Bool) -> Bool:
        if self._turn is None:
            return mask
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        back = cv2.warpAffine(mask.astype(np.uint8), self._turn, self._shape[::-1], flags=flags)
        return back.astype(bool)


def _bars(mask: Bool) -> Iterator[Bool]:
    """Slender pieces that runs along the rows make up, long ones first."""
    longest = _longest_run(mask)
    before = 0
    for share in _LENGTHS:
        run = max(3, round(share * longest))
        opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
        if np.count_nonzero(opened) == before:
            continue
        before = int(np.count_nonzero(opened))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
        for i in range(1, count):
            if stats[i, cv2.CC_STAT_WIDTH] >= _SLENDER * stats[i, cv2.CC_STAT_HEIGHT]:
                yield labels == i


def _longest_run(mask: Bool) -> int:
    """Pixels of the longest unbroken run along a row."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, ends = np.nonzero(edges == 1)[1], np.nonzero(edges == -1)[1]
    return int((ends - starts).max(initial=0))


def _parts(rest: Bool) -> bool:
    """Whether what is left has several pieces."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(rest.astype(np.uint8), connectivity=4)
    return bool(np.count_nonzero(stats[1:count, cv2.CC_STAT_AREA] >= _PIECE) > 1)
