"""How to sweep a small thing into a zone: straight strokes of the spatula that meet nothing else on their way."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sim.motion import BLADE
from sim.placement import WORKSPACE

Points = npt.NDArray[np.float64]
Stroke = tuple[tuple[float, float], tuple[float, float]]
"""(x, y) where the blade comes down, and (x, y) where it stops, metres."""

_SPARE = 0.004
"""Metres to spare on every side."""
_SLIP, _SLIP_ASKEW = 0.003, 0.016
"""Metres by which a thing slips aside on a blade that meets it flat, and on one that meets it at 45 degrees."""
_SHORTEST = 0.02
_COARSE, _FINE = 0.02, 0.006
"""Metres between the places where a block may be left."""


def plan(
    ring: npt.ArrayLike,
    yaw: float,
    zone: tuple[tuple[float, float], tuple[float, float]],
    others: Sequence[npt.ArrayLike],
    line: npt.ArrayLike,
) -> tuple[Stroke, ...]:
    """The fewest strokes that bring a block into a zone: one, two, or none when there is no way.

    Args:
        ring: (K, 2) the block's outline, metres.
        yaw: its heading, radians; its sides count, so any quarter turn is the same.
        zone: corners of the rectangle in which all of it is to lie.
        others: outlines of what neither blade nor block may meet.
        line: outline of a mark that the block must not come onto; the blade may.
    """
    way = _Way(np.asarray(ring, dtype=np.float64), others, line)
    low, high = np.array(zone)
    here = way.middle[None]
    ends = _grid(low, high, _FINE)
    free = way.free(here, ends, yaw)[0] & way.within(here, ends, yaw, low, high)[0]
    if free.any():
        lengths = np.linalg.norm(ends - way.middle, axis=1)
        return (way.stroke(way.middle, ends[np.where(free, lengths, np.inf).argmin()]),)
    edge = way.radius + 2 * BLADE[0]
    stops = _grid(np.array(WORKSPACE.low[:2]) + edge, np.array(WORKSPACE.high[:2]) - edge, 0.04)
    stops = stops[way.free(here, stops, yaw)[0]]
    # It lies flat on the blade that brought it to where it stops.
    headings = np.arctan2(*(stops - way.middle).T[::-1])[:, None]
    for step in (_COARSE, _FINE):
        ends = _grid(low, high, step)
        free = way.free(stops, ends, headings) & way.within(stops, ends, headings, low, high)
        if free.any():
            break
    else:
        return ()
    lengths = np.linalg.norm(stops - way.middle, axis=1)[:, None] + np.linalg.norm(ends - stops[:, None], axis=2)
    best = np.where(free, lengths, np.inf).argmin()
    stop, end = stops[best // len(ends)], ends[best % len(ends)]
    return way.stroke(way.middle, stop), way.stroke(stop, end)


class _Way:
    """What a block may meet on the table. Starts are (N, 2), ends (M, 2), answers (N, M)."""

    def __init__(self, ring: Points, others: Sequence[npt.ArrayLike], line: npt.ArrayLike) -> None:
        self.middle, self.radius = _round(ring)
        around = [_round(np.asarray(other, dtype=np.float64)) for other in others]
        self.solid = np.array([middle for middle, _ in around]).reshape(-1, 2)
        self.reach = np.array([radius for _, radius in around])
        self.line = _rim(line)

    def free(self, starts: Points, ends: Points, yaw: Points | float) -> npt.NDArray[np.bool_]:
        """Whether the block can be pushed straight from each start to each end, meeting nothing."""
        along, length = _ways(starts, ends)
        down, stop = starts[:, None] - along * self.behind, ends[None] - along * self.ahead
        low, high = np.array(WORKSPACE.low[:2]), np.array(WORKSPACE.high[:2])
        free = ((np.minimum(down, stop) >= low) & (np.maximum(down, stop) <= high)).all(axis=2) & (length > _SHORTEST)
        block = self.radius + _slip(along, yaw) + _SPARE
        lane = np.maximum(BLADE[1] / 2 + _SPARE, block)
        ahead = length + self.radius + _SPARE
        free &= ~_meets(self.solid, self.reach, starts, along, -self.behind - BLADE[0], ahead, lane)
        free &= ~_meets(self.line, np.zeros(len(self.line)), starts, along, -self.radius, ahead, block)
        return np.asarray(free)

    def within(
        self, starts: Points, ends: Points, yaw: Points | float, low: Points, high: Points
    ) -> npt.NDArray[np.bool_]:
        """Whether all of it will lie between two corners, wherever it may slip."""
        along, _ = _ways(starts, ends)
        edge = self.radius + _SLIP + _slip(along, yaw)[..., None] * np.abs(along[..., ::-1])
        return np.asarray(((ends - edge >= low) & (ends + edge <= high)).all(axis=2))

    @property
    def behind(self) -> float:
        """Metres from the block's middle to the blade that comes down behind it."""
        return self.radius + BLADE[0] / 2 + _SPARE

    @property
    def ahead(self) -> float:
        """Metres from the blade to the middle of a block that lies flat on it."""
        return self.radius / math.sqrt(2) + BLADE[0] / 2 + 0.001

    def stroke(self, start: Points, end: Points) -> Stroke:
        """The blade's way that pushes the block from a start to an end."""
        along = (end - start) / np.linalg.norm(end - start)
        (x0, y0), (x1, y1) = start - along * self.behind, end - along * self.ahead
        return (float(x0), float(y0)), (float(x1), float(y1))


