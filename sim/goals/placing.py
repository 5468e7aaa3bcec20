"""Things that are in a container, at a pose, or on top of one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.goals.condition import LEVEL, VIMA_REACH, Condition, carry, distance, heading_error, nearness, wrap
from sim.placement import Spot, is_free, nearest_free
from sim.polygons import contains, rotated
from sim.situation import Item, Situation
from skills.types import TABLE, Action, Pose


@dataclass(frozen=True)
class Inside(Condition):
    """``thing`` is in ``container`` (or on it, for a pallet), held by it, at rest.

    By ``inside``: its centre of mass projects into the container's inner outline, and what carries it is the container,
    its floor (the table, for a frame or a painted square) or something that is itself inside.

    Attributes:
        thing, container: ids.
        reach: metres, by ``vima``: visible centre from visible centre.
        share: (k, n): where n things go into one container, this is the k-th, and set down in the k-th part of it.
    """

    thing: int
    container: int
    reach: float = VIMA_REACH
    share: tuple[int, int] = (0, 1)

    @property
    def things(self) -> tuple[int, ...]:
        """The one that is to be inside."""
        return (self.thing,)

    @property
    def anchors(self) -> tuple[int, ...]:
        """The container."""
        return (self.container,)

    @property
    def clearance(self) -> float:
        """The reach."""
        return self.reach

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
        return distance(now[self.thing], self.target(now)) < self.reach

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
        return nearness(now[self.thing].center_of_mass[:2], self.target(now))

    def _next_action(self, now: Situation, keep_free: Sequence[Spot]) -> Action | None:
        item, box = now[self.thing], now[self.container]
        if box.inner is None:
            raise ValueError(f"nothing goes into the {box.description}: it is not a container")
        middle = (box.inner.min(axis=0) + box.inner.max(axis=0)) / 2
        yaw = item.pose.yaw
        if self.share[1] == 1:
            # What must come to lie over the middle is the centre of mass, not the visible centre.
            x, y = middle - item.center_of_mass[:2] + (item.pose.x, item.pose.y)
        else:
            x, y = middle + self._aside(box)
            # Edges along the container's: the things are as narrow as they can be.
            yaw = box.pose.yaw + np.pi / 2 * np.round((yaw - box.pose.yaw) / (np.pi / 2))
        return carry(item, Pose(float(x), float(y), box.pose.z + box.floor, float(yaw)))

    def _aside(self, box: Item) -> Sequence[float]:
        """(x, y) metres from the container's middle to the middle of the share, along its longer side."""
        k, n = self.share
        assert box.inner is not None
        extent = np.ptp(rotated(box.inner, -box.pose.yaw), axis=0)
        along = np.array([1.0, 0.0]) if extent[0] >= extent[1] else np.array([0.0, 1.0])
        x, y = rotated([along * extent.max() * ((k + 0.5) / n - 0.5)], box.pose.yaw)[0]
        return float(x), float(y)


@dataclass(frozen=True)
class At(Condition):
    """``thing`` stands at ``pose``, at rest: on the table or on another thing.

    Attributes:
        thing: its id.
        pose: of its visible centre.
        position: metres it may be off; about half an object, so that it covers most of its target.
        heading: radians its heading may be off, up to what its symmetry hides; None: it may have any.
        reach, vima_heading: the same by ``vima``, which knows nothing of heights.
        on: id of what it stands on; None: the table.
    """

    thing: int
    pose: Pose
    position: float = 0.04
    heading: float | None = float(np.radians(30))
    reach: float = VIMA_REACH
    vima_heading: float | None = None
    on: int | None = None

    @property
    def things(self) -> tuple[int, ...]:
        """The one that is to be there."""
        return (self.thing,)

    @property
    def anchors(self) -> tuple[int, ...]:
        """What it stands on."""
        return () if self.on is None else (self.on,)

    @property
    def clearance(self) -> float:
        """The reach."""
        return self.reach

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
        under = "" if self.on is None else f" on the {now[self.on].description}"
        return f"the {now[self.thing].description}{under} at ({self.pose.x:.2f}, {self.pose.y:.2f}) m{turned}"

    def blocker(self, now: Situation) -> int | None:
        """What stands on the target, if anything that can be moved does."""
        (spot,) = self.spots(now)
        away = {self.thing, *self._pile(now)}
        for id, item in now.items.items():
            if id not in away and not item.fixed and not is_free(spot, [item.spot], 0.0, apart=0.0):
                return id
        return None

    def effort(self, now: Situation) -> int:
        """One action more when something stands on the target: what can be finished first may be just that."""
        return 1 if self.blocker(now) is None else 2

    def _pile(self, now: Situation) -> set[int]:
        """What it stands on, and what that stands on, and so on."""
        pile = set[int]()
        below = set(self.anchors)
        while below:
            pile |= below
            below = {under for id in below for under in now[id].supports} - pile - {TABLE}
        return pile

    def _holds_vima(self, now: Situation) -> bool:
        return self._near(now[self.thing], self.reach, self.vima_heading)

    def _holds_inside(self, now: Situation) -> bool:
        item = now[self.thing]
        held = abs(item.pose.z) < LEVEL if self.on is None else self.on in item.supports and TABLE not in item.supports
        return held and self._near(item, self.position, self.heading)

    def _near(self, item: Item, position: float, heading: float | None) -> bool:
        turned = heading is None or abs(heading_error(item, self.pose.yaw)) < heading
        return turned and distance(item, (self.pose.x, self.pose.y)) < position

    def _closeness(self, now: Situation) -> float:
        item = now[self.thing]
        off = 0.0 if self.heading is None else abs(heading_error(item, self.pose.yaw)) / np.pi
        return nearness((item.pose.x, item.pose.y), self.target(now)) * (1.0 - 0.5 * off)

    def _next_action(self, now: Situation, keep_free: Sequence[Spot]) -> Action | None:
        item, blocker = now[self.thing], self.blocker(now)
        if blocker is not None:
            return _clear(now, blocker, (*keep_free, *self.spots(now)))
        turn = 0.0 if self.heading is None else heading_error(item, self.pose.yaw)
        height = 0.0 if self.on is None else now[self.on].pose.z + now[self.on].state.size[2]
        return carry(item, Pose(self.pose.x, self.pose.y, height, item.pose.yaw - turn))


def turned(thing: int, start: Pose, by: float, reach: float = VIMA_REACH) -> At:
    """``thing`` turned where it stood: within 5 cm and 15 degrees.

    Args:
        thing: its id.
        start: where it stood.
        by: radians about the vertical; clockwise as seen from above is negative.
        reach: metres, by ``vima``.
    """
    tolerance = float(np.radians(15))
    pose = Pose(start.x, start.y, start.z, wrap(start.yaw + by, 2 * np.pi))
    return At(thing, pose, position=0.05, heading=tolerance, reach=reach, vima_heading=tolerance)


def _clear(now: Situation, id: int, keep_free: Sequence[Spot]) -> Action | None:
    """Carries a thing to the nearest place that nothing needs."""
    item = now[id]
    taken = [other.spot for other_id, other in now.items.items() if other_id != id]
    place = nearest_free(item.spot.ring, item.spot.center, [*taken, *keep_free])
    return None if place is None else carry(item, Pose(place.x, place.y, 0.0, item.pose.yaw))
