"""Plays an episode again from its record, the same scene and the same program, and keeps what is seen and done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from instruct2act.authoring.given import fenced
from instruct2act.authoring.llm import Completion, Message
from instruct2act.authoring.policy import Policy
from instruct2act.authoring.program import Program
from instruct2act.authoring.reward import RewardFailed, RewardFunction
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import Carried, EpisodeRecord, EpisodeSpec
from instruct2act.events import Event, Listener, Started
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Failure, Score
from sim import arm
from sim.rendering import Prop
from sim.robot import SimRobot
from sim.saying import in_words
from skills.errors import Mistake
from skills.robots import Monitor
from skills.types import Action, Float, Instruction, Moment, Observation, Outcome

if TYPE_CHECKING:
    from sim.vimabench import VimaBenchRobot


class CantRetell(Exception):
    """An episode that can't be played again, or that went otherwise; says why."""


@dataclass(frozen=True)
class Step:
    """One action that was carried out.

    Attributes:
        seen: before it, with depth and truth; the simulator's.
        state: (4,) float32, the tool before it, as ``TabletopEnv`` observes it.
        action: as carried out; ``vector`` is what ``TabletopEnv.step`` takes for it, (6,) float32.
        gained: the increase of the goal's progress, as ``TabletopEnv`` rewards it.
        arm: before it, as pictures of the arm show it.
    """

    seen: Observation
    state: Float
    action: Action
    vector: Float
    outcome: Outcome
    gained: float
    arm: tuple[Prop, ...]


@dataclass(frozen=True)
class Telling:
    """An episode with all that was seen.

    Attributes:
        record: as it was kept the first time.
        words: the instruction in words, its pictures named.
        looks: what skills and the rest saw, in order, with depth and truth.
        steps: actions in order.
        last: the table in the end.
        arm: in the end.
        history: objects at the start and after each action.
        scores: by the author's reward function at the same moments; () where there is none.
    """

    record: EpisodeRecord
    words: str
    looks: tuple[Observation, ...]
    steps: tuple[Step, ...]
    last: Observation
    arm: tuple[Prop, ...]
    history: tuple[Moment, ...]
    scores: tuple[Score, ...]


def retell(record: EpisodeRecord, runtime: Runtime, listeners: Sequence[Listener] = ()) -> Telling:
    """Plays an episode again.

    Args:
        record: as a folder keeps it.
        runtime: with the settings that it was made with.
        listeners: hear it, as they would have the first time.

    Raises:
        CantRetell: there is nothing to play, or the actions are not the record's, bit by bit.
    """
    if why := _untold(record):
        raise CantRetell(why)
    again, heard = Retold(record, runtime), _Instruction()
    spec = record.spec.model_copy(update={"program": None, "reward": None})
    try:
        played = run_episode(spec, again, [*listeners, heard])
    except Mistake as mistake:
        raise CantRetell(str(mistake)) from None
    robot = again.watched
    if robot is None or _told(played.actions) != _told(record.actions):
        raise CantRetell(f"it went otherwise this time: {played.error.get('message') or 'other actions'}")
    words = in_words(heard.instruction, robot.env.name_of)
    scores = tuple(again.rewards.function.scores)
    kept = tuple(robot.looks), tuple(robot.steps), robot.observation, robot.arm(), tuple(robot.history)
    return Telling(record, words, *kept, scores)


class Retold(Runtime):
    """A runtime whose author gives the answers that a record has, and whose robot keeps what it sees and does.

    Attributes:
        watched: the robot, once there is one.
    """

    def __init__(self, record: EpisodeRecord, like: Runtime) -> None:
        super().__init__(like.config)
        self.watched: Watched | None = None
        self._record = record
        for part in ("segmenter", "retriever", "gateway"):
            vars(self)[part] = getattr(like, part)

    @cached_property
    def policy(self) -> Policy:
        """Gives the programs that ran, in order."""
        answers = [attempt.answer for attempt in self._record.attempts]
        author = _Answers([*answers, fenced(self._record.program)], self._record.model)
        return Policy(author, self.gateway, self.config.author.style, len(answers) + 1)

    @cached_property
    def rewards(self) -> Any:
        """Gives the reward function that scored."""
        return _Rewards(self._record.reward_source, self)

    def robot(self, spec: EpisodeSpec) -> SimRobot | VimaBenchRobot:
        """The scene, watched."""
        robot = super().robot(spec)
        if not isinstance(robot, SimRobot):
            return robot
        self.watched = Watched(robot.env)
        return self.watched


