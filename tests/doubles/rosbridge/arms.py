"""Arms that can be stood behind the double: one that only moves, and the simulated table."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from sim.cameras import CameraSpec
from sim.env import TabletopEnv
from skills.robots import Silent
from skills.types import Action, Camera, Pose, UInt8, View

Tick = Callable[[str], None]
OVERHEAD = CameraSpec("camera", (0.5, 0.0, 1.0), (0.5, 0.0, 0.0), (-1.0, 0.0, 0.0), fov_y=0.9)
"""A camera as a lab has it, a metre above the table."""


class Arm(Protocol):
    tool: Pose
    grasped: bool

    def carry(self, pick: Pose, place: Pose, tick: Tick) -> str:
        """Carries something; an error code, "" when done. `tick` raises what ends it."""

    def pictures(self) -> dict[str, View]:
        """What its cameras see; called between motions, in the thread that carries."""

    def let_go(self) -> None:
        """After a stop."""


class KinematicArm:
    """A point that moves in straight lines; its world holds nothing, and what it grasps is there if `misses` is off.

    Args:
        round_s: of its control loop; each phase takes some ten rounds.
    """

    def __init__(self, round_s: float = 0.004) -> None:
        self.tool, self.grasped, self.misses, self._round_s = Pose(0.4, 0.0, 0.3), False, False, round_s
        self.path: list[tuple[float, Pose]] = []
        self.rgb = np.full((24, 32, 3), 90, np.uint8)

    def carry(self, pick: Pose, place: Pose, tick: Tick) -> str:
        high = 0.3
        for phase, x, y, z, yaw in (
            ("approach", pick.x, pick.y, high, pick.yaw),
            ("grasp", pick.x, pick.y, pick.z, pick.yaw),
            ("lift", pick.x, pick.y, high, pick.yaw),
            ("transfer", place.x, place.y, high, place.yaw),
            ("release", place.x, place.y, place.z, place.yaw),
            ("retreat", place.x, place.y, high, place.yaw),
        ):
            begin = self.tool
            for share in np.linspace(0.1, 1, 10):
                a, b = np.array([begin.x, begin.y, begin.z, begin.yaw]), np.array([x, y, z, yaw])
                self.tool = Pose(*(a + share * (b - a)).tolist())
                self.path.append((time.monotonic(), self.tool))
                tick(phase)
                time.sleep(self._round_s)
            for _ in range(10 if phase in ("grasp", "release") else 0):
                tick(phase)
                time.sleep(self._round_s)
            if phase == "grasp":
                if self.misses:
                    return "MISSED"
                self.grasped = True
            if phase == "release":
                self.grasped = False
        return ""

    def pictures(self) -> dict[str, View]:
        height, width = self.rgb.shape[:2]
        k = np.array([[40.0, 0, (width - 1) / 2], [0, 40.0, (height - 1) / 2], [0, 0, 1]])
        camera = Camera("camera", width, height, k, OVERHEAD.base_from_camera())
        return {"camera": View(self.rgb, camera, np.full((height, width), 1.0, np.float32))}

    def let_go(self) -> None:
        self.grasped = False


class SimArm:
    """The simulated table; its tool's pose is read where the engine is told to drive it.

    Args:
        env: reset.
        cameras: name -> (camera, size); VIMA's own top view when left out.
        pace_s: real seconds a tick of 50 simulated ms.
    """

    def __init__(
        self,
        env: TabletopEnv,
        cameras: dict[str, tuple[CameraSpec, tuple[int, int]]] | None = None,
        pace_s: float = 0.012,
    ) -> None:
        self.env, self._cameras, self._pace_s = env, cameras, pace_s
        self.tool, self.grasped = env.tool_pose, False
        drive = env.world.drive

        def driven(to: Pose) -> float:
            self.tool, self.grasped = to, env.world.held is not None
            return drive(to)

        env.world.drive = driven  # type: ignore[method-assign]

    def carry(self, pick: Pose, place: Pose, tick: Tick) -> str:
        pace, arm = self._pace_s, self

        class Ticking(Silent):
            def tick(self, phase: str, frame: UInt8 | None = None) -> None:
                tick(phase)
                time.sleep(pace)

        turn = place.yaw - pick.yaw
        outcome = self.env.carry_out(Action("pick_place", pick, Pose(place.x, place.y, place.z, turn)), Ticking())
        arm.grasped = self.env.world.held is not None
        return {"done": "", "missed": "MISSED", "rejected": "REJECTED"}.get(outcome.status, "FAILED")

    def pictures(self) -> dict[str, View]:
        if self._cameras is None:
            return {"camera": self.env.look(segmentation=False)["top"]}
        return {
            name: self.env.world.render(spec, depth=True, segmentation=False, size=size)
            for name, (spec, size) in self._cameras.items()
        }

    def let_go(self) -> None:
        self.grasped = False


def quaternion(yaw: float) -> dict[str, float]:
    return {"x": 0.0, "y": 0.0, "z": math.sin(yaw / 2), "w": math.cos(yaw / 2)}
