"""Plays one attack and judges it: what contained it, or what got out."""

from __future__ import annotations

import json
import math
import os
import resource
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instruct2act.sandbox import Execution, Gateway, Limits
from instruct2act.sandbox.probe import bare
from instruct2act.sandbox.probe.attack import ANYTHING, NOTHING, Attack, End
from instruct2act.sandbox.probe.world import CANARY, LIMITS, World

PATIENT = Limits(program_s=20, turn_s=10)
_HOST_MEMORY_KB = 300 * 1024
_TRACE = Path("/tmp/instruct2act-was-here")
_BENIGN = """
def main():
    masks = SAM(GetImage())
    return RobotExecution(PickPlace(Pixel2Loc(masks[0]), Pixel2Loc(masks[1])))
"""
_GATEWAY = ("BadCall", "BadReturn", "CallLimit", "PrintLimit", "Nonsense")
_BY_ERROR = {**dict.fromkeys(_GATEWAY, "gateway"), "TimeLimit": "time", "Crashed": "process"}
_BY_ERRNO = {1: "seccomp", 38: "seccomp", 13: "landlock", 9: "landlock", 12: "rlimit", 2: "landlock"}


@dataclass(frozen=True)
class Verdict:
    """What came of an attack.

    Attributes:
        name: the attack's.
        by: what contained it: "language" (the interpreter refuses or lacks it), "gateway" (what crosses is bounded and
            checked), "seccomp", "landlock", "rlimit", "time", or "process" (it succeeds, in a process that has nothing
            in it and ends with it); "" when it was not contained.
        amiss: what got out, or how it should have ended; "" when it was contained.
    """

    name: str
    by: str = ""
    amiss: str = ""


def play(attack: Attack, gateway: Gateway, file: Path, again: bool = True) -> Verdict:
    """Plays an attack that has an end in this gateway's interpreter.

    Args:
        attack: the program.
        gateway: of "monty" or of "cpython".
        file: will hold the bait; its folder is not looked at otherwise.
        again: whether an honest program runs after it, as if nothing had been.
    """
    backend = gateway.backend.name
    end = attack.end(backend)
    assert end is not None, f"{attack.name} has no end in {backend}"
    file.write_text(CANARY, encoding="utf-8")
    environment, memory = dict(os.environ), _peak()
    world = World(file)
    if attack.raw and backend == "monty":
        verdict = _raw(attack, end, world)
    else:
        source = bare.program(attack.source, HOST=os.getpid()) if attack.raw else attack.source
        execution = world.run(gateway, source)
        if execution.error is not None and execution.error.type == "TimeLimit" and "TimeLimit" not in end.dies:
            world = World(file)  # a busy machine: what ends it when it is given time
            execution = world.run(gateway, source, limits=PATIENT)
        verdict = _judged(attack, end, execution, backend, world)
    amiss = verdict.amiss or _harmed(world, environment) or _spent(memory)
    if not amiss and again:
        amiss = _afterwards(gateway, file)
    return Verdict(attack.name, "" if amiss else verdict.by, amiss)


def ends_within_its_limits(execution: Execution) -> str:
    """What is amiss with how a run ended; generous to a loaded machine beside the 3 s that a quiet one needs."""
    if execution.seconds["wall"] >= 20:
        return f"it ran for {execution.seconds['wall']:.0f} s"
    if execution.status not in ("finished", "failed", "refused"):
        return f"it ended as {execution.status}"
    if execution.error is not None and len(str(execution.error.message).encode()) > 2000:
        return "its error message is longer than 2 kB"
    return ""


def learns_nothing(execution: Execution, world: World) -> str:
    """What a run came away with that it must not know."""
    kept = json.dumps({"value": execution.value, "prints": execution.prints, "error": str(execution.error)})
    if CANARY in kept or "root:" in kept:
        return "it learnt a secret"
    if {"\x1b", "\x07", "\u202e"} & set(execution.prints + str(execution.error)):
        return "its text steers a terminal"
    return ""


