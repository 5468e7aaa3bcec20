"""A six-axis arm in the manner of a UR5, described here: links, joints, forward and inverse kinematics, looks.

Base, shoulder, elbow and three wrist axes; shoulder, elbow and first wrist axis are parallel. At zero the arm lies
stretched along +x with its tool pointing down. The inverse is closed, since the tool always points down: the fifth
joint stays at zero, the fourth keeps the wrist level, and the rest is a triangle in the vertical plane of the arm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sim.meshes import Mesh, extrude
from sim.patterns import RGB
from sim.polygons import circle, outline, rectangle
from sim.rendering import Prop
from skills.types import Pose, Tool

Joints = npt.NDArray[np.float64]
"""(6,) radians: base, shoulder, elbow, wrist 1, 2, 3."""

Matrix = npt.NDArray[np.float64]

# Metres. Reach covers the whole workspace, corners included, from the table to 0.35 m above it.
_SHOULDER_HEIGHT = 0.16
_SHOULDER_SIDE = 0.13
_ELBOW_SIDE = 0.115
_UPPER = 0.54
_FORE = 0.52
_WRIST_SIDE = 0.1
_WRIST_AHEAD = 0.09
_FLANGE_DROP = 0.08
_TOOL_LENGTH = 0.12
_SIDE = _SHOULDER_SIDE - _ELBOW_SIDE + _WRIST_SIDE

LIMITS = np.array([np.pi, np.pi, np.pi, np.pi, np.pi, 2 * np.pi])
"""Largest angle of each joint either way, radians."""

JOINT_SPEED = 2.4
"""Radians a second at full speed: 0.01 a step, as in VIMABench."""

HOME = np.array([0.0, -2.1, 2.1, 0.0, 0.0, 0.0])


def inverse(tool: Pose) -> Joints | None:
    """Joint angles that bring the tool's tip to a pose, pointing down, elbow up; None out of reach."""
    distance = float(np.hypot(tool.x, tool.y))
    if distance <= _SIDE:
        return None
    ahead = float(np.sqrt(distance**2 - _SIDE**2)) - _WRIST_AHEAD
    base = float(np.arctan2(tool.y, tool.x) - np.arctan2(_SIDE, ahead + _WRIST_AHEAD))
    up = tool.z + _TOOL_LENGTH + _FLANGE_DROP - _SHOULDER_HEIGHT
    span = float(np.hypot(ahead, up))
    if not abs(_UPPER - _FORE) < span < _UPPER + _FORE:
        return None
    elbow = np.pi - np.arccos((_UPPER**2 + _FORE**2 - span**2) / (2 * _UPPER * _FORE))
    shoulder = -np.arctan2(up, ahead) - np.arccos((_UPPER**2 + span**2 - _FORE**2) / (2 * _UPPER * span))
    turn = (tool.yaw - base + np.pi) % (2 * np.pi) - np.pi
    joints = np.array([base, shoulder, elbow, -(shoulder + elbow), 0.0, turn])
    return joints if bool((np.abs(joints) <= LIMITS).all()) else None


def forward(joints: Joints) -> list[Matrix]:
    """(4, 4) poses of the seven link frames, base to flange, and of the tool's tip, base frame."""
    base, shoulder, elbow, first, second, third = joints
    steps = [
        _turn("z", base) @ _move(0, 0, _SHOULDER_HEIGHT),
        _move(0, _SHOULDER_SIDE, 0) @ _turn("y", shoulder),
        _move(_UPPER, -_ELBOW_SIDE, 0) @ _turn("y", elbow),
        _move(_FORE, 0, 0) @ _turn("y", first),
        _move(0, _WRIST_SIDE, 0) @ _turn("x", second),
        _move(_WRIST_AHEAD, 0, 0) @ _turn("z", third),
        _move(0, 0, -_FLANGE_DROP),
        _move(0, 0, -_TOOL_LENGTH),
    ]
    frames = [np.eye(4)]
    for step in steps:
        frames.append(frames[-1] @ step)
    return frames[1:]


