"""What an object is like: its frame, outline, mesh, convex parts and symmetry; and how to build the usual kinds.

An object's frame has its origin at the centre of its visible outline: the centre of symmetry where it has one, of the
dish for a pan, else of the bounding box. z = 0 is its underside: at ``Pose(x, y)`` it stands on the table. Outlines are
drawn with x to the right and y up, so that at yaw ``UPRIGHT`` a letter reads upright in the top view, as in VIMA.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from sim import drawings as draw
from sim.meshes import Hull, Mesh, extrude, prism, prisms, revolve, wall_around
from sim.polygons import Outline, Polygon, centroid, circle, clearance, outline, rectangle, symmetry_period

UPRIGHT = float(np.pi / 2)
"""The yaw at which outlines are seen in the top view as they are drawn."""

Kind = Literal["object", "container", "flat"]
Profile = Literal["square", "circle", ""]


@dataclass(frozen=True, eq=False)
class Shape:
    """What an object is like, apart from its texture.

    Attributes:
        name: VIMA's.
        kind: a solid to be moved; a container to put things into or onto; or flat, a mark on the table.
        size: (x, y, z) extent, metres.
        outline: (K, 2) rings in the object's frame, outer then holes: what is seen from above.
        mass: kilograms.
        solids: builds the mesh to look at and the convex parts to touch (none: nothing touches it).
        inner: containers: (K, 2) ring inside which a thing counts as inside, else None.
        floor: containers: height of the surface that things lie on, metres.
        nominal: (x, y, z) that spacing is planned with, metres.
        profile: how VIMA sorts it in "same profile".
    """

    name: str
    kind: Kind
    size: tuple[float, float, float]
    outline: Outline
    mass: float
    solids: Callable[[], tuple[Mesh, tuple[Hull, ...]]]
    inner: Polygon | None = None
    floor: float = 0.0
    nominal: tuple[float, float, float] = (0.0, 0.0, 0.0)
    profile: Profile = ""

    @property
    def draggable(self) -> bool:
        """Whether VIMA's tasks move it."""
        return self.kind == "object"

    @property
    def container(self) -> bool:
        """Whether things are put into or onto it."""
        return self.inner is not None

    @property
    def flat(self) -> bool:
        """Whether it is a mark that nothing touches."""
        return not self.hulls

    @cached_property
    def _built(self) -> tuple[Mesh, tuple[Hull, ...]]:
        return self.solids()

    @property
    def mesh(self) -> Mesh:
        """Triangles to look at, object's frame."""
        return self._built[0]

    @property
    def hulls(self) -> tuple[Hull, ...]:
        """Convex parts to touch, each (N, 3) corners, object's frame."""
        return self._built[1]

    @cached_property
    def period(self) -> float:
        """Yaw symmetry: the smallest turn, radians, that nobody can see; 0.0 for a round thing, 2 pi for none."""
        return symmetry_period(self.outline)

    @cached_property
    def center_of_mass(self) -> tuple[float, float, float]:
        """(x, y, z) metres, object's frame: of the outline's surface (a container's inside), at half the height."""
        middle = centroid(self.outline if self.inner is None else (self.inner,))
        return float(middle[0]), float(middle[1]), self.size[2] / 2

    @cached_property
    def grasp(self) -> tuple[float, float]:
        """(x, y), object's frame, where suction holds the upper surface best.

        It lies well inside the material and close to the centre of mass.
        """
        if self.inner is not None and self.floor >= self.size[2]:
            return 0.0, 0.0
        points = np.concatenate(self.outline)
        low, high = points.min(axis=0), points.max(axis=0)
        x, y = np.meshgrid(*(np.linspace(a, b, 57) for a, b in zip(low, high)), indexing="ij")
        grid = np.column_stack([x.ravel(), y.ravel()])
        inside = clearance(self.outline, grid)
        good = grid[inside >= min(0.006, 0.8 * float(inside.max()))]
        nearest = good[np.linalg.norm(good - self.center_of_mass[:2], axis=1).argmin()]
        return float(nearest[0]), float(nearest[1])


def solid(
    name: str, rings: Outline, height: float, mass: float = 0.1, *, coarse: Outline | None = None, profile: Profile = ""
) -> Shape:
    """A prism over an outline. ``coarse`` has fewer corners and stands in for the outline where things touch."""
    points = np.concatenate(rings)
    width, depth = points.max(axis=0) - points.min(axis=0)
    size = (float(width), float(depth), height)

    def build() -> tuple[Mesh, tuple[Hull, ...]]:
        return extrude(rings, 0.0, height), prisms(coarse or rings, 0.0, height)

    return Shape(name, "object", size, rings, mass, build, nominal=size, profile=profile)


def mark(name: str, rings: Outline, thickness: float = 0.001, inner: Polygon | None = None) -> Shape:
    """A flat mark on the table, seen and never touched."""
    points = np.concatenate(rings)
    width, depth = points.max(axis=0) - points.min(axis=0)
    size = (float(width), float(depth), thickness)
    kind: Kind = "flat" if inner is None else "container"
    profile: Profile = "" if inner is None else "square"
    return Shape(name, kind, size, rings, 0.0, lambda: (extrude(rings, 0.0, thickness), ()), inner, 0.0, size, profile)


