"""An arm that is none: a point that moves in straight lines. For rehearsing everything else before the real one moves.

Your own arm is a class with these methods; ``move`` is the one to take care of.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

FULL_SPEED_M_S = 0.25
ROUND_S = 0.01


class RehearsalArm:
    """Believes that there is something wherever it grasps."""

    def __init__(self) -> None:
        self.x, self.y, self.z, self.yaw = 0.4, 0.0, 0.3, 0.0
        self._grasped = False

    def move(self, x: float, y: float, z: float, yaw: float, speed: float, go_on: Callable[[], None]) -> None:
        """Straight to a pose; ``go_on`` is called every 10 ms, and what it raises ends the motion where it is."""
        begin = (self.x, self.y, self.z, self.yaw)
        way = math.dist(begin[:3], (x, y, z))
        rounds = max(1, math.ceil(way / (FULL_SPEED_M_S * speed * ROUND_S)))
        for k in range(1, rounds + 1):
            go_on()
            share = k / rounds
            self.x, self.y, self.z, self.yaw = (a + share * (b - a) for a, b in zip(begin, (x, y, z, yaw)))
            time.sleep(ROUND_S)

    def grip(self, width: float) -> None:
        """Suction on, or jaws to ``width``; returns when it holds or gives up."""
        time.sleep(0.1)
        self._grasped = True

    def release(self) -> None:
        """Suction off, or jaws open."""
        time.sleep(0.1)
        self._grasped = False

    def grasped(self) -> bool:
        """By the gripper's own sensor."""
        return self._grasped

    def halt(self) -> None:
        """Stands still at once, with power on; must work from any thread."""

    def well(self) -> bool:
        """Neither faulted nor with its emergency stop pressed; asked when a person acknowledges.

        In a rehearsal that person has taken out what was in the gripper.
        """
        self._grasped = False
        return True
