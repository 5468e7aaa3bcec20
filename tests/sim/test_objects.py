"""Every object of the table, and random ones: their solids, outlines and symmetries agree with each other."""

from __future__ import annotations

import numpy as np
import pytest

from sim.meshes import Mesh
from sim.objects import CONTAINERS, DRAGGABLE, SHAPES, random_shape
from sim.polygons import area, circle, clearance, contains, convex_pieces, outline, rectangle, rotated, triangles

# (x, y, z) metres and yaw period as measured on VIMABench; ours are its objects where these agree.
VIMA_SIZES = {
    "bowl": (0.2, 0.2, 0.064),
    "pan": (0.294, 0.169, 0.041),
    "block": (0.07, 0.07, 0.07),
    "shorter block": (0.07, 0.07, 0.03),
    "small block": (0.03, 0.03, 0.03),
    "pallet": (0.21, 0.175, 0.035),
    "frame": (0.18, 0.18, 0.0015),
    "square": (0.24, 0.24, 0.001),
    "line": (0.25, 0.04, 0.001),
    "letter A": (0.09, 0.103, 0.032),
    "letter E": (0.058, 0.102, 0.032),
    "letter T": (0.108, 0.108, 0.032),
    "heart": (0.103, 0.095, 0.032),
    "ring": (0.096, 0.096, 0.032),
    "hexagon": (0.094, 0.108, 0.032),
    "pentagon": (0.103, 0.098, 0.032),
}
# How often an object looks the same in a full turn; 0: at every yaw.
ORDERS = {
    0: ("bowl", "ring", "round"),
    1: (*(f"letter {name}" for name in "AEGMRTV"), "heart", "L-shaped block", "pan", "three-sided rectangle"),
    2: ("diamond", "pallet", "line"),
    3: ("triangle",),
    4: ("flower", "cross", "block", "shorter block", "small block", "container", "frame", "square"),
    5: ("pentagon", "star"),
    6: ("hexagon",),
}
PERIODS = {name: 2 * np.pi / order if order else 0.0 for order, names in ORDERS.items() for name in names}


def volume(mesh: Mesh) -> float:
    """Enclosed volume: positive only when triangles face outwards."""
    a, b, c = (mesh.vertices[mesh.triangles[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def test_every_name_of_the_tasks_is_there() -> None:
    assert set(PERIODS) == set(SHAPES)
    assert not set(DRAGGABLE) & set(CONTAINERS)


@pytest.mark.parametrize("name", SHAPES)
def test_shape_is_consistent(name: str) -> None:
    shape = SHAPES[name]
    low, high = shape.mesh.vertices.min(axis=0), shape.mesh.vertices.max(axis=0)
    np.testing.assert_allclose(high - low, shape.size, atol=1e-9)
    assert low[2] == pytest.approx(0.0)
    assert volume(shape.mesh) > 0
    corners = np.concatenate(shape.outline)
    np.testing.assert_allclose(np.ptp(corners, axis=0), shape.size[:2], atol=1e-9)
    assert area(shape.outline[0]) > 0 and all(area(hole) < 0 for hole in shape.outline[1:])
    for hull in shape.hulls:
        assert (hull.min(axis=0) >= low - 0.004).all() and (hull.max(axis=0) <= high + 0.004).all()
    normals = np.linalg.norm(shape.mesh.normals, axis=1)
    np.testing.assert_allclose(normals, 1.0, atol=1e-9)


@pytest.mark.parametrize("name", VIMA_SIZES)
def test_size_is_the_benchmarks(name: str) -> None:
    np.testing.assert_allclose(SHAPES[name].size, VIMA_SIZES[name], atol=0.002)


@pytest.mark.parametrize("name", PERIODS)
def test_period_is_computed_from_the_outline(name: str) -> None:
    assert SHAPES[name].period == pytest.approx(PERIODS[name])


@pytest.mark.parametrize("name", DRAGGABLE)
def test_solid_is_filled_and_can_be_held(name: str) -> None:
    shape = SHAPES[name]
    flat = sum(area(ring) for ring in shape.outline)
    assert volume(shape.mesh) == pytest.approx(flat * shape.size[2], rel=1e-6)
    # A point of the upper surface with material all around the cup's tip.
    assert clearance(shape.outline, [shape.grasp])[0] >= 0.005


@pytest.mark.parametrize("name", [name for name in SHAPES if SHAPES[name].hulls])
def test_what_touches_is_as_hollow_as_what_is_seen(name: str) -> None:
    shape = SHAPES[name]
    inner = [shape.inner] if shape.inner is not None else [ring[::-1] for ring in shape.outline[1:]]
    if not inner or shape.floor >= shape.size[2]:
        return
    height = max(shape.floor + 0.001, 0.9 * shape.size[2])
    for hull in shape.hulls:
        if hull[:, 2].max() > height:
            middle = hull[hull[:, 2] == hull[:, 2].max(), :2].mean(axis=0)
            assert not contains(inner, [middle])[0], "a wall stands in the opening"


@pytest.mark.parametrize("name", CONTAINERS)
def test_inner_outline_lies_within(name: str) -> None:
    shape = SHAPES[name]
    assert shape.inner is not None
    assert contains([shape.outline[0] * 1.001], shape.inner).all()
    assert contains([shape.inner], [shape.center_of_mass[:2]])[0]


def test_random_shapes_repeat_and_can_be_built() -> None:
    first = [random_shape(np.random.default_rng(seed)) for seed in range(150)]
    again = [random_shape(np.random.default_rng(seed)) for seed in range(150)]
    for one, other in zip(first, again):
        assert (one.name, one.size) == (other.name, other.size)
        assert volume(one.mesh) > 0
        assert np.isfinite(one.mesh.vertices).all()
    assert len({shape.name for shape in first}) > 12


@pytest.mark.parametrize("seed", range(30))
def test_pieces_cover_the_outline_and_are_convex(seed: int) -> None:
    rings = random_shape(np.random.default_rng(seed)).outline
    whole = sum(area(ring) for ring in rings)
    points, cut = triangles(rings)
    assert sum(area(points[corner]) for corner in cut) == pytest.approx(whole)
    pieces = convex_pieces(rings)
    assert sum(area(piece) for piece in pieces) == pytest.approx(whole)
    for piece in pieces:
        before, after = piece - np.roll(piece, 1, axis=0), np.roll(piece, -1, axis=0) - piece
        assert (before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] > -1e-9).all()


def test_polygon_measures() -> None:
    rings = outline(rectangle(2.0, 2.0), circle(0.5, 64))
    np.testing.assert_array_equal(contains(rings, [(0.9, 0.9), (0.1, 0.0), (1.1, 0.0)]), [True, False, False])
    np.testing.assert_allclose(clearance(rings, [(0.75, 0.0), (1.5, 0.0)]), [0.25, -0.5], atol=1e-3)
    np.testing.assert_allclose(rotated([(1.0, 0.0)], np.pi / 2), [(0.0, 1.0)], atol=1e-12)


def test_an_outline_that_crosses_itself_is_refused() -> None:
    with pytest.raises(ValueError, match=r"crosses itself|outside"):
        triangles((np.array([(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.5), (2.0, 0.5)]),))
