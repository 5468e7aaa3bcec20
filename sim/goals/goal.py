"""Several conditions at once, and a goal: stages, one after the other, and what must never be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.goals.condition import Condition, Fact
from sim.placement import Spot
from sim.situation import Situation
from skills.types import Action


@dataclass(frozen=True)
class All(Condition):
    """Several conditions at once, reached in any order.

    Attributes:
        conditions: which.
        count: exactly so many of them, whichever; None: every one.
    """

    conditions: tuple[Condition, ...]
    count: int | None = None

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions."""
        return self.conditions

    @property
    def needed(self) -> int:
        """The count."""
        return len(self.conditions) if self.count is None else self.count

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
        """The parts, joined by "and"; with a count, how many of them."""
        if self.needed == len(self.parts):
            return " and ".join(part.describe(now) for part in self.parts)
        return f"exactly {self.needed} of: " + ", ".join(part.describe(now) for part in self.parts)

    def _holds_inside(self, now: Situation) -> bool:
        return sum(part.holds(now) for part in self.parts) == self.needed

    def _holds_vima(self, now: Situation) -> bool:
        return sum(part.holds(now, "vima") for part in self.parts) == self.needed

    def _closeness(self, now: Situation) -> float:
        return share_of([part.closeness(now) for part in self.parts], self.needed)

    def _next_action(self, now: Situation, keep_free: Sequence[Spot]) -> Action | None:
        unmet = [part for part in self.parts if not part.holds(now)]
        if len(self.parts) - len(unmet) >= self.needed:
            return None
        if len(unmet) > 1:
            # What can be finished in fewer actions first: it may be what stands in another one's way.
            unmet.sort(key=lambda part: part.effort(now))
        wanted = (*keep_free, *self.spots(now))
        actions = (part.solve(now, wanted) for part in unmet)
        return next((action for action in actions if action is not None), None)


def share_of(closeness: Sequence[float], needed: int) -> float:
    """[0, 1] of several conditions of which exactly ``needed`` are to hold: 1 when that is so.

    Args:
        closeness: of each, 1 when it holds.
        needed: how many; those that come nearest count, and too many are as bad as too few.
    """
    if needed == len(closeness):
        return float(np.mean(closeness))
    holding = sum(value == 1.0 for value in closeness)
    return float(np.mean(sorted(closeness)[-needed:])) * min(1.0, needed / max(1, holding))


@dataclass(frozen=True)
class Goal:
    """Stages, reached in order, and what must never be.

    A stage that has been reached stays reached; the last one must hold, at rest, when the episode is judged. A moved
    object that leaves the table fails the goal, and so does a later stage reached before its turn.

    Attributes:
        stages: in order.
        never: must at no time hold.
        strict: by ``vima`` an action that reaches no stage fails the goal (VIMABench's imitation tasks).
    """

    stages: tuple[Condition, ...]
    never: tuple[Fact, ...] = ()
    strict: bool = False

    @property
    def things(self) -> frozenset[int]:
        """Ids of the objects to be moved."""
        return frozenset(id for stage in self.stages for id in stage.things)

    @property
    def anchors(self) -> frozenset[int]:
        """Ids of the containers, marks and supports that it names."""
        return frozenset(id for stage in self.stages for id in stage.anchors)

    def solve(self, now: Situation, stage: int) -> Action | None:
        """The next action when ``stage`` is the first one not reached yet; None when nothing is left to do."""
        needed = tuple(spot for other in self.stages for spot in other.spots(now))
        return self.stages[stage].solve(now, needed)
