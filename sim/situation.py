"""What a goal judges: every object at one moment, as plain geometry that tests can write by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sim.placement import Spot
from sim.states import convex_hull
from skills.types import TABLE, Event, ObjectState, Pose

if TYPE_CHECKING:
    from sim.world import World

Ring = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Item:
    """One object at one moment; metres, base frame.

    Attributes:
        state: what a reward function sees of it too; ``state.pose.z`` is the height of its underside.
        center_of_mass: (x, y, z).
        grasp: (x, y, z) of the point of its surface that suction holds best.
        period: the smallest turn, radians, that nobody can see; 0.0 for a round thing.
        inner: (K, 2) ring within which a thing counts as inside; None unless it is a container.
        floor: height of the surface inside a container above its underside.
        supports: ids of what carries it, ``TABLE`` (-1) for the table.
        fixed: nothing moves it.
    """

    state: ObjectState
    center_of_mass: tuple[float, float, float]
    grasp: tuple[float, float, float]
    period: float = 2 * np.pi
    inner: Ring | None = None
    floor: float = 0.0
    supports: frozenset[int] = frozenset({TABLE})
    fixed: bool = False

    @property
    def pose(self) -> Pose:
        """Of the visible centre."""
        return self.state.pose

    @property
    def description(self) -> str:
        """What a person calls it: "red heart"."""
        return f"{self.state.texture} {self.state.name}"

    @property
    def spot(self) -> Spot:
        """The place it takes on the table."""
        return Spot((self.pose.x, self.pose.y), convex_hull(self.state.footprint[0]))


@dataclass(frozen=True, eq=False)
class Situation:
    """Everything on the table at one moment.

    Attributes:
        items: by id.
        at_rest: nothing moves faster than 5e-3 m/s.
        touched: pairs (lower id, higher id) of what came to touch since the last look, marks too, even if it parted.
    """

    items: Mapping[int, Item]
    at_rest: bool = True
    touched: frozenset[tuple[int, int]] = frozenset()

    def __getitem__(self, id: int) -> Item:
        return self.items[id]

    def states(self) -> tuple[ObjectState, ...]:
        """As a reward function sees them, in the order of ids."""
        return tuple(item.state for item in self.items.values())


def look_at(world: World, events: Iterable[Event] = ()) -> Situation:
    """The situation in a world that was left to settle, after ``events``."""
    items: dict[int, Item] = {}
    for id, placed in world.objects.items():
        state, shape, scale = world.state(id), placed.shape, placed.scale
        cos, sin = np.cos(state.pose.yaw), np.sin(state.pose.yaw)
        x, y = (scale * value for value in shape.grasp)
        height = state.pose.z + shape.floor * scale if shape.container else world.height(id)[1]
        grasp = (float(state.pose.x + cos * x - sin * y), float(state.pose.y + sin * x + cos * y), height)
        items[id] = Item(
            state,
            world.center_of_mass(id),
            grasp,
            shape.period,
            world.inner(id),
            shape.floor * scale,
            world.supports(id),
            placed.fixed,
        )
    met = ((event.a, event.b) for event in events if event.kind == "touched" and event.b is not None)
    return Situation(items, world.at_rest(), frozenset((min(a, b), max(a, b)) for a, b in met))
