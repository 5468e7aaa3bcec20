"""The command ``robot calibrate``: where a camera stands, from pictures of a chessboard at many poses of the tool."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from instruct2act.robot import files
from skills.errors import Mistake, SkillError, did_you_mean
from skills.robots.rosbridge import calibration
from skills.robots.rosbridge.robot import RosRobot
from skills.types import Float, View

GOOD_M, GOOD_DEGREES = 0.005, 1.0
"""A calibration whose target scatters more than this is not fit to pick with."""


def calibrate(path: Path, camera: str | None, board: str, method: str, pairs: Path | None, out: Path) -> int:
    """Collects pairs or reads them, solves, says how good that is, writes the YAML; 0 when it is good enough.

    Raises:
        Mistake: no such camera, a board that can't be, too few pairs.
    """
    given = files.read(path)
    name = camera or next(iter(given.cameras))
    if name not in given.cameras:
        raise Mistake(
            f"the robot has no camera {name!r}{did_you_mean(name, given.cameras)}: {', '.join(given.cameras)}"
        )
    mount = given.cameras[name].mount
    if pairs is None:
        arm = files.robot(path)
        try:
            arm.open()
            kept = out.with_suffix(".pairs.npz")
            frame = arm.parts.eyes.feeds[name].frame()
            tools, targets = collect(arm, name, read_board(board), kept)
            frame = arm.parts.eyes.feeds[name].frame() or frame
        except SkillError as error:
            raise Mistake(str(error)) from None
        finally:
            arm.close()
    else:
        tools, targets, frame = (*_read_pairs(pairs), given.cameras[name].frame)
    matrix, metres, degrees = calibration.solve(tools, targets, mount, method)
    frame = frame or f"{name}_color_optical_frame"
    found = calibration.HandEye(matrix, mount, given.base_frame, given.tool_frame, frame)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(calibration.dump(found), encoding="utf-8")
    good = metres <= GOOD_M and degrees <= GOOD_DEGREES
    told = (
        "" if good else f"; more than {GOOD_M * 1000:g} mm or {GOOD_DEGREES:g} degree: take other, more different poses"
    )
    sys.stdout.write(
        f"{len(tools)} pairs by {method}: the board scatters by {metres * 1000:.1f} mm, {degrees:.2f} degrees{told}\n"
        f"Written to {out}: name it in the robot's file, cameras.{name}.calibration; then instruct2act robot check\n"
    )
    return int(not good)


def read_board(text: str) -> tuple[int, int, float]:
    """``COLUMNSxROWSxMETRES``: inner corners and the side of a square.

    Raises:
        Mistake: not of that form, or a board that looks the same upside down.
    """
    match = re.fullmatch(r"(\d+)x(\d+)x([\d.]+)", text)
    if match is None:
        raise Mistake(f"--board takes COLUMNSxROWSxMETRES, as in 8x5x0.03; got {text!r}")
    columns, rows, side = int(match[1]), int(match[2]), float(match[3])
    if not (3 <= columns <= 30 and 3 <= rows <= 30 and 0.002 <= side <= 0.5):
        raise Mistake(f"a board of {columns} x {rows} corners of {side} m: 3..30 corners and 2..500 mm are taken")
    if columns % 2 == rows % 2:
        raise Mistake("a board whose corners are both odd or both even looks the same upside down: use one of each")
    return columns, rows, side


def target_in(view: View, board: tuple[int, int, float]) -> Float | None:
    """(4, 4) camera from board, or None when it is not in the picture as a whole."""
    import cv2

    columns, rows, side = board
    grey = cv2.cvtColor(view.rgb, cv2.COLOR_RGB2GRAY)
    found, corners = cv2.findChessboardCornersSB(grey, (columns, rows), flags=cv2.CALIB_CB_ACCURACY)
    if not found:
        return None
    points = np.zeros((columns * rows, 3), np.float32)
    points[:, :2] = np.mgrid[0:columns, 0:rows].T.reshape(-1, 2) * side
    good, turn, shift = cv2.solvePnP(points, corners, view.camera.intrinsics, None)
    if not good:
        return None
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = cv2.Rodrigues(turn)[0], shift.ravel()
    return pose


def collect(
    arm: RosRobot, camera: str, board: tuple[int, int, float], kept: Path, answer: Callable[[str], str] = input
) -> tuple[list[Float], list[Float]]:
    """Asks at each pose and takes a pair: the tool's pose by tf at the picture's stamp, the board's in the picture."""
    tools: list[Float] = []
    targets: list[Float] = []
    feed, given = arm.parts.eyes.feeds[camera], arm.settings
    while answer(f"{len(tools)} pairs; move the arm, let it rest, then Enter (q ends): ").strip().lower() != "q":
        try:
            view, taken = feed.look(time.monotonic())
            tool = arm.parts.transforms.at(given.base_frame, given.tool_frame, feed.bridge_clock.theirs(taken))
        except SkillError as error:
            sys.stdout.write(f"  not taken: {error}\n")
            continue
        target = target_in(view, board)
        if target is None:
            sys.stdout.write("  not taken: the board is not in the picture as a whole\n")
            continue
        tools.append(tool)
        targets.append(target)
        sys.stdout.write(f"  taken: the board is {np.linalg.norm(target[:3, 3]):.2f} m away\n")
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("wb") as file:
            np.savez(file, base_from_tool=np.array(tools), camera_from_target=np.array(targets))
    return tools, targets


def _read_pairs(path: Path) -> tuple[list[Float], list[Float]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            both: list[Any] = [arrays["base_from_tool"], arrays["camera_from_target"]]
    except (OSError, ValueError, KeyError) as error:
        raise Mistake(f"{path} holds no pairs: {error}") from None
    if not all(a.ndim == 3 and a.shape[1:] == (4, 4) and np.isfinite(a).all() for a in both) or len(both[0]) != len(
        both[1]
    ):
        raise Mistake(f"{path} holds no pairs of 4x4 matrices")
    return list(both[0]), list(both[1])
