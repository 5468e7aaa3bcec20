"""The door between the gateway and whatever interprets programs.

A backend is a module beside this one: ``monty.py`` is the first choice, ``cpython/`` runs what that one lacks,
``routing.py`` chooses. A further one offers the same two protocols and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from instruct2act.sandbox.clocks import Limits
from instruct2act.sandbox.languages import Language

Cause = Literal["syntax", "unsupported", "types", "runtime", "time", "memory", "calls", "prints", "broken", "died"]


@dataclass(frozen=True)
class Called:
    """The program calls a function that it does not define.

    Attributes:
        name: as written; "" where the program asks for something that no skill could be.
        arguments, keywords: as they came, unbounded and untrusted: `values.inward` is the way to look at them.
        line, column: where, counted from 1.
    """

    name: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    line: int
    column: int


@dataclass(frozen=True)
class Done:
    """The program ended; ``value`` is unbounded and untrusted, as a call's arguments are."""

    value: Any


@dataclass(frozen=True)
class Raised:
    """The program ended otherwise.

    Attributes:
        cause: what kind of end; "broken" is a program that broke its own interpreter, "died" a worker lost otherwise.
        type, message: the exception's, cut to a few kilobytes; for "types", the checker's JSON report, whole.
        frames: (function, line, column) of the program's own calls, outermost first.
    """

    cause: Cause
    type: str
    message: str
    frames: tuple[tuple[str, int, int], ...] = ()


Event = Called | Done | Raised


def over(cause: Literal["time", "memory", "prints"], limits: Limits, frames: Any = ()) -> Raised:
    """The end of a program that used up a limit."""
    told = {
        "time": ("TimeLimit", f"computed for more than {limits.turn_s:g} s without a skill call, or too long in all"),
        "memory": ("MemoryLimit", f"needed more than {limits.memory_bytes >> 20} MB"),
        "prints": ("PrintLimit", f"printed more than {limits.print_chars} characters"),
    }
    kind, sentence = told[cause]
    return Raised(cause, kind, f"the program {sentence}", frames)


class Flooded(Exception):
    """Raised by a print listener to end the program."""


class Guest(Protocol):
    """One program's interpreter, fresh for it and discarded with it.

    Attributes:
        backend: name and version of what interprets it, for the record; where that is chosen, known once it started.
    """

    @property
    def backend(self) -> str:
        """See above."""

    def start(self, source: str, names: Mapping[str, Any], on_print: Callable[[str], None], check: bool) -> Event:
        """Runs source until it calls out or ends.

        Args:
            source: the program.
            names: globals, in the form of `values.outward`.
            on_print: hears what it prints; may raise Flooded.
            check: whether to check types against the stubs first.
        """

    def resume(self, value: Any) -> Event:
        """Answers the call with a value, in the form of `values.outward`."""

    def throw(self, kind: str, message: str) -> Event:
        """Answers the call with a builtin exception, by name."""

    def kill(self) -> None:
        """Ends it at once, from any thread; a turn that is under way ends as Raised("died")."""

    def close(self) -> None:
        """Gives everything back; idempotent."""


class Backend(Protocol):
    """Makes guests, ahead of need where starting one takes time.

    Attributes:
        name, version: for people.
        language: how much of Python its guests run.
    """

    name: str
    version: str
    language: Language

    def guest(self, limits: Limits, *, functions: frozenset[str], stubs: str = "", seed: int = 0) -> Guest:
        """A fresh interpreter.

        Args:
            limits: what it may use.
            functions: names that the program may use as values too (``f = SAM``), not only call.
            stubs: declarations to check programs against.
            seed: of the program's ``random``.

        Raises:
            SandboxUnavailable: none can be started, or contained.
        """

    def close(self) -> None:
        """Ends every spare."""
