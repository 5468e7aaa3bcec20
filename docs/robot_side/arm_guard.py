"""What stands between a network and an arm, without any ROS in it: one motion at a time, ids, box, watchdog, stop.

The nodes beside this file carry messages to it. Python 3.8 (ROS 1 Noetic) is enough. It is a second wall and no safety
system: the arm's own limits and the emergency stop in a person's hand come first.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

WATCHDOG_S = 0.5
"""Without a heartbeat for so long a motion is stopped, and none is begun."""
CLEARANCE_M = 0.12
"""How far above pick and place the tool crosses the table."""


class Halted(Exception):
    """The motion must end now; the message is the error code."""


class Guard:
    """The node's state. Any thread may call it.

    Args:
        low, high: corners of the box in which the tool may touch things, metres, base frame.
        grasped: says whether something is in the gripper, by its own sensor.
        now: seconds of a clock that never jumps.

    Attributes:
        state, error_code: as GetState tells them.
        last: id, success, error code and message of the last motion that was taken on.
    """

    def __init__(
        self,
        low: Sequence[float],
        high: Sequence[float],
        grasped: Callable[[], bool],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.low, self.high = tuple(low), tuple(high)
        self.state, self.error_code = "IDLE", ""
        self._grasped, self._now = grasped, now
        self._beaten = -math.inf
        self.last = ("", False, "", "")
        self._until = math.inf
        self._halt = ""
        self._lock = threading.RLock()

    def beat(self) -> None:
        """A heartbeat was heard."""
        self._beaten = self._now()

    def heard(self) -> bool:
        """Whether the heart beats."""
        return self._now() - self._beaten < WATCHDOG_S

    def take(self, command_id: str, points: Sequence[Sequence[float]], timeout_s: float) -> str:
        """Takes a motion on; "" or the error code for which it is refused."""
        numbers = [value for point in points for value in point]
        with self._lock:
            if not command_id or not all(math.isfinite(v) for v in [*numbers, timeout_s]) or timeout_s <= 0:
                return "BAD_GOAL"
            if command_id == self.last[0]:
                return "DUPLICATE"
            if self.state != "IDLE":
                return "BUSY"
            if not self.heard():
                return "NO_HEARTBEAT"
            if not all(a <= v <= b for p in points for a, v, b in zip(self.low, p, self.high)):
                return "OUT_OF_WORKSPACE"
            self.state, self.error_code, self._halt = "MOVING", "", ""
            self.last = (command_id, False, "", "")
            self._until = self._now() + timeout_s
            return ""

    def go_on(self) -> None:
        """To be called at least every 20 ms while the arm moves.

        Raises:
            Halted: it must not: stop was asked for, the heart stopped, or the time is used.
        """
        with self._lock:
            late = self._now() > self._until
            code = self._halt or ("" if self.heard() else "WATCHDOG") or ("TIMEOUT" if late else "")
        if code:
            raise Halted(code)

    def ended(self, code: str, message: str = "") -> None:
        """A motion that was taken on is over, and the arm stands still."""
        with self._lock:
            self.last = (self.last[0], code == "", code, message)
            if self.state == "MOVING":
                held = code in ("STOPPED", "WATCHDOG", "TIMEOUT", "CANCELED")
                self.state = "IDLE" if code in ("", "MISSED") else "HOLDING" if held else "FAULT"
                self.error_code = "" if self.state == "IDLE" else code

    def stop(self, code: str = "STOPPED") -> None:
        """Stops a motion, and lets none begin before it is acknowledged. May be called at any time, again and again."""
        with self._lock:
            self._halt = self._halt or code
            if self.state == "IDLE":
                self.state, self.error_code = "HOLDING", code

    def trouble(self, state: str, code: str) -> None:
        """The arm itself reports FAULT or ESTOP."""
        with self._lock:
            self._halt = self._halt or code
            self.state, self.error_code = state, code

    def acknowledge(self, arm_is_well: bool = True) -> bool:
        """A person saw what happened; whether it may move again."""
        with self._lock:
            if self.state == "MOVING" or not arm_is_well:
                return False
            self.state, self.error_code, self._halt = "IDLE", "", ""
            return True

    def told(self) -> dict[str, Any]:
        """The fields of GetState's answer."""
        with self._lock:
            id, success, code, message = self.last
            return {
                "state": self.state,
                "error_code": self.error_code,
                "grasped": bool(self._grasped()),
                "last_command_id": id,
                "last_success": success,
                "last_error_code": code,
                "last_message": message,
                "workspace_low": dict(zip("xyz", map(float, self.low))),
                "workspace_high": dict(zip("xyz", map(float, self.high))),
                "heartbeat": self.heard(),
            }


def carry(
    arm: Any,
    guard: Guard,
    pick: Sequence[float],
    place: Sequence[float],
    width: float,
    speed: float,
    phase: Callable[[str, float], None],
) -> str:
    """One pick and place, phase by phase; the error code, "" when done. The arm stands still when it returns.

    Args:
        arm: has ``move(x, y, z, yaw, speed, go_on)``, which calls ``go_on`` at least every 20 ms and lets through what
            it raises; ``grip(width)``, ``release()``, ``grasped()`` and ``halt()``, which stops it at once.
        guard: must have taken the motion on.
        pick: (x, y, z, yaw), metres and radians, base frame.
        place: likewise.
        width: of the thing, metres; 0 for suction.
        speed: fraction of full.
        phase: hears each phase and the progress in [0, 1].
    """
    high = max(pick[2], place[2]) + CLEARANCE_M
    try:
        for name, share, (x, y, _, yaw), z in (
            ("approach", 0.0, pick, high),
            ("grasp", 0.2, pick, pick[2]),
            ("lift", 0.4, pick, high),
            ("transfer", 0.5, place, high),
            ("release", 0.7, place, place[2]),
            ("retreat", 0.9, place, high),
        ):
            phase(name, share)
            arm.move(x, y, z, yaw, speed, guard.go_on)
            if name == "grasp":
                arm.grip(width)
            if name == "lift" and not arm.grasped():
                return "MISSED"
            if name == "release":
                arm.release()
        return ""
    except Halted as halted:
        arm.halt()
        return str(halted)
    except Exception:
        arm.halt()
        raise
