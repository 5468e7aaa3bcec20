"""One VIMABench environment: its episode, what it shows, its states and its verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.cameras import CAMERAS
from sim.judging import Verdict
from sim.pictures import cut_out
from sim.placement import WORKSPACE
from sim.task import SLACK
from sim.vimabench.actions import SWEPT, flat, from_published, published
from sim.vimabench.answers import SIZE, Pictures, Shown, Started, Thing
from sim.vimabench.link import Limits, Link
from skills.errors import RobotLost, UnknownName
from skills.robots import Monitor
from skills.types import (
    TABLE,
    Action,
    Camera,
    Image,
    Instruction,
    Moment,
    ObjectState,
    ObjectTruth,
    Outcome,
    Slot,
    SlotKind,
    Tool,
    Truth,
    View,
    Workspace,
)

if TYPE_CHECKING:
    from skills.states import Watcher

PARTITIONS = {
    "L1": "placement_generalization",
    "L2": "combinatorial_generalization",
    "L3": "novel_object_generalization",
    "L4": "novel_task_generalization",
}
"""Levels by VIMABench's names."""

STUCK = 3000
"""Simulated steps of one motion, 12.5 s, after which no quicker machine would have brought it to its end either."""


class VimaBenchEnv:
    """An episode of VIMABench.

    Args:
        task, level: what is played; a task by VIMABench's name, a level as L1 to L4.
        checkout: the folder that has ``vima_bench/``.
        python: an interpreter that has what VIMABench needs; this one when left out.
        limits: after how many seconds its process counts as hung.

    Raises:
        UnknownName: no such level.
    """

    size = SIZE

    def __init__(
        self,
        task: str,
        level: str = "L1",
        *,
        checkout: Path,
        python: Path | None = None,
        limits: Limits | None = None,
    ) -> None:
        if level not in PARTITIONS:
            raise UnknownName("level of VIMABench", level, PARTITIONS)
        self.task, self.level = task, level
        self._checkout, self._python, self._limits = checkout, python, limits or Limits()
        self._link: Link | None = None
        self.tool: Tool = "suction"
        self.instruction = Instruction("")
        self.history: list[Moment] = []
        self.steps = self._max_episode_steps = 0
        self.seconds = self.took_s = 0.0
        self._over = ""

    # --- an episode ---------------------------------------------------------------------------------------------------

    def reset(self, *, seed: int) -> None:
        """Sets up the episode of a seed, in a new process.

        Raises:
            Mistake: no checkout, interpreter, package or asset; no such task at the level. Says what to do.
            RobotLost: the process died, hung or talked nonsense, or VIMABench found no room for this seed's things.
        """
        self.close()
        self._link = Link(self._checkout, self._python, self._limits)
        self._begin(self._link.reset(self.task, PARTITIONS[self.level], seed))

    def _begin(self, started: Started) -> None:
        from skills.backends.oracle import build
        from skills.states import Watcher

        self.tool = "suction" if started.tool == "suction" else "spatula"
        self._max_episode_steps, self.steps = started.oracle_steps + SLACK, 0
        self._goals = self._goals_left = started.goals
        self._success, self._over = False, ""
        self.seconds, self.took_s = 0.0, started.took_s
        ids = _by_size(started.things, started.pictures)
        self._ids = {thing.id: number for number, thing in enumerate(ids)}
        self._things = {number: ObjectTruth(thing.name, thing.texture) for number, thing in enumerate(ids)}
        self._pictures = started.pictures
        oracle = build()
        self._watcher: Watcher = Watcher(oracle, oracle)
        self.history = [Moment(None, self._states())]
        self.instruction = Instruction(started.text, {shown.name: self._slot(shown) for shown in started.shown})

    def carry_out(self, action: Action, monitor: Monitor) -> Outcome:
        """Carries one primitive out, unless the episode is over or it leaves the workspace (then it is ``rejected``).

        Raises:
            Aborted: the monitor said so; the process was ended, and nothing more can be done.
            RobotLost: the process was lost, or a motion ran out of VIMABench's time on a busy machine.
        """
        problem = self._problem(action)
        if problem:
            return Outcome(action, "rejected", error=problem)
        theirs, ours = published(action)
        return self._step(theirs, ours, monitor)

    def _problem(self, action: Action) -> str:
        if self._over:
            return f"VIMABench ended the episode: {self._over}"
        if not self.steps_left:
            return f"the budget of {self._max_episode_steps} actions is used"
        if action.tool != self.tool:
            return f"the action needs the {action.tool}, and the {self.tool} is on the arm"
        for name, pose in (("start", action.start), ("end", action.end)):
            if not (self.workspace.holds(pose) and math.isfinite(pose.yaw)):
                return f"{name} ({pose.x:.3f}, {pose.y:.3f}, {pose.z:.3f}) m lies outside the workspace"
        if action.primitive == "push" and float(np.linalg.norm(flat(action.end) - flat(action.start))) < 1e-3:
            return "a push needs two different points; start and end are less than 1 mm apart"
        return ""

    def _step(
        self, theirs: Mapping[str, list[float]], action: Action, monitor: Monitor | None, oracle: bool = False
    ) -> Outcome:
        assert self._link is not None
        self.steps += 1
        tick = None if monitor is None else (lambda: monitor.tick("moving"))
        stepped = self._link.step(theirs, tick, oracle)
        if stepped.timeout is not None:
            steps, seconds = stepped.timeout
            if steps < STUCK:
                raise RobotLost(
                    f"a motion ran out of VIMABench's wall-clock limit ({seconds:.1f} s, {steps} simulated steps): the "
                    "machine was too busy"
                )
            self._over = f"a motion did not come to its end in {steps} simulated steps"
        elif stepped.done:
            self._over = "success" if stepped.success else "it counts what was done as a failure"
        self._success, self._goals_left = stepped.success and stepped.timeout is None, stepped.goals
        self._pictures, self.took_s = stepped.pictures, stepped.took_s
        self.seconds += stepped.seconds
        self.history.append(Moment(action, self._states()))
        if stepped.timeout is not None:
            return Outcome(action, "aborted", error=self._over, seconds=stepped.seconds)
        if stepped.released is False:
            error = f"suction held nothing that can be moved at ({action.start.x:.3f}, {action.start.y:.3f}) m"
            return Outcome(action, "missed", error=error, seconds=stepped.seconds)
        return Outcome(action, "done", seconds=stepped.seconds)

    def oracle_action(self) -> Action | None:
        """What VIMABench's own oracle would do next; None when it has nothing left, or the episode is over."""
        theirs = self._oracle()
        return None if theirs is None else from_published(theirs, self.tool)

    def play_oracle(self) -> Outcome | None:
        """Has the oracle take its next action by its own rules, which in some tasks has more to do than an agent."""
        theirs = self._oracle()
        return None if theirs is None else self._step(theirs, from_published(theirs, self.tool), None, oracle=True)

    def _oracle(self) -> dict[str, list[float]] | None:
        return None if self._over or self._link is None else self._link.oracle()

    def verdict(self) -> Verdict:
        """VIMABench's verdict."""
        reached = self._goals - self._goals_left
        progress = 1.0 if self._success else min(reached / max(1, self._goals), 0.99)
        failed = bool(self._over) and not self._success
        stages = tuple((f"goal {k + 1} of {self._goals}", self._success or k < reached) for k in range(self._goals))
        reason = f"VIMABench ended the episode: {self._over}" if failed else ""
        return Verdict(self._success, progress, failed, reason, {"vima": self._success}, stages)

    @property
    def workspace(self) -> Workspace:
        """Where the tool may be."""
        return WORKSPACE if self.tool == "suction" else SWEPT

    @property
    def steps_left(self) -> int:
        """Actions that the budget still allows: what its oracle needs at most and two more."""
        return max(0, self._max_episode_steps - self.steps)

    def inventory(self) -> list[str]:
        """What is on the table, "red heart", in the order of ids."""
        return [f"{truth.texture} {truth.name}" for truth in self._things.values()]

    def look(self) -> dict[str, View]:
        """A view of every camera, as things stood after the last action."""
        return _views(self._pictures, self._ids, self._things)

    def camera(self, name: str) -> Camera:
        """A calibrated camera, the same in every episode."""
        return CAMERAS[name].camera(self.size)

    def close(self) -> None:
        """Ends the process; closing twice is fine."""
        if self._link is not None:
            self._link.close()

    # --- states and slots ---------------------------------------------------------------------------------------------

    def _states(self) -> tuple[ObjectState, ...]:
        return self._named(self._watcher.look(self.look()["top"]))

    def _named(self, states: Iterable[ObjectState]) -> tuple[ObjectState, ...]:
        known = ((state, self._things[state.id]) for state in states if state.id in self._things)
        return tuple(replace(state, name=truth.name, texture=truth.texture) for state, truth in known)

    def _slot(self, shown: Shown) -> Slot:
        truths = {thing.id: ObjectTruth(thing.name, thing.texture) for thing in shown.things}
        views = _views(shown.pictures, {id: id for id in truths}, truths)
        if shown.alone:
            seen = {
                name: view for name, view in views.items() if view.truth and (view.truth.segmentation != TABLE).any()
            }
            bound = () if shown.bound not in self._ids else (self._ids[shown.bound],)
            return Slot("object", {name: cut_out(view) for name, view in seen.items()}, binding=bound)
        kind: SlotKind = "frame" if shown.name.startswith("frame") else "scene"
        pictures = {name: Image(view.rgb, view=view) for name, view in views.items()}
        return Slot(kind, pictures, states=self._named(self._watcher.glimpse(views["top"])))


# --- pictures ---------------------------------------------------------------------------------------------------------


def _by_size(things: Sequence[Thing], pictures: Pictures) -> list[Thing]:
    """Things in an order that gives no role away: the largest in the top view first, as the oracle numbers masks."""
    ids = pictures["top"][1]
    return sorted(things, key=lambda thing: (-int(np.count_nonzero(ids == thing.id % 256)), thing.id))


def _views(pictures: Pictures, ids: Mapping[int, int], things: Mapping[int, ObjectTruth]) -> dict[str, View]:
    """Views with truth; ``ids`` has our number of each of VIMABench's, whose pictures hold their low eight bits."""
    ours = np.full(256, TABLE, np.int32)
    for theirs, number in ids.items():
        ours[theirs % 256] = number
    return {
        name: View(rgb, CAMERAS[name].camera(SIZE), depth, Truth(ours[segm], things))
        for name, (rgb, segm, depth) in pictures.items()
    }
