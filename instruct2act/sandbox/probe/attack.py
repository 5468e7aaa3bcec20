"""Hostile programs, each with the ends that show that it was contained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOTHING: Any = object()
ANYTHING: Any = object()
"""Whatever it returns: it came from a process with nothing in it. The bait is looked for in it all the same."""


@dataclass(frozen=True)
class End:
    """How an attack may end.

    Attributes:
        dies: the errors, any one of which ends it.
        gives: what it returns instead, when it is let run to its end; NOTHING when it must not be.
    """

    dies: tuple[str, ...] = ()
    gives: Any = NOTHING


@dataclass(frozen=True)
class Attack:
    """A hostile program.

    Attributes:
        name: of the test.
        source: the program. It returns what it got hold of.
        first: its end in Monty; None where it makes no sense there.
        second: its end in CPython; the same when left out.
        raw: it is a list of attempts at the kernel, made by a bare CPython in Monty's jail, or by a program in the
            other one; every one of them must be refused.
    """

    name: str
    source: str
    first: End | None
    second: End | None
    raw: bool = False

    def end(self, backend: str) -> End | None:
        """Its end in the interpreter of that name."""
        return self.first if backend == "monty" else self.second


def gives(name: str, source: str, value: Any = None, second: End | None = None) -> Attack:
    """An attack that runs to its end and comes away with ``value``."""
    return Attack(name, source, End(gives=value), second or End(gives=value))


def dies(name: str, source: str, *errors: str, second: End | None = None) -> Attack:
    """An attack that an error ends."""
    return Attack(name, source, End(errors), second or End(errors))


def climbs(name: str, source: str, *errors: str) -> Attack:
    """Climbing from object to object: an error ends it in Monty; in CPython there is nothing at the top."""
    return Attack(name, source, End(errors) if errors else End(gives=None), End(_SHOWN, ANYTHING))


def real(name: str, source: str, *errors: str, value: Any = NOTHING) -> Attack:
    """An attack with CPython's own modules, had by way of a builtin: ends so there, at the first line in Monty."""
    return Attack(name, _BY_WAY_OF + source, End(("AttributeError",)), End(errors, value))


def forged(name: str, source: str, *errors: str, value: Any = NOTHING) -> Attack:
    """An attack on the wire by a program that has taken its worker over: ``say`` writes bytes, ``tell`` a frame."""
    return Attack(name, _WIRE + source, None, End(errors, value))


def raw(name: str, attempts: str, first: bool = True, kills: bool = False) -> Attack:
    """Attempts at the kernel, a Python expression that is a list; ``kills`` where it answers with a signal."""
    end = End(("Crashed",)) if kills else End(gives=ANYTHING)
    return Attack(name, attempts, end if first else None, end, raw=True)


_SHOWN = ("BadReturn", "RecursionError")
_BY_WAY_OF = "load = print.__self__.__import__\nos, sys = load('os'), load('sys')\n"
_WIRE = (
    "load = print.__self__.__import__\nos, json = load('os'), load('json')\n"
    "def say(data):\n    while data:\n        data = data[os.write(3, data):]\n"
    "def frame(data):\n    return len(data).to_bytes(4, 'big') + data\n"
    "def tell(**message):\n    say(frame(json.dumps(message).encode()))\n"
    "def spin():\n    while True:\n        pass\n"
)
