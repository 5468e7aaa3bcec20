"""Ways along which the spatula can bring a thing somewhere by straight pushes, on a grid over the table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skills.types import Bool, Float

BLADE_WIDTH_M = 0.05
BLADE_THICKNESS_M = 0.006
SET_DOWN_M = 0.006
"""Room between the blade, where it is set down, and the thing behind which it is."""
AGAIN_M = 0.012
"""More of it behind a thing that was pushed before: it may have slid on."""
SHIFT_M, MOST_SHIFT_M = 0.008, 0.014
"""How far beside the thing the blade's middle may pass, where something is close, or touches it, on the other side."""
WIDE_M = 0.045
"""Room on each side that a way should have: a pushed thing wanders towards the blade's edge."""
LONG_M = 0.15
"""A longer push is made in two."""
UNSEEN_M = 0.006
"""A thing that comes so close to a painted side may be taken for a part of it."""
EACH_PUSH_M = 0.15
"""Metres of way that one push less is worth."""
CROSSING_M = 0.3
"""Metres of way that not crossing a painted side is worth."""
_SAMPLES = 32
_STEP_M = 0.028
_KEPT = 40
"""Goals that are looked at beyond the first push, and a third of the points at which a thing may be left in between."""
_AT_ONCE = 20_000


@dataclass(frozen=True, eq=False)
class Leg:
    """One straight push.

    Attributes:
        begin, end: (2,) metres: the thing's centre before and after.
        shift: metres from there to the blade's middle, to the left of the motion.
        again: whether it was pushed before.
    """

    begin: Float
    end: Float
    shift: float = 0.0
    again: bool = False

    def poses(self, extent: float, behind: float) -> tuple[Float, Float]:
        """Where the blade is set down and where it stops, (2,) metres each.

        Args:
            extent: metres from the thing's centre to the side that the blade touches.
            behind: metres behind its centre at which the blade is set down.
        """
        unit = (self.end - self.begin) / max(float(np.linalg.norm(self.end - self.begin)), 1e-9)
        beside = self.shift * np.array([-unit[1], unit[0]])
        back, rest = behind + AGAIN_M * self.again, extent + BLADE_THICKNESS_M / 2
        return self.begin - unit * back + beside, self.end - unit * rest + beside


