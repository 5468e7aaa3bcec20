"""VIMABench's arm: the ``Robot`` protocol on a ``VimaBenchEnv``."""

from __future__ import annotations

from sim.cameras import CAMERAS
from sim.judging import Verdict
from sim.robot import Stoppable, Stopping
from sim.vimabench.env import VimaBenchEnv
from skills.robots import Monitor, RobotInfo
from skills.types import Action, Moment, Observation, Outcome


class VimaBenchRobot(Stopping):
    """VIMABench's arm as programs and skills know any arm; the environment must have been reset."""

    def __init__(self, env: VimaBenchEnv) -> None:
        super().__init__()
        self.env = env

    @property
    def info(self) -> RobotInfo:
        """What this robot is. VIMABench's arm has one speed."""
        return RobotInfo("vimabench", self.env.workspace, (self.env.tool,), tuple(CAMERAS), (1.0, 1.0))

    @property
    def history(self) -> list[Moment]:
        """The start, then one moment after each action that was carried out."""
        return list(self.env.history)

    def configure(self, *, speed: float | None = None) -> None:
        """Takes full speed and no other."""
        if speed not in (None, 1.0):
            raise ValueError(f"speed {speed}: VIMABench's arm has one speed, 1.0")

    def observe(self, newer_than: float | None = None) -> Observation:
        """How things stood after the last action; nothing moves in between."""
        return Observation(self.env.look(), self.env.seconds, self.env.tool)

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """Carries one action out; stopping it ends VIMABench's process, for nothing else would."""
        if self._stopped.is_set():
            return Outcome(action, "rejected", error="the robot was stopped; acknowledge it first")
        return self.env.carry_out(action, Stoppable(monitor, self._stopped))

    def verdict(self) -> Verdict:
        """What the episode came to."""
        return self.env.verdict()

    def close(self) -> None:
        """Ends the process."""
        self.env.close()