def _ways(starts: Points, ends: Points) -> tuple[Points, Points]:
    """(N, M, 2) unit vectors from starts to ends, and (N, M) metres."""
    gone = ends[None] - starts[:, None]
    length = np.linalg.norm(gone, axis=2)
    return gone / np.maximum(length, 1e-9)[..., None], length


def _slip(along: Points, yaw: Points | float) -> Points:
    """(N, M) metres by which a block of a heading may slip aside when it is pushed along (N, M, 2)."""
    askew = (np.arctan2(along[..., 1], along[..., 0]) - yaw + np.pi / 4) % (np.pi / 2) - np.pi / 4
    return np.asarray(_SLIP + (_SLIP_ASKEW - _SLIP) * np.abs(askew) / (np.pi / 4))


def _meets(
    points: Points, radii: Points, starts: Points, along: Points, before: float, after: Points, half: Points
) -> npt.NDArray[np.bool_]:
    """Whether any of (P,) discs lies in the lane of each way: from ``before`` to ``after`` metres, ``half`` wide."""
    away = points[None, :] - starts[:, None]
    forth = np.einsum("npk,nmk->nmp", away, along)
    aside = away[:, None, :, 0] * along[..., None, 1] - away[:, None, :, 1] * along[..., None, 0]
    meets = (forth > before - radii) & (forth < after[..., None] + radii) & (np.abs(aside) < half[..., None] + radii)
    return np.asarray(meets.any(axis=2))


def _round(ring: Points) -> tuple[Points, float]:
    """Middle and radius of a disc that holds an outline."""
    middle: Points = (ring.min(axis=0) + ring.max(axis=0)) / 2
    return middle, float(np.linalg.norm(ring - middle, axis=1).max())


def _rim(ring: npt.ArrayLike) -> Points:
    """Points every two centimetres along an outline: no lane is as narrow as that."""
    corners = np.asarray(ring, dtype=np.float64)
    return np.concatenate([_between(a, b) for a, b in zip(corners, np.roll(corners, -1, axis=0))])


def _between(a: Points, b: Points) -> Points:
    count = int(np.ceil(np.linalg.norm(b - a) / 0.02)) + 1
    points: Points = a + np.linspace(0, 1, count, endpoint=False)[:, None] * (b - a)
    return points


def _grid(low: Points, high: Points, step: float) -> Points:
    x, y = (np.linspace(a, b, max(2, int(np.ceil((b - a) / step)) + 1)) for a, b in zip(low, high))
    return np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