@dataclass(eq=False)
class Lanes:
    """What must not be touched, and what had better not be crossed.

    Attributes:
        low: (2,) metres, base frame, of the grid's corner.
        cell: metres a side.
        taken: (rows along x, columns along y) bool: neither the thing nor the blade may touch it.
        crossed: likewise: what a way should not lead over.
        reach: metres from the thing's centre to its farthest point.
        margin: metres that blade and thing keep away from what is taken.
        shifts: metres to the side at which the blade's middle may pass.
        girth: metres from the thing's centre that its own path keeps free; its reach when left out.
    """

    low: Float
    cell: float
    taken: Bool
    crossed: Bool
    reach: float
    margin: float = 0.004
    shifts: Sequence[float] = (0.0,)
    girth: float | None = None

    def __post_init__(self) -> None:
        self._clearance = clearance(self.taken, self.cell)
        self._off_sides = clearance(self.crossed, self.cell) if self.crossed.any() else self._clearance + np.inf

    @property
    def behind(self) -> float:
        """Metres behind a thing's centre at which the blade is set down."""
        return self.reach + BLADE_THICKNESS_M / 2 + SET_DOWN_M

    def way(self, start: Float, goals: Float, costs: Float) -> list[Leg] | None:
        """The cheapest way from a point to one of several, of at most three straight pushes.

        Args:
            start: (2,) metres.
            goals: (M, 2) metres.
            costs: (M,) metres of way that a goal costs by itself.

        Returns:
            The pushes, long ones parted, or None when there is no way.
        """
        direct = self._costs(start[None], goals)[0] + costs
        if np.isfinite(direct).any():
            return self._legs(start, goals[int(direct.argmin())])
        order = np.argsort(costs)[:_KEPT]
        goals, costs = goals[order], costs[order]
        stops = self._stops()
        last = self._costs(stops, goals, AGAIN_M) + costs + EACH_PUSH_M
        onward, at = last.min(axis=1, initial=np.inf), last.argmin(axis=1)
        first = self._costs(start[None], stops)[0]
        total = first + onward
        if np.isfinite(total).any():
            via = int(total.argmin())
            return self._legs(start, stops[via], goals[at[via]])
        begin, end = (np.argsort(by)[: min(3 * _KEPT, int(np.isfinite(by).sum()))] for by in (first, onward))
        if not len(begin) or not len(end):
            return None
        chain = first[begin, None] + self._costs(stops[begin], stops[end], AGAIN_M) + onward[end] + EACH_PUSH_M
        if not np.isfinite(chain).any():
            return None
        i, j = np.unravel_index(int(chain.argmin()), chain.shape)
        return self._legs(start, stops[begin[i]], stops[end[j]], goals[at[end[j]]])

    def _legs(self, *points: Float) -> list[Leg]:
        legs: list[Leg] = []
        for k, (begin, end) in enumerate(itertools.pairwise(points)):
            behind = self.behind + AGAIN_M * bool(k)
            by = [self._some(begin[None], end[None], behind, shift)[0, 0] for shift in self.shifts]
            shift = self.shifts[int(np.argmin(by))]
            middle = self._middle(begin, end)
            parts = [begin, end] if middle is None else [begin, middle, end]
            legs += [Leg(*part, shift, bool(k) and not m) for m, part in enumerate(itertools.pairwise(parts))]
        return legs

    def _middle(self, begin: Float, end: Float) -> Float | None:
        """Where a long push is interrupted, (2,) metres: about half way, and not on a painted side."""
        if np.linalg.norm(end - begin) <= LONG_M:
            return None
        points = begin + np.array([0.5, 0.4, 0.6, 0.3, 0.7])[:, None] * (end - begin)
        x, y = np.floor((points - self.low) / self.cell).astype(int).T
        seen: Float = points[self._off_sides[x, y] > self.reach + UNSEEN_M]
        return seen[0] if len(seen) else None

    def _stops(self) -> Float:
        """(N, 2) metres: points on a coarse raster at which a thing may be left."""
        every = max(1, round(_STEP_M / self.cell))
        rows, columns = np.meshgrid(*(np.arange(every // 2, n, every) for n in self.taken.shape), indexing="ij")
        free = self._clearance[rows, columns] > max(BLADE_WIDTH_M / 2, self.reach) + self.margin
        free &= self._off_sides[rows, columns] > self.reach + UNSEEN_M
        at: Float = self.low + (np.column_stack([rows[free], columns[free]]) + 0.5) * self.cell
        return at

    def _costs(self, begin: Float, end: Float, slid: float = 0.0) -> Float:
        """(N, M) metres of each straight push, infinite where it would touch something or leave the grid."""
        found = np.full((len(begin), len(end)), np.inf)
        rows = max(1, _AT_ONCE // max(1, len(end)))
        for first in range(0, len(begin), rows):
            some, to = slice(first, first + rows), self.behind + slid
            found[some] = np.min([self._some(begin[some], end, to, shift) for shift in self.shifts], axis=0)
        return found

    def _some(self, begin: Float, end: Float, behind: float, shift: float) -> Float:
        along = end[None] - begin[:, None]
        length = np.linalg.norm(along, axis=-1)
        unit = along / np.maximum(length, 1e-9)[..., None]
        beside = shift * np.stack([-unit[..., 1], unit[..., 0]], axis=-1)
        set_down, lift = begin[:, None] - unit * behind + beside, end[None] - unit * (0.7 * self.reach) + beside
        blade = self._along(set_down, lift, self._clearance)
        thing = self._along(begin[:, None], end[None], self._clearance)
        clear = self._inside(set_down) & self._inside(begin[:, None]) & self._inside(end[None])
        clear &= (blade > BLADE_WIDTH_M / 2 + self.margin) & (thing > (self.girth or self.reach) + self.margin)
        over = self._along(set_down, lift, ~self.crossed) if self.crossed.any() else np.ones_like(length)
        narrow = np.maximum(0.0, WIDE_M - np.minimum(blade, thing))
        cost = length + CROSSING_M * (over < 1) + 3 * narrow + 10 * abs(shift)
        found: Float = np.where(clear & (length > 0.005), cost, np.inf)
        return found

    def _inside(self, points: Float) -> Bool:
        cells = np.floor((points - self.low) / self.cell)
        return np.asarray(((cells >= 0) & (cells < self.taken.shape)).all(axis=-1))

    def _along(self, begin: Float, end: Float, field: Float | Bool) -> Float:
        """The least of a field's values along lines (N, M, 2) to (N, M, 2)."""
        shares = np.linspace(0, 1, _SAMPLES, dtype=np.float32)[:, None, None]
        last = np.array(field.shape) - 1
        start, step = (begin - self.low) / self.cell, (end - begin) / self.cell
        x, y = ((start[..., k] + step[..., k] * shares).astype(np.int32).clip(0, last[k]) for k in (0, 1))
        return np.asarray(field[x, y].min(axis=0), dtype=np.float64)


def clearance(taken: Bool, cell: float) -> Float:
    """Metres from each cell to the nearest taken one."""
    import cv2

    free = np.pad(~taken, 1, constant_values=True).astype(np.uint8)
    distance: Float = cv2.distanceTransform(free, cv2.DIST_L2, 5)[1:-1, 1:-1] * cell
    return distance
