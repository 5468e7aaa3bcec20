"""What hangs on the tool: an object under the suction cup, or the spatula's blade.

Suction holds rigidly: before each step the held object is given the velocity that takes it to where the cup is then,
and contacts may push back. The blade is driven in the same way. Neither outlives an action, so that snapshots know
nothing of tools.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.states import Quaternion, conjugate, matrix, product
from skills.types import Pose


class Hook:
    """Takes one body along with the tool.

    Attributes:
        body: the engine's body that is taken along, or None.
        is_blade: whether that is the blade.
        at: where the tool was taken last; None before it was.
    """

    def __init__(self, client: Any, step: Callable[[], None], step_s: float, gravity: float) -> None:
        self._p, self._step, self._step_s, self._gravity = client, step, step_s, gravity
        self.body: int | None = None
        self.at: Pose | None = None
        self.is_blade = False
        self._offset: npt.NDArray[np.float64] = np.zeros(3)
        self._turn: Quaternion = (0.0, 0.0, 0.0, 1.0)

    def take(self, body: int, tool: Pose) -> None:
        """From now on a body keeps its place in the tool's frame."""
        position, quaternion = self._p.getBasePositionAndOrientation(body)
        self._offset = matrix(tool.quaternion()).T @ (np.asarray(position) - (tool.x, tool.y, tool.z))
        self._turn = product(conjugate(tool.quaternion()), quaternion)
        self.body = body

    def let_go(self) -> None:
        """Leaves what was held at rest where it is; takes the blade away."""
        if self.body is not None and self.is_blade:
            self._p.removeBody(self.body)
        elif self.body is not None:
            self._p.resetBaseVelocity(self.body, [0, 0, 0], [0, 0, 0])
        self.body, self.is_blade = None, False

    def bring_blade(self, tool: Pose, size: tuple[float, float, float], visual: int) -> None:
        """A blade of ``size`` (x, y, z) metres hangs on the tool, the middle of its lower edge at the tool's pose."""
        shape = self._p.createCollisionShape(self._p.GEOM_BOX, halfExtents=[side / 2 for side in size])
        place = [tool.x, tool.y, tool.z + size[2] / 2]
        blade = self._p.createMultiBody(5.0, shape, visual, place, tool.quaternion(), useMaximalCoordinates=1)
        # What lies flat on the blade stays there: without the anchor it creeps along it, a centimetre in 20.
        self._p.changeDynamics(blade, -1, lateralFriction=2.0, frictionAnchor=1)
        self.take(blade, tool)
        self.is_blade = True

    def drive(self, tool: Pose) -> float:
        """One step in which the body goes where the tool goes; how far it lagged behind, metres."""
        self.at = tool
        if self.body is None:
            self._step()
            return 0.0
        target = self._target(tool)
        position, quaternion = self._p.getBasePositionAndOrientation(self.body)
        linear = (target - position) / self._step_s
        linear[2] += self._gravity * self._step_s
        x, y, z, w = product(product(tool.quaternion(), self._turn), conjugate(quaternion))
        angular = np.array([x, y, z]) * (2 * np.sign(w or 1.0) / self._step_s)
        self._p.resetBaseVelocity(self.body, linear.tolist(), angular.tolist())
        self._step()
        return float(np.linalg.norm(target - self._p.getBasePositionAndOrientation(self.body)[0]))

    def put(self, tool: Pose) -> None:
        """The body is where it is with the tool at a pose, at rest, without a step."""
        self.at = tool
        if self.body is not None:
            turn = product(tool.quaternion(), self._turn)
            self._p.resetBasePositionAndOrientation(self.body, self._target(tool).tolist(), turn)
            self._p.resetBaseVelocity(self.body, [0, 0, 0], [0, 0, 0])

    def _target(self, tool: Pose) -> npt.NDArray[np.float64]:
        """(3,) where the body's centre of mass belongs."""
        place: npt.NDArray[np.float64] = np.array([tool.x, tool.y, tool.z]) + matrix(tool.quaternion()) @ self._offset
        return place

    def clearance(self, limit: float) -> float:
        """Metres between the body and the nearest thing, ``limit`` if there is none as near."""
        if self.body is None:
            return limit
        low, high = self._p.getAABB(self.body)
        low, high = [v - limit for v in low], [v + limit for v in high]
        near = {found[0] for found in self._p.getOverlappingObjects(low, high) or ()} - {self.body}
        gaps = [
            float(point[8])
            for other in sorted(near)
            for point in self._p.getClosestPoints(bodyA=self.body, bodyB=other, distance=limit)
        ]
        return min(gaps, default=limit)

    def gap(self) -> float:
        """Metres between the body and the nearest thing; the engine sees a few millimetres, beyond it is infinite."""
        points = [] if self.body is None else self._p.getContactPoints(bodyA=self.body)
        return min((float(point[8]) for point in points), default=float("inf"))
