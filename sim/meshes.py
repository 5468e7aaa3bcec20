"""Solids for the table, made from outlines: triangles with texture coordinates to see, convex parts to touch.

Texture coordinates are metric: one period of a texture covers ``TILE`` metres of any surface, so that two objects of
the same texture look alike whatever their sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim.polygons import Outline, Polygon, convex_pieces, triangles

TILE = 0.1
"""Metres covered by one period of a texture."""

_OVERLAP = 0.006

Hull = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles to look at.

    Attributes:
        vertices: (V, 3) metres; one copy for each face that meets there, so that edges look sharp.
        triangles: (T, 3) indices, counter-clockwise from outside.
        uvs: (V, 2) texture coordinates, in periods of the texture.
        normals: (V, 3) unit vectors.
    """

    vertices: npt.NDArray[np.float64]
    triangles: npt.NDArray[np.int64]
    uvs: npt.NDArray[np.float64]
    normals: npt.NDArray[np.float64]

    def __add__(self, other: Mesh) -> Mesh:
        """Both together."""
        return Mesh(
            np.vstack([self.vertices, other.vertices]),
            np.vstack([self.triangles, other.triangles + len(self.vertices)]),
            np.vstack([self.uvs, other.uvs]),
            np.vstack([self.normals, other.normals]),
        )


def extrude(rings: Outline, low: float, high: float) -> Mesh:
    """A prism over an outline, from z = low to z = high, with lids."""
    points, cut = triangles(rings)
    mesh = _lid(points, cut, high, up=True) + _lid(points, cut, low, up=False)
    for ring in rings:
        mesh = mesh + _wall(ring, low, high)
    return mesh


def revolve(profile: npt.ArrayLike, segments: int) -> Mesh:
    """A solid of revolution about z.

    Args:
        profile: (K, 2) corners (radius, z), going so that the outside lies to the right.
        segments: facets around the axis; normals are smooth around it.
    """
    line = np.asarray(profile, dtype=np.float64)
    angles = np.arange(segments + 1) * (2 * np.pi / segments)
    cos, sin = np.cos(angles), np.sin(angles)
    parts: list[Mesh] = []
    rises = np.linalg.norm(np.diff(line, axis=0), axis=1)
    walked = np.concatenate([[0.0], np.cumsum(rises)])
    # Distance from the axis along the surface, from either end: it unrolls each side without stretch at the middle.
    unrolled = np.minimum(walked, walked[-1] - walked)
    for i, ((r0, z0), (r1, z1)) in enumerate(pairwise(line)):
        normal_r, normal_z = (z1 - z0) / rises[i], -(r1 - r0) / rises[i]
        vertices = np.concatenate(
            [np.stack([r * cos, r * sin, np.full_like(cos, z)], 1) for r, z in ((r0, z0), (r1, z1))]
        )
        normals = np.tile(np.stack([normal_r * cos, normal_r * sin, np.full_like(cos, normal_z)], 1), (2, 1))
        uvs = np.concatenate([np.stack([s * cos, s * sin], 1) for s in unrolled[i : i + 2]]) / TILE
        low = np.arange(segments)
        a, b, c, d = low, low + 1, low + segments + 2, low + segments + 1
        quads = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
        keep = _areas(vertices, quads) > 1e-12
        parts.append(Mesh(vertices, quads[keep], uvs, normals))
    mesh = parts[0]
    for part in parts[1:]:
        mesh = mesh + part
    return mesh


def prisms(rings: Outline, low: float, high: float) -> tuple[Hull, ...]:
    """Convex parts, each (N, 3) corners, that fill the prism over an outline."""
    return tuple(prism(piece, low, high) for piece in convex_pieces(rings))


def prism(ring: Polygon, low: float, high: float, top: Polygon | None = None) -> Hull:
    """Corners of a straight prism over a convex polygon, or of a slanted one whose upper polygon is ``top``."""
    above = ring if top is None else top
    return np.vstack(
        [np.column_stack([ring, np.full(len(ring), low)]), np.column_stack([above, np.full(len(above), high)])]
    )


def wall_around(
    lower: Sequence[float], upper: Sequence[float], low: float, high: float, segments: int
) -> tuple[Hull, ...]:
    """A round wall of convex parts: (inner, outer) radii at its foot and at its rim.

    On the inside each part reaches ``_OVERLAP`` metres into its neighbours: a corner pressed into a mere seam would be
    held between two side faces that nobody sees.
    """
    angles = np.arange(segments + 1) * (2 * np.pi / segments)
    rays = np.column_stack([np.cos(angles), np.sin(angles)])
    reach = 1 / np.cos(np.pi / segments)
    parts = []
    for a, b in pairwise(rays):
        more = (b - a) / np.linalg.norm(b - a) * _OVERLAP
        ends = np.outer([-1, 0, 0, 1], more)
        foot = np.array([a * lower[0], a * lower[1] * reach, b * lower[1] * reach, b * lower[0]]) + ends
        rim = np.array([a * upper[0], a * upper[1] * reach, b * upper[1] * reach, b * upper[0]]) + ends
        parts.append(prism(foot, low, high, rim))
    return tuple(parts)


def _lid(points: Polygon, cut: npt.NDArray[np.int64], z: float, up: bool) -> Mesh:
    vertices = np.column_stack([points, np.full(len(points), z)])
    normals = np.tile([0.0, 0.0, 1.0 if up else -1.0], (len(points), 1))
    return Mesh(vertices, cut if up else cut[:, ::-1], points / TILE, normals)


def _wall(ring: Polygon, low: float, high: float) -> Mesh:
    """The wall over a ring, its outside to the right of the ring's direction."""
    count = len(ring)
    after = np.roll(ring, -1, axis=0)
    along = after - ring
    lengths = np.linalg.norm(along, axis=1)
    start = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    lows, highs = np.full(count, low), np.full(count, high)
    vertices = np.vstack(
        [
            np.column_stack([ring, lows]),
            np.column_stack([after, lows]),
            np.column_stack([after, highs]),
            np.column_stack([ring, highs]),
        ]
    )
    # The pattern runs on over the upper edge: v = 0 there, where the lid begins.
    uvs = np.vstack(
        [
            np.column_stack([start, lows - high]),
            np.column_stack([start + lengths, lows - high]),
            np.column_stack([start + lengths, highs - high]),
            np.column_stack([start, highs - high]),
        ]
    )
    outward = np.column_stack([along[:, 1], -along[:, 0], np.zeros(count)]) / lengths[:, None]
    i = np.arange(count)
    faces = np.concatenate([np.stack([i, i + count, i + 2 * count], 1), np.stack([i, i + 2 * count, i + 3 * count], 1)])
    return Mesh(vertices, faces, uvs / TILE, np.tile(outward, (4, 1)))


def _areas(vertices: npt.NDArray[np.float64], faces: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    doubled: npt.NDArray[np.float64] = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return doubled / 2
