"""Chooses an interpreter for each program, when it is loaded and never later.

The first one is tried: a second wall beside the kernel's, quicker, checked by a type checker. A program that imports
numpy or is written in more of Python than the first one has goes to the second: by its text, or because the first one
says so before the program has called or printed anything. What has begun in one ends in that one.
"""

from __future__ import annotations

import ast
import contextlib
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

from instruct2act.sandbox import reading
from instruct2act.sandbox.clocks import Limits
from instruct2act.sandbox.cpython import CPython
from instruct2act.sandbox.errors import SandboxUnavailable
from instruct2act.sandbox.guest import Backend, Event, Guest, Raised
from instruct2act.sandbox.jail import Mode
from instruct2act.sandbox.languages import CPYTHON, MONTY, lacking
from instruct2act.sandbox.monty import Monty

Choice = Literal["auto", "monty", "cpython"]


def backend(choice: Choice, mode: Mode = "jailed", spare: int = 2) -> Backend:
    """The interpreter that a setting names.

    Args:
        choice: "auto" chooses for each program; where there is no jail, "auto" is "monty".
        mode: as for `jail.Jail`.
        spare: the first interpreter's workers kept ready.

    Raises:
        SandboxUnavailable: it can't be had, or contained.
    """
    if choice == "monty" or (choice == "auto" and mode != "jailed"):
        return Monty(mode, spare)
    return Routed(spare) if choice == "auto" else Second(mode)


class Routed:
    """Both interpreters. Close it when done."""

    name = "auto"
    language = CPYTHON

    def __init__(self, spare: int = 2) -> None:
        """Args.

        Args:
            spare: the first interpreter's workers kept ready.

        Raises:
            SandboxUnavailable: the jail does not hold here, or the first interpreter is not installed.
        """
        self.first = Monty("jailed", spare)
        self.second = CPython("jailed", reading.checker(self.first))
        self.version = f"({self.first.name} {self.first.version} or {self.second.name} {self.second.version})"

    def guest(self, limits: Limits, *, functions: frozenset[str], stubs: str = "", seed: int = 0) -> Guest:
        """An interpreter that is chosen once the program is there."""

        def made(by: Backend) -> Guest:
            return by.guest(limits, functions=functions, stubs=stubs, seed=seed)

        return _Chosen(lambda: made(self.first), lambda: made(self.second))

    def close(self) -> None:
        """Ends both."""
        self.first.close()
        self.second.close()

    def __enter__(self) -> Routed:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Second(CPython):
    """The second interpreter for everything; the first one's type checker reads along, where it can be had."""

    def __init__(self, mode: Mode = "jailed") -> None:
        """Args.

        Args:
            mode: "jailed"; see `CPython`.

        Raises:
            SandboxUnavailable: the jail does not hold here, or is not wanted.
        """
        self._reader: Monty | None = None
        super().__init__(mode, lambda source, stubs: reading.checker(self._reader)(source, stubs))
        with contextlib.suppress(SandboxUnavailable):
            self._reader = Monty(mode, 1)

    def close(self) -> None:
        """Ends the zygote and the reader."""
        super().close()
        if self._reader is not None:
            self._reader.close()


class _Chosen:
    """A guest of the one or of the other."""

    def __init__(self, first: Callable[[], Guest], second: Callable[[], Guest]) -> None:
        self._first, self._second = first, second
        self._guest: Guest | None = None
        self._settled = self._killed = False
        self._lock = threading.Lock()

    @property
    def backend(self) -> str:
        """Name and version of the chosen one."""
        return self._guest.backend if self._guest is not None else ""

    def start(self, source: str, names: Mapping[str, Any], on_print: Callable[[str], None], check: bool) -> Event:
        """Runs source in the interpreter that its program was given, choosing it first if that has not been done."""
        if self._settled and self._guest is not None:
            return self._guest.start(source, names, on_print, check)
        printed = False

        def heard(text: str) -> None:
            nonlocal printed
            printed = True
            on_print(text)

        if fits(source):
            event = self._take(self._guest or self._first()).start(source, names, heard, check)
            if isinstance(event, Raised) and event.cause == "types":
                return event  # nothing has run; the same program may come again, unchecked
            check = False
            if printed or not isinstance(event, Raised) or event.cause != "unsupported":
                self._settled = True
                return event
        event = self._take(self._second()).start(source, names, on_print, check)
        self._settled = not (isinstance(event, Raised) and event.cause == "types")
        return event

    def _take(self, guest: Guest) -> Guest:
        with self._lock:
            before, self._guest = self._guest, guest
            if self._killed:
                guest.kill()
        if before is not None and before is not guest:
            before.close()
        return guest

    def resume(self, value: Any) -> Event:
        """Answers the call with a value."""
        return self._chosen.resume(value)

    def throw(self, kind: str, message: str) -> Event:
        """Answers the call with a builtin exception."""
        return self._chosen.throw(kind, message)

    @property
    def _chosen(self) -> Guest:
        if self._guest is None:
            raise RuntimeError("no program was started")
        return self._guest

    def kill(self) -> None:
        """Ends it at once, whichever it is or will be."""
        with self._lock:
            self._killed = True
            if self._guest is not None:
                self._guest.kill()

    def close(self) -> None:
        """Gives everything back."""
        if self._guest is not None:
            self._guest.close()


@lru_cache(maxsize=32)
def fits(source: str) -> bool:
    """Whether a text, as far as it tells, is a program for the first interpreter."""
    try:
        return next(lacking(ast.parse(source), MONTY), None) is None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # it says what is wrong with it
