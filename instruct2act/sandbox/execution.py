"""What a run leaves behind, and what can be heard of it while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from instruct2act.sandbox.errors import Failure
from skills import Skill

Dispatch: TypeAlias = Callable[[Skill, Mapping[str, Any]], Any]
"""Carries one call out: ``lambda skill, arguments: skill.function(context, **arguments)``."""

Status = Literal["finished", "failed", "refused", "interrupted", "infrastructure"]


@dataclass(frozen=True)
class CallStarted:
    """A skill is about to run. ``arguments`` are the host's objects."""

    index: int
    name: str
    arguments: Mapping[str, Any]
    line: int
    source_line: str


@dataclass(frozen=True)
class CallEnded:
    """A skill returned (``result``: the host's objects) or failed (``error``: a sentence)."""

    index: int
    name: str
    arguments: Mapping[str, Any]
    result: Any
    error: str
    seconds: float
    line: int


@dataclass(frozen=True)
class Printed:
    """The program printed."""

    text: str


HeardEvent: TypeAlias = CallStarted | CallEnded | Printed
Listener: TypeAlias = Callable[[HeardEvent], None]
"""Hears a run, in order, in its thread; an exception in it ends the run abnormally and leaves `Gateway.run`."""


@dataclass
class SkillCall:
    """One call, for the record: plain data.

    Attributes:
        name, arguments: what was called; handles as {"kind", "id"}.
        seconds: that it took.
        error: the sentence it failed with, "" otherwise.
        line, source_line: where in the program.
        result: summarised.
        internal: a traceback of the host's, when the skill itself broke; never crosses to the program.
    """

    name: str
    arguments: dict[str, Any]
    seconds: float = 0.0
    error: str = ""
    line: int = 0
    source_line: str = ""
    result: Any = None
    internal: str = ""


@dataclass
class Execution:
    """What became of a program.

    Attributes:
        status: "finished"; "failed" (its own exception, a skill's, or a limit: see ``error``); "refused" (found wrong
            before anything ran); "interrupted" (stop or Ctrl-C); "infrastructure" (the worker died by itself).
        value: what ``main`` returned, bounded plain data; handles as {"kind", "id"}.
        calls: skills called, in order.
        prints: what it printed, to the limit.
        error: why it did not finish; None when it did.
        seconds: by clock: program, skills, motion, waiting, wall.
        backend: name and version of the interpreter.
    """

    status: Status
    value: Any = None
    calls: list[SkillCall] = field(default_factory=list)
    prints: str = ""
    error: Failure | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    backend: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON-able data."""
        return asdict(self)