class Watched(SimRobot):
    """Keeps what the simulated arm sees and does.

    Attributes:
        looks: every look, in order.
        steps: every action that was not rejected.
    """

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.looks: list[Observation] = []
        self.steps: list[Step] = []
        self._last: Observation | None = None

    @property
    def observation(self) -> Observation:
        """The table after the last action."""
        return self._last or self.looks[0]

    def observe(self, newer_than: float | None = None) -> Observation:
        """As the arm sees, and kept."""
        seen = super().observe(newer_than)
        self.looks.append(seen)
        return seen

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """As the arm does, and kept unless it was rejected."""
        seen, shown, tool, before = super().observe(), self.arm(), self.env.tool_pose, self._progress()
        outcome = super().execute(action, monitor)
        if outcome.status != "rejected":
            self._last = super().observe()
            done = outcome.action
            state = np.array([tool.x, tool.y, tool.z, np.arctan2(np.sin(tool.yaw), np.cos(tool.yaw))], np.float32)
            gained = self._progress() - before
            self.steps.append(Step(seen, state, done, self.env.encode(done), outcome, gained, shown))
        return outcome

    def arm(self) -> tuple[Prop, ...]:
        """The arm, or the free tool, where it is."""
        joints = self.env.world.joints if self.env.world.joints is not None else arm.HOME
        fast = self.env.motion == "fast"
        return arm.props(None if fast else joints, self.env.tool, self.env.tool_pose if fast else arm.tip(joints))

    def _progress(self) -> float:
        verdict = self.verdict()
        return verdict.progress if verdict else 0.0


class _Answers:
    """An author with a list of answers."""

    def __init__(self, answers: Sequence[str], model: str) -> None:
        self._left, self.model = list(answers), model

    def complete(self, messages: Sequence[Message]) -> Completion:
        del messages
        return Completion(self._left.pop(0), self.model)


class _Rewards:
    """Hands one reward function out, whatever it is asked for."""

    def __init__(self, source: str, runtime: Runtime) -> None:
        self.function = _Scores(Program(source, "reward"), runtime.gateway.backend)

    def write(self, *_: Any, **__: Any) -> _Scores:
        return self.function


class _Scores(RewardFunction):
    """Scores an episode as it stood at every moment."""

    scores: Sequence[Score] = ()

    def score(self, history: Sequence[Moment], slots: Any) -> Score:
        if not self.source:
            return Score(0.0, {})
        found = self.score_many([(history[:k], slots) for k in range(1, len(history) + 1)])
        self.scores = [score if isinstance(score, Score) else Score(0.0, {}) for score in found]
        if isinstance(found[-1], Failure):
            raise RewardFailed(found[-1])
        return found[-1]


class _Instruction:
    """Hears what was asked."""

    wants_frames = False
    instruction = Instruction("")

    def hear(self, event: Event) -> None:
        if isinstance(event, Started):
            self.instruction = event.instruction

    def close(self) -> None:
        """Nothing to let go of."""


def _untold(record: EpisodeRecord) -> str:
    """Why an episode can't be played again; "" when it can."""
    if record.spec.robot is not None:
        return "it was played on a real table"
    if record.spec.pictures:
        return "its instruction has pictures of a person's own, which no record keeps"
    if not record.program:
        return "no program was run"
    if not any(action.status != "rejected" for action in record.actions):
        return "nothing was moved"
    if record.status in ("interrupted", "infrastructure"):
        return f"it ended as {record.status}"
    return ""


def _told(actions: Sequence[Carried]) -> list[tuple[Any, ...]]:
    return [(one.primitive, one.tool, one.start, one.end, one.status) for one in actions]
