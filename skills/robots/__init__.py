"""What every arm can do, simulated or real. A new robot is a module or package beside this file (DESIGN: house)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from skills.types import Action, Observation, Outcome, Tool, UInt8, Workspace


@dataclass(frozen=True)
class RobotInfo:
    """What a robot is: workspace, tools, camera names, speeds it accepts (fractions of full), simulated or not."""

    name: str
    workspace: Workspace
    tools: tuple[Tool, ...]
    cameras: tuple[str, ...]
    speed_range: tuple[float, float] = (0.05, 1.0)
    simulated: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)


class Monitor(Protocol):
    """Watches a motion. A robot calls ``tick`` at least every 50 ms while it moves."""

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        """Reports the phase and, where the robot has one at hand, a picture of the scene, (H, W, 3) uint8.

        Raises:
            Aborted: stop was asked for or the deadline passed; the robot ends the motion at once.
        """

    def wants_frame(self) -> bool:
        """Whether someone would look at a frame now; a robot renders only then."""

    def planned(self, seconds: float) -> None:
        """A motion planned to take this long begins; ``tick`` raises once it takes more than twice that and 5 s.

        For robots whose motions take time; a simulator that steps as fast as it can leaves it out.
        """

    def waiting(self) -> AbstractContextManager[None]:
        """The block waits for a person; no clock runs."""


class Silent:
    """A monitor that nobody watches and nothing stops."""

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        """Does nothing."""

    def wants_frame(self) -> bool:
        """Never."""
        return False

    def planned(self, seconds: float) -> None:
        """Does nothing."""

    def waiting(self) -> AbstractContextManager[None]:
        """Does nothing."""
        return nullcontext()


@runtime_checkable
class Robot(Protocol):
    """An arm over a table with cameras.

    ``hold`` ends an episode normally: the arm stays where it is, ready for the next. ``stop`` ends it abnormally: it is
    idempotent, may be called from another thread, and on a real arm it latches until ``acknowledge``.
    """

    @property
    def info(self) -> RobotInfo:
        """What this robot is."""

    def configure(self, *, speed: float | None = None) -> None:
        """Sets the speed as a fraction of full; ValueError outside ``info.speed_range``."""

    def observe(self, newer_than: float | None = None) -> Observation:
        """Looks. With ``newer_than`` (seconds, the clock of ``stamp_s``) an older picture does not count."""

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """Carries one action out and measures what became of it. Raises Aborted when the monitor does."""

    def hold(self) -> None:
        """A normal end."""

    def stop(self) -> None:
        """An abnormal end."""

    def acknowledge(self) -> None:
        """A person saw the stop and lets the robot move again."""

    def close(self) -> None:
        """Gives everything back."""


@runtime_checkable
class Clonable(Protocol):
    """What only a simulator can: go back. A snapshot is taken between actions, at rest, with an empty gripper."""

    def snapshot(self) -> object:
        """Everything that the future depends on: bodies, goal stages, tool, generator, step count."""

    def restore(self, snapshot: object) -> None:
        """Back to a snapshot of the same world; constraints are removed first."""
