"""What a motion shows of itself: frames of the size and from the camera that were asked for."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import numpy as np

import sim
from sim.cameras import WIDE
from sim.robot import SimRobot
from skills.types import Action, Pose, UInt8


class Watching:
    def __init__(self) -> None:
        self.frames: list[UInt8] = []

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        if frame is not None:
            self.frames.append(frame)

    def wants_frame(self) -> bool:
        return True

    def planned(self, seconds: float) -> None: ...

    def waiting(self) -> AbstractContextManager[None]:
        return nullcontext()


def test_frames_and_portrait() -> None:
    env = sim.make_objects("red block @0.5,-0.2", motion="arm")
    env.frame_camera, env.frame_size = WIDE, (120, 240)
    before = env.portrait()
    assert before.shape == (120, 240, 3)
    env.motion = "fast"
    assert not np.array_equal(env.portrait(), before)  # without the arm
    env.motion = "arm"
    watching = Watching()
    robot = SimRobot(env)
    outcome = robot.execute(Action("pick_place", Pose(0.5, -0.2, 0.05), Pose(0.5, 0.2)), watching)
    assert outcome.status == "done"
    assert {frame.shape for frame in watching.frames} == {(120, 240, 3)}
    assert any(not np.array_equal(a, b) for a, b in zip(watching.frames, watching.frames[1:]))
    after = env.portrait()
    assert not np.array_equal(after, before)  # the arm stays where it ended, and the block is elsewhere
    robot.close()
