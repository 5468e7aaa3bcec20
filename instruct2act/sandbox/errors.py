"""What goes wrong with a program, as data: for its author to mend it, for a record to count it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from skills.errors import Mistake

MESSAGE_BYTES = 2000

Stage = Literal["syntax", "unsupported", "types", "runtime", "api", "limit", "aborted"]


class SandboxUnavailable(Mistake):
    """Generated code cannot be contained on this machine; says which layer is missing and what to do."""


@dataclass(frozen=True)
class Problem:
    """Something that a program would fail on, found before anything ran.

    Attributes:
        stage: "syntax", "unsupported" (Python that the sandbox lacks), "types" or "api" (a skill called wrongly).
        message: a sentence that says what was asked, what there is and, where one comes to mind, what was meant.
        line, column: where, counted from 1.
        source_line: the line itself.
    """

    stage: Stage
    message: str
    line: int = 0
    column: int = 0
    source_line: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.message}" + (f"\n    {self.source_line.strip()}" if self.source_line else "")


@dataclass(frozen=True)
class Frame:
    """One level of a program's traceback."""

    function: str
    line: int
    source_line: str


@dataclass(frozen=True)
class Failure:
    """Why a run did not finish, in the form that an author mends a program from.

    Attributes:
        stage: "syntax", "unsupported", "types", "runtime" (the program's own exception), "api" (a skill refused),
            "limit" (time, memory, calls, prints) or "aborted" (stop was asked for).
        type: the exception's name, or the limit's.
        message: at most 2 kB; never holds anything of the host's.
        line, column, source_line: where in the program, counted from 1; 0 and "" when that is unknown.
        frames: the program's own calls, outermost first.
        api_calls_so_far: the skills called, as "name(line)", oldest first; the last twenty.
        prints_tail: the end of what it printed.
        failed_at: where a record counts it: program | sandbox | perception | geometry | motion.
        problems: everything the check found, when it was refused.
    """

    stage: Stage
    type: str
    message: str
    line: int = 0
    column: int = 0
    source_line: str = ""
    frames: tuple[Frame, ...] = ()
    api_calls_so_far: tuple[str, ...] = ()
    prints_tail: str = ""
    failed_at: str = "program"
    problems: tuple[Problem, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a record or a message to the author."""
        return asdict(self)

    def after(self, calls: Iterable[str], prints: str) -> Failure:
        """The same, with what had happened before it."""
        return replace(self, api_calls_so_far=tuple(calls)[-20:], prints_tail=prints[-500:])

    def __str__(self) -> str:
        where = f" (line {self.line}: {self.source_line.strip()})" if self.line else ""
        return f"{self.type}: {self.message}{where}"


_UNPRINTABLE = dict.fromkeys(
    [*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029],
    "\ufffd",
)


def printable(text: str) -> str:
    """A text without the characters that steer a terminal or turn what follows around; lines and tabs stay."""
    return text.translate(_UNPRINTABLE)


def clipped(text: str, size: int = MESSAGE_BYTES) -> str:
    """A printable text of at most ``size`` UTF-8 bytes, its middle left out where it is longer."""
    if len(text) > 2 * size:
        text = text[:size] + text[-size:]
    data = printable(text).encode(errors="replace")
    if len(data) <= size:
        return data.decode()
    head, tail = data[: size * 2 // 3], data[-(size // 4) :]
    return f"{head.decode(errors='ignore')} … {tail.decode(errors='ignore')}"


def refused(problems: Sequence[Problem]) -> Failure:
    """The failure that a program's problems amount to: the first one, and all of them beside it."""
    first = problems[0]
    text = "\n".join(str(problem) for problem in problems[:10])
    names = {"syntax": "SyntaxError", "unsupported": "Unsupported", "types": "TypeError", "api": "BadCall"}
    return Failure(
        first.stage,
        names.get(first.stage, "Refused"),
        clipped(text),
        first.line,
        first.column,
        first.source_line,
        problems=tuple(problems),
    )
