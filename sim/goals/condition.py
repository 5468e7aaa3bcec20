"""What a condition is: something that may be so or not yet, told from plain geometry, and how a thing is carried.

Each condition knows two rules. ``inside`` is what a person would call it. ``vima`` is VIMABench's: the visible centre
within ten centimetres of the target as seen from above, at any height and, where the task ignores it, any heading.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import numpy as np

from sim.placement import Spot
from sim.polygons import rotated
from sim.situation import Item, Situation
from skills.types import Action, Pose

Rule = Literal["inside", "vima"]
RULES: tuple[Rule, ...] = ("inside", "vima")

VIMA_REACH = 0.10
"""VIMABench's tolerance in most tasks, metres from centre to centre."""
LEVEL = 0.015
"""Metres that the underside of a thing on the table may be above it."""
_FAR = 1.0
"""Metres at which a thing counts as not close at all."""
_NEARLY = 0.9
"""Closeness of a thing that is at the right place and does not hold: on the rim, still moving, on top of another."""


class Fact(ABC):
    """Something that may be so: enough for what must never be."""

    @abstractmethod
    def describe(self, now: Situation) -> str:
        """What it says, for people."""

    @abstractmethod
    def holds(self, now: Situation, rule: Rule = "inside") -> bool:
        """Whether it is so."""


class Condition(Fact):
    """Something that may be so, or not yet, and can be brought about.

    A new one says where its thing belongs, when it holds by either rule, and what to do next; the rest is here.
    """

    @property
    @abstractmethod
    def things(self) -> tuple[int, ...]:
        """Ids of the objects to be moved."""

    @property
    def anchors(self) -> tuple[int, ...]:
        """Ids of the objects that say where: containers, marks, what a thing is to stand on."""
        return ()

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions it consists of; itself when it is simple."""
        return (self,)

    @property
    def needed(self) -> int:
        """How many of the parts have to hold, exactly."""
        return len(self.parts)

    @property
    def clearance(self) -> float:
        """By ``vima``: metres that other things have to keep from its thing and from where that belongs."""
        return VIMA_REACH

    @abstractmethod
    def target(self, now: Situation) -> tuple[float, float]:
        """(x, y) where its thing belongs, metres."""

    @abstractmethod
    def spots(self, now: Situation) -> tuple[Spot, ...]:
        """The places on the table that it needs."""

    def holds(self, now: Situation, rule: Rule = "inside") -> bool:
        """Whether it is so. ``inside`` asks for rest too."""
        return self._holds_vima(now) if rule == "vima" else now.at_rest and self._holds_inside(now)

    def closeness(self, now: Situation) -> float:
        """How nearly it is so, [0, 1]; 1 exactly when it holds by ``inside``."""
        return 1.0 if self.holds(now) else self._closeness(now)

    def effort(self, now: Situation) -> int:
        """Actions that it would take, at least."""
        return 1

    def solve(self, now: Situation, keep_free: Sequence[Spot] = ()) -> Action | None:
        """The next action towards it, or None when it holds or nothing can be done.

        Args:
            now: what is where.
            keep_free: places that other parts of the goal will need.
        """
        return None if self.holds(now) else self._next_action(now, keep_free)

    @abstractmethod
    def _holds_inside(self, now: Situation) -> bool: ...

    @abstractmethod
    def _holds_vima(self, now: Situation) -> bool: ...

    @abstractmethod
    def _closeness(self, now: Situation) -> float: ...

    @abstractmethod
    def _next_action(self, now: Situation, keep_free: Sequence[Spot]) -> Action | None: ...


def heading_error(item: Item, yaw: float) -> float:
    """Radians by which a thing's heading exceeds ``yaw``, the nearest way and up to its symmetry; 0 for a round one."""
    return 0.0 if item.period == 0.0 else wrap(item.pose.yaw - yaw, item.period)


def carry(item: Item, to: Pose) -> Action:
    """Takes a thing by its best point and sets it down with its frame at ``to``."""
    turn = to.yaw - item.pose.yaw
    dx, dy = rotated([[item.grasp[0] - item.pose.x, item.grasp[1] - item.pose.y]], turn)[0]
    height = item.grasp[2] - item.pose.z
    return Action("pick_place", Pose(*item.grasp), Pose(to.x + float(dx), to.y + float(dy), to.z + height, turn))


def wrap(angle: float, period: float) -> float:
    """Into [-period / 2, period / 2)."""
    return float((angle + period / 2) % period - period / 2)


def distance(item: Item, target: tuple[float, float]) -> float:
    """Metres from a thing's visible centre to a point, seen from above."""
    return float(np.hypot(item.pose.x - target[0], item.pose.y - target[1]))


def nearness(at: Sequence[float], target: tuple[float, float]) -> float:
    """[0, 0.9]: how near a point is to where it belongs; less than 1, since being near is not being there."""
    away = float(np.hypot(at[0] - target[0], at[1] - target[1]))
    return _NEARLY * max(0.0, 1.0 - away / _FAR)
