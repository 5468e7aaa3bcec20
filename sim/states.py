"""What the world keeps about each object, and the geometry of objects where they lie. Plain values, no engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.patterns import RGB
from sim.polygons import Outline, Polygon, contains, following, polygon, rotated
from sim.shapes import Shape
from sim.textures import Texture
from skills.types import TABLE, Int, ObjectTruth, Pose, Truth

Vector = npt.NDArray[np.float64]
Quaternion = tuple[float, float, float, float]
"""(x, y, z, w)."""


@dataclass(frozen=True)
class Look:
    """How everything that is not an object looks. The defaults are VIMA's, as measured in its pictures.

    Attributes:
        table: colour or texture of the workspace; None: not drawn.
        ground: likewise for what surrounds it.
        light_direction: from the table towards the light, base frame.
        light_color: RGB factors.
        ambient, diffuse, specular: shares of the light. A level surface shows 0.937 of its colour by default.
        shadow: whether objects cast shadows. The engine draws them for cameras a few metres away, not for far ones.
    """

    table: RGB | Texture | None = (51, 51, 51)
    ground: RGB | Texture | None = (255, 255, 255)
    light_direction: tuple[float, float, float] = (0.25, 0.12, 1.0)
    light_color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    ambient: float = 0.6
    diffuse: float = 0.35
    specular: float = 0.0
    shadow: bool = False


STUDIO = Look(table=None, ground=None)
"""A white nothing: for pictures of one object alone."""


@dataclass(frozen=True, eq=False)
class Placed:
    """An object of the world: what it is, apart from where.

    Attributes:
        id: counts from 0 in the order of adding, since the world was last cleared.
        name: the shape's, unless another was given.
        scale: of the whole; height_scale: of its height on top of that.
        fixed: nothing moves it.
        visible: whether pictures show it.
    """

    id: int
    name: str
    shape: Shape
    texture: Texture
    scale: float = 1.0
    height_scale: float = 1.0
    fixed: bool = False
    visible: bool = True

    @cached_property
    def factors(self) -> Vector:
        """(3,) by which the shape's metres are multiplied."""
        return np.array([self.scale, self.scale, self.scale * self.height_scale])

    @cached_property
    def size(self) -> tuple[float, float, float]:
        """(x, y, z) extent, metres."""
        x, y, z = (np.asarray(self.shape.size) * self.factors).tolist()
        return x, y, z

    @cached_property
    def center_of_mass(self) -> Vector:
        """(3,) metres, object's frame."""
        return np.asarray(self.shape.center_of_mass) * self.factors

    @cached_property
    def corners(self) -> Vector:
        """(N, 3) corners of the mesh about the centre of mass, metres."""
        return self.shape.mesh.vertices * self.factors - self.center_of_mass


@dataclass(frozen=True, eq=False)
class Body:
    """Where an object is and how it moves: centre of mass, (x, y, z, w) quaternion, velocities."""

    position: tuple[float, float, float]
    quaternion: Quaternion
    linear: tuple[float, float, float]
    angular: tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A world between actions, at rest: enough to go back, or to build the same in another world."""

    objects: tuple[Placed, ...]
    bodies: tuple[Body, ...]
    next_id: int
    steps: int
    joints: Vector | None


def matrix(quaternion: Sequence[float]) -> Vector:
    """(3, 3) rotation of an (x, y, z, w) quaternion."""
    x, y, z, w = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def product(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation b, then a."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def conjugate(a: Quaternion) -> Quaternion:
    """The rotation back."""
    return -a[0], -a[1], -a[2], a[3]


def pose_of(placed: Placed, body: Body) -> Pose:
    """The object's frame in the base frame."""
    turn = matrix(body.quaternion)
    x, y, z = (np.asarray(body.position) - turn @ placed.center_of_mass).tolist()
    return Pose(x, y, z, float(np.arctan2(turn[1, 0], turn[0, 0])))


def body_frame(placed: Placed, pose: Pose) -> tuple[list[float], Quaternion]:
    """Centre of mass and orientation of an object that stands upright at a pose of its frame."""
    quaternion = pose.quaternion()
    return (matrix(quaternion) @ placed.center_of_mass + (pose.x, pose.y, pose.z)).tolist(), quaternion


def truth_of(bodies: Int, ids: Mapping[int, int], objects: Mapping[int, Placed]) -> Truth:
    """Our ids in place of the engine's in a picture (H, W) of bodies, -1 for none."""
    names = np.full(max([0, *ids, int(bodies.max())]) + 2, TABLE, dtype=np.int32)
    names[list(ids)] = list(ids.values())
    shown = {id: ObjectTruth(placed.name, placed.texture.name) for id, placed in objects.items()}
    return Truth(names[bodies], shown)


def moved(rings: Sequence[Polygon], scale: float, pose: Pose) -> Outline:
    """Rings of an object's frame in the base frame."""
    return tuple(rotated(ring * scale, pose.yaw) + np.array([pose.x, pose.y]) for ring in rings)


def footprint(placed: Placed, body: Body) -> Outline:
    """What an object covers seen from above, base frame: its outline, or its convex hull when it has tipped over."""
    turn = matrix(body.quaternion)
    if turn[2, 2] > 0.98:
        return moved(placed.shape.outline, placed.scale, pose_of(placed, body))
    return (convex_hull((placed.corners @ turn.T)[:, :2] + np.asarray(body.position)[:2]),)


def convex_hull(points: npt.ArrayLike) -> Polygon:
    """Counter-clockwise convex hull of (N, 2) points (Andrew's monotone chain)."""
    # Plain numbers: the corners are few, and an array for each would cost more than the arithmetic.
    at = sorted({(x, y) for x, y in np.round(np.asarray(points, dtype=np.float64), 9).tolist()})

    def chain(order: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for x, y in order:
            while len(kept) > 1:
                (x0, y0), (x1, y1) = kept[-2], kept[-1]
                if (x1 - x0) * (y - y1) - (y1 - y0) * (x - x1) > 0:
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return polygon(chain(at) + chain(reversed(at)))


def overlap(first: Outline, second: Outline) -> bool:
    """Whether two outlines share any surface, to the density of their corners and edge midpoints."""

    def probes(rings: Outline) -> Vector:
        return np.concatenate([np.vstack([ring, (ring + following(ring)) / 2]) for ring in rings])

    (low, high), (floor, top) = ((rings[0].min(axis=0), rings[0].max(axis=0)) for rings in (first, second))
    if (low > top).any() or (floor > high).any():
        return False
    return bool(contains(first, probes(second)).any() or contains(second, probes(first)).any())
