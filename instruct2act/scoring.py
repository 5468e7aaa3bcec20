"""The author's reward of an episode: written once, when it is first asked for, and what it is told of what happened."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from instruct2act import bindings
from instruct2act.authoring.llm import LLMError
from instruct2act.authoring.policy import NoProgram
from instruct2act.authoring.program import Refusal
from instruct2act.authoring.reward import RewardFailed, RewardFunction, spots
from instruct2act.diary import Diary, told
from instruct2act.events import Written
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Score
from skills.errors import SkillError
from skills.states import Watcher
from skills.types import Instruction, Moment, Observation

if TYPE_CHECKING:
    from sim.robot import SimRobot
    from sim.vimabench import VimaBenchRobot


class Reward:
    """The author's reward function: written once, when it is first asked for; scores what has happened so far.

    Close it when done.
    """

    def __init__(
        self, instruction: Instruction, start: Observation, moments: Moments, runtime: Runtime, diary: Diary
    ) -> None:
        self._instruction, self._start, self._moments = instruction, start, moments
        self._runtime, self._diary = runtime, diary
        self._function: RewardFunction | None = None
        self._slots: dict[str, Any] = {}
        self._asked = False
        self._trouble: dict[str, str] = {}

    def function(self) -> RewardFunction | None:
        """The function; None when there is none."""
        with self._diary.stage("reward"):
            if not self._asked:
                self._asked = True
                try:
                    self._write()
                except (NoProgram, LLMError, SkillError) as error:
                    self._trouble = told(error)
            return self._function

    def score(self) -> Score | None:
        """The score as things stand; None when there is none."""
        function = self.function()
        with self._diary.stage("reward"):
            try:
                return function.score(self._moments.history, self._slots) if function else None
            except (RewardFailed, SkillError) as error:
                self._trouble = told(error)
                return None

    def record(self) -> None:
        """The last score goes into the record, or why there is none."""
        score = self.score()
        if self._trouble:
            self._diary.unscored(self._trouble)
        if score is not None and self._function is not None:
            self._diary.scored(score, self._function.source, self._runtime.config.reward.state)

    def close(self) -> None:
        """Ends the function's worker."""
        if self._function is not None:
            self._function.close()

    def __enter__(self) -> Reward:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self) -> None:
        self._slots = bound(self._instruction, self._start, self._moments)
        objects = self._moments.history[0].objects
        heard = partial(self._diary.answered, stage="reward")
        written = self._runtime.rewards.write(self._instruction, objects, self._slots, heard, self._diary.spec.reward)
        if isinstance(written, Refusal):
            return
        self._function = written
        seconds = self._diary.seconds.get("reward", 0.0)
        self._diary.tell(Written("reward", written.source, self._diary.facts.get("model", ""), seconds))


class Moments:
    """What a reward function is told: the simulator's states, or what a watcher sees after each action."""

    def __init__(
        self,
        robot: SimRobot | VimaBenchRobot,
        runtime: Runtime,
        start: Observation,
        states: Literal["simulator", "perceived"] | None = None,
    ) -> None:
        """Args.

        Args:
            robot: the table's.
            runtime: perception.
            start: what is seen before anything moves.
            states: where states come from; as ``reward.state`` says when left out.
        """
        self._robot, self._runtime, self._start = robot, runtime, start
        self._watcher: Watcher | None = None
        self._perceived: list[Moment] = []
        if (states or runtime.config.reward.state) == "perceived":
            from sim.objects import SHAPES
            from sim.textures import TEXTURES

            self._watcher = Watcher(runtime.segmenter, runtime.retriever, list(SHAPES), list(TEXTURES))
            self._perceived = [Moment(None, self._watcher.look(self._visible(start)))]

    @property
    def history(self) -> list[Moment]:
        """The start, then one moment after each action that was carried out."""
        return self._perceived if self._watcher else self._robot.history

    def after(self, action: Any) -> None:
        """An action was carried out: look, when states are perceived."""
        if self._watcher:
            view = self._visible(self._robot.observe())
            self._perceived.append(Moment(action, self._watcher.look(view)))

    def slots(self, instruction: Instruction) -> dict[str, Any]:
        """What the instruction's slots are bound to."""
        if self._watcher:
            return bindings.perceived(instruction, self._watcher)
        view = self._start.views["top"]
        return bindings.simulated(self._robot.env, instruction, view, self._runtime.segmenter, self._runtime.retriever)

    def _visible(self, seen: Observation) -> Any:
        return self._runtime.config.perception.sight.view(seen.views["top"])


def bound(instruction: Instruction, start: Observation, moments: Moments) -> dict[str, Any]:
    """What a reward function gets as ``slots``: what slots are bound to, and where clicks point."""
    return moments.slots(instruction) | spots(instruction.clicks, start.views["top"].camera)
