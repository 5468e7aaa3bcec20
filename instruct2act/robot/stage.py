"""A real table where an episode expects a simulated one: no goal, no inventory, no truth; states are perceived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from instruct2act.config import Config
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.events import Event, Noted
from instruct2act.runtime import Runtime
from skills.errors import RobotLost, SkillError
from skills.robots import Robot
from skills.robots.rosbridge.grasps import Grip, grip_of
from skills.robots.wrappers import Wrapper
from skills.types import Action, Instruction, Mask, Moment, Observation, View


class BareTable:
    """What an episode asks of a scene, where nobody knows the scene."""

    instruction = Instruction("")

    def inventory(self) -> list[str]:
        """Nobody says what is on it."""
        return []


class Stage(Wrapper):
    """A robot on which an episode is played.

    A look that can't be had ends the episode as infrastructure: no program is judged for a camera.
    """

    env = BareTable()

    def observe(self, newer_than: float | None = None) -> Observation:
        """As the robot inside.

        Raises:
            RobotLost: it gives no picture that may be used.
        """
        try:
            return super().observe(newer_than)
        except SkillError as error:
            raise RobotLost(str(error)) from None

    @property
    def history(self) -> list[Moment]:
        """Nothing: no simulator tells states, and what is perceived is the episode's own."""
        return []

    def verdict(self) -> None:
        """Nobody knows the goal."""
        return

    def close(self) -> None:
        """Leaves the robot open: whoever opened it closes it."""


class StageRuntime(Runtime):
    """Models, author and sandbox, with one robot in place of scenes."""

    def __init__(self, config: Config, robot: Robot) -> None:
        super().__init__(config)
        self._stage = Stage(robot)

    def robot(self, spec: EpisodeSpec) -> Any:
        """The one robot, whatever the spec."""
        return self._stage


class Grips:
    """Hears what an action takes up, and tells a parallel gripper how wide that is.

    Args:
        grips: action's id -> grip; the robot's own.
    """

    wants_frames = False

    def __init__(self, grips: dict[int, Grip]) -> None:
        self._grips, self._views = grips, dict[int, View]()

    def hear(self, event: Event) -> None:
        """Looks at pictures and actions."""
        if not isinstance(event, Noted):
            return
        image = event.facts.get("image")
        if image is not None and image.view is not None:
            self._views[image.id] = image.view
        if event.kind == "action":
            self._measure(event.facts)

    def close(self) -> None:
        """Nothing to end."""

    def _measure(self, facts: Mapping[str, Any]) -> None:
        action: Action = facts["action"]
        mask: Mask | None = facts["mask"]
        if mask is not None and mask.image_id in self._views:
            self._grips[action.id] = grip_of(mask, self._views[mask.image_id])
