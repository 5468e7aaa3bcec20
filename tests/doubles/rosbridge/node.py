"""The arm's side, by the contract in docs/robot_side: one motion at a time, ids, box, watchdog, a stop that holds."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from doubles.rosbridge.arms import Arm, Halt, KinematicArm
from doubles.rosbridge.faults import Faults
from skills.types import Pose, Workspace

WATCHDOG_S = 0.5
BOX = Workspace((0.25, -0.5, 0.0), (0.75, 0.5, 0.3))


@dataclass
class Goal:
    pick: Pose
    place: Pose
    command_id: str
    on_phase: Callable[[str, float], None]
    on_end: Callable[[str, dict[str, Any]], None]
    cancelled: threading.Event = field(default_factory=threading.Event)


class Node:
    """Attributes of interest to tests: `motions` (id, pick, place) begun, `stopped_s` when the arm last stopped."""

    def __init__(self, arm: Arm, faults: Faults) -> None:
        self.arm, self.faults = arm, faults
        self.state, self.error_code = "IDLE", ""
        self.last: tuple[str, bool, str, str] = ("", False, "", "")
        self.beaten_s = 0.0
        self.motions: list[tuple[str, Pose, Pose]] = []
        self.stops: list[float] = []
        self.stopped_s = 0.0
        self.sides: list[tuple[str, float]] = []
        self.views = arm.pictures() if isinstance(arm, KinematicArm) else {}
        self.on_phase: Callable[[str], None] = lambda phase: None
        self._halt = threading.Event()
        self._lock = threading.Lock()
        self._goals: queue.Queue[Goal | None] = queue.Queue()
        self.ready = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    # --- what the bridge asks for -------------------------------------------------------------------------------------

    def accept(self, goal: Goal) -> str:
        """Takes a goal on; an error code when it does not."""
        with self._lock:
            if goal.command_id == self.last[0]:
                return "DUPLICATE"
            if self.state != "IDLE":
                return "BUSY"
            if time.monotonic() - self.beaten_s > WATCHDOG_S:
                return "NO_HEARTBEAT"
            if not (BOX.holds(goal.pick) and BOX.holds(goal.place)):
                return "OUT_OF_WORKSPACE"
            self.state, self.last = "MOVING", (goal.command_id, False, "", "")
            self._halt.clear()
        self._goals.put(goal)
        return ""

    def beat(self) -> None:
        self.beaten_s = time.monotonic()

    def stop(self, code: str = "STOPPED") -> None:
        with self._lock:
            self.stops.append(time.monotonic())
            self._halt.set()
            if self.state in ("IDLE", "HOLDING"):
                self.state, self.error_code = "HOLDING", code
            else:
                self.error_code = code

    def acknowledge(self) -> bool:
        with self._lock:
            if self.state in ("MOVING", "ESTOP"):
                return False
            self.state, self.error_code = "IDLE", ""
            return True

    def estop(self) -> None:
        """A person pressed the button."""
        with self._lock:
            self._halt.set()
            self.state, self.error_code = "ESTOP", "BUTTON"

    def told(self) -> dict[str, Any]:
        id, success, code, message = self.last
        low, high = (dict(zip("xyz", corner)) for corner in (BOX.low, BOX.high))
        state = {
            "state": "MOVING" if self.faults.state == "moving" else self.state,
            "error_code": self.error_code,
            "grasped": self.arm.grasped or self.faults.state == "grasped",
            "last_command_id": id,
            "last_success": success,
            "last_error_code": code,
            "last_message": message,
            "workspace_low": low,
            "workspace_high": high,
            "heartbeat": time.monotonic() - self.beaten_s < WATCHDOG_S,
        }
        if self.faults.state == "nan":
            state["workspace_low"] = {"x": None, "y": None, "z": None}  # how rosbridge writes NaN
        if self.faults.state == "wrong_type":
            state |= {"state": 3, "grasped": "no"}
        return state

    def close(self) -> None:
        self._halt.set()
        self._goals.put(None)
        self._thread.join(10)

    # --- its own thread, the only one that touches the arm ------------------------------------------------------------

    def _work(self) -> None:
        self.views = self.arm.pictures()
        self.ready.set()
        while (goal := self._goals.get()) is not None:
            self.motions.append((goal.command_id, goal.pick, goal.place))
            self.views = {}  # no picture is taken while the arm is in the way
            code = self._carry(goal)
            self.views = self.arm.pictures()
            status = {"": "succeeded", "STOPPED": "canceled", "WATCHDOG": "canceled"}.get(code, "aborted")
            with self._lock:
                self.last = (goal.command_id, code == "", code, "")
                if self.state != "ESTOP":
                    self.state = "HOLDING" if code in ("STOPPED", "WATCHDOG") else "IDLE"
            goal.on_end(status, {"success": code == "", "error_code": code, "message": ""})

    def _carry(self, goal: Goal) -> str:
        if self.faults.result == "lies":
            time.sleep(0.05)
            return ""
        phase = ""

        def tick(now: str) -> None:
            nonlocal phase
            if now != phase:
                phase = now
                self.on_phase(phase)
            goal.on_phase(phase, 0.5)
            if time.monotonic() - self.beaten_s > WATCHDOG_S:
                self.error_code = "WATCHDOG"
                self._halt.set()
            if self._halt.is_set() or goal.cancelled.is_set():
                raise Halt

        if isinstance(self.arm, KinematicArm):
            self.arm.misses = self.faults.misses
        try:
            return self.arm.carry(goal.pick, goal.place, tick)
        except Halt:
            self.stopped_s = time.monotonic()
            self.arm.let_go()
            return "WATCHDOG" if self.error_code == "WATCHDOG" else "STOPPED"


def goal_poses(values: Mapping[str, Any]) -> tuple[Pose, Pose]:
    """Pick and place of a goal's message."""
    import math

    def pose(stamped: Mapping[str, Any]) -> Pose:
        at, turn = stamped["pose"]["position"], stamped["pose"]["orientation"]
        return Pose(at["x"], at["y"], at["z"], 2 * math.atan2(turn["z"], turn["w"]))

    return pose(values["pick"]), pose(values["place"])
