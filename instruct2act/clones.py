"""A stand-in for the table on which an episode is played: what is tried there leaves the table itself as it is.

A simulated table is built again from its seed and set to a snapshot of the first, which is exact. Where there are no
snapshots (VIMABench) it is built from its seed alone, before anything has moved. A real table's stand-in is made of
what perception saw of it: nearly the same things nearly there, which is told of every score that comes from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.runtime import Runtime
from skills.errors import SkillError
from skills.robots import Clonable
from skills.types import Camera, Instruction, Observation, Tool

if TYPE_CHECKING:
    from sim.robot import SimRobot
    from sim.vimabench import VimaBenchRobot

Origin = Literal["snapshot", "seed", "perceived"]


class NoClone(Exception):
    """There can't be a stand-in for the table; says why."""


@dataclass(frozen=True, eq=False)
class Clone:
    """A stand-in.

    Attributes:
        origin: what it was made of.
        robot: its arm.
        instruction: the instruction as it is meant there: clicks are pixels of its own camera.
        states: where the states that a reward is told there come from.
    """

    origin: Origin
    robot: SimRobot | VimaBenchRobot
    instruction: Instruction
    states: Literal["simulator", "perceived"]


def maker(
    spec: EpisodeSpec, instruction: Instruction, robot: Any, start: Observation, runtime: Runtime
) -> Callable[[], Clone]:
    """A function that makes stand-ins of the table as it is now, before anything has moved.

    Args:
        spec: the episode.
        instruction: what was asked.
        robot: the table's.
        start: what it sees.
        runtime: builds tables, and sees.

    Returns:
        A function whose clones have to be closed. It raises ``NoClone``.
    """
    states = runtime.config.reward.state
    if not robot.info.simulated:
        return lambda: _perceived(instruction, robot, start, runtime)
    if not isinstance(robot, Clonable):
        return lambda: Clone("seed", runtime.robot(spec), instruction, states)
    snapshot = robot.snapshot()

    def copied() -> Clone:
        twin = runtime.robot(spec)
        assert isinstance(twin, Clonable)
        twin.restore(snapshot)
        return Clone("snapshot", twin, instruction, states)

    return copied


def _perceived(instruction: Instruction, robot: Any, start: Observation, runtime: Runtime) -> Clone:
    import sim
    from sim.objects import SHAPES
    from sim.perceived import centred
    from sim.robot import SimRobot
    from sim.textures import TEXTURES
    from skills.errors import Mistake
    from skills.states import Watcher

    space, tools = robot.info.workspace, robot.info.tools
    watcher = Watcher(runtime.segmenter, runtime.retriever, list(SHAPES), list(TEXTURES))
    given = runtime.config.sim
    try:
        states = watcher.look(runtime.config.perception.sight.view(start.views["top"]))
        tool: Tool = "spatula" if tools == ("spatula",) else "suction"
        env = sim.make_perceived(centred(states, space.low, space.high), tool, size=(given.height, given.width))
    except (SkillError, Mistake) as trouble:
        raise NoClone(f"what perception saw makes no table: {trouble}") from None
    twin = SimRobot(env)
    low, high = twin.info.workspace.low, twin.info.workspace.high
    by = (np.array(low[:2]) + high[:2] - np.array(space.low[:2]) - space.high[:2]) / 2
    clicks = _elsewhere(instruction, start.views["top"].camera, twin.observe().views["top"].camera, by)
    return Clone("perceived", twin, clicks, "perceived")


def _elsewhere(instruction: Instruction, here: Camera, there: Camera, by: Any) -> Instruction:
    """The instruction with its clicks, (x, y) pixels of one camera, as those of another one (``by`` metres aside)."""
    if not instruction.clicks:
        return instruction
    points = here.meet_plane(list(instruction.clicks)) + np.array([*by, 0.0])
    pixels = [(float(x), float(y)) for x, y in there.project(points)[0]]
    known = dict(zip(instruction.clicks, pixels))
    slots = {
        name: replace(slot, click=known.get(slot.click, slot.click)) if slot.click is not None else slot
        for name, slot in instruction.slots.items()
    }
    return replace(instruction, slots=slots, clicks=tuple(pixels))
