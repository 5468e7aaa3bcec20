"""What can be measured of objects where they lie: the part of a world that needs only their bodies."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

from sim.polygons import Outline, Polygon
from sim.states import Body, Placed, footprint, matrix, moved, pose_of
from sim.witness import resting_on
from skills.types import ObjectState, Pose


class Measured(ABC):
    """Poses, outlines, heights, speeds and states of objects. All in the base frame, metres and radians."""

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
        z = (placed.shape.mesh.vertices * placed.factors - placed.center_of_mass) @ matrix(body.quaternion)[2]
        return float(z.min() + body.position[2]), float(z.max() + body.position[2])

    def speed(self, id: int) -> float:
        """Metres a second: of the centre of mass, or of the object's end turning about it, whichever is faster."""
        body = self.body(id)
        reach = 0.5 * max(self.objects[id].size)
        return max(_length(body.linear), reach * _length(body.angular))

    def at_rest(self, speed: float = 5e-3) -> bool:
        """Whether nothing moves faster than ``speed`` metres a second."""
        return all(placed.fixed or self.speed(id) < speed for id, placed in self.objects.items())

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
