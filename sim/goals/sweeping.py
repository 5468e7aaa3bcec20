"""Things swept into a zone of the table, and the lines that they must not meet on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.goals.condition import LEVEL, Condition, Fact, Rule, nearness
from sim.placement import Spot
from sim.situation import Item, Situation
from sim.strokes import Stroke, plan
from skills.types import Action, Pose

_GRID = 0.02
"""Metres between the points of a thing that VIMABench looks at."""


@dataclass(frozen=True)
class Zone:
    """A rectangle of the table, sides along x and y.

    Attributes:
        low, high: (x, y) corners, metres.
        vima_shift: metres along x by which VIMABench's zone lies off it.
    """

    low: tuple[float, float]
    high: tuple[float, float]
    vima_shift: float = 0.0

    def holds(self, points: npt.ArrayLike, rule: Rule = "inside") -> npt.NDArray[np.bool_]:
        """(N,) which of the (N, 2) points lie in it."""
        at = np.atleast_2d(np.asarray(points, dtype=np.float64)) - (self.vima_shift if rule == "vima" else 0.0, 0.0)
        return np.asarray(((at > self.low) & (at < self.high)).all(axis=1))

    @property
    def middle(self) -> tuple[float, float]:
        """(x, y) metres."""
        return (self.low[0] + self.high[0]) / 2, (self.low[1] + self.high[1]) / 2

    @property
    def agreed(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Corners of what lies in it by every rule."""
        return (self.low[0] + max(0.0, self.vima_shift), self.low[1]), (
            self.high[0] + min(0.0, self.vima_shift),
            self.high[1],
        )


@dataclass(frozen=True)
class Swept(Condition):
    """``thing`` lies on the table, all of it in ``zone``.

    Attributes:
        thing: its id.
        bounds: id of the mark that shows the zone.
        zone: where.
        line: id of the mark that no stroke may bring it to.
    """

    thing: int
    bounds: int
    zone: Zone
    line: int

    @property
    def things(self) -> tuple[int, ...]:
        """The one that is to be swept."""
        return (self.thing,)

    @property
    def anchors(self) -> tuple[int, ...]:
        """The marks."""
        return (self.bounds, self.line)

    @property
    def clearance(self) -> float:
        """None: what other things must not do is said by ``Strayed``."""
        return 0.0

    def target(self, now: Situation) -> tuple[float, float]:
        """The zone's middle."""
        return self.zone.middle

    def spots(self, now: Situation) -> tuple[Spot, ...]:
        """None: nothing has to be cleared away for it."""
        return ()

    def describe(self, now: Situation) -> str:
        """Like "the red small block swept into the blue three-sided rectangle"."""
        return f"the {now[self.thing].description} swept into the {now[self.bounds].description}"

    def effort(self, now: Situation) -> int:
        """Strokes; many when there is no way."""
        return len(self._plan(now)) or 99

    def _holds_vima(self, now: Situation) -> bool:
        return bool(self.zone.holds(_points(now[self.thing]), "vima").all())

    def _holds_inside(self, now: Situation) -> bool:
        item = now[self.thing]
        return abs(item.pose.z) < LEVEL and bool(self.zone.holds(item.state.footprint[0]).all())

    def _closeness(self, now: Situation) -> float:
        return nearness(now[self.thing].center_of_mass[:2], self.zone.middle)

    def _next_action(self, now: Situation, keep_free: Sequence[Spot]) -> Action | None:
        strokes = self._plan(now)
        if not strokes:
            return None
        (x0, y0), (x1, y1) = strokes[0]
        return Action("push", Pose(x0, y0), Pose(x1, y1), "spatula")

    def _plan(self, now: Situation) -> tuple[Stroke, ...]:
        others = [item for id, item in now.items.items() if id not in (self.thing, *self.anchors)]
        rings = [item.state.footprint[0] for item in others]
        thing, line = now[self.thing], now[self.line].state.footprint[0]
        return plan(thing.state.footprint[0], thing.pose.yaw, self.zone.agreed, rings, line)


@dataclass(frozen=True)
class Strayed(Fact):
    """``thing`` has come into a zone where it has no business.

    By ``inside`` that is its centre of mass, by ``vima`` any point of it.
    """

    thing: int
    bounds: int
    zone: Zone

    def describe(self, now: Situation) -> str:
        """Like "the red small block in the blue three-sided rectangle"."""
        return f"the {now[self.thing].description} in the {now[self.bounds].description}"

    def holds(self, now: Situation, rule: Rule = "inside") -> bool:
        """Whether it is there now."""
        item = now[self.thing]
        points = _points(item) if rule == "vima" else np.array([item.center_of_mass[:2]])
        return bool(self.zone.holds(points, rule).any())


@dataclass(frozen=True)
class Touched(Fact):
    """``thing`` came onto ``mark`` since the last look, even if only on its way."""

    thing: int
    mark: int

    def describe(self, now: Situation) -> str:
        """Like "the red small block on the blue line"."""
        return f"the {now[self.thing].description} on the {now[self.mark].description}"

    def holds(self, now: Situation, rule: Rule = "inside") -> bool:
        """Whether that happened."""
        return (min(self.thing, self.mark), max(self.thing, self.mark)) in now.touched


def _points(item: Item) -> npt.NDArray[np.float64]:
    """(N, 2) the points of a box that VIMABench looks at: every 2 cm from one of its lower corners, seen from above."""
    x, y = (np.arange(-side / 2, side / 2, _GRID) for side in item.state.size[:2])
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    cos, sin = np.cos(item.pose.yaw), np.sin(item.pose.yaw)
    turned: npt.NDArray[np.float64] = grid @ np.array([[cos, sin], [-sin, cos]]) + (item.pose.x, item.pose.y)
    return turned
