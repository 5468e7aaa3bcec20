"""A program at work: in the sandbox, on a robot, with what it may see and whoever hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from instruct2act.authoring.program import Program
from instruct2act.runtime import Runtime
from instruct2act.sandbox import CallEnded, CallStarted, Execution, Printed, Watch
from skills import load
from skills.context import Context
from skills.robots import Robot
from skills.types import Instruction


def run(
    program: Program,
    instruction: Instruction,
    robot: Robot,
    runtime: Runtime,
    watch: Watch,
    note: Callable[[str, Mapping[str, Any]], None],
    listeners: Sequence[Callable[[CallStarted | CallEnded | Printed], None]] = (),
) -> Execution:
    """Runs a program to its end; an abnormal one stops the robot.

    Args:
        program: checked already.
        instruction: its pictures and clicks are the program's globals.
        robot: what it moves.
        runtime: perception and sandbox.
        watch: limits, the stop flag, and who hears of motions.
        note: told what skills find and what actions came to.
        listeners: hear each call.
    """
    skills = dict(load())
    context = Context(
        robot,
        runtime.segmenter,
        runtime.retriever,
        instruction,
        sight=runtime.config.perception.sight,
        tracking=runtime.config.perception.tracking,
        monitor=watch,
        note=note,
    )
    return runtime.gateway.run(
        program.source,
        skills,
        lambda skill, arguments: skill.function(context, **arguments),
        globals={
            "templates": context.templates(),
            "BOUNDS": context.bounds(),
            "clicks": [list(click) for click in instruction.clicks],
        },
        watch=watch,
        listeners=listeners,
        on_normal=robot.hold,
        on_abnormal=robot.stop,
        check=False,
    )
