"""The command ``robot check``: everything that must hold before the first motion, one by one; nothing moves."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from instruct2act.doctor import Check, printer
from instruct2act.listeners.drawing import Sketch, scale_for
from instruct2act.listeners.typeset import INK, WHITE
from instruct2act.robot import calibrating, files, plans, touching
from skills.errors import Mistake, SkillError
from skills.robots.rosbridge.errors import BridgeError
from skills.robots.rosbridge.messages import Dialect
from skills.robots.rosbridge.robot import RosRobot
from skills.robots.rosbridge.settings import Settings
from skills.robots.rosbridge.witness import Witness
from skills.types import Pose, UInt8, View, Workspace

_STEPS_S = 0.8
"""How long the heart is held still: more than the arm's watchdog waits."""


def check(path: Path, out: Path, json_line: bool, board: str | None = None) -> int:
    """Prints each finding; 0 when nothing is broken, else 1.

    Raises:
        Mistake: the robot's file or the board can't be.
    """
    read = None if board is None else calibrating.read_board(board)
    arm = files.robot(path)
    show, broken = printer(json_line), 0
    try:
        for found in findings(arm, out, read):
            show(found)
            broken += found.state == "broken"
    finally:
        arm.close()
    return int(broken > 0)


def acknowledge(path: Path, answer: Callable[[str], str] = input) -> int:
    """Says what stopped the arm, asks, and acknowledges; 0 when it may move.

    Raises:
        Mistake: the robot's file can't be.
    """
    arm = files.robot(path)
    try:
        arm.open()
        if not arm.trouble:
            sys.stdout.write("READY: nothing is to be acknowledged\n")
            return 0
        if answer(f"{arm.trouble}\nIs the arm at rest and the table clear? [y]es: ").strip().lower() not in (
            "y",
            "yes",
        ):
            return 1
        arm.acknowledge()
    except (BridgeError, EOFError) as error:
        sys.stderr.write(f"{error or 'nobody answered'}\n")
        return 1
    finally:
        state = arm.state
        arm.close()
    sys.stdout.write(f"{state}\n")
    return 0


def findings(
    arm: RosRobot, out: Path, board: tuple[int, int, float] | None = None, answer: touching.Answer = touching.asked
) -> Iterator[Check]:
    """Every check in turn; without a link there is only the first. With a board a person is asked to touch it."""
    given = arm.settings
    began = time.monotonic()
    try:
        arm.open()
    except (BridgeError, Mistake) as error:
        yield Check("link", "broken", str(error), "start rosbridge_server and the arm's node, or correct `url`")
        return
    took = (time.monotonic() - began) * 1000
    yield Check("link", "ok", f"three connections to {given.url} in {took:.0f} ms")
    steps: tuple[tuple[str, Callable[[RosRobot, Path], Iterator[Check]]], ...] = (
        ("arm", _state),
        ("topics", _topics),
        ("tf", _tf),
        ("cameras", _cameras),
        (touching.NAME, lambda arm, out: touching.compared(arm, board, answer)),
        ("heartbeat", _heartbeat),
        ("stop", _stop),
    )
    for name, step in steps:
        try:
            yield from step(arm, out)
        except (SkillError, Mistake) as error:
            yield Check(name, "broken", str(error), ADVICE[name])


ADVICE = {
    "arm": "see the arm's node and its log",
    "topics": "start what publishes them, or correct their names in the robot's file",
    "tf": "start robot_state_publisher and the joint states, or correct base_frame and tool_frame",
    "cameras": "see docs/real-robot.md, cameras",
    touching.NAME: "see docs/real-robot.md, calibration",
    "heartbeat": "the arm's node must listen to names.heartbeat and stop after 0.5 s of silence",
    "stop": "the arm must never be moved by this program before its stop works",
}


def _state(arm: RosRobot, out: Path) -> Iterator[Check]:
    if arm.trouble:
        yield Check("arm", "broken", arm.trouble, "acknowledge at the arm, then check again")
    state, clock = arm.parts.safety.state(), arm.parts.ask_time(arm.settings)
    grasped = ", something in the gripper" if state.grasped else ""
    yield Check("arm", "ok" if state.state == "IDLE" else "broken", f"{state.state}{grasped}", ADVICE["arm"])
    low, high = arm.info.workspace.low, arm.info.workspace.high
    yield Check("workspace", "ok", f"both sides allow {_three(low)} to {_three(high)} m above the table")
    yield Check(
        "clock", "ok", f"the bridge's is {clock.seconds:+.3f} s from ours, to within {clock.error_s * 1000:.0f} ms"
    )


def _topics(arm: RosRobot, out: Path) -> Iterator[Check]:
    for topic, wanted in expected(arm.settings).items():
        values = arm.parts.control.call("/rosapi/topic_type", {"topic": topic}, arm.settings.deadlines.call_s)
        there = str(values.get("type") or "")
        if there != wanted:
            yield Check(topic, "broken", f"is {there or 'not there'}, and {wanted} is needed", ADVICE["topics"])
        else:
            yield Check(topic, "ok", there)


def expected(given: Settings) -> dict[str, str]:
    """Topic -> type that must be there."""
    type = Dialect(given.ros).type
    wanted = {"/tf": type("tf2_msgs/TFMessage")}
    for camera in given.cameras.values():
        compressed = camera.image.endswith("/compressed")
        wanted[camera.image] = type("sensor_msgs/CompressedImage" if compressed else "sensor_msgs/Image")
        wanted[camera.info] = type("sensor_msgs/CameraInfo")
        if camera.depth:
            wanted[camera.depth] = type("sensor_msgs/Image")
    return wanted


