"""Runs programs: the door through which everything generated goes.

Covered: every call's arguments are bounded, then held against the skill's signature and kinds, before the skill sees
them; results cross as values and handles; a refusal reaches the program as an ordinary exception with a sentence,
anything else that happens in the host does not; calls, prints and four clocks are limited; stop and Ctrl-C end the
program at once; an abnormal end is told to the robot, whatever else fails.
Not covered: what a skill does with arguments that fit its signature (its own checks do: workspace, poses), and a skill
that neither ticks nor returns.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from instruct2act.sandbox import check as checks
from instruct2act.sandbox import stubs as declarations
from instruct2act.sandbox.clocks import Limits, StopFlag, Watch
from instruct2act.sandbox.errors import Failure, Problem, SandboxUnavailable, refused
from instruct2act.sandbox.execution import Dispatch, Execution, Listener
from instruct2act.sandbox.guest import Backend, Guest, Raised
from instruct2act.sandbox.jail import Mode
from instruct2act.sandbox.monty import Monty
from instruct2act.sandbox.turns import Run
from skills import Skill


class Gateway:
    """Runs programs on a backend. Close it when done."""

    def __init__(self, backend: Backend | None = None, *, mode: Mode = "jailed", spare: int = 2) -> None:
        """Args.

        Args:
            backend: the interpreter; Monty when left out. `routing.backend` makes the one that a setting names.
            mode: "jailed", or "language-only" where a person accepts the interpreter as the only wall.
            spare: Monty's workers kept ready.

        Raises:
            SandboxUnavailable: programs cannot be contained on this machine; says what to do.
        """
        self.backend: Backend = backend or Monty(mode, spare)
        self._read: dict[bytes, list[Problem]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Ends the backend's spare workers."""
        self.backend.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self, source: str, skills: Mapping[str, Skill], names: Mapping[str, Any] | None = None) -> list[Problem]:
        """Everything that a program would fail on and that can be told without running it.

        Statements outside of functions may be computed, in a worker, to the first skill call, which is not carried out.

        Args:
            source: the program.
            skills: what it may call.
            names: its globals; the keys of ``names["templates"]`` are the pictures there are.
        """
        limits, given = Limits(turn_s=2.0), dict(names or _NAMES)
        prepared = checks.prepare(source, skills, given, limits.source_bytes, self.backend.language)
        if prepared.problems:
            return prepared.problems
        declared = declarations.stubs(skills, given)
        key = hashlib.sha256(f"{len(declared)} {declared}{source}".encode(errors="replace")).digest()
        with self._lock:
            found = self._read.get(key)
        if found is None:
            found, lasting = self._problems(prepared, skills, given, declared, limits)
            if lasting:
                with self._lock:
                    self._read[key] = found
                    while len(self._read) > _READ:
                        del self._read[next(iter(self._read))]
        return list(found)

    def _problems(
        self,
        prepared: checks.Prepared,
        skills: Mapping[str, Skill],
        given: Mapping[str, Any],
        declared: str,
        limits: Limits,
    ) -> tuple[list[Problem], bool]:
        """What a worker finds, and whether it would find the same again: not so where its time was up, say."""
        guest = self.backend.guest(limits, functions=frozenset(skills), stubs=declared)
        try:
            event = guest.start(prepared.source, {}, _unheard, check=True)
            if isinstance(event, Raised) and event.cause == "types":
                misuse = checks.typed(event.message, prepared, skills, given)
                if misuse:
                    return misuse, True
                event = guest.start(prepared.source, {}, _unheard, check=False)
        finally:
            guest.close()
        if not isinstance(event, Raised):
            return [], True
        if event.cause in ("syntax", "unsupported"):
            return [_problem(event, prepared)], True
        return [], False

    def run(
        self,
        source: str,
        skills: Mapping[str, Skill],
        dispatch: Dispatch,
        *,
        globals: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        stop: StopFlag | None = None,
        watch: Watch | None = None,
        listeners: Sequence[Listener] = (),
        on_normal: Callable[[], None] | None = None,
        on_abnormal: Callable[[], None] | None = None,
        check: bool = True,
        seed: int = 0,
    ) -> Execution:
        """Runs one program to its end. Never raises for what the program does.

        Args:
            source: defines ``main()``, or is flat code.
            skills: what it may call, by name.
            dispatch: carries one call out.
            globals: host values under the names that the program reads, such as ``templates``, ``BOUNDS``, ``clicks``.
            limits: what it may use; ``watch.limits`` when a watch is given.
            stop: ends it from another thread; ``watch.stop`` when a watch is given.
            watch: the monitor of its motions; one of its own when left out.
            listeners: hear it.
            on_normal: called when it finished (the robot's ``hold``).
            on_abnormal: called first of all when it ended in any other way after it began (the robot's ``stop``).
            check: whether to refuse it for what `check` finds.
            seed: of its ``random``.

        Raises:
            SandboxUnavailable: no contained worker can be had.
        """
        watch = watch or Watch(limits, stop)
        names = dict(globals or {})
        backend = f"{self.backend.name} {self.backend.version}"
        prepared = checks.prepare(source, skills, names, watch.limits.source_bytes, self.backend.language)
        unparsed = prepared.tree is None
        if prepared.problems and (check or unparsed):
            return Execution("refused", error=refused(prepared.problems), seconds=watch.seconds, backend=backend)
        run = Run(prepared, skills, dispatch, watch, listeners, names)
        ending: Callable[[], None] | None = on_abnormal
        guest: Guest | None = None
        try:
            guest = self.backend.guest(
                watch.limits,
                functions=frozenset(skills),
                stubs=declarations.stubs(skills, names) if check else "",
                seed=seed,
            )
            with watch.stop.calls(guest.kill):
                execution = run.to_end(guest, check)
            if execution.status == "finished":
                ending = on_normal
            elif execution.status == "refused":
                ending = None
        except KeyboardInterrupt:
            watch.stop.set("interrupted from the keyboard")
            execution = run.ended("interrupted", Failure("aborted", "Interrupted", watch.stop.reason))
        except SandboxUnavailable:
            ending = None
            raise
        finally:
            try:
                if ending is not None:
                    ending()
            finally:
                if guest is not None:
                    backend = guest.backend or backend
                    guest.close()
        execution.backend, execution.seconds = backend, watch.seconds
        return execution


_READ = 256
"""Programs whose reading is remembered: an author writes the same one for many scenes."""
_NAMES: Mapping[str, Any] = {"templates": None, "BOUNDS": None, "clicks": None}


def _unheard(_: str) -> None:
    """Nobody listens."""


def _problem(event: Raised, prepared: checks.Prepared) -> Problem:
    line, column = (event.frames[-1][1], event.frames[-1][2]) if event.frames else (0, 0)
    stage: Literal["syntax", "unsupported"] = "syntax" if event.cause == "syntax" else "unsupported"
    return Problem(stage, event.message, line, column, prepared.line(line))
