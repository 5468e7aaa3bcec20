"""Rewards: an author turns the instruction into ``reward(history, slots)``, which scores an episode in [0, 1].

The author sees the instruction and the objects' names; it never sees the goal, the success flag or what happened.
The function runs in the sandbox, behind the words of `vocabulary`. States come from the simulator or from perception;
where a slot's binding comes from, the caller says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instruct2act.authoring import prompt, trying, vocabulary
from instruct2act.authoring.given import Given
from instruct2act.authoring.llm import LLM
from instruct2act.authoring.policy import Conversation, Heard, _nobody
from instruct2act.authoring.program import Done, Program, Refusal
from instruct2act.sandbox import Failure, Function, Limits, Score, scores
from instruct2act.sandbox.errors import Problem
from instruct2act.sandbox.guest import Backend
from skills.types import Action, Camera, Instruction, Moment, ObjectState, Pose

RewardResult = Score
History = Sequence[Moment]

_LIMITS = Limits(turn_s=2.0, program_s=60.0)


class RewardFailed(Exception):
    """A reward function did not score an episode; ``failure`` is the sandbox's account of it."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(str(failure))


# --- what a reward function sees --------------------------------------------------------------------------------------


def history_as_data(history: History) -> list[dict[str, Any]]:
    """Moments as the plain dicts that reward functions read."""
    return [
        {
            "action": None if moment.action is None else _action(moment.action),
            "objects": [state_as_data(state) for state in moment.objects],
            "events": [{"kind": event.kind, "a": event.a, "b": event.b} for event in moment.events],
        }
        for moment in history
    ]


def state_as_data(state: ObjectState) -> dict[str, Any]:
    """One object's state as a plain dict."""
    return {
        "id": state.id,
        "name": state.name,
        "texture": state.texture,
        "pose": _pose(state.pose),
        "size": list(state.size),
        "footprint": [[list(point) for point in ring] for ring in state.footprint],
        "on": state.on,
    }


def slots_as_data(slots: Mapping[str, Any]) -> dict[str, Any]:
    """Slots as plain data: object ids, object states as dicts, or a word.

    Args:
        slots: slot name -> object ids (pictures, clicks), object states (scenes, frames; dicts pass through), a word.
            Clicks are called ``click_1``, ``click_2``…; ``spot_1``… are their [x, y] in metres, where they are known.
    """
    return {
        name: value
        if isinstance(value, str)
        else [state_as_data(item) if isinstance(item, ObjectState) else item for item in value]
        for name, value in slots.items()
    }


def spots(clicks: Sequence[tuple[float, float]], camera: Camera) -> dict[str, list[float]]:
    """Where on the table clicks (pixels of that camera) point: ``spot_1``… -> [x, y] metres."""
    return {
        f"spot_{place}": [float(value) for value in camera.meet_plane([click])[0][:2]]
        for place, click in enumerate(clicks, 1)
    }


def _pose(pose: Pose) -> dict[str, float]:
    return {"x": pose.x, "y": pose.y, "z": pose.z, "yaw": pose.yaw}


def _action(action: Action) -> dict[str, Any]:
    return {"primitive": action.primitive, "start": _pose(action.start), "end": _pose(action.end), "tool": action.tool}


# --- writing and scoring ----------------------------------------------------------------------------------------------


class RewardFunction:
    """A reward function; runs in the sandbox, in a worker that it keeps. Close it when done."""

    def __init__(self, program: Program, backend: Backend) -> None:
        self.source, self.sha256 = program.source, program.sha256
        words = vocabulary.needed(self.source)
        self._function = Function(backend, self.source, "reward", prelude=words, limits=_LIMITS)

    def score(self, history: History, slots: Mapping[str, Any]) -> RewardResult:
        """Scores one episode.

        Raises:
            RewardFailed: it did not give a number in [0, 1], or used up a limit.
        """
        result = self.score_many([(history, slots)])[0]
        if isinstance(result, Failure):
            raise RewardFailed(result)
        return result

    def score_many(
        self, episodes: Sequence[tuple[History, Mapping[str, Any]]], trying: bool = False
    ) -> list[RewardResult | Failure]:
        """Scores episodes in one session, twice, in two orders.

        Args:
            episodes: histories, and what slots are bound to.
            trying: once only, and nothing after a failure: the caller looks for hidden state itself.
        """
        data = [(history_as_data(history), slots_as_data(slots)) for history, slots in episodes]
        return scores(self._function, data, twice=not trying, to_failure=trying)

    def problems(self, objects: Sequence[ObjectState], slots: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with it; see ``trying``.

        Args:
            objects: the table at the start.
            slots: what the instruction's slots are bound to.
        """

        def tried(episodes: Sequence[History]) -> list[RewardResult | Failure]:
            return self.score_many([(history, slots) for history in episodes], trying=True)

        return trying.problems(tried, objects, slots)

    def close(self) -> None:
        """Ends its worker; it may be asked again, of another one."""
        self._function.close()

    def __enter__(self) -> RewardFunction:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RewardWriter:
    """Has reward functions written, and checks them before use."""

    def __init__(self, llm: LLM, backend: Backend, style: str = "compact", turns: int = 2) -> None:
        self.llm, self.style, self.turns = llm, style, turns
        self._backend = backend

    def write(
        self,
        instruction: Instruction,
        objects: Sequence[ObjectState],
        slots: Mapping[str, Any],
        heard: Heard = _nobody,
        given: str | None = None,
    ) -> RewardFunction | Refusal:
        """A reward function for an instruction, in the worker that it was tried in; close it when done.

        Args:
            instruction: what was asked.
            objects: the table at the start; the author reads their names, the checks use their states.
            slots: what the instruction's slots are bound to; see `slots_as_data`.
            heard: told every completion.
            given: a person's own function; nobody is asked then.

        Raises:
            NoProgram: no answer passed the checks.
            LLMError: no answer could be had.
        """
        messages = prompt.for_reward(instruction, objects, self.style)
        tried: list[RewardFunction] = []

        def check(program: Program) -> list[Problem]:
            while tried:
                tried.pop().close()
            tried.append(RewardFunction(program, self._backend))
            return tried[0].problems(objects, slots)

        try:
            written = Conversation(
                self.llm if given is None else Given(given),
                messages,
                "reward",
                check,
                self.turns if given is None else 1,
                heard,
            ).answer()
            assert not isinstance(written, Done)  # nobody looks again at a reward
            return written if isinstance(written, Refusal) else tried.pop()
        finally:
            while tried:
                tried.pop().close()