def _judged(attack: Attack, end: End, execution: Execution, backend: str, world: World) -> Verdict:
    amiss = ends_within_its_limits(execution) or learns_nothing(execution, world)
    if not amiss and execution.status == "finished":
        if attack.raw and not end.dies:
            return _attempts(attack, execution.value)
        if end.gives is NOTHING or (end.gives is not ANYTHING and execution.value != end.gives):
            amiss = f"it came away with {str(execution.value)[:200]}"
        elif (world.held, world.stopped) != (1, 0):
            amiss = "the robot was not told that the program had ended"
    elif not amiss:
        error = execution.error
        if error is None or error.type not in end.dies:
            amiss = f"it ended with {str(error)[:200]}"
        elif execution.status == "failed" and (world.held, world.stopped) != (0, 1):
            amiss = "the robot was not stopped"
    return Verdict(attack.name, "" if amiss else _by(execution, backend), amiss)


def _by(execution: Execution, backend: str) -> str:
    """What contained it, told by how it ended."""
    error = execution.error
    if error is None:
        return "process" if backend == "cpython" else "language"
    if backend == "cpython" and error.type == "PermissionError":
        return "landlock" if "[Errno 13]" in error.message else "seccomp"
    if "SIGSYS" in error.message:
        return "seccomp"
    if error.type in ("MemoryLimit", "MemoryError"):
        return "rlimit" if backend == "cpython" else "language"
    return _BY_ERROR.get(error.type, "language")


def _raw(attack: Attack, end: End, world: World) -> Verdict:
    try:
        result = bare.inside(f"result = {attack.source}", CANARY_FILE=str(world.file), HOST=os.getpid())
    except bare.Killed as killed:
        contained = bool(end.dies) and killed.status == -signal.SIGSYS
        return Verdict(attack.name, "seccomp", "") if contained else Verdict(attack.name, amiss=str(killed)[:300])
    return Verdict(attack.name, amiss="it was not killed") if end.dies else _attempts(attack, result)


def _attempts(attack: Attack, results: Any) -> Verdict:
    """Every one of several attempts at the kernel must have been refused."""
    if not isinstance(results, list) or not results:
        return Verdict(attack.name, amiss=f"it attempted nothing: {str(results)[:200]}")
    by = []
    for kind, errno in results:
        if kind == "MemoryError":
            by.append("rlimit")
        elif (kind == -1 or (isinstance(kind, str) and kind != "done")) and errno in _BY_ERRNO:
            by.append(_BY_ERRNO[errno])
        else:
            return Verdict(attack.name, amiss=f"an attempt was answered {str([kind, errno])[:200]}")
    return Verdict(attack.name, by[0])


def _harmed(world: World, environment: Mapping[str, str]) -> str:
    """What is no longer as it was in the host."""
    if world.moved:
        return "the robot moved"
    if world.bounds != {"x": [0.25, 0.75], "y": [-0.5, 0.5]} or world.clicks != [(100.0, 60.0)]:
        return "the host's values were changed"
    if dict(os.environ) != environment or math.sqrt(4) != 2:
        return "the host's process was changed"
    if world.file.read_text(encoding="utf-8") != CANARY or len(list(world.file.parent.iterdir())) != 1:
        return "the host's files were changed"
    return "a command was executed" if _TRACE.exists() else ""


def _spent(before: int) -> str:
    grown = _peak() - before
    return f"the host needed {grown >> 10} MB more" if grown >= _HOST_MEMORY_KB else ""


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _afterwards(gateway: Gateway, file: Path) -> str:
    """An honest program runs as if nothing had been."""
    world = World(file)
    done = world.run(gateway, _BENIGN, limits=PATIENT)
    if done.value == {"done": 1, "of": 1, "failed": [], "clipped": 0} and len(world.moved) == 1:
        return ""
    return f"the next program did not run: {done.status}, {str(done.error)[:200]}"


__all__ = ["LIMITS", "PATIENT", "Verdict", "ends_within_its_limits", "learns_nothing", "play"]
