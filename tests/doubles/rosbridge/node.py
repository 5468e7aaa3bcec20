"""The arm's side: the guard of docs/robot_side, as a lab installs it, between the double's wire and its arm."""

from __future__ import annotations

import importlib.util
import math
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from doubles.rosbridge.arms import Arm, KinematicArm
from doubles.rosbridge.faults import Faults
from skills.types import Pose, Workspace

BOX = Workspace((0.25, -0.5, 0.0), (0.75, 0.5, 0.3))


def robot_side(name: str) -> ModuleType:
    """A module of docs/robot_side, which is no package: it is copied to the robot."""
    if name not in sys.modules:
        path = Path(__file__).parents[3] / "docs" / "robot_side" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@dataclass
class Goal:
    pick: Pose
    place: Pose
    command_id: str
    timeout_s: float
    on_phase: Callable[[str, float], None]
    on_end: Callable[[str, dict[str, Any]], None]


class Node:
    """Attributes of interest to tests: `motions` (id, pick, place) begun, `stops` and `stopped_s` of the last stop."""

    def __init__(self, arm: Arm, faults: Faults) -> None:
        self.arm, self.faults = arm, faults
        self.guard = robot_side("arm_guard").Guard(BOX.low, BOX.high, lambda: arm.grasped)
        self.motions: list[tuple[str, Pose, Pose]] = []
        self.stops: list[float] = []
        self.stopped_s = 0.0
        self.views = arm.pictures() if isinstance(arm, KinematicArm) else {}
        self.on_phase: Callable[[str], None] = lambda phase: None
        self._goals: queue.Queue[Goal | None] = queue.Queue()
        self.ready = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def state(self) -> str:
        return str(self.guard.state)

    @state.setter
    def state(self, value: str) -> None:
        self.guard.state = value

    @property
    def last(self) -> tuple[str, bool, str, str]:
        last: tuple[str, bool, str, str] = self.guard.last
        return last

    # --- what the bridge asks for -------------------------------------------------------------------------------------

    def accept(self, goal: Goal) -> str:
        """Takes a goal on; an error code when it does not."""
        points = [(pose.x, pose.y, pose.z) for pose in (goal.pick, goal.place)]
        code = str(self.guard.take(goal.command_id, points, goal.timeout_s))
        if not code:
            self._goals.put(goal)
        return code

    def stop(self, code: str = "STOPPED") -> None:
        self.stops.append(time.monotonic())
        self.guard.stop(code)

    def estop(self) -> None:
        """A person pressed the button."""
        self.guard.trouble("ESTOP", "BUTTON")

    def acknowledge(self) -> bool:
        return bool(self.guard.acknowledge(self.state != "ESTOP"))

    def told(self) -> dict[str, Any]:
        state: dict[str, Any] = self.guard.told()
        if self.faults.state == "moving":
            state["state"] = "MOVING"
        if self.faults.state == "grasped":
            state["grasped"] = True
        if self.faults.state == "nan":
            state["workspace_low"] = {"x": None, "y": None, "z": None}  # how rosbridge writes NaN
        if self.faults.state == "wrong_type":
            state |= {"state": 3, "grasped": "no"}
        return state

    def close(self) -> None:
        self.guard.stop()
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
            self.guard.ended(code)
            status = "succeeded" if not code else "canceled" if self.state == "HOLDING" else "aborted"
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
            self.guard.go_on()

        if isinstance(self.arm, KinematicArm):
            self.arm.misses = self.faults.misses
        try:
            return self.arm.carry(goal.pick, goal.place, tick)
        except robot_side("arm_guard").Halted as halted:
            self.stopped_s = time.monotonic()
            self.arm.let_go()
            return str(halted)


def goal_of(values: Mapping[str, Any]) -> tuple[Pose, Pose, str, float]:
    """Pick, place, id and seconds of a goal's message."""

    def pose(stamped: Mapping[str, Any]) -> Pose:
        at, turn = stamped["pose"]["position"], stamped["pose"]["orientation"]
        return Pose(at["x"], at["y"], at["z"], 2 * math.atan2(turn["z"], turn["w"]))

    whole, part = values["timeout"].values()
    return pose(values["pick"]), pose(values["place"]), values["command_id"], whole + part * 1e-9