def _tf(arm: RosRobot, out: Path) -> Iterator[Check]:
    witness = Witness(arm.parts.transforms, arm.settings, arm.parts.ask_time(arm.settings))
    until = time.monotonic() + 1.0
    while witness.unknown() and time.monotonic() < until:
        time.sleep(0.02)
    pose, age = witness.sample()
    problem = witness.unknown()
    told = problem if pose is None else f"tool at ({pose.x:.3f}, {pose.y:.3f}, {pose.z:.3f}) m, {age * 1000:.0f} ms old"
    yield Check("tf", "broken" if problem else "ok", problem or told, ADVICE["tf"])


def _cameras(arm: RosRobot, out: Path) -> Iterator[Check]:
    began, before = time.monotonic(), {name: dict(feed.heard) for name, feed in arm.parts.eyes.feeds.items()}
    seen = arm.observe()
    time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))
    spent = time.monotonic() - began
    tool, _ = Witness(arm.parts.transforms, arm.settings, arm.parts.ask_time(arm.settings)).sample()
    for name, feed in arm.parts.eyes.feeds.items():
        view = seen.views.get(name) or seen.views["top"]
        rate = (feed.heard["image"] - before[name]["image"]) / spent
        path = out / f"check_{name}.png"
        plans.save(path, _sketched(arm, view, tool))
        size = f"{view.camera.width} x {view.camera.height}"
        age = f"{feed.last_age_s * 1000:.0f} ms old"
        yield Check(f"camera {name}", "ok", f"{size}, {rate:.0f} pictures a second, {age}")
        yield from _sight(name, view, path, arm.info.workspace)
    plans.save(out / "check_top.png", plans.drawn(seen.views["top"], [], arm.info.workspace))
    yield Check("top view", "ok", f"drawn in {out / 'check_top.png'}; skills see the table like this")


def _sight(name: str, view: View, path: Path, workspace: Workspace) -> Iterator[Check]:
    """Whether a camera looks at the table at all; where it looks exactly is for a person to see."""
    position = view.camera.base_from_camera[:3, 3]
    told = f"{name} stands at {_three(position)} m; workspace and tool are drawn in {path}: compare them with the table"
    down = float(view.camera.base_from_camera[2, 2])
    if position[2] < 0.05 or down > -0.2:
        yield Check("calibration", "broken", f"{told}; it does not look down at the table", "calibrate anew")
        return
    if view.depth_m is None:
        yield Check("calibration", "ok", f"{told}; without depth things lie on the table's plane")
        return
    rows, columns = np.mgrid[0 : view.camera.height : 7, 0 : view.camera.width : 7].reshape(2, -1)
    depth = view.depth_m[rows, columns]
    points = view.camera.back_project(np.column_stack([columns, rows])[depth > 0], depth[depth > 0])
    low, high = np.array(workspace.low[:2]), np.array(workspace.high[:2])
    near = points[((points[:, :2] > low) & (points[:, :2] < high)).all(axis=1)]
    height = float(np.median(near[:, 2])) if len(near) else math.nan
    fits = abs(height) < 0.02
    advice = "calibrate anew, or correct table_height_m: by depth the table is not where the file says"
    yield Check("calibration", "ok" if fits else "broken", f"{told}; depth puts the table at {height:+.3f} m", advice)


def _sketched(arm: RosRobot, view: View, tool: Pose | None) -> UInt8:
    """The workspace's outline and where the tool should be seen."""
    import cv2

    picture = plans.drawn(view, [], arm.info.workspace)
    if tool is not None:
        at, depth = view.camera.project([(tool.x, tool.y, tool.z)])
        sketch = Sketch(view.rgb, scale_for(view.rgb.shape[:2], plans.WIDTH))
        x, y = (round(float(v)) for v in sketch.at(at)[0].clip(-1e4, 1e4))
        if depth[0] > 0:
            for color, wide in ((INK, 5), (WHITE, 2)):
                cv2.drawMarker(picture, (x, y), color, cv2.MARKER_CROSS, 24, wide, cv2.LINE_AA)
    return picture


def _heartbeat(arm: RosRobot, out: Path) -> Iterator[Check]:
    safety = arm.parts.safety
    time.sleep(0.3)
    heard = safety.state().heartbeat
    safety.hold_breath(_STEPS_S)
    time.sleep(_STEPS_S * 0.9)
    still = safety.state().heartbeat
    if heard is None:
        found = "the arm's node does not say whether it hears the heartbeat"
        yield Check("watchdog", "missing", f"{found}: kill this program in a first slow motion, and see it stop")
        return
    works = heard and not still
    told = "hears the heart, and notices within 0.8 s when it stops" if works else (
        "does not hear the heartbeat" if not heard else f"did not notice {_STEPS_S} s of silence"
    )  # fmt: skip
    yield Check("watchdog", "ok" if works else "broken", f"the arm's node {told}", ADVICE["heartbeat"])


def _stop(arm: RosRobot, out: Path) -> Iterator[Check]:
    began = time.monotonic()
    arm.stop()
    took = (time.monotonic() - began) * 1000
    state = arm.parts.safety.state()
    holds = arm.state == "STOPPED" and state.state == "HOLDING"
    told = f"confirmed in {took:.0f} ms, the arm is {state.state}" if arm.state == "STOPPED" else arm.trouble
    yield Check("stop", "ok" if holds else "broken", told, ADVICE["stop"])
    arm.acknowledge()
    yield Check("acknowledge", "ok" if arm.state == "READY" else "broken", f"{arm.state} again", ADVICE["stop"])


def _three(values: object) -> str:
    return "(" + ", ".join(f"{v:.2f}" for v in np.asarray(values, dtype=float)) + ")"
