"""What an instruction asks for, as conditions that can be asked (``holds``, ``closeness``) and solved (``solve``).

A goal is a sequence of stages and things that must never happen: success, progress, failure, oracle come from it.

Each condition knows two rules. ``inside`` is what a person would call it. ``vima`` is VIMABench's: the visible centre
within ten centimetres of the target as seen from above, at any height and, where the task ignores it, any heading.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.placement import Spot, is_free, nearest_free
from sim.polygons import contains, rotated
from sim.situation import Item, Situation
from skills.types import TABLE, Action, Pose

Rule = Literal["inside", "vima"]
RULES: tuple[Rule, ...] = ("inside", "vima")

VIMA_REACH = 0.10
"""VIMABench's tolerance in most tasks, metres from centre to centre."""
_FAR = 1.0
"""Metres at which a thing counts as not close at all."""
_NEARLY = 0.9
"""Closeness of a thing that is at the right place and does not hold: on the rim, still moving, on top of another."""
_HEIGHT = 0.015
"""Metres that the underside of a thing on the table may be above it."""


class Condition(ABC):
    """Something that may be so, or not yet.

    A new one says where its thing belongs, when it holds by either rule, and what to do next; the rest is here.
    """

    @property
    @abstractmethod
    def things(self) -> tuple[int, ...]:
        """Ids of the objects to be moved."""

    @property
    def anchors(self) -> tuple[int, ...]:
        """Ids of the objects that say where: containers."""
        return ()

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions it consists of; itself when it is simple."""
        return (self,)

    @abstractmethod
    def target(self, now: Situation) -> tuple[float, float]:
        """(x, y) where its thing belongs, metres."""

    @abstractmethod
    def spots(self, now: Situation) -> tuple[Spot, ...]:
        """The places on the table that it needs."""

    @abstractmethod
    def describe(self, now: Situation) -> str:
        """What it asks, for people."""

    def holds(self, now: Situation, rule: Rule = "inside") -> bool:
        """Whether it is so. ``inside`` asks for rest too."""
        return self._holds_vima(now) if rule == "vima" else now.at_rest and self._holds_inside(now)

    def closeness(self, now: Situation) -> float:
        """How nearly it is so, [0, 1]; 1 exactly when it holds by ``inside``."""
        return 1.0 if self.holds(now) else self._closeness(now)

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


@dataclass(frozen=True)
class Inside(Condition):
    """``thing`` is in ``container`` (or on it, for a pallet), held by it, at rest.

    By ``inside``: its centre of mass projects into the container's inner outline, and what carries it is the container,
    its floor (the table, for a frame or a painted square) or something that is itself inside.

    Attributes:
        thing, container: ids.
        reach: metres, by ``vima``: visible centre from visible centre.
    """

    thing: int
    container: int
    reach: float = VIMA_REACH

    @property
    def things(self) -> tuple[int, ...]:
        """The one that is to be inside."""
        return (self.thing,)

    @property
    def anchors(self) -> tuple[int, ...]:
        """The container."""
        return (self.container,)

    def target(self, now: Situation) -> tuple[float, float]:
        """The container's visible centre."""
        pose = now[self.container].pose
        return pose.x, pose.y

    def spots(self, now: Situation) -> tuple[Spot, ...]:
        """The container's place."""
        return (now[self.container].spot,)

    def describe(self, now: Situation) -> str:
        """Like "the red heart inside the blue bowl"."""
        return f"the {now[self.thing].description} inside the {now[self.container].description}"

    def _holds_vima(self, now: Situation) -> bool:
        return _distance(now[self.thing], self.target(now)) < self.reach

    def _holds_inside(self, now: Situation) -> bool:
        return self._contained(now, self.thing, frozenset())

    def _contained(self, now: Situation, id: int, asked: frozenset[int]) -> bool:
        item, box = now[id], now[self.container]
        if box.inner is None or not contains([box.inner], item.center_of_mass[:2])[0]:
            return False
        if self.container in item.supports or (TABLE in item.supports and box.floor == 0.0):
            return True
        others = item.supports - asked - {TABLE, id}
        return any(self._contained(now, other, asked | {id}) for other in others)

    def _closeness(self, now: Situation) -> float:
        return _nearness(now[self.thing].center_of_mass[:2], self.target(now))

    def _next_action(self, now: Situation, keep_free: Sequence[Spot]) -> Action | None:
        item, box = now[self.thing], now[self.container]
        if box.inner is None:
            raise ValueError(f"nothing goes into the {box.description}: it is not a container")
        middle = (box.inner.min(axis=0) + box.inner.max(axis=0)) / 2
        # What must come to lie over the middle is the centre of mass, not the visible centre.
        x, y = middle - item.center_of_mass[:2] + (item.pose.x, item.pose.y)
        return carry(item, Pose(float(x), float(y), box.pose.z + box.floor, item.pose.yaw))


