"""What can be measured of objects where they lie: the part of a world that needs only their bodies."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

from sim.polygons import Outline, Polygon
from sim.states import Body, Placed, conjugate, footprint, matrix, moved, pose_of, product
from sim.witness import resting_on
from skills.types import ObjectState, Pose

STEP_S = 1 / 240
"""Seconds of one simulated step."""

WATCH_STEPS = 12
"""Steps between two looks at what touches what, and two calls of the watchers: 50 ms."""


class Measured(ABC):
    """Poses, outlines, heights, speeds and states of objects. All in the base frame, metres and radians."""

    _pace: float | None = None
    """The highest mean speed in the last 50 ms of settling; None when something happened since."""

    @abstractmethod
    def step(self, n: int = 1) -> None:
        """Simulates ``n`` steps."""

    @property
    @abstractmethod
    def objects(self) -> Mapping[int, Placed]:
        """What there is, by id, in the order of adding."""

    @abstractmethod
    def body(self, id: int) -> Body:
        """Centre of mass, orientation and velocities."""

    @abstractmethod
    def supports(self, id: int) -> frozenset[int]:
        """What carries an object: ids, ``TABLE`` (-1) for the table."""

    def pose(self, id: int) -> Pose:
        """The object's frame in the base frame."""
        return pose_of(self.objects[id], self.body(id))

    def center_of_mass(self, id: int) -> tuple[float, float, float]:
        """(x, y, z) metres, base frame."""
        return self.body(id).position

    def footprint(self, id: int) -> Outline:
        """What an object covers seen from above, base frame: the outer ring, then holes."""
        return footprint(self.objects[id], self.body(id))

    def inner(self, id: int) -> Polygon | None:
        """(K, 2) ring inside which a thing counts as inside a container, base frame; None for other things."""
        placed = self.objects[id]
        return None if placed.shape.inner is None else moved([placed.shape.inner], placed.scale, self.pose(id))[0]

    def height(self, id: int) -> tuple[float, float]:
        """(lowest, highest) z of an object, metres."""
        placed, body = self.objects[id], self.body(id)
        z = placed.corners @ matrix(body.quaternion)[2]
        return float(z.min() + body.position[2]), float(z.max() + body.position[2])

    def speed(self, id: int) -> float:
        """Metres a second: of the centre of mass, or of the object's end turning about it, whichever is faster."""
        body = self.body(id)
        reach = 0.5 * max(self.objects[id].size)
        return max(_length(body.linear), reach * _length(body.angular))

    def at_rest(self, speed: float = 5e-3) -> bool:
        """Whether nothing moves faster than ``speed`` metres a second: as settling saw it last, else at this moment."""
        if self._pace is not None:
            return self._pace < speed
        return all(placed.fixed or self.speed(id) < speed for id, placed in self.objects.items())

    def settle(self, max_steps: int = 1000, speed: float = 5e-3, seconds: float = 0.25) -> bool:
        """Simulates until everything was slower than ``speed`` for ``seconds``; False if ``max_steps`` came first.

        Speeds are means over 50 ms: contacts of a thing at rest flicker, a step now and then, at a centimetre a second.
        """
        calm, needed = 0, math.ceil(seconds / (WATCH_STEPS * STEP_S))
        before = self._bodies()
        for _ in range(math.ceil(max_steps / WATCH_STEPS)):
            self.step(WATCH_STEPS)
            now = self._bodies()
            ways = [_way(before[id], now[id], 0.5 * max(self.objects[id].size)) for id in now]
            before, self._pace = now, max(ways, default=0.0) / (WATCH_STEPS * STEP_S)
            calm = calm + 1 if self._pace < speed else 0
            if calm >= needed:
                return True
        return False

    def _bodies(self) -> dict[int, Body]:
        return {id: self.body(id) for id, placed in self.objects.items() if not placed.fixed}

    def state(self, id: int) -> ObjectState:
        """One object as a reward function sees it."""
        placed = self.objects[id]
        rings = tuple(tuple((float(x), float(y)) for x, y in ring) for ring in self.footprint(id))
        return ObjectState(
            id, placed.name, placed.texture.name, self.pose(id), placed.size, rings, resting_on(self, id)
        )

    def states(self) -> tuple[ObjectState, ...]:
        """Every object, in the order of ids."""
        return tuple(self.state(id) for id in self.objects)


def _length(vector: tuple[float, float, float]) -> float:
    return math.hypot(*vector)


def _way(before: Body, now: Body, reach: float) -> float:
    """Metres that a centre of mass went, or a point at ``reach`` from it by turning, whichever is more."""
    x, y, z, _ = product(now.quaternion, conjugate(before.quaternion))
    return max(math.dist(before.position, now.position), 2 * reach * math.hypot(x, y, z))
