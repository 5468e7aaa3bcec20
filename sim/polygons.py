"""Plane geometry: polygons with holes, cut into triangles and into convex pieces, and their symmetry.

A polygon is an (N, 2) float64 array without a repeated end point. An *outline* is a tuple of polygons: the outer one,
counter-clockwise, then its holes, clockwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Polygon = npt.NDArray[np.float64]
Outline = tuple[Polygon, ...]


def polygon(points: npt.ArrayLike, clockwise: bool = False) -> Polygon:
    """An (N, 2) polygon with the orientation asked for, consecutive duplicates dropped."""
    ring: Polygon = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    step = ring - np.concatenate([ring[-1:], ring[:-1]])
    ring = ring[np.sqrt(step[:, 0] ** 2 + step[:, 1] ** 2) > 1e-9]
    if (area(ring) < 0) != clockwise:
        ring = ring[::-1].copy()
    return ring


def following(ring: Polygon) -> Polygon:
    """Each corner's next one, (N, 2); ``np.roll`` at a fraction of its price."""
    return np.concatenate([ring[1:], ring[:1]])


def outline(outer: npt.ArrayLike, *holes: npt.ArrayLike) -> Outline:
    """An outline from rings of any orientation."""
    return (polygon(outer), *(polygon(hole, clockwise=True) for hole in holes))


def area(ring: Polygon) -> float:
    """Signed area, positive for counter-clockwise."""
    x, y = ring[:, 0], ring[:, 1]
    behind = following(ring)
    return float(0.5 * np.sum(x * behind[:, 1] - behind[:, 0] * y))


def centroid(rings: Iterable[Polygon]) -> Polygon:
    """(2,) centroid of the surface of an outline."""
    total, moment = 0.0, np.zeros(2)
    for ring in rings:
        behind = following(ring)
        cross = ring[:, 0] * behind[:, 1] - behind[:, 0] * ring[:, 1]
        total += float(cross.sum()) / 2
        moment += ((ring + behind) * cross[:, None]).sum(axis=0) / 6
    centre: Polygon = moment / total
    return centre


