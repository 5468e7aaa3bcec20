"""How to sweep a small thing into a zone: straight strokes of the spatula that meet nothing else on their way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim.motion import BLADE
from sim.placement import WORKSPACE

Points = npt.NDArray[np.float64]
Stroke = tuple[tuple[float, float], tuple[float, float]]
"""(x, y) where the blade comes down, and (x, y) where it stops, metres."""

_SPARE = 0.004
"""Metres to spare on every side."""
_SLIP, _SLIP_ASKEW = 0.003, 0.028
"""Metres by which a thing slips aside on a blade that meets it flat, and on one that meets it at 45 degrees."""
_SHORTEST = 0.02
_MOST = 3
_CAUTION = (1.0, 0.5, 0.2)
"""Shares of the slip that is allowed for: where there is no safe way, a narrower one is tried."""
_SLOT, _FINE = 0.06, 0.006
"""Metres between the places where blocks are left, a lane to each beside the next; and where none of those will do."""


def plan(
    ring: npt.ArrayLike,
    yaw: float,
    zone: tuple[tuple[float, float], tuple[float, float]],
    others: Sequence[npt.ArrayLike],
    line: npt.ArrayLike,
) -> tuple[Stroke, ...]:
    """The fewest strokes that bring a block into a zone, at most ``_MOST``; none when there is no way.

    Args:
        ring: (K, 2) the block's outline, metres.
        yaw: its heading, radians; its sides count, so any quarter turn is the same.
        zone: corners of the rectangle in which all of it is to lie.
        others: outlines of what neither blade nor block may meet.
        line: outline of a mark that the block must not come onto; the blade may.
    """
    ways = (_Way(np.asarray(ring, dtype=np.float64), others, line, caution) for caution in _CAUTION)
    return next((strokes for way in ways if (strokes := _search(way, yaw, *np.array(zone)))), ())


def _search(way: _Way, yaw: float, low: Points, high: Points) -> tuple[Stroke, ...]:
    """Breadth first over places where the block may stop, the shortest way to each."""
    edge = way.radius + 2 * BLADE[0]
    stops = _grid(np.array(WORKSPACE.low[:2]) + edge, np.array(WORKSPACE.high[:2]) - edge, 0.04)
    at, headings, so_far, trails = way.middle[None], np.array([yaw]), np.zeros(1), [[way.middle]]
    for _ in range(_MOST):
        for ends in (_slots(low, high), _grid(low, high, _FINE)):
            free = way.free(at, ends, headings) & way.within(at, ends, headings, low, high)
            if free.any():
                total = np.where(free, so_far[:, None] + _ways(at, ends)[1], np.inf)
                start, end = np.unravel_index(total.argmin(), total.shape)
                return tuple(way.stroke(a, b) for a, b in pairwise([*trails[start], ends[end]]))
        total = np.where(way.free(at, stops, headings), so_far[:, None] + _ways(at, stops)[1], np.inf)
        came, reached = total.argmin(axis=0), np.isfinite(total.min(axis=0))
        if not reached.any():
            break
        came, met = came[reached], stops[reached]
        trails = [[*trails[k], stop] for k, stop in zip(came, met)]
        # It lies flat on the blade that brings it to a stop.
        headings = np.arctan2(*(met - at[came]).T[::-1])
        so_far, at = total.min(axis=0)[reached], met
    return ()


class _Way:
    """What a block may meet on the table. Starts are (N, 2), their yaws (N,), ends (M, 2), answers (N, M)."""

    def __init__(self, ring: Points, others: Sequence[npt.ArrayLike], line: npt.ArrayLike, caution: float) -> None:
        self.caution = caution
        self.middle, self.radius = _round(ring)
        around = [_round(np.asarray(other, dtype=np.float64)) for other in others]
        self.solid = np.array([middle for middle, _ in around]).reshape(-1, 2)
        self.reach = np.array([radius for _, radius in around])
        self.line = _rim(line)

    def free(self, starts: Points, ends: Points, yaws: Points) -> npt.NDArray[np.bool_]:
        """Whether the block can be pushed straight from each start to each end, meeting nothing."""
        along, length = _ways(starts, ends)
        down, stop = starts[:, None] - along * self.behind, ends[None] - along * self.ahead
        low, high = np.array(WORKSPACE.low[:2]), np.array(WORKSPACE.high[:2])
        free = ((np.minimum(down, stop) >= low) & (np.maximum(down, stop) <= high)).all(axis=2) & (length > _SHORTEST)
        block = self.radius + self.caution * _slip(along, yaws) + _SPARE
        lane = np.maximum(BLADE[1] / 2 + _SPARE, block)
        ahead = length + self.radius + _SPARE
        free &= ~_meets(self.solid, self.reach, starts, along, -self.behind - BLADE[0], ahead, lane)
        free &= ~_meets(self.line, np.zeros(len(self.line)), starts, along, -self.radius, ahead, block)
        return np.asarray(free)

    def within(self, starts: Points, ends: Points, yaws: Points, low: Points, high: Points) -> npt.NDArray[np.bool_]:
        """Whether all of it will lie between two corners, wherever it may slip."""
        along, _ = _ways(starts, ends)
        edge = self.radius + _SLIP + self.caution * _slip(along, yaws)[..., None] * np.abs(along[..., ::-1])
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


def _slip(along: Points, yaws: Points) -> Points:
    """(N, M) metres by which blocks of (N,) headings may slip aside when they are pushed along (N, M, 2)."""
    askew = (np.arctan2(along[..., 1], along[..., 0]) - yaws[:, None] + np.pi / 4) % (np.pi / 2) - np.pi / 4
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


def _slots(low: Points, high: Points) -> Points:
    """Middles of equal cells, as many as fit."""
    x, y = (a + (np.arange(n) + 0.5) * (b - a) / n for a, b in zip(low, high) for n in [max(1, int((b - a) / _SLOT))])
    return np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)


def _grid(low: Points, high: Points, step: float) -> Points:
    x, y = (np.linspace(a, b, max(2, int(np.ceil((b - a) / step)) + 1)) for a, b in zip(low, high))
    return np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
