"""Whether a camera sees a thing where the tool touches it: what neither a calibration's scatter nor depth can tell."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

from instruct2act.doctor import Check
from instruct2act.robot import calibrating
from skills.robots.rosbridge.robot import RosRobot
from skills.robots.rosbridge.witness import Witness
from skills.types import Float, Pose, View

GOOD_M = 0.01
"""A thing that is seen further from where it is can't be relied on to be picked."""
NAME = "sideways"
ADVICE = "calibrate anew; or tool_frame is not at the tool's very tip"
Answer = Callable[[str], str]


def asked(text: str) -> str:
    """Asks on standard error, so that JSON on standard output stays whole; "q" when nobody is there."""
    sys.stderr.write(text)
    sys.stderr.flush()
    return sys.stdin.readline() or "q"


def compared(arm: RosRobot, board: tuple[int, int, float] | None, answer: Answer = asked) -> Iterator[Check]:
    """A finding a camera. A person moves the arm, never this program.

    Args:
        arm: opened.
        board: as ``calibrating.read_board`` gives it; None leaves it out and says so.
        answer: asks a person.

    Raises:
        SkillError: tf or a camera does not tell what is needed.
    """
    again = "instruct2act robot check --board COLUMNSxROWSxMETRES, with the chessboard flat on the table"
    if board is None:
        found = "not compared: a camera that stands a few centimetres beside its calibration is not noticed"
        yield Check(NAME, "missing", found, again)
        return
    touch = "Lay the board flat on the table and bring the tool's tip onto one of its four outermost inner corners"
    if _left(answer(f"{touch}; let it rest, then Enter (q leaves this out): ")):
        yield Check(NAME, "missing", "left out", again)
        return
    witness = Witness(arm.parts.transforms, arm.settings, arm.parts.ask_time(arm.settings))
    until = time.monotonic() + 1.0
    while (problem := witness.unknown()) and time.monotonic() < until:
        time.sleep(0.02)  # tf comes shortly after a connection was made
    if problem:
        yield Check(NAME, "broken", problem, "start what publishes tf")
        return
    tip = witness.path[-1]
    if _left(answer("Now move the arm out of the picture, and leave the board where it is; then Enter (q ends): ")):
        yield Check(NAME, "missing", "left out", again)
        return
    seen = arm.observe(time.monotonic())
    for name in arm.parts.eyes.feeds:
        yield _found(name, seen.views.get(name) or seen.views["top"], board, tip)


def _left(said: str) -> bool:
    return said.strip().lower() == "q"


def _found(name: str, view: View, board: tuple[int, int, float], tip: Pose) -> Check:
    corners = outermost(view, board, tip.z)
    if corners is None:
        return Check(NAME, "missing", f"camera {name} does not see the board as a whole", "lay it further in")
    off = min(corners - (tip.x, tip.y), key=lambda one: math.hypot(*one))
    x, y = (1000 * off).tolist()
    told = f"camera {name} sees the touched corner {math.hypot(x, y):.0f} mm off ({x:+.0f} in x, {y:+.0f} in y)"
    good = math.hypot(*off) <= GOOD_M
    return Check(NAME, "ok" if good else "broken", told, "" if good else ADVICE)


def outermost(view: View, board: tuple[int, int, float], z: float) -> Float | None:
    """(4, 2) where the board's outermost inner corners are seen, metres, if they lie at height ``z``; None unseen.

    The board's distance, which a picture tells worst, is not made use of.
    """
    pose = calibrating.target_in(view, board)
    if pose is None:
        return None
    columns, rows, side = board
    ends = [(x * side, y * side, 0.0, 1.0) for x in (0, columns - 1) for y in (0, rows - 1)]
    points = np.array(ends) @ (view.camera.base_from_camera @ pose).T
    pixels, _ = view.camera.project(points[:, :3])
    met: Float = view.camera.meet_plane(pixels, z)[:, :2]
    return met
