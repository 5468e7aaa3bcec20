"""The whole path on one page: a scene, an instruction, a program, its run, a verdict, a score, a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from instruct2act import acting, asking, clones, rehearsal
from instruct2act.afterwards import Afterwards
from instruct2act.authoring.llm import LLMError
from instruct2act.authoring.policy import Conversation, NoProgram
from instruct2act.authoring.program import Program, Refusal
from instruct2act.diary import Diary, told
from instruct2act.evaluation import labels
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.events import Ended, Listener, Started
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Execution, StopFlag, Watch
from instruct2act.scoring import Moments, Reward
from skills import load
from skills.errors import RobotLost
from skills.types import Image, Instruction, Observation

if TYPE_CHECKING:
    from sim.robot import SimRobot
    from sim.vimabench import VimaBenchRobot


def run_episode(
    spec: EpisodeSpec,
    runtime: Runtime,
    listeners: Sequence[Listener] = (),
    stop: StopFlag | None = None,
    pictures: Mapping[str, Image] | None = None,
) -> EpisodeRecord:
    """Plays one episode from a sentence to a record.

    Args:
        spec: the scene, and the instruction where the scene brings none.
        runtime: models, author, sandbox.
        listeners: hear everything, in order.
        stop: ends it from another thread.
        pictures: what the sentence's ``{names}`` look like; ``spec.pictures`` has their hashes.

    Returns:
        The record, also of an episode that failed, was refused or was interrupted.

    Raises:
        Mistake: the scene or the instruction can't be; nothing was run.
        SandboxUnavailable: this machine can't contain programs.
    """
    stop = stop or StopFlag()
    diary = Diary(spec, runtime, listeners)
    robot: SimRobot | VimaBenchRobot | None = None
    try:
        try:
            with diary.stage("scene"):
                robot = runtime.robot(spec)
            _play(spec, robot, runtime, diary, stop, pictures or {})
        except KeyboardInterrupt:
            if robot is not None:
                robot.stop()
            diary.ended("interrupted", None, {"type": "Interrupted", "message": stop.reason or "interrupted"})
        except RobotLost as lost:
            diary.ended("infrastructure", "motion", {"type": "RobotLost", "message": str(lost)})
        record = diary.record()
        diary.tell(Ended(record, _last_look(robot)))
        return record
    finally:
        if robot is not None:
            robot.close()


def _play(
    spec: EpisodeSpec,
    robot: SimRobot | VimaBenchRobot,
    runtime: Runtime,
    diary: Diary,
    stop: StopFlag,
    pictures: Mapping[str, Image],
) -> None:
    """From the instruction to the score; the diary knows how far it came."""
    instruction = instruction_of(spec, robot, pictures)
    start = robot.observe()
    diary.facts["instruction"] = instruction.text
    diary.tell(Started(instruction, start, spec.scene(), robot.env.inventory()))
    goal = getattr(robot.env, "goal", None)
    diary.facts["asked"] = tuple(sorted(goal.things)) if goal is not None else ()
    moments = Moments(robot, runtime, start)
    with Reward(instruction, start, moments, runtime, diary) as reward:
        shown = None if spec.program is not None else runtime.shown(instruction, start)

        def begin() -> Conversation:
            return runtime.policy.begin(instruction, heard=diary.answered, shown=shown, given=spec.program)

        talk = begin()
        diary.facts["prompt"] = talk.digest
        wanted = runtime.config.llm.candidates if spec.program is None else 1
        offers = rehearsal.offers(begin, diary, wanted) if wanted > 1 else []
        program: Program | None
        if offers:
            make = clones.maker(spec, instruction, robot, start, runtime)
            talk, program = rehearsal.best(offers, make, reward, runtime, diary, stop)
        else:
            program = _program(talk, diary, first=True)
        afterwards = Afterwards(talk, instruction, start, robot, reward, runtime, diary)
        execution: Execution | None = None
        while program is not None:
            diary.wrote(program)
            execution = _run(program, instruction, robot, runtime, diary, moments, stop)
            diary.ran(execution)
            program = _program(talk, diary, first=False) if afterwards.asks(execution) else None
        if execution is not None:
            diary.executed(execution)
        if diary.status != "infrastructure":
            diary.judged(robot.verdict())
        if execution is not None:
            reward.record()


def instruction_of(spec: EpisodeSpec, robot: SimRobot | VimaBenchRobot, pictures: Mapping[str, Image]) -> Instruction:
    """The person's own, or the task's. With a task, a sentence of one's own is another way to say what it asks."""
    own = robot.env.instruction
    if spec.text is None:
        return replace(own, clicks=spec.clicks) if spec.clicks else own
    return asking.instruction(spec.text, pictures, spec.clicks, own)


def _program(talk: Conversation, diary: Diary, first: bool) -> Program | None:
    """What the author writes; None when there is nothing (more) to run, and the diary knows why."""
    diary.attempted(talk.attempts)
    with diary.stage("llm"):
        try:
            answer = talk.answer()
        except NoProgram as none:
            if first:
                diary.facts["program"] = none.program.source if none.program else ""
                diary.ended("failed", "llm" if diary.spec.program is None else "program", told(none))
            return None
        except LLMError as error:
            diary.ended("infrastructure", "llm", told(error))
            return None
        finally:
            diary.attempted(talk.attempts)
    if not isinstance(answer, Program):
        if first and isinstance(answer, Refusal):
            diary.ended("refused", "llm", {"type": "Refused", "message": str(answer)})
        return None
    return answer


def _run(
    program: Program,
    instruction: Instruction,
    robot: SimRobot | VimaBenchRobot,
    runtime: Runtime,
    diary: Diary,
    moments: Moments,
    stop: StopFlag,
) -> Execution:
    """The program, in the sandbox, on the robot; the diary and the moments hear what it does."""
    limits = replace(runtime.limits, episode_s=max(runtime.limits.episode_s - diary.run_s, 0.001))
    watch = Watch(limits, stop, on_tick=diary.moving, wants_frame=diary.wants_frame)

    def note(kind: str, facts: Mapping[str, Any]) -> None:
        diary.noted(kind, facts)
        if kind == "outcome":
            moments.after(facts["outcome"].action)
            if facts["outcome"].status != "rejected" and len(robot.history) > 1:
                diary.moved(labels.moved(*robot.history[-2:]))

    heard = diary.hear_call(load(), watch.waiting)
    return acting.run(program, instruction, robot, runtime, watch, note, [heard])


def _last_look(robot: SimRobot | VimaBenchRobot | None) -> Observation | None:
    """How the table looks in the end, where the robot can still see."""
    with suppress(Exception, RobotLost):
        return robot.observe() if robot is not None else None
    return None
