"""Sees what happens while things move: who touches whom, what leaves the table, what is dropped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.polygons import contains
from sim.states import overlap
from skills.types import TABLE, Event

if TYPE_CHECKING:
    from sim.measured import Measured
    from sim.world import World

_LOW = 0.02
"""An object whose centre of mass is raised by less than this lies on the table, metres."""


class Witness:
    """Collects events of one world, each once for as long as it lasts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.forget()

    def forget(self) -> None:
        """Nothing has happened yet."""
        self.events: list[Event] = []
        self._touching: set[tuple[int, int]] = set()
        self._off: set[int] = set()

    def look(self) -> None:
        """Compares what is now with the last look."""
        now = self._world.touching() | self._covering()
        self.events += [Event("touched", a, b) for a, b in sorted(now - self._touching)]
        self._touching = now
        low, high = self._world.workspace.low, self._world.workspace.high
        for id, placed in self._world.objects.items():
            if placed.fixed:
                continue
            x, y, _ = self._world.center_of_mass(id)
            out = not (low[0] <= x <= high[0] and low[1] <= y <= high[1])
            if out and id not in self._off:
                self.events.append(Event("left_table", id))
            (self._off.add if out else self._off.discard)(id)

    def lifted(self, id: int | None) -> None:
        """An object touches nothing any more."""
        self._touching = {pair for pair in self._touching if id not in pair}

    def _covering(self) -> set[tuple[int, int]]:
        """Marks and the objects that lie on them: nothing touches a mark otherwise."""
        world, objects = self._world, self._world.objects
        marks = [id for id, placed in objects.items() if placed.shape.flat]
        pairs = set()
        for id, placed in objects.items() if marks else ():
            if placed.fixed:
                continue
            at = world.center_of_mass(id)
            if at[2] >= _LOW + placed.center_of_mass[2]:
                continue
            reach = math.hypot(*placed.size)
            for mark in marks:
                over = world.center_of_mass(mark)
                # What is farther apart than both are long needs no comparing of outlines.
                if math.dist(at[:2], over[:2]) < reach + math.hypot(*objects[mark].size) and overlap(
                    world.footprint(id), world.footprint(mark)
                ):
                    pairs.add((min(id, mark), max(id, mark)))
        return pairs


def resting_on(world: Measured, id: int) -> int | None:
    """What an object rests on or in: a container first, a mark or frame that it lies within; None for the table."""
    under = sorted(world.supports(id))
    held = [other for other in under if other != TABLE]
    boxes = [other for other in held if world.objects[other].shape.container]
    if boxes or held:
        return (boxes or held)[0]
    if TABLE not in under:
        return None
    at = [world.center_of_mass(id)[:2]]
    for other, placed in world.objects.items():
        ring = world.inner(other) if other != id and placed.shape.floor == 0.0 else None
        if ring is not None and contains([ring], at)[0]:
            return other
    return None
