"""Best of several: each program is tried on a stand-in of the table, and the author's own reward says which one runs.

The simulator's verdict has no part in it. What is tried is heard by nobody: no picture, no video, no event but what it
came to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from instruct2act import acting
from instruct2act.authoring.llm import LLMError
from instruct2act.authoring.policy import Conversation, NoProgram
from instruct2act.authoring.program import Program
from instruct2act.authoring.reward import RewardFailed, RewardFunction
from instruct2act.clones import Clone, NoClone
from instruct2act.diary import Diary, told
from instruct2act.evaluation.record import Candidate
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Execution, StopFlag, Watch
from instruct2act.scoring import Moments, Reward, bound
from skills.errors import SkillError


class Offer(NamedTuple):
    """A program that an author offers, and the conversation that it came from."""

    talk: Conversation
    program: Program


def offers(begin: Callable[[], Conversation], diary: Diary, count: int) -> list[Offer]:
    """Programs, each from a conversation of its own; answers that can't be used are left out."""
    found: list[Offer] = []
    for _ in range(count):
        talk = begin()
        with diary.stage("llm"):
            try:
                answer = talk.answer()
            except NoProgram:
                continue
            except LLMError:
                break  # the next one would be refused as well
        if isinstance(answer, Program):
            found.append(Offer(talk, answer))
    return found


def best(
    offered: Sequence[Offer],
    make: Callable[[], Clone],
    reward: Reward,
    runtime: Runtime,
    diary: Diary,
    stop: StopFlag,
) -> Offer:
    """The program with the highest score; of equal ones one that ended well, then the first.

    Equal programs are tried once. All of it goes into the record.

    Args:
        offered: at least one.
        make: makes a stand-in.
        reward: the author's, written when it is first asked for.
        runtime: perception and sandbox.
        diary: keeps what came of each.
        stop: ends it.
    """
    function = reward.function()
    tried: dict[str, Candidate] = {}
    with diary.stage("rehearsal"):
        for offer in offered:
            source = offer.program.source
            if source not in tried:
                tried[source] = _tried(offer.program, make, function, runtime, stop)
    chosen = max(offered, key=lambda offer: _rank(tried[offer.program.source]))  # the first of equal ones
    kept = tried[chosen.program.source]
    tried[chosen.program.source] = kept.model_copy(update={"chosen": True})
    diary.facts["candidates"] = tuple(tried.values())
    return chosen


def _rank(candidate: Candidate) -> tuple[float, bool]:
    return -1.0 if candidate.score is None else candidate.score, not candidate.error


def _tried(
    program: Program, make: Callable[[], Clone], function: RewardFunction | None, runtime: Runtime, stop: StopFlag
) -> Candidate:
    try:
        clone = make()
    except NoClone as trouble:
        return Candidate(program=program.source, status="untried", error=told(trouble))
    try:
        return _on(clone, program, function, runtime, stop)
    finally:
        clone.robot.close()


def _on(clone: Clone, program: Program, function: RewardFunction | None, runtime: Runtime, stop: StopFlag) -> Candidate:
    start = clone.robot.observe()
    moments = Moments(clone.robot, runtime, start, clone.states)

    def note(kind: str, facts: Mapping[str, Any]) -> None:
        if kind == "outcome":
            moments.after(facts["outcome"].action)

    watch = Watch(runtime.limits, stop)
    execution = acting.run(program, clone.instruction, clone.robot, runtime, watch, note)
    told_of = {"program": program.source, "clone": clone.origin, "status": execution.status, "error": _error(execution)}
    if function is None:
        return Candidate(**told_of)
    try:
        score = function.score(moments.history, bound(clone.instruction, start, moments))
    except (RewardFailed, SkillError) as error:
        return Candidate(**{**told_of, "error": told(error)})
    return Candidate(**told_of, score=score.score, parts=score.parts)


def _error(execution: Execution) -> dict[str, Any]:
    if execution.error is not None:
        return execution.error.as_dict()
    value = execution.value
    if isinstance(value, dict) and value.get("failed"):
        return {"type": "RobotExecution", "message": f"{value['failed']} of {value.get('of')} actions failed"}
    return {}
