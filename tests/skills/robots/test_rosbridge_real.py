"""One scene on the double and, where ROSBRIDGE_URL is set, on a real rosbridge with docs/robot_side's rehearsal arm.

What real ones sent is kept as shapes, and the double must send the same: ``real_ros1.json`` is of rosbridge_suite
0.11.17 with ROS 1 Noetic on Debian 12 and its own rosapi; ``real_ros2.json`` of rosbridge_suite 2.1.0 (ROS 2), its
server and its library whole, over a stand-in for rclpy with messages made from ROS 2's definitions: what rosbridge
writes is real, what carries it between nodes is not. ROSBRIDGE_ROS says which ROS the bridge is of, ROSBRIDGE_KEEP=1
writes its file anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from doubles.rosbridge import PICK, Double, KinematicArm, robots_file
from doubles.rosbridge.transcript import heard

from skills.errors import Aborted
from skills.robots import Silent
from skills.robots.rosbridge import build
from skills.types import Pose

URL = os.environ.get("ROSBRIDGE_URL", "")
ROS = int(os.environ.get("ROSBRIDGE_ROS", "1"))
KEPT = {ros: Path(__file__).with_name(f"real_ros{ros}.json") for ros in (1, 2)}
REAL = {
    "url": URL,
    "ros": ROS,
    "speed": 0.5,
    "reach_m": (0.2, 0.9),
    "cameras": {
        "camera": {"image": "/camera/color/image_raw", "depth": "/camera/aligned_depth_to_color/image_raw"}
    },
    "deadlines": {"silence_s": 10.0, "call_s": 5.0, "image_age_s": 2.0, "first_image_s": 10.0, "tf_age_s": 1.0,
                  "accept_s": 5.0, "feedback_s": 5.0, "stop_s": 2.0},
}  # fmt: skip
needs_a_bridge = pytest.mark.skipif(not URL, reason="needs ROSBRIDGE_URL: a rosbridge with docs/robot_side behind it")


class StopAt(Silent):
    def __init__(self, robot: Any, phase: str) -> None:
        self.robot, self.phase, self.asked = robot, phase, False

    def tick(self, phase: str, frame: object = None) -> None:
        if phase == self.phase and not self.asked:
            self.asked = True
            threading.Thread(target=self.robot.stop).start()


def scene(robot: Any) -> None:
    """A look, a motion, a refused one, a stop in mid-motion, an acknowledgement, another motion."""
    seen = robot.observe()
    assert seen.views["camera"].depth_m is not None and not seen.holding
    done = robot.execute(PICK, Silent())
    assert done.status == "done", done
    assert done.end is not None and abs(done.end.x - PICK.end.x) < 0.03 and robot.observe().stamp_s > seen.stamp_s
    with pytest.raises(Aborted):
        robot.execute(PICK, StopAt(robot, "transfer"))
    assert robot.state == "STOPPED" and robot.execute(PICK, Silent()).status == "rejected"
    until = time.monotonic() + 5
    while robot.parts.safety.state().state == "MOVING" and time.monotonic() < until:
        time.sleep(0.05)
    robot.acknowledge()
    assert robot.execute(PICK, Silent()).status == "done" and robot.state == "READY"


@needs_a_bridge
def test_the_scene_on_a_real_bridge() -> None:
    with heard() as shapes, build(**REAL) as robot:
        scene(robot)
    if os.environ.get("ROSBRIDGE_KEEP"):
        KEPT[ROS].write_text(json.dumps(shapes, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert shapes == json.loads(KEPT[ROS].read_text(encoding="utf-8"))


@pytest.mark.parametrize("ros", [1, 2])
def test_the_double_sends_what_the_real_bridge_sent(ros: int) -> None:
    with heard() as shapes, Double(KinematicArm(), ros) as double, build(**robots_file(double)) as robot:
        scene(robot)
    real = json.loads(KEPT[ros].read_text(encoding="utf-8"))
    alike = {"publish image_raw": ("publish image", "publish depth"), "publish camera_info": ("publish info",)}
    for name, kept in real.items():
        for own in alike.get(name, (name,)):
            assert own in shapes, f"the double never sent {own}"
            missing = _beyond(shapes[own], kept)
            assert not missing, f"{own}: the double sends {missing}, a real bridge does not"


def _beyond(ours: Any, real: Any, path: str = "") -> list[str]:
    """Where the double's message has what the real one has not, or has it otherwise. It may leave out fields."""
    if isinstance(ours, dict) and isinstance(real, dict):
        return [
            told
            for name, value in ours.items()
            for told in ([f"{path}.{name}"] if name not in real else _beyond(value, real[name], f"{path}.{name}"))
        ]
    if isinstance(ours, list) and isinstance(real, list):
        return _beyond(ours[0], real[0], f"{path}[]") if ours and real else []
    return [] if ours == real else [f"{path}: {ours} and not {real}"]


@needs_a_bridge
def test_a_killed_client_leaves_a_stopped_arm() -> None:
    client = textwrap.dedent(
        """
        import sys, json
        from skills.robots import Silent
        from skills.robots.rosbridge import build
        from skills.types import Action, Pose
        robot = build(**json.loads(sys.argv[1])).open()
        class Told(Silent):
            def tick(self, phase, frame=None):
                print(phase, flush=True)
        robot.execute(Action("pick_place", Pose(0.4, -0.2, 0.05), Pose(0.5, 0.2, 0.05)), Told())
        """
    )
    slow = {**REAL, "speed": 0.1}
    command = [sys.executable, "-c", client, json.dumps(slow)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.startswith("lift"):
                break
        run.kill()
        killed = time.monotonic()
    robot = build(**REAL)
    robot.open()
    try:
        while robot.parts.safety.state().state == "MOVING" and time.monotonic() < killed + 10:
            time.sleep(0.02)
        assert robot.parts.safety.state().last_error_code == "WATCHDOG" and time.monotonic() - killed < 5
        robot.acknowledge()
        assert robot.execute(PICK, Silent()).status in ("done", "rejected")
    finally:
        robot.close()
    assert isinstance(PICK.start, Pose)