def line(length: float = 0.25, width: float = 0.04) -> Shape:
    """A stripe painted on the table, along x."""
    return mark("line", outline(rectangle(length, width)))


def three_sided_rectangle(width: float = 0.2, depth: float = 0.2, bar: float = 0.04) -> Shape:
    """Three painted sides of a rectangle, open towards +y."""
    return mark("three-sided rectangle", draw.u_shape((width, depth), bar))


def box(name: str, width: float, depth: float, height: float, wall: float, floor: float) -> Shape:
    """An open box."""
    rim = outline(rectangle(width, depth))
    inner = rectangle(width - 2 * wall, depth - 2 * wall)
    sides = draw.frame((width, depth), wall)

    def build() -> tuple[Mesh, tuple[Hull, ...]]:
        mesh = extrude(sides, 0.0, height) + extrude(outline(inner), 0.0, floor)
        return mesh, (*prisms(rim, 0.0, floor), *prisms(sides, floor, height))

    size = (width, depth, height)
    return Shape(name, "container", size, rim, 0.1, build, inner, floor, size, "square")


def slab(name: str, width: float, depth: float, height: float) -> Shape:
    """A pallet: a closed deck on three runners; things are put onto it."""
    rim = outline(rectangle(width, depth))
    deck = 0.4 * height
    runners = [outline(rectangle(width / 8, depth, (at * width * 7 / 16, 0.0))) for at in (-1, 0, 1)]

    def build() -> tuple[Mesh, tuple[Hull, ...]]:
        mesh = extrude(rim, height - deck, height)
        for runner in runners:
            mesh = mesh + extrude(runner, 0.0, height - deck)
        return mesh, prisms(rim, 0.0, height)

    size = (width, depth, height)
    return Shape(name, "container", size, rim, 0.1, build, rectangle(width, depth), height, size, "square")


def frame(name: str, width: float, depth: float, bar: float, height: float) -> Shape:
    """A thin frame that lies on the table; things are put into its opening."""
    rings = draw.frame((width, depth), bar)

    def build() -> tuple[Mesh, tuple[Hull, ...]]:
        return extrude(rings, 0.0, height), prisms(rings, 0.0, height)

    inner = rectangle(width - 2 * bar, depth - 2 * bar)
    nominal = (width * 1.25, depth * 1.25, height)
    return Shape(name, "container", (width, depth, height), rings, 0.1, build, inner, 0.0, nominal, "square")


def bowl(name: str, radius: float, height: float, foot: float, wall: float, *, kind: Kind = "container") -> Shape:
    """A round bowl, its side curving outwards from a flat foot."""
    t = np.linspace(0, np.pi / 2, 6)
    outside = np.column_stack([foot + (radius - foot) * np.sin(t), height * (1 - np.cos(t))])
    inside = np.column_stack([outside[:, 0] - wall, np.maximum(outside[:, 1], wall)])
    profile = np.vstack([[[0.0, 0.0]], outside, [[radius - wall, height]], inside[-2::-1], [[0.0, wall]]])
    middle = float(np.interp(0.35 * height, outside[:, 1], outside[:, 0]))

    def build() -> tuple[Mesh, tuple[Hull, ...]]:
        lower = wall_around((foot - wall, foot), (middle - wall, middle), wall, 0.35 * height, 12)
        upper = wall_around((middle - wall, middle), (radius - wall, radius), 0.35 * height, height, 12)
        return revolve(profile, 40), (prism(circle(foot, 12), 0.0, wall), *lower, *upper)

    size = (2 * radius, 2 * radius, height)
    inner = circle(radius - wall, 40)
    nominal = (1.7 * radius, 1.7 * radius, 0.0)
    return Shape(name, kind, size, outline(circle(radius, 40)), 0.1, build, inner, wall, nominal, "circle")


def pan(name: str, radius: float, height: float, handle: float, wall: float) -> Shape:
    """A frying pan: a round dish with a straight wall, its handle along +x. The origin is the dish's centre."""
    width, low, high = min(0.026, 0.5 * radius), 0.55 * height, 0.9 * height
    rim = circle(radius, 40)
    reach = float(np.sqrt(radius**2 - (width / 2) ** 2))
    kept = rim[~((rim[:, 0] > 0) & (np.abs(rim[:, 1]) < width / 2))]
    start = int(np.flatnonzero((kept[:, 1] > 0) & (kept[:, 0] > 0))[0])
    arm = [(reach, -width / 2), (radius + handle, -width / 2), (radius + handle, width / 2), (reach, width / 2)]
    rings = outline(np.vstack([arm, np.roll(kept, -start, axis=0)]))
    bar = outline(rectangle(handle + wall, width, (radius + handle / 2 - wall / 2, 0.0)))
    profile = [(0, 0), (radius, 0), (radius, height), (radius - wall, height), (radius - wall, wall), (0, wall)]

    def build() -> tuple[Mesh, tuple[Hull, ...]]:
        side = wall_around((radius - wall, radius), (radius - wall, radius), wall, height, 14)
        mesh = revolve(profile, 40) + extrude(bar, low, high)
        return mesh, (prism(circle(radius, 14), 0.0, wall), *side, *prisms(bar, low, high))

    size = (2 * radius + handle, 2 * radius, height)
    inner = circle(radius - wall, 40)
    return Shape(name, "container", size, rings, 0.1, build, inner, wall, (0.16, 0.24, 0.03), "circle")