def contains(rings: Sequence[Polygon], points: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether points (N, 2) lie inside an outline and outside its holes (even-odd rule)."""
    at = np.atleast_2d(np.asarray(points, dtype=np.float64))
    inside = np.zeros(len(at), dtype=bool)
    for ring in rings:
        a, b = ring, following(ring)
        crosses = (a[:, 1] > at[:, 1, None]) != (b[:, 1] > at[:, 1, None])
        rise = np.where(b[:, 1] == a[:, 1], 1.0, b[:, 1] - a[:, 1])
        meets = a[:, 0] + (at[:, 1, None] - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise
        inside ^= (np.count_nonzero(crosses & (at[:, 0, None] < meets), axis=1) % 2).astype(bool)
    return inside


def clearance(rings: Sequence[Polygon], points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Distance (N,) of points (N, 2) to the nearest edge of an outline, negative outside it."""
    at = np.atleast_2d(np.asarray(points, dtype=np.float64))
    nearest = np.full(len(at), np.inf)
    for ring in rings:
        along = following(ring) - ring
        offset = at[:, None, :] - ring
        t = np.clip((offset * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-18), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(offset - t[..., None] * along, axis=-1).min(axis=1))
    return np.where(contains(rings, at), nearest, -nearest)


def rotated(points: npt.ArrayLike, angle: float) -> Polygon:
    """Points (N, 2) turned counter-clockwise by ``angle`` radians about the origin."""
    cos, sin = np.cos(angle), np.sin(angle)
    turned: Polygon = np.asarray(points, dtype=np.float64) @ np.array([[cos, sin], [-sin, cos]])
    return turned


def circle(radius: float, segments: int, center: tuple[float, float] = (0.0, 0.0), phase: float = 0.0) -> Polygon:
    """A regular polygon of ``segments`` corners on a circle, the first at angle ``phase``."""
    angles = phase + np.arange(segments) * (2 * np.pi / segments)
    return np.column_stack([np.cos(angles), np.sin(angles)]) * radius + center


def rectangle(width: float, height: float, center: tuple[float, float] = (0.0, 0.0)) -> Polygon:
    """An upright rectangle, counter-clockwise from its lower left corner."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    return corners + center


def symmetry_period(rings: Sequence[Polygon], tolerance: float = 0.02) -> float:
    """Smallest yaw, in radians, that carries an outline onto itself about its centroid.

    Args:
        rings: the outline.
        tolerance: largest distance between the two outlines, as a fraction of the radius.

    Returns:
        0.0 when every yaw does (to the tolerance), 2 pi when only the full turn does.
    """
    middle = centroid(rings)
    centred = [ring - middle for ring in rings]
    samples = np.concatenate([_along(ring, 24) for ring in centred])
    limit = tolerance * float(np.linalg.norm(samples, axis=1).max())

    def maps_on_itself(angle: float) -> bool:
        turned = rotated(samples, angle)
        return bool((np.abs(clearance(centred, turned)) <= limit).all())

    orders = [order for order in range(24, 1, -1) if maps_on_itself(2 * np.pi / order)]
    if not orders:
        return 2 * np.pi
    every_angle = all(maps_on_itself(angle) for angle in np.linspace(0.1, np.pi, 17))
    return 0.0 if every_angle else 2 * np.pi / orders[0]


def triangles(rings: Sequence[Polygon]) -> tuple[Polygon, npt.NDArray[np.int64]]:
    """Cuts an outline into triangles by ear clipping, holes joined to the outer ring by bridges.

    Returns:
        (V, 2) points and (T, 3) counter-clockwise indices into them.
    """
    return _triangles(tuple(ring.tobytes() for ring in rings))


@lru_cache(maxsize=16)
def _triangles(key: tuple[bytes, ...]) -> tuple[Polygon, npt.NDArray[np.int64]]:
    rings = [np.frombuffer(ring, dtype=np.float64).reshape(-1, 2) for ring in key]
    points = np.concatenate(rings)
    starts = np.cumsum([0, *(len(ring) for ring in rings)])
    loop = list(range(starts[1]))
    holes = [list(range(starts[i], starts[i + 1])) for i in range(1, len(rings))]
    for hole in sorted(holes, key=lambda ids: -points[ids, 0].max()):
        loop = _bridge(points, loop, hole)
    corners: list[tuple[float, float]] = [(float(x), float(y)) for x, y in points]

    def bends_in(i: int) -> bool:
        return _turn(corners, loop[i - 1], loop[i], loop[(i + 1) % len(loop)]) < 1e-12

    # Only a corner that bends inwards can lie in an ear, and cutting one off changes only its neighbours' bends.
    inward = [bends_in(i) for i in range(len(loop))]
    cut: list[tuple[int, int, int]] = []
    at = 0
    while len(loop) > 3:
        count = len(loop)
        inner = [loop[k] for k in range(count) if inward[k]]
        at = next((k % count for k in range(at, at + count) if _is_ear(corners, loop, inner, k % count)), -1)
        if at < 0:
            raise ValueError("an outline crosses itself: it has no ear to cut off")
        cut.append((loop[at - 1], loop[at], loop[(at + 1) % count]))
        del loop[at], inward[at]
        for k in ((at - 1) % (count - 1), at % (count - 1)):
            inward[k] = bends_in(k)
    cut.append((loop[0], loop[1], loop[2]))
    kept = [corner for corner in cut if _turn(corners, *corner) > 1e-12]
    return points, np.array(kept, dtype=np.int64)


def convex_pieces(rings: Sequence[Polygon]) -> list[Polygon]:
    """Cuts an outline into convex polygons: triangles merged while they stay convex (Hertel and Mehlhorn 1983)."""
    points, cut = triangles(rings)
    corners: list[tuple[float, float]] = [(float(x), float(y)) for x, y in points]
    pieces = {i: [int(a), int(b), int(c)] for i, (a, b, c) in enumerate(cut)}
    owner = {(a, b): i for i, piece in pieces.items() for a, b in zip(piece, piece[1:] + piece[:1])}
    for a, b in [edge for edge in owner if edge[0] < edge[1] and edge[::-1] in owner]:
        i, j = owner[a, b], owner[b, a]
        if i == j:
            continue
        first, second = pieces[i], pieces[j]
        at_b, at_a = first.index(b), second.index(a)
        joined = first[at_b:] + first[:at_b] + (second[at_a:] + second[:at_a])[1:-1]
        # Only the angles at the two ends of the edge changed.
        bends = [k for k, corner in enumerate(joined) if corner in (a, b)]
        if len(set(joined)) == len(joined) and all(
            _turn(corners, joined[k - 1], joined[k], joined[(k + 1) % len(joined)]) > -1e-10 for k in bends
        ):
            pieces[i] = joined
            del pieces[j]
            owner |= dict.fromkeys(zip(joined, joined[1:] + joined[:1]), i)
    return [points[piece] for piece in pieces.values()]


def _along(ring: Polygon, count: int) -> Polygon:
    """Points spread along each edge of a ring, at least its corners."""
    steps = max(2, int(np.ceil(count / len(ring)) * 2))
    t = np.arange(steps)[None, :, None] / steps
    spread: Polygon = (ring[:, None] * (1 - t) + following(ring)[:, None] * t).reshape(-1, 2)
    return spread


def _turn(corners: Sequence[tuple[float, float]], a: int, b: int, c: int) -> float:
    """Twice the area of a triangle of corners, positive for a left turn."""
    (ax, ay), (bx, by), (cx, cy) = corners[a], corners[b], corners[c]
    return (bx - ax) * (cy - by) - (by - ay) * (cx - bx)


def _is_ear(corners: Sequence[tuple[float, float]], loop: list[int], inward: list[int], i: int) -> bool:
    a, b, c = loop[i - 1], loop[i], loop[(i + 1) % len(loop)]
    if _turn(corners, a, b, c) < -1e-12:
        return False
    own = (corners[a], corners[b], corners[c])
    for k in inward:
        # A bridge visits its two ends twice: a point that coincides with a corner doesn't lie inside the ear.
        if k in (a, b, c) or any(abs(corners[k][0] - x) + abs(corners[k][1] - y) < 1e-9 for x, y in own):
            continue
        if min(_turn(corners, a, b, k), _turn(corners, b, c, k), _turn(corners, c, a, k)) >= -1e-12:
            return False
    return True


def _bridge(points: Polygon, loop: list[int], hole: list[int]) -> list[int]:
    """Joins a hole to the loop by the shortest segment from its right-most point that crosses nothing."""
    start = max(range(len(hole)), key=lambda k: points[hole[k], 0])
    origin = points[hole[start]]
    for at in sorted(range(len(loop)), key=lambda k: float(np.linalg.norm(points[loop[k]] - origin))):
        if not _blocked(points, loop, hole, origin, points[loop[at]]):
            turned = hole[start:] + hole[:start]
            return [*loop[: at + 1], *turned, turned[0], *loop[at:]]
    raise ValueError("a hole lies outside its outline")


def _blocked(points: Polygon, loop: list[int], hole: list[int], p: Polygon, q: Polygon) -> bool:
    for ring in (loop, hole):
        a, b = points[ring], points[ring[1:] + ring[:1]]

        def side(o: Polygon, d: Polygon, at: Polygon) -> Polygon:
            along: Polygon = (d[..., 0] - o[..., 0]) * (at[..., 1] - o[..., 1]) - (d[..., 1] - o[..., 1]) * (
                at[..., 0] - o[..., 0]
            )
            return along

        if bool(((side(p, q, a) * side(p, q, b) < -1e-18) & (side(a, b, p) * side(a, b, q) < -1e-18)).any()):
            return True
    return False
