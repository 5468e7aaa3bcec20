"""The simulated arm, as programs and skills know any arm: the ``Robot`` protocol on a ``TabletopEnv``."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

from sim.cameras import CAMERAS
from sim.env import EnvSnapshot, TabletopEnv
from sim.judging import Verdict
from sim.placement import WORKSPACE
from skills.errors import Aborted
from skills.robots import Monitor, RobotInfo
from skills.types import Action, Moment, Observation, Outcome, UInt8

_SPEEDS = (0.05, 1.0)


class Stopping:
    """What every simulated arm shares: its stop latches until somebody acknowledges it."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def hold(self) -> None:
        """A normal end: the arm stays where it is."""

    def stop(self) -> None:
        """Ends a motion at its next tick; nothing moves again before ``acknowledge``. May come from any thread."""
        self._stopped.set()

    def acknowledge(self) -> None:
        """Lets it move again."""
        self._stopped.clear()


class SimRobot(Stopping):
    """A simulated arm over the table of one environment, which must have been reset.

    The episode is judged when somebody asks for the ``verdict``, so that a later mistake counts.
    """

    def __init__(self, env: TabletopEnv) -> None:
        super().__init__()
        self.env = env

    @property
    def info(self) -> RobotInfo:
        """What this robot is."""
        return RobotInfo(f"table-{self.env.motion}", WORKSPACE, (self.env.tool,), tuple(CAMERAS), _SPEEDS)

    @property
    def history(self) -> list[Moment]:
        """The start, then one moment after each action that was carried out."""
        return list(self.env.history)

    def configure(self, *, speed: float | None = None) -> None:
        """Sets the speed as a fraction of full.

        Raises:
            ValueError: outside ``info.speed_range``.
        """
        if speed is None:
            return
        if not _SPEEDS[0] <= speed <= _SPEEDS[1]:
            raise ValueError(f"speed {speed} lies outside {_SPEEDS[0]}..{_SPEEDS[1]} (1.0 is full speed)")
        self.env.speed = float(speed)

    def observe(self, newer_than: float | None = None) -> Observation:
        """Looks with every camera: colour, depth and truth. A simulated picture is always taken now."""
        return Observation(self.env.look(), self.env.world.seconds, self.env.tool)

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """Carries one action out. ``rejected``: outside the workspace, past the budget, after a stop, without its tool.

        Raises:
            Aborted: the monitor or another thread's ``stop`` ended the motion.
        """
        if self._stopped.is_set():
            return Outcome(action, "rejected", self.env.tool_pose, error="the robot was stopped; acknowledge it first")
        if action.tool != self.env.tool:
            error = f"the action needs the {action.tool}, and the {self.env.tool} is on the arm"
            return Outcome(action, "rejected", self.env.tool_pose, error=error)
        return self.env.carry_out(action, Stoppable(monitor, self._stopped))

    def verdict(self) -> Verdict | None:
        """What the episode came to, as things stand now; None in a free scene."""
        return self.env.verdict()

    def close(self) -> None:
        """Gives the engine back."""
        self.env.close()

    def snapshot(self) -> EnvSnapshot:
        """Everything that the future depends on; between actions, at rest, with an empty gripper."""
        return self.env.snapshot()

    def restore(self, snapshot: object) -> None:
        """Back to a snapshot of the same episode."""
        if not isinstance(snapshot, EnvSnapshot):
            raise TypeError(f"a snapshot of this robot is an EnvSnapshot, not {type(snapshot).__name__}")
        self.env.restore(snapshot)


class Stoppable:
    """A monitor that also hears ``stop``; see ``Monitor``."""

    def __init__(self, inner: Monitor, stopped: threading.Event) -> None:
        self._inner, self._stopped = inner, stopped

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        """Reports, or raises Aborted after a stop."""
        if self._stopped.is_set():
            raise Aborted("the robot was stopped")
        self._inner.tick(phase, frame)

    def wants_frame(self) -> bool:
        """As the monitor says."""
        return self._inner.wants_frame()

    def planned(self, seconds: float) -> None:
        """Tells the monitor."""
        self._inner.planned(seconds)

    def waiting(self) -> AbstractContextManager[None]:
        """Tells the monitor."""
        return self._inner.waiting()
