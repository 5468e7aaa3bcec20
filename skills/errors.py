"""Errors whose message is a sentence for the program's author: what was asked, what there is, what to do."""

from __future__ import annotations


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