@dataclass(frozen=True)
class At(Condition):
    """``thing`` stands on the table at ``pose``, at rest.

    Attributes:
        thing: its id.
        pose: of its visible centre.
        position: metres it may be off; about half an object, so that it covers most of its target.
        heading: radians its heading may be off, up to what its symmetry hides; None: it may have any.
        reach, vima_heading: the same by ``vima``.
    """

    thing: int
    pose: Pose
    position: float = 0.04
    heading: float | None = float(np.radians(30))
    reach: float = VIMA_REACH
    vima_heading: float | None = None

    @property
    def things(self) -> tuple[int, ...]:
        """The one that is to be there."""
        return (self.thing,)

    def target(self, now: Situation) -> tuple[float, float]:
        """The pose's."""
        return self.pose.x, self.pose.y

    def spots(self, now: Situation) -> tuple[Spot, ...]:
        """The place that the thing takes at the pose."""
        item = now[self.thing]
        here, there = np.array([item.pose.x, item.pose.y]), np.array([self.pose.x, self.pose.y])
        ring = rotated(item.spot.ring - here, self.pose.yaw - item.pose.yaw)
        return (Spot((self.pose.x, self.pose.y), ring + there),)

    def describe(self, now: Situation) -> str:
        """Like "the red heart at (0.50, 0.20) m, heading 30 degrees"."""
        turned = "" if self.heading is None else f", heading {np.degrees(self.pose.yaw):.0f} degrees"
        return f"the {now[self.thing].description} at ({self.pose.x:.2f}, {self.pose.y:.2f}) m{turned}"

    def blocker(self, now: Situation) -> int | None:
        """What stands on the target, if anything that can be moved does."""
        (spot,) = self.spots(now)
        for id, item in now.items.items():
            if id != self.thing and not item.fixed and not is_free(spot, [item.spot], 0.0, apart=0.0):
                return id
        return None

    def _holds_vima(self, now: Situation) -> bool:
        return self._near(now[self.thing], self.reach, self.vima_heading)

    def _holds_inside(self, now: Situation) -> bool:
        item = now[self.thing]
        return self._near(item, self.position, self.heading) and abs(item.pose.z) < _HEIGHT

    def _near(self, item: Item, position: float, heading: float | None) -> bool:
        turned = heading is None or abs(heading_error(item, self.pose.yaw)) < heading
        return turned and _distance(item, (self.pose.x, self.pose.y)) < position

    def _closeness(self, now: Situation) -> float:
        item = now[self.thing]
        off = 0.0 if self.heading is None else abs(heading_error(item, self.pose.yaw)) / np.pi
        return _nearness((item.pose.x, item.pose.y), self.target(now)) * (1.0 - 0.5 * off)

    def _next_action(self, now: Situation, keep_free: Sequence[Spot]) -> Action | None:
        item, blocker = now[self.thing], self.blocker(now)
        if blocker is not None:
            return _clear(now, blocker, (*keep_free, *self.spots(now)))
        turn = 0.0 if self.heading is None else heading_error(item, self.pose.yaw)
        return carry(item, Pose(self.pose.x, self.pose.y, 0.0, item.pose.yaw - turn))


def turned(thing: int, start: Pose, by: float) -> At:
    """``thing`` turned where it stood: within 5 cm and 15 degrees.

    Args:
        thing: its id.
        start: where it stood.
        by: radians about the vertical; clockwise as seen from above is negative.
    """
    tolerance = float(np.radians(15))
    pose = Pose(start.x, start.y, start.z, _wrap(start.yaw + by, 2 * np.pi))
    return At(thing, pose, position=0.05, heading=tolerance, vima_heading=tolerance)


