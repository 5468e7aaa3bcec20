"""Convex parts in the form in which the engine reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.meshes import Hull
from sim.shapes import Shape
from sim.states import Placed

MARGIN = 0.001
"""The engine adds this shell around convex parts, metres; they are built lower by as much."""


class Hulls:
    """Shapes to collide with, each built once for an engine's life."""

    def __init__(self, client: Any, folder: Path) -> None:
        self._p, self._folder = client, folder
        self._shapes: dict[tuple[Shape, float, float], int] = {}

    def shape(self, placed: Placed) -> int:
        """The engine's compound shape of an object, about its centre of mass; -1 for a mark."""
        if placed.shape.flat:
            return -1
        key = (placed.shape, placed.scale, placed.height_scale)
        if key not in self._shapes:
            self._shapes[key] = self._block(placed) if _is_block(placed.shape.hulls) else self._parts(placed)
        return self._shapes[key]

    def _block(self, placed: Placed) -> int:
        """Blocks are the engine's own boxes: all corners of a face touch at once, so that a push doesn't spin them."""
        return int(self._p.createCollisionShape(self._p.GEOM_BOX, halfExtents=[side / 2 for side in placed.size]))

    def _parts(self, placed: Placed) -> int:
        path = self._folder / "hulls.obj"
        path.write_text(wavefront(placed.shape.hulls, placed.factors, placed.center_of_mass), encoding="ascii")
        shape = self._p.createCollisionShape(self._p.GEOM_MESH, fileName=str(path))
        path.unlink()
        return int(shape)


def _is_block(hulls: Sequence[Hull]) -> bool:
    """Whether the parts are one upright box."""
    if len(hulls) != 1 or len(hulls[0]) != 8:
        return False
    return all(len(np.unique(np.round(hulls[0][:, axis], 9))) == 2 for axis in range(3))


def wavefront(hulls: Sequence[Hull], factors: npt.ArrayLike, origin: npt.ArrayLike) -> str:
    """A Wavefront file with one group for each part, stretched by ``factors``, about ``origin``.

    The engine takes the corners' convex hull and ignores the faces, which only have to be there.
    """
    lines: list[str] = []
    count = 0
    for i, hull in enumerate(hulls):
        part = _lower(hull * np.asarray(factors)) - np.asarray(origin)
        lines.append(f"o part{i}")
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in part]
        lines += [f"f {count + 1} {count + k} {count + k + 1}" for k in range(2, len(part))]
        count += len(part)
    return "\n".join(lines) + "\n"


def _lower(hull: Hull) -> Hull:
    """A part without the engine's shell below and above."""
    low, high = float(hull[:, 2].min()), float(hull[:, 2].max())
    shell = min(MARGIN, 0.45 * (high - low))
    thin = hull.copy()
    thin[:, 2] = np.clip(hull[:, 2], low + shell, high - shell)
    return thin
