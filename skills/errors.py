"""Errors whose message is a sentence for its reader: what was asked, what there is, what to do.

A ``SkillError`` speaks to a program's author, a ``Mistake`` to the person at the command line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Mistake(ValueError):
    """A person asked for something that can't be; the command line shows the sentence and ends with status 2."""


class UnknownName(Mistake, LookupError):
    """Asked for something by a name that does not exist; says what does."""

    def __init__(self, kind: str, asked: str, there: Iterable[str]) -> None:
        self.asked, self.there = asked, sorted(there)
        listed = ", ".join(self.there)
        super().__init__(f"no {kind} is called {asked!r}{did_you_mean(asked, self.there)}; there are: {listed}")

    def __str__(self) -> str:
        """The sentence (a LookupError alone would quote it)."""
        return str(self.args[0])


def did_you_mean(asked: str, there: Iterable[str]) -> str:
    """``" (did you mean 'rotate'?)"``, or nothing when no name is near."""
    near = difflib.get_close_matches(asked, list(there), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


class SkillError(Exception):
    """A skill could not do what it was asked. Crosses to the program, which may catch it, and to the author."""

    stage = "motion"
    """Where an episode that dies of this error failed: perception | geometry | motion."""


class NothingFound(SkillError):
    """Perception found nothing that fits."""

    stage = "perception"


class NoSurface(SkillError):
    """A pixel has no point on the table or on an object."""

    stage = "geometry"


class BadArgument(SkillError):
    """An argument has the right type and an impossible value."""

    stage = "program"


class OutOfReach(SkillError):
    """A pose lies outside the workspace."""

    stage = "motion"


class MotionFailed(SkillError):
    """The robot could not carry an action out."""

    stage = "motion"


class Aborted(BaseException):
    """Stop was asked for, or a deadline passed. Not an Exception: nothing between robot and gateway may swallow it."""


class RobotLost(BaseException):
    """The robot or simulator is gone, or can't go on, for a reason of its own; the episode counts as infrastructure.

    Like ``Aborted`` it is no Exception: a program that could catch it would be judged for it.
    """