@dataclass(frozen=True)
class All(Condition):
    """Several conditions at once, reached in any order."""

    conditions: tuple[Condition, ...]

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions."""
        return self.conditions

    @property
    def things(self) -> tuple[int, ...]:
        """Those of every part."""
        return tuple(id for part in self.parts for id in part.things)

    @property
    def anchors(self) -> tuple[int, ...]:
        """Those of every part."""
        return tuple(id for part in self.parts for id in part.anchors)

    def target(self, now: Situation) -> tuple[float, float]:
        """The middle of the parts' targets."""
        x, y = np.mean([part.target(now) for part in self.parts], axis=0)
        return float(x), float(y)

    def spots(self, now: Situation) -> tuple[Spot, ...]:
        """Those of every part."""
        return tuple(spot for part in self.parts for spot in part.spots(now))

    def describe(self, now: Situation) -> str:
        """The parts, joined by "and"."""
        return " and ".join(part.describe(now) for part in self.parts)

    def _holds_inside(self, now: Situation) -> bool:
        return all(part.holds(now) for part in self.parts)

    def _holds_vima(self, now: Situation) -> bool:
        return all(part.holds(now, "vima") for part in self.parts)

    def _closeness(self, now: Situation) -> float:
        return float(np.mean([part.closeness(now) for part in self.parts]))

    def _next_action(self, now: Situation, keep_free: Sequence[Spot]) -> Action | None:
        unmet = [part for part in self.parts if not part.holds(now)]
        # What can be finished in one action first: it may be what stands in another one's way.
        unmet.sort(key=lambda part: isinstance(part, At) and part.blocker(now) is not None)
        needed = (*keep_free, *self.spots(now))
        actions = (part.solve(now, needed) for part in unmet)
        return next((action for action in actions if action is not None), None)


@dataclass(frozen=True)
class Goal:
    """Stages, reached in order, and what must never be.

    A stage that has been reached stays reached; the last one must hold, at rest, when the episode is judged. A moved
    object that leaves the table fails the goal, and so does a later stage reached before its turn.

    Attributes:
        stages: in order.
        never: must at no time hold, by ``inside``.
    """

    stages: tuple[Condition, ...]
    never: tuple[Condition, ...] = ()

    @property
    def things(self) -> frozenset[int]:
        """Ids of the objects to be moved."""
        return frozenset(id for stage in self.stages for id in stage.things)

    @property
    def anchors(self) -> frozenset[int]:
        """Ids of the containers that it names."""
        return frozenset(id for stage in self.stages for id in stage.anchors)

    def solve(self, now: Situation, stage: int) -> Action | None:
        """The next action when ``stage`` is the first one not reached yet; None when nothing is left to do."""
        needed = tuple(spot for other in self.stages for spot in other.spots(now))
        return self.stages[stage].solve(now, needed)


def heading_error(item: Item, yaw: float) -> float:
    """Radians by which a thing's heading exceeds ``yaw``, the nearest way and up to its symmetry; 0 for a round one."""
    return 0.0 if item.period == 0.0 else _wrap(item.pose.yaw - yaw, item.period)


def carry(item: Item, to: Pose) -> Action:
    """Takes a thing by its best point and sets it down with its frame at ``to``."""
    turn = to.yaw - item.pose.yaw
    dx, dy = rotated([[item.grasp[0] - item.pose.x, item.grasp[1] - item.pose.y]], turn)[0]
    height = item.grasp[2] - item.pose.z
    return Action("pick_place", Pose(*item.grasp), Pose(to.x + float(dx), to.y + float(dy), to.z + height, turn))


def _wrap(angle: float, period: float) -> float:
    """Into [-period / 2, period / 2)."""
    return float((angle + period / 2) % period - period / 2)


def _distance(item: Item, target: tuple[float, float]) -> float:
    return float(np.hypot(item.pose.x - target[0], item.pose.y - target[1]))


def _nearness(at: Sequence[float], target: tuple[float, float]) -> float:
    distance = float(np.hypot(at[0] - target[0], at[1] - target[1]))
    return _NEARLY * max(0.0, 1.0 - distance / _FAR)


def _clear(now: Situation, id: int, keep_free: Sequence[Spot]) -> Action | None:
    """Carries a thing to the nearest place that nothing needs."""
    item = now[id]
    taken = [other.spot for other_id, other in now.items.items() if other_id != id]
    place = nearest_free(item.spot.ring, item.spot.center, [*taken, *keep_free])
    return None if place is None else carry(item, Pose(place.x, place.y, 0.0, item.pose.yaw))
