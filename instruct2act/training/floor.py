"""What stands where, so that the data engine draws scenes that can exist: rigid things run through no others."""

from __future__ import annotations

import cv2
import numpy as np

from sim.objects import Shape
from skills.types import Bool, Pose

_CELL = 0.002
_LOW = (0.05, -0.75)
_CELLS = (450, 750)
_STEP = 0.004


class Floor:
    """Occupied cells of 2 mm on a level surface, base frame; what lies beyond the table's surroundings is not kept."""

    def __init__(self) -> None:
        self._taken: Bool = np.zeros(_CELLS, np.bool_)

    def free(self, shape: Shape, pose: Pose, scale: float) -> bool:
        """Whether an object would run through nothing there; marks that nothing touches are always free."""
        return shape.flat or not (self._taken & self._cells(shape, pose, scale)).any()

    def take(self, shape: Shape, pose: Pose, scale: float) -> None:
        """An object stands there from now on."""
        if not shape.flat:
            self._taken |= self._cells(shape, pose, scale)

    def against(self, shape: Shape, pose: Pose, scale: float, towards: tuple[float, float]) -> Pose:
        """Slides an object from a free pose towards a point (x, y) until it touches something, or is there."""
        way = np.subtract(towards, (pose.x, pose.y))
        far = float(np.hypot(*way))
        for _ in range(int(far / _STEP)):
            x, y = np.add((pose.x, pose.y), way / far * _STEP)
            nearer = Pose(float(x), float(y), pose.z, pose.yaw)
            if not self.free(shape, nearer, scale):
                break
            pose = nearer
        return pose

    def _cells(self, shape: Shape, pose: Pose, scale: float) -> Bool:
        cos, sin = np.cos(pose.yaw), np.sin(pose.yaw)
        turn = np.array([[cos, -sin], [sin, cos]])
        rings = [(scale * np.asarray(ring) @ turn.T + (pose.x, pose.y) - _LOW) / _CELL for ring in shape.outline]
        drawn = np.zeros(_CELLS, np.uint8)
        cv2.fillPoly(drawn, [np.round(ring[:, ::-1]).astype(np.int32) for ring in rings], 1)
        return drawn.astype(np.bool_)
