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
_SLIP = 0.006
"""Metres by which a thing may end up beside where it was pushed to."""
_SHORTEST = 0.015


def plan(
    ring: npt.ArrayLike,
    zone: tuple[tuple[float, float], tuple[float, float]],
    others: Sequence[npt.ArrayLike],
    line: npt.ArrayLike,
) -> tuple[Stroke, ...]:
    """The fewest strokes that bring a thing into a zone: one, two, or none when there is no way.

    Args:
        ring: (K, 2) the thing's outline, metres.
        zone: corners of the rectangle in which all of it is to lie.
        others: outlines of what neither blade nor thing may meet.
        line: outline of a mark that the thing must not come onto; the blade may.
    """
    way = _Way(np.asarray(ring, dtype=np.float64), others, line)
    low, high = np.array(zone[0]) + way.radius + _SLIP, np.array(zone[1]) - way.radius - _SLIP
    if (low > high).any():
        low, high = (np.minimum(low, (low + high) / 2), np.maximum(high, (low + high) / 2))
    ends = _grid(low, high, 0.01)
    open_now = way.free(way.middle[None], ends)[0]
    if open_now.any():
        lengths = np.linalg.norm(ends - way.middle, axis=1)
        return (way.stroke(way.middle, ends[np.where(open_now, lengths, np.inf).argmin()]),)
    edge = way.radius + 2 * BLADE[0]
    stops = _grid(np.array(WORKSPACE.low[:2]) + edge, np.array(WORKSPACE.high[:2]) - edge, 0.03)
    stops = stops[way.free(way.middle[None], stops)[0]]
    ends = _grid(low, high, 0.03)
    open_then = way.free(stops, ends)
    if not open_then.any():
        return ()
    lengths = np.linalg.norm(stops - way.middle, axis=1)[:, None] + np.linalg.norm(ends - stops[:, None], axis=2)
    best = np.where(open_then, lengths, np.inf).argmin()
    stop, end = stops[best // len(ends)], ends[best % len(ends)]
    return way.stroke(way.middle, stop), way.stroke(stop, end)


class _Way:
    """What a thing of a size may meet on the table."""

    def __init__(self, ring: Points, others: Sequence[npt.ArrayLike], line: npt.ArrayLike) -> None:
        self.middle = (ring.min(axis=0) + ring.max(axis=0)) / 2
        self.radius = float(np.linalg.norm(ring - self.middle, axis=1).max())
        self.solid = np.concatenate([_rim(other) for other in others] or [np.empty((0, 2))])
        self.line = _rim(line)

    def free(self, starts: Points, ends: Points) -> npt.NDArray[np.bool_]:
        """(N, M) whether the thing can be pushed from each of (N, 2) starts to each of (M, 2) ends."""
        gone = ends[None] - starts[:, None]
        length = np.linalg.norm(gone, axis=2)
        along = gone / np.maximum(length, 1e-9)[..., None]
        down = starts[:, None] - along * self.behind
        stop = ends[None] - along * self.ahead
        low, high = np.array(WORKSPACE.low[:2]), np.array(WORKSPACE.high[:2])
        reachable = ((np.minimum(down, stop) >= low) & (np.maximum(down, stop) <= high)).all(axis=2)
        half = max(BLADE[1] / 2, self.radius) + _SPARE
        free = reachable & (length > _SHORTEST)
        free &= ~_meets(self.solid, starts, along, -self.behind - BLADE[0], length + self.radius + _SPARE, half)
        free &= ~_meets(
            self.line, starts, along, -self.radius, length + self.radius + _SPARE, self.radius + _SPARE + _SLIP
        )
        return np.asarray(free)

    @property
    def behind(self) -> float:
        """Metres from the thing's middle to the blade that comes down behind it."""
        return self.radius + BLADE[0] / 2 + _SPARE

    @property
    def ahead(self) -> float:
        """Metres from the blade to the middle of a block that it has pushed for a while, and that lies flat on it."""
        return self.radius / math.sqrt(2) + BLADE[0] / 2

    def stroke(self, start: Points, end: Points) -> Stroke:
        """The blade's way that pushes the thing from a start to an end."""
        along = (end - start) / np.linalg.norm(end - start)
        (x0, y0), (x1, y1) = start - along * self.behind, end - along * self.ahead
        return (float(x0), float(y0)), (float(x1), float(y1))


def _meets(
    points: Points, starts: Points, along: Points, before: float, after: Points, half: float
) -> npt.NDArray[np.bool_]:
    """(N, M) whether any point lies in the lane of each way: from ``before`` to ``after`` along it, ``half`` wide."""
    away = points[None, :] - starts[:, None]
    forth = np.einsum("npk,nmk->nmp", away, along)
    aside = away[:, None, :, 0] * along[..., None, 1] - away[:, None, :, 1] * along[..., None, 0]
    meets: npt.NDArray[np.bool_] = ((forth > before) & (forth < after[..., None]) & (np.abs(aside) < half)).any(axis=2)
    return meets


def _rim(ring: npt.ArrayLike) -> Points:
    """Points every centimetre along an outline."""
    corners = np.asarray(ring, dtype=np.float64)
    sides = zip(corners, np.roll(corners, -1, axis=0))
    return np.concatenate([_between(a, b) for a, b in sides])


def _between(a: Points, b: Points) -> Points:
    count = int(np.ceil(np.linalg.norm(b - a) / 0.01)) + 1
    points: Points = a + np.linspace(0, 1, count, endpoint=False)[:, None] * (b - a)
    return points


def _grid(low: Points, high: Points, step: float) -> Points:
    x, y = (np.linspace(a, b, max(2, int(np.ceil((b - a) / step)) + 1)) for a, b in zip(low, high))
    return np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
