"""Ways along which the spatula can bring a thing somewhere by straight pushes, on a grid over the table."""

from __future__ import annotations

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
WIDE_M = 0.045
"""Room on each side that a way should have: a pushed thing wanders towards the blade's edge."""
LONG_M = 0.15
"""A longer push is made in two."""
EACH_PUSH_M = 0.15
"""Metres of way that one push less is worth."""
CROSSING_M = 0.3
"""Metres of way that not crossing a painted side is worth."""
_SAMPLES = 32
_STEP_M = 0.028
_AT_ONCE = 150_000


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
    """

    low: Float
    cell: float
    taken: Bool
    crossed: Bool
    reach: float
    margin: float = 0.004

    def __post_init__(self) -> None:
        self._clearance = clearance(self.taken, self.cell)

    @property
    def behind(self) -> float:
        """Metres behind a thing's centre at which the blade is set down."""
        return self.reach + BLADE_THICKNESS_M / 2 + SET_DOWN_M

    def way(self, start: Float, goals: Float, costs: Float) -> list[Float] | None:
        """The cheapest way from a point to one of several, of at most three straight pushes.

        Args:
            start: (2,) metres.
            goals: (M, 2) metres.
            costs: (M,) metres of way that a goal costs by itself.

        Returns:
            The points after ``start``, each (2,), or None when there is no way.
        """
        direct = self._costs(start[None], goals)[0] + costs
        if np.isfinite(direct).any():
            return [goals[int(direct.argmin())]]
        order = np.argsort(costs)[:80]
        goals, costs = goals[order], costs[order]
        stops = self._stops()
        last = self._costs(stops, goals, AGAIN_M) + costs + EACH_PUSH_M
        onward, at = last.min(axis=1), last.argmin(axis=1)
        first = self._costs(start[None], stops)[0]
        total = first + onward
        if np.isfinite(total).any():
            via = int(total.argmin())
            return [stops[via], goals[at[via]]]
        begin, end = np.flatnonzero(np.isfinite(first)), np.flatnonzero(np.isfinite(onward))
        if not len(begin) or not len(end):
            return None
        chain = first[begin, None] + self._costs(stops[begin], stops[end], AGAIN_M) + onward[end] + EACH_PUSH_M
        if not np.isfinite(chain).any():
            return None
        i, j = np.unravel_index(int(chain.argmin()), chain.shape)
        return [stops[begin[i]], stops[end[j]], goals[at[end[j]]]]

    def _stops(self) -> Float:
        """(N, 2) metres: points on a coarse raster at which a thing may be left."""
        every = max(1, round(_STEP_M / self.cell))
        rows, columns = np.meshgrid(*(np.arange(every // 2, n, every) for n in self.taken.shape), indexing="ij")
        free = self._clearance[rows, columns] > self._half
        at: Float = self.low + (np.column_stack([rows[free], columns[free]]) + 0.5) * self.cell
        return at

    @property
    def _half(self) -> float:
        return max(BLADE_WIDTH_M / 2, self.reach) + self.margin

    def _costs(self, begin: Float, end: Float, slid: float = 0.0) -> Float:
        """(N, M) metres of each straight push, infinite where it would touch something or leave the grid."""
        found = np.full((len(begin), len(end)), np.inf)
        rows = max(1, _AT_ONCE // max(1, len(end)))
        for first in range(0, len(begin), rows):
            found[first : first + rows] = self._some(begin[first : first + rows], end, self.behind + slid)
        return found

    def _some(self, begin: Float, end: Float, behind: float) -> Float:
        along = end[None] - begin[:, None]
        length = np.linalg.norm(along, axis=-1)
        unit = along / np.maximum(length, 1e-9)[..., None]
        set_down = begin[:, None] - unit * behind
        shares = np.linspace(0, 1, _SAMPLES)[:, None, None, None]
        cells = np.floor((set_down + (end[None] - set_down) * shares - self.low) / self.cell).astype(int)
        inside = ((cells >= 0) & (cells < self.taken.shape)).all(axis=-1)
        x, y = (cells[..., k].clip(0, self.taken.shape[k] - 1) for k in (0, 1))
        room = self._clearance[x, y]
        clear = (inside & (room > self._half)).all(axis=0) & (room[0] > BLADE_WIDTH_M / 2 + 0.002)
        over = self.crossed[x, y].any(axis=0)
        narrow = np.maximum(0.0, WIDE_M - room.min(axis=0))
        cost: Float = np.where(clear & (length > 0.005), length + CROSSING_M * over + 3 * narrow, np.inf)
        return cost


def clearance(taken: Bool, cell: float) -> Float:
    """Metres from each cell to the nearest taken one."""
    import cv2

    free = np.pad(~taken, 1, constant_values=True).astype(np.uint8)
    distance: Float = cv2.distanceTransform(free, cv2.DIST_L2, 5)[1:-1, 1:-1] * cell
    return distance


def poses(start: Float, points: Sequence[Float], extent: float, behind: float) -> list[tuple[Float, Float]]:
    """Where the blade is set down and where it stops, (2,) metres each, for the pushes of a way.

    A long push is made in two, so that whoever looks in between can correct it.

    Args:
        start: the thing's centre.
        points: its centre after each push.
        extent: metres from its centre to the side that the blade touches.
        behind: metres behind its centre at which the blade is set down.
    """
    found: list[tuple[Float, Float]] = []
    at = start
    for point in points:
        length = float(np.linalg.norm(point - at))
        unit, parts = (point - at) / max(length, 1e-9), 2 if length > LONG_M else 1
        for k in range(parts):
            begin, end = at + unit * (length * k / parts), at + unit * (length * (k + 1) / parts)
            back = behind + (AGAIN_M if found and k == 0 else 0.0)
            found.append((begin - unit * back, end - unit * (extent + BLADE_THICKNESS_M / 2)))
        at = point
    return found
