"""Robots around robots: one that only plans, one that asks a person first. Any robot can be inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from skills.errors import Aborted
from skills.robots import Monitor, Robot, RobotInfo
from skills.types import Action, Observation, Outcome

Answer = Literal["yes", "no", "stop"]
DRY = "dry run: planned, and nothing was sent"


class Wrapper:
    """Passes everything on."""

    def __init__(self, inner: Robot) -> None:
        self.inner = inner

    @property
    def info(self) -> RobotInfo:
        """As the robot inside."""
        return self.inner.info

    def configure(self, *, speed: float | None = None) -> None:
        """As the robot inside."""
        self.inner.configure(speed=speed)

    def observe(self, newer_than: float | None = None) -> Observation:
        """As the robot inside."""
        return self.inner.observe(newer_than)

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """As the robot inside."""
        return self.inner.execute(action, monitor)

    def hold(self) -> None:
        """As the robot inside."""
        self.inner.hold()

    def stop(self) -> None:
        """As the robot inside."""
        self.inner.stop()

    def acknowledge(self) -> None:
        """As the robot inside."""
        self.inner.acknowledge()

    def close(self) -> None:
        """As the robot inside."""
        self.inner.close()


class DryRun(Wrapper):
    """Looks through the robot inside and never moves it.

    Attributes:
        planned: what would have been carried out, in order.
    """

    def __init__(self, inner: Robot) -> None:
        super().__init__(inner)
        self.planned: list[Action] = []

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """Takes note of the action. ``rejected``: nothing moved, and nobody is to believe that it did."""
        self.planned.append(action)
        return Outcome(action, "rejected", error=DRY)


class Approved(Wrapper):
    """Asks a person before motions; no clock runs meanwhile.

    Args:
        inner: the robot.
        ask: shows an action and says what the person answered.
        first_only: asks before the first motion, and takes a yes for all that follow.
    """

    def __init__(self, inner: Robot, ask: Callable[[Action], Answer], first_only: bool = False) -> None:
        super().__init__(inner)
        self._ask, self._first_only, self._agreed = ask, first_only, False

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """Carries it out after a yes; ``rejected`` after a no.

        Raises:
            Aborted: the person said stop; the robot inside was stopped.
        """
        if not (self._first_only and self._agreed):
            with monitor.waiting():
                answer = self._ask(action)
            if answer == "stop":
                self.inner.stop()
                raise Aborted("the person who was asked said stop")
            if answer != "yes":
                return Outcome(action, "rejected", error="the person who was asked said no")
            self._agreed = True
        return self.inner.execute(action, monitor)
