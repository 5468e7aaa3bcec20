"""Which parts of the table are taken: a grid over the workspace, for finding free places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from skills.types import Bool, Float, Workspace

GAP_M = 0.015
"""Room left between a thing that is put down and its neighbours."""


class Room:
    """A grid of cells over the workspace; a cell is taken or free.

    Attributes:
        taken: (rows along x, columns along y) bool.
    """

    def __init__(self, workspace: Workspace, cell: float = 0.004) -> None:
        self.cell = min(max(cell, 0.002), 0.005)
        self.low = np.array(workspace.low[:2])
        shape = np.ceil((np.array(workspace.high[:2]) - self.low) / self.cell).astype(int)
        self.taken: Bool = np.zeros(tuple(shape), dtype=bool)

    def covered(self, points: npt.ArrayLike) -> Bool:
        """The cells under points (N, 2), metres, closed to one area, as a bool array; what lies outside is left out."""
        import cv2

        cells = np.floor((np.asarray(points) - self.low) / self.cell).astype(int)
        inside = ((cells >= 0) & (cells < self.taken.shape)).all(axis=1)
        canvas = np.zeros(self.taken.shape, np.uint8)
        canvas[tuple(cells[inside].T)] = 1
        return np.asarray(cv2.morphologyEx(canvas, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0)

    def under(self, points: npt.ArrayLike, area: Bool) -> Bool:
        """For each of points (N, 2), metres, whether its cell belongs to an area; (N,) bool, False outside the grid."""
        cells = np.floor((np.asarray(points) - self.low) / self.cell).astype(int)
        inside = ((cells >= 0) & (cells < area.shape)).all(axis=1)
        x, y = cells.clip(0, np.array(area.shape) - 1).T
        return np.asarray(inside & area[x, y])

    def fill(self, points: npt.ArrayLike) -> None:
        """Takes the cells under points (N, 2), metres."""
        self.taken |= self.covered(points)

    def free(
        self, radius: float, near: Float, direction: Sequence[float] | None = None, apart: Float | None = None
    ) -> tuple[float, float] | None:
        """The free place for a disc that is closest to a point.

        Args:
            radius: of the disc, metres; it stays within the workspace and ``GAP_M`` away from what is taken.
            near: (2,) metres.
            direction: (2,) only places that lie within 45 degrees of it, seen from ``near``.
            apart: (K, 2) metres: places that the centre keeps 0.13 m away from, if there is such a place.

        Returns:
            (x, y) of its centre, or None when there is no room.
        """
        import cv2

        free = np.pad(~self.taken, 1).astype(np.uint8)
        clearance = cv2.distanceTransform(free, cv2.DIST_L2, 5)[1:-1, 1:-1] * self.cell
        rows, columns = np.nonzero(clearance >= radius + GAP_M)
        centers = self.low + (np.column_stack([rows, columns]) + 0.5) * self.cell
        away = centers - near
        if direction is not None:
            along = away @ np.asarray(direction)
            kept = along >= np.linalg.norm(away, axis=1) * np.cos(np.pi / 4) - 1e-9
            centers, away = centers[kept], away[kept]
        if apart is not None and len(apart) and len(centers):
            far = (np.linalg.norm(centers[:, None] - apart[None], axis=-1) >= 0.13).all(axis=1)
            if far.any():
                centers, away = centers[far], away[far]
        if not len(centers):
            return None
        x, y = centers[np.linalg.norm(away, axis=1).argmin()]
        return float(x), float(y)
