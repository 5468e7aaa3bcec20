"""Who keeps score: stages reached, things that must not happen, progress, the verdict under either rule."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.goals import RULES, Condition, Goal, Rule, share_of
from sim.placement import WORKSPACE
from sim.situation import Item, Situation


@dataclass(frozen=True)
class Verdict:
    """What an episode came to.

    Attributes:
        success: by the environment's success rule.
        progress: [0, 1], by the same rule; 0 at the start, 1 when it succeeds.
        failed: something forbidden happened; ``reason`` says what.
        by_rule: success by every rule, {"inside": ..., "vima": ...}.
        stages: each stage in words, and whether it was reached (the last one: whether it holds).
    """

    success: bool
    progress: float
    failed: bool
    reason: str
    by_rule: Mapping[str, bool]
    stages: tuple[tuple[str, bool], ...]


class Judge:
    """Follows an episode under one rule; told about the situation after every action.

    By ``inside`` the verdict is about how things stand when it is asked for, so that a later mistake counts. By
    ``vima`` each condition counts for ever once met, and the first success or failure decides, as published.
    """

    def __init__(self, goal: Goal, start: Situation, rule: Rule) -> None:
        self.goal, self.rule = goal, rule
        self.stage = 0
        self.reason = ""
        self.success = False
        self.progress = 0.0
        self._held = tuple(stage.holds(start, rule) for stage in goal.stages)
        self._met: set[int] = set()
        self._others = [id for id in start.items if id not in goal.things | goal.anchors]
        self._close = self._crowded(start)
        self._baseline = self._closeness(start)

    @property
    def failed(self) -> bool:
        """Whether something forbidden happened."""
        return bool(self.reason)

    @property
    def decided(self) -> bool:
        """Whether nothing can change any more by this rule: after a failure and, by ``vima``, after success."""
        return self.failed or (self.rule == "vima" and self.success)

    def update(self, now: Situation) -> None:
        """Takes note of the situation after an action."""
        if self.decided:
            return
        self.reason = self._forbidden(now)
        if self.failed:
            self.success = False
            return
        last, before = len(self.goal.stages) - 1, self.stage
        while self._stage_holds(now):
            if self.stage == last:
                self.success, self.progress = True, 1.0
                return
            self.stage, self._met = self.stage + 1, set()
            self._baseline = self._closeness(now)
        self.success = False
        if self.rule == "vima":
            self.reason = self._spoilt(self.stage > before, now)
        self.progress = (self.stage + self._gain(now)) / len(self.goal.stages)

    def copy(self) -> Judge:
        """As it stands now; later updates of either leave the other alone."""
        twin = copy.copy(self)
        twin._met = set(self._met)
        return twin

    def _parts(self) -> tuple[Condition, ...]:
        return self.goal.stages[self.stage].parts

    def _stage_holds(self, now: Situation) -> bool:
        holding = {place for place, part in enumerate(self._parts()) if part.holds(now, self.rule)}
        # VIMABench drops a condition from its list as soon as it is met.
        self._met = self._met | holding if self.rule == "vima" else holding
        return len(self._met) == self.goal.stages[self.stage].needed

    def _closeness(self, now: Situation) -> tuple[float, ...]:
        return tuple(part.closeness(now) for part in self._parts())

    def _gain(self, now: Situation) -> float:
        """[0, 1): the share of the way that the current stage has come since it began."""
        gains = [
            1.0 if place in self._met else float(np.clip((after - before) / max(1e-9, 1.0 - before), 0.0, 1.0))
            for place, (before, after) in enumerate(zip(self._baseline, self._closeness(now)))
        ]
        return share_of(gains, self.goal.stages[self.stage].needed)

    def _forbidden(self, now: Situation) -> str:
        for id in sorted(self.goal.things):
            if not _on_table(now[id]):
                return f"the {now[id].description} left the table"
        for later, held in zip(self.goal.stages[self.stage + 1 :], self._held[self.stage + 1 :]):
            if not held and later.holds(now, self.rule):
                return f"too early: {later.describe(now)}"
        broken = next((never for never in self.goal.never if never.holds(now, self.rule)), None)
        if broken is not None:
            return f"not asked for: {broken.describe(now)}"
        if self.rule == "inside":
            return ""
        new = min(self._crowded(now) - self._close, default=None)
        return "" if new is None else f"the {now[new[2]].description} is where it must not be"

    def _spoilt(self, advanced: bool, now: Situation) -> str:
        """What fails by VIMABench's rule besides: more than asked for, or in a strict goal a step that led nowhere."""
        stage = self.goal.stages[self.stage]
        if len(self._met) > stage.needed:
            return f"too many: {stage.describe(now)}"
        return f"a step that did not lead to: {stage.describe(now)}" if self.goal.strict and not advanced else ""

    def _crowded(self, now: Situation) -> set[tuple[int, int, int]]:
        """What VIMABench's rule about distractors looks for.

        (stage, part, other) where another thing lies at a target of the current stage, and (-1, thing, other) where it
        lies at a thing to be moved.
        """
        moved = [(id, part) for stage in self.goal.stages for part in stage.parts for id in part.things]
        places = {(-1, id): ((now[id].pose.x, now[id].pose.y), part.clearance) for id, part in moved}
        places |= {(self.stage, place): (part.target(now), part.clearance) for place, part in enumerate(self._parts())}
        return {
            (*key, id)
            for key, ((x, y), clearance) in places.items()
            for id in self._others
            if np.hypot(now[id].pose.x - x, now[id].pose.y - y) < clearance
        }


def verdict(judges: Mapping[Rule, Judge], rule: Rule, now: Situation) -> Verdict:
    """The verdict as things stand, by ``rule``."""
    judge = judges[rule]
    stages = judge.goal.stages
    reached = [place < judge.stage or judge.success for place in range(len(stages))]
    return Verdict(
        judge.success,
        judge.progress,
        judge.failed,
        judge.reason,
        {name: judges[name].success for name in RULES},
        tuple((stage.describe(now), done) for stage, done in zip(stages, reached)),
    )


def _on_table(item: Item) -> bool:
    low, high = WORKSPACE.low, WORKSPACE.high
    return low[0] <= item.pose.x <= high[0] and low[1] <= item.pose.y <= high[1] and item.center_of_mass[2] > 0.0
