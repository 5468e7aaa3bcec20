"""Where things fit on the table: gaps between outlines, random free places, the nearest free place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.polygons import following, rotated
from sim.states import convex_hull
from skills.types import Pose, Workspace

Ring = npt.NDArray[np.float64]

WORKSPACE = Workspace()
EDGE = 0.01
"""Metres of table kept free around an object that is placed at random."""
GAP = 0.015
"""Metres between two outlines: a gripped neighbour does not push its neighbour."""
APART = 0.125
"""Metres between two centres: more than VIMA's 0.10 m tolerance, so that no rule takes one place for another."""


class NoRoom(Exception):
    """The table is too full for one more thing."""


@dataclass(frozen=True, eq=False)
class Spot:
    """A taken place: its centre and the convex ring (K, 2) around it, base frame, metres."""

    center: tuple[float, float]
    ring: Ring

    @classmethod
    def of(cls, outline: Sequence[npt.ArrayLike], pose: Pose) -> Spot:
        """The place that an outline (object's frame, outer ring first) takes at a pose."""
        return cls((pose.x, pose.y), convex_hull(rotated(outline[0], pose.yaw) + np.array([pose.x, pose.y])))

    @cached_property
    def normals(self) -> Ring:
        """(K, 2) unit normals of the ring's edges."""
        along = following(self.ring) - self.ring
        across = np.column_stack([along[:, 1], -along[:, 0]])
        unit: Ring = across / np.linalg.norm(along, axis=1, keepdims=True)
        return unit

    def gap(self, other: Spot) -> float:
        """A lower bound of the distance between two places, metres; negative when they overlap.

        The largest separation along any edge's normal (separating axis theorem): exact for its sign, and for its value
        unless two corners face each other.
        """
        axes = np.concatenate([self.normals, other.normals])
        mine, its = axes @ self.ring.T, axes @ other.ring.T
        return float(np.maximum(its.min(axis=1) - mine.max(axis=1), mine.min(axis=1) - its.max(axis=1)).max())


def gap(a: Ring, b: Ring) -> float:
    """The gap between two convex rings; see ``Spot.gap``."""
    return Spot((0.0, 0.0), a).gap(Spot((0.0, 0.0), b))


def on_table(ring: Ring, edge: float = EDGE) -> bool:
    """Whether a ring lies on the table, ``edge`` metres from its rim."""
    low, high = np.array(WORKSPACE.low[:2]) + edge, np.array(WORKSPACE.high[:2]) - edge
    return bool((ring >= low).all() and (ring <= high).all())


def is_free(spot: Spot, taken: Iterable[Spot], gap_m: float = GAP, apart: float = APART) -> bool:
    """Whether a spot keeps its distance to those taken: ``gap_m`` between rings, ``apart`` between centres."""
    return all(math.dist(spot.center, other.center) >= apart and spot.gap(other) >= gap_m for other in taken)


def sample(
    rng: np.random.Generator,
    outline: Sequence[npt.ArrayLike],
    taken: Sequence[Spot],
    *,
    yaw: float | None = None,
    tries: int = 200,
) -> Pose:
    """A random free pose on the table, uniform over those where the outline fits; any heading unless ``yaw`` says one.

    Raises:
        NoRoom: none found.
    """
    hull = convex_hull(outline[0])
    for _ in range(tries):
        turn = float(rng.uniform(-np.pi, np.pi)) if yaw is None else yaw
        ring = rotated(hull, turn)
        low = np.array(WORKSPACE.low[:2]) + EDGE - ring.min(axis=0)
        high = np.array(WORKSPACE.high[:2]) - EDGE - ring.max(axis=0)
        x, y = rng.uniform(low, high)
        if is_free(Spot((float(x), float(y)), ring + np.array([x, y])), taken):
            return Pose(float(x), float(y), 0.0, turn)
    raise NoRoom(f"no free place among {len(taken)} taken ones")


def nearest_free(ring: Ring, center: tuple[float, float], taken: Sequence[Spot], step: float = 0.02) -> Pose | None:
    """The free place nearest to where something lies now, its heading kept; None when the table is full.

    Args:
        ring: (K, 2) the thing's convex outline as it lies, base frame.
        center: its centre.
        taken: what must stay free, without the thing's own place.
        step: metres between the places tried.
    """
    xs = np.arange(WORKSPACE.low[0], WORKSPACE.high[0] + 1e-9, step)
    ys = np.arange(WORKSPACE.low[1], WORKSPACE.high[1] + 1e-9, step)
    grid = np.array([(x, y) for x in xs for y in ys])
    order = np.linalg.norm(grid - center, axis=1).argsort(kind="stable")
    # Apart from every centre first; where the table is too full for that, a gap must do.
    for apart in (APART, 0.0):
        for x, y in grid[order]:
            moved = ring + np.array([x - center[0], y - center[1]])
            if on_table(moved) and is_free(Spot((float(x), float(y)), moved), taken, apart=apart):
                return Pose(float(x), float(y))
    return None
