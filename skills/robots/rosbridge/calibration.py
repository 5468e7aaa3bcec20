"""Where a camera stands: read from easy_handeye's YAML or a 4x4 matrix, solved from pairs, written back.

Conventions: ``fixed`` (eye to hand) gives base from camera, ``tool`` (eye in hand) tool from camera; the camera's frame
is the optical one (x right, y down, z forward). Metres, quaternions (x, y, z, w).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from skills.errors import Mistake, did_you_mean
from skills.robots.rosbridge.messages import matrix_of, quaternion_of
from skills.types import Float

Mount = Literal["fixed", "tool"]

METHODS = ("tsai", "park", "horaud", "andreff", "daniilidis")
"""OpenCV's solvers of the hand-eye equation."""


@dataclass(frozen=True, eq=False)
class HandEye:
    """A calibration: parent (base or tool) from camera, (4, 4) float64, and the frames' names."""

    matrix: Float
    mount: Mount
    base_frame: str = "base_link"
    tool_frame: str = "tool0"
    camera_frame: str = "camera_color_optical_frame"


def load(path: str | Path, mount: Mount) -> HandEye:
    """Reads a file: easy_handeye's YAML (``.yaml``, ``.yml``), else sixteen numbers.

    Raises:
        Mistake: no such file, not of either kind, not a rigid motion, or for the other mount.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise Mistake(f"there is no calibration file {str(path)!r}; `instruct2act robot calibrate` writes one")
    text = file.read_text(encoding="utf-8")
    try:
        found = _easy_handeye(text, mount) if file.suffix in (".yaml", ".yml") else HandEye(_matrix(text), mount)
    except (ValueError, TypeError, KeyError) as error:
        raise Mistake(f"{file.name} is no calibration: {error}") from None
    rotation = found.matrix[:3, :3]
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3) or np.linalg.det(rotation) < 0:
        raise Mistake(f"{file.name} holds no rigid motion: its rotation is not orthonormal")
    if np.linalg.norm(found.matrix[:3, 3]) > 10:
        raise Mistake(f"{file.name} puts the camera {np.linalg.norm(found.matrix[:3, 3]):.0f} m away: metres are meant")
    return found


def dump(found: HandEye) -> str:
    """easy_handeye's YAML of a calibration."""
    import yaml

    x, y, z = (float(v) for v in found.matrix[:3, 3])
    qx, qy, qz, qw = quaternion_of(found.matrix)
    parameters = {
        "eye_on_hand": found.mount == "tool",
        "robot_base_frame": found.base_frame,
        "robot_effector_frame": found.tool_frame,
        "tracking_base_frame": found.camera_frame,
    }
    transformation = {"x": x, "y": y, "z": z, "qx": qx, "qy": qy, "qz": qz, "qw": qw}
    return str(yaml.safe_dump({"parameters": parameters, "transformation": transformation}, sort_keys=False))


def solve(
    base_from_tool: Sequence[Float], camera_from_target: Sequence[Float], mount: Mount, method: str = "park"
) -> tuple[Float, float, float]:
    """Solves the hand-eye equation from pairs taken at the same moments.

    Args:
        base_from_tool: (4, 4) each, from tf.
        camera_from_target: (4, 4) each: a board that stands still (eye in hand) or is held by the tool (eye to hand).
        mount: where the camera is.
        method: of ``METHODS``.

    Returns:
        (4, 4) parent from camera, and how far the target's poses scatter with it, where it must not move at all:
        metres and degrees, root mean square.

    Raises:
        Mistake: too few pairs, too little turning between them, an unknown method.
    """
    import cv2

    if method not in METHODS:
        raise Mistake(f"no method is called {method!r}{did_you_mean(method, METHODS)}; there are: {', '.join(METHODS)}")
    if len(base_from_tool) != len(camera_from_target) or len(base_from_tool) < 5:
        raise Mistake(f"{len(base_from_tool)} pairs; at least five are needed, better fifteen, each turned differently")
    tools = [np.asarray(pose, np.float64) for pose in base_from_tool]
    if mount == "fixed":
        tools = [np.asarray(np.linalg.inv(pose), np.float64) for pose in tools]
    turns = [np.degrees(np.arccos(np.clip((np.trace((tools[0].T @ pose)[:3, :3]) - 1) / 2, -1, 1))) for pose in tools]
    if max(turns) < 15:
        raise Mistake(f"the tool turned by {max(turns):.0f} degrees at most; turn it by 30 and more about several axes")
    code = {name: getattr(cv2, f"CALIB_HAND_EYE_{name.upper()}") for name in METHODS}[method]
    rotation, translation = cv2.calibrateHandEye(
        [pose[:3, :3] for pose in tools],
        [pose[:3, 3] for pose in tools],
        [np.asarray(pose)[:3, :3] for pose in camera_from_target],
        [np.asarray(pose)[:3, 3] for pose in camera_from_target],
        method=code,
    )
    found = np.eye(4)
    found[:3, :3], found[:3, 3] = rotation, translation.ravel()
    if not np.isfinite(found).all():
        raise Mistake(f"{method} found no solution; take pairs that are turned more differently")
    metres, degrees = _scatter([tool @ found @ np.asarray(target) for tool, target in zip(tools, camera_from_target)])
    return found, metres, degrees


def _scatter(poses: Sequence[Float]) -> tuple[float, float]:
    """How far poses that should be one are apart: metres and degrees, root mean square about their mean."""
    from scipy.spatial.transform import Rotation

    at = np.array([pose[:3, 3] for pose in poses])
    turns = Rotation.from_matrix(np.array([pose[:3, :3] for pose in poses]))
    off = (turns.mean().inv() * turns).magnitude()
    metres = float(np.sqrt(((at - at.mean(axis=0)) ** 2).sum(axis=1).mean()))
    return metres, float(np.degrees(np.sqrt((off**2).mean())))


def _easy_handeye(text: str, mount: Mount) -> HandEye:
    import yaml

    values: Any = yaml.safe_load(text)
    if not isinstance(values, dict) or not isinstance(values.get("transformation"), dict):
        raise ValueError("it has no `transformation`")
    numbers = {name: float(values["transformation"][name]) for name in ("x", "y", "z", "qx", "qy", "qz", "qw")}
    if not np.isfinite(list(numbers.values())).all():
        raise ValueError("a number is not finite")
    parameters = values.get("parameters") or {}
    if bool(parameters.get("eye_on_hand", mount == "tool")) != (mount == "tool"):
        held = "in the hand" if parameters["eye_on_hand"] else "beside the arm"
        raise ValueError(f"it is for a camera {held}, and the robot's file says mount: {mount}")
    x, y, z, *quaternion = numbers.values()
    if abs(np.linalg.norm(quaternion) - 1) > 0.01:
        raise ValueError("its quaternion is not of unit length")
    matrix = matrix_of((x, y, z), (quaternion[0], quaternion[1], quaternion[2], quaternion[3]))
    names = {
        "base_frame": "robot_base_frame",
        "tool_frame": "robot_effector_frame",
        "camera_frame": "tracking_base_frame",
    }
    return HandEye(matrix, mount, **{own: str(parameters[name]) for own, name in names.items() if name in parameters})


def _matrix(text: str) -> Float:
    numbers = np.array([float(word) for word in text.replace(",", " ").replace("[", " ").replace("]", " ").split()])
    if len(numbers) != 16 or not np.isfinite(numbers).all() or not np.allclose(numbers[12:], [0, 0, 0, 1]):
        raise ValueError("sixteen finite numbers are needed, the last four 0 0 0 1")
    return np.asarray(numbers.reshape(4, 4))