def tip(joints: Joints) -> Pose:
    """The pose of the tool's tip."""
    end = forward(joints)[-1]
    return Pose(float(end[0, 3]), float(end[1, 3]), float(end[2, 3]), float(np.arctan2(end[1, 0], end[0, 0])))


@dataclass(frozen=True, eq=False)
class _Link:
    frame: int
    mesh: Mesh
    color: RGB


_METAL, _JOINT, _DARK = (176, 182, 188), (72, 128, 176), (52, 54, 58)


@lru_cache(maxsize=2)
def _links(tool: Tool) -> tuple[_Link, ...]:
    """Cylinders along the links; frame -1 is the ground."""
    elbow_side = _SHOULDER_SIDE
    parts = [
        (-1, "z", 0.075, (0, 0, 0), _SHOULDER_HEIGHT, _DARK),
        (0, "z", 0.06, (0, 0, -0.065), 0.13, _JOINT),
        (0, "y", 0.052, (0, 0, 0), elbow_side, _METAL),
        (1, "y", 0.056, (0, -0.06, 0), 0.12, _JOINT),
        (1, "x", 0.045, (0, 0, 0), _UPPER, _METAL),
        (2, "y", 0.05, (0, -0.055, 0), _ELBOW_SIDE + 0.1, _JOINT),
        (2, "x", 0.036, (0, 0, 0), _FORE, _METAL),
        (3, "y", 0.036, (0, -0.045, 0), _WRIST_SIDE + 0.08, _JOINT),
        (4, "x", 0.034, (-0.035, 0, 0), _WRIST_AHEAD + 0.07, _METAL),
        (5, "z", 0.034, (0, 0, -_FLANGE_DROP), _FLANGE_DROP + 0.03, _JOINT),
    ]
    return tuple(
        _Link(frame, _bar(axis, radius, start, length), color) for frame, axis, radius, start, length, color in parts
    )


@lru_cache(maxsize=2)
def _tool_mesh(tool: Tool) -> Mesh:
    """The tool with its tip at the origin: a tube that ends in a cup, or a blade on a rod."""
    rod = extrude(outline(circle(0.008, 12)), 0.012, _TOOL_LENGTH)
    if tool == "suction":
        return rod + extrude(outline(circle(0.012, 16)), 0.0, 0.014)
    return rod + extrude(outline(rectangle(0.006, 0.05)), 0.0, 0.05)


def props(joints: Joints | None, tool: Tool, tip_at: Pose) -> tuple[Prop, ...]:
    """What to draw: the tool alone when there is no arm, else every link as well."""
    end = _move(tip_at.x, tip_at.y, tip_at.z) @ _turn("z", tip_at.yaw)
    shown = [Prop(_tool_mesh(tool), _DARK, end)]
    if joints is not None:
        frames = [*forward(joints), np.eye(4)]
        shown += [Prop(link.mesh, link.color, frames[link.frame]) for link in _links(tool)]
    return tuple(shown)


def _bar(axis: str, radius: float, start: tuple[float, float, float], length: float) -> Mesh:
    """A cylinder from ``start`` along +axis."""
    mesh = extrude(outline(circle(radius, 20)), 0.0, length)
    turn = {"z": np.eye(3), "x": _turn("y", np.pi / 2)[:3, :3], "y": _turn("x", -np.pi / 2)[:3, :3]}[axis]
    return Mesh(mesh.vertices @ turn.T + start, mesh.triangles, mesh.uvs, mesh.normals @ turn.T)


def _move(x: float, y: float, z: float) -> Matrix:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return pose


def _turn(axis: str, angle: float) -> Matrix:
    cos, sin = np.cos(angle), np.sin(angle)
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    pose = np.eye(4)
    pose[i, i], pose[i, j], pose[j, i], pose[j, j] = cos, -sin, sin, cos
    return pose
