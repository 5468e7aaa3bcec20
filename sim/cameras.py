"""Cameras over the table: the two far ones that VIMA looks through, and any perspective camera.

VIMABench's two cameras stand about a kilometre away with a tiny field of view, which makes them orthographic to
a quarter of a millimetre on the table. They are reported as what they are, pinholes, so that projecting a point with
``View.camera`` agrees with the picture exactly.

The software renderer samples a pixel at its corner, not at its middle. With integer pixel coordinates naming pixel
centres, the principal point is therefore at ``(width / 2, height / 2 - 1)``: in the top view of 128 x 256,
``x = 0.5 + (row - 63) * 0.003984`` and ``y = (column - 128) * 0.003984`` metres, as measured on VIMABench.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from skills.types import Camera, Float

SIZE = (128, 256)
"""VIMA's picture size, (height, width)."""


@dataclass(frozen=True)
class CameraSpec:
    """Where a camera stands and how much it sees; a picture size turns it into a ``Camera``.

    Attributes:
        name: key of the view.
        eye, target: base frame, metres.
        up: base-frame direction that points up in the picture.
        fov_y: vertical field of view, radians; the horizontal one follows from the picture's size.
        near, far: clipping distances along the optical axis, metres.
    """

    name: str
    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    fov_y: float = 0.8
    near: float = 0.05
    far: float = 10.0

    def base_from_camera(self) -> Float:
        """(4, 4) float64 pose of the optical frame (x right, y down, z forward) in the base frame."""
        eye = np.asarray(self.eye, dtype=np.float64)
        forward = np.asarray(self.target, dtype=np.float64) - eye
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, np.asarray(self.up, dtype=np.float64))
        if np.linalg.norm(right) < 1e-9:
            raise ValueError(f"camera {self.name!r} looks along its own up direction {self.up}; give another up")
        right /= np.linalg.norm(right)
        pose = np.eye(4)
        pose[:3, :3] = np.column_stack([right, np.cross(forward, right), forward])
        pose[:3, 3] = eye
        return pose

    def camera(self, size: tuple[int, int] = SIZE) -> Camera:
        """The calibrated camera for pictures of ``size`` (height, width)."""
        height, width = size
        focal = height / 2 / np.tan(self.fov_y / 2)
        intrinsics = np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2 - 1], [0.0, 0.0, 1.0]])
        return Camera(self.name, width, height, intrinsics, self.base_from_camera())

    def view_matrix(self) -> npt.NDArray[np.float64]:
        """(4, 4) base to OpenGL camera (x right, y up, z backward)."""
        matrix: npt.NDArray[np.float64] = np.diag([1.0, -1.0, -1.0, 1.0]) @ np.linalg.inv(self.base_from_camera())
        return matrix

    def projection_matrix(self, size: tuple[int, int]) -> npt.NDArray[np.float64]:
        """(4, 4) OpenGL camera to clip space."""
        height, width = size
        scale = 1 / np.tan(self.fov_y / 2)
        near, far = self.near, self.far
        matrix = np.zeros((4, 4))
        matrix[0, 0], matrix[1, 1] = scale * height / width, scale
        matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
        matrix[3, 2] = -1.0
        return matrix


@lru_cache(maxsize=32)
def calibrated(camera: CameraSpec, size: tuple[int, int]) -> Camera:
    """``camera.camera(size)``, the same one for every picture: its arrays can't be written to."""
    made = camera.camera(size)
    for array in (made.intrinsics, made.base_from_camera):
        array.flags.writeable = False
    return made


def _vima(name: str, eye: tuple[float, float, float], focal: float, target: tuple[float, float, float]) -> CameraSpec:
    """VIMABench's cameras (components/cameras.py): focal length in pixels of a picture 128 rows high."""
    distance = float(np.linalg.norm(np.subtract(eye, target)))
    fov_y = float(2 * np.arctan(SIZE[0] / 2 / focal))
    return CameraSpec(name, eye, target, (-1.0, 0.0, 0.0), fov_y, distance - 2.0, distance + 2.0)


TOP = _vima("top", (0.5, 0.0, 1000.0), 64e4 // 2.55, (0.5, 0.0, 0.0))
FRONT = _vima("front", (1000.41, 0.0, 1000.0), 64e4 // 1.8, (0.41, 0.0, 0.0))

CAMERAS: dict[str, CameraSpec] = {camera.name: camera for camera in (TOP, FRONT)}
"""The cameras of every observation."""

STAGE = CameraSpec("stage", (1.55, -0.8, 1.0), (0.33, 0.0, 0.2), fov_y=0.8)
"""A perspective camera that sees table and arm, for videos."""

WIDE = CameraSpec("wide", (1.6, -0.45, 0.95), (0.42, 0.0, 0.1), fov_y=0.61)
"""The same from nearer by, for pictures twice as wide as high."""
