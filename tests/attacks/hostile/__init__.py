"""Hostile programs by class, each with how it must end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOTHING: Any = object()


@dataclass(frozen=True)
class Attack:
    """A hostile program.

    Attributes:
        name: of the test.
        source: the program. It returns what it got hold of.
        dies: the errors, any one of which ends it.
        gives: what it returns instead, when it is let run to its end.
    """

    name: str
    source: str
    dies: tuple[str, ...] = ()
    gives: Any = NOTHING


def gives(name: str, source: str, value: Any = None) -> Attack:
    """An attack that runs to its end and comes away with ``value``."""
    return Attack(name, source, gives=value)


def dies(name: str, source: str, *errors: str) -> Attack:
    """An attack that an error ends."""
    return Attack(name, source, dies=errors)
