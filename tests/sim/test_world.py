"""The world: pictures agree with the calibration, contacts with what rests where, and equal calls give equal bits."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from sim.cameras import FRONT, TOP, CameraSpec
from sim.objects import CONTAINERS, DRAGGABLE, SHAPES, UPRIGHT, random_shape
from sim.states import STUDIO, Look
from sim.textures import TEXTURES, random_texture
from sim.world import World
from skills.types import TABLE, Pose

RED, BLUE = TEXTURES["red"], TEXTURES["blue"]
OBLIQUE = CameraSpec("oblique", (1.2, -0.5, 0.9), (0.5, 0.0, 0.0), fov_y=0.7)


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def world(shared: World) -> World:
    shared.clear()
    shared.look = Look()
    shared.events()
    return shared


def bits(world: World) -> str:
    return repr([(id, vars(world.body(id))) for id in world.objects])


def furnish(world: World, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["bowl", "heart", "block", "letter A", "container", "ring"]
    places = [(0.36, -0.34), (0.36, 0.0), (0.64, 0.1), (0.64, -0.15), (0.6, 0.35), (0.4, 0.3)]
    for name, (x, y) in zip(names, places):
        shape = SHAPES[name]
        world.add(shape, RED, Pose(x, y, 0.02, rng.uniform(-3, 3)), fixed=shape.container)


# --- pictures -------------------------------------------------------------------------------------------------------


def test_top_view_maps_as_published() -> None:
    camera = TOP.camera()
    at = camera.meet_plane([(0, 0), (128, 63), (255, 127)])
    np.testing.assert_allclose(at[:, 0], 0.5 + (np.array([0, 63, 127]) - 63) * 0.003984, atol=2e-4)
    np.testing.assert_allclose(at[:, 1], (np.array([0, 128, 255]) - 128) * 0.003984, atol=2e-4)


def test_front_view_maps_as_published() -> None:
    at = FRONT.camera().meet_plane([(0, 0), (128, 63), (255, 127)])
    np.testing.assert_allclose(at[:, 0], 0.00562 * np.array([0, 63, 127]) + 0.0565, atol=1.5e-3)
    np.testing.assert_allclose(at[:, 1], 0.00397 * np.array([0, 128, 255]) - 0.508, atol=1.5e-3)


@pytest.mark.parametrize("camera", [TOP, FRONT, OBLIQUE], ids=lambda camera: camera.name)
@pytest.mark.parametrize("size", [(128, 256), (240, 480)])
def test_projection_agrees_with_the_picture(world: World, camera: CameraSpec, size: tuple[int, int]) -> None:
    # A flat thing's seen outline is its projected one: compare centroids over many places, to beat pixel rounding.
    errors = []
    for x, y in [(0.35, -0.31), (0.5, 0.0), (0.41, 0.2), (0.64, 0.33), (0.62, -0.2), (0.3, 0.4)]:
        world.clear()
        world.add(SHAPES["square"], RED, Pose(x, y), scale=0.25)
        view = world.render(camera, segmentation=True, size=size)
        assert view.truth is not None
        rows, columns = np.nonzero(view.truth.segmentation == 0)
        ring = world.footprint(0)[0]
        (middle, _) = view.camera.project(np.column_stack([ring, np.full(len(ring), 0.001)]))
        errors.append(np.array([columns.mean(), rows.mean()]) - middle.mean(axis=0))
    assert np.abs(np.mean(errors, axis=0)).max() < 0.5
    assert np.abs(errors).max() < 1.0


@pytest.mark.parametrize("camera", [TOP, FRONT, OBLIQUE], ids=lambda camera: camera.name)
def test_depth_is_metric(world: World, camera: CameraSpec) -> None:
    world.add(SHAPES["block"], RED, Pose(0.55, -0.1, 0.0, 0.4))
    view = world.render(camera, depth=True, segmentation=True, size=(240, 480))
    assert view.truth is not None and view.depth_m is not None
    rows, columns = np.nonzero(view.truth.segmentation == 0)
    points = view.camera.back_project(np.column_stack([columns, rows]), view.depth_m[rows, columns])
    local = points[:, :2] - (0.55, -0.1)
    cos, sin = np.cos(0.4), np.sin(0.4)
    local = np.abs(local @ np.array([[cos, -sin], [sin, cos]]))
    # Every seen point lies on a face of the block.
    off = np.minimum(np.abs(points[:, 2] - 0.07), np.abs(local - 0.035).min(axis=1))
    assert np.percentile(off, 95) < 0.002
    rows, columns = np.nonzero(view.truth.segmentation == TABLE)
    bare = view.camera.back_project(np.column_stack([columns, rows]), view.depth_m[rows, columns])
    near = (np.abs(bare[:, 0] - 0.5) < 0.25) & (np.abs(bare[:, 1]) < 0.5)
    assert np.abs(bare[near, 2]).max() < 0.001


def test_colours_are_the_benchmarks(world: World) -> None:
    world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    rgb = world.render(TOP).rgb
    assert tuple(rgb[100, 20]) == (47, 47, 47)
    assert tuple(rgb[0, 0]) == (239, 239, 239)
    np.testing.assert_allclose(rgb[63, 128], 0.937 * np.array(RED.colors[0]), atol=2)


def test_letters_read_upright_and_not_mirrored(world: World) -> None:
    world.add(SHAPES["letter E"], RED, Pose(0.5, 0.0, 0.0, UPRIGHT))
    view = world.render(TOP, segmentation=True)
    assert view.truth is not None
    rows, columns = np.nonzero(view.truth.segmentation == 0)
    seen = view.truth.segmentation[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] == 0
    height, width = seen.shape
    assert height > width
    assert seen[:, 0].all(), "the spine of an E is on its left"
    assert not seen[:, -1].all()
    world.clear()
    world.add(SHAPES["letter T"], RED, Pose(0.5, 0.0, 0.0, UPRIGHT))
    truth = world.render(TOP, segmentation=True).truth
    assert truth is not None
    across = np.count_nonzero(truth.segmentation == 0, axis=1)
    across = across[across > 0]
    assert across[0] > 2 * across[-1], "the bar of a T is above"


def test_laying_over_the_bare_table_is_the_same_picture(world: World) -> None:
    furnish(world, 0)
    world.settle()
    whole = world.render(TOP, depth=True, segmentation=True)
    assert whole.truth is not None and whole.depth_m is not None
    ids = whole.truth.segmentation
    assert set(np.unique(ids)) == {TABLE, *world.objects}
    assert (whole.rgb[ids == TABLE].max(axis=0) == 239).all()
    world.look = STUDIO
    alone = world.render(TOP, segmentation=True)
    assert alone.truth is not None
    np.testing.assert_array_equal(alone.truth.segmentation, ids)
    np.testing.assert_array_equal(alone.rgb[ids != TABLE], whole.rgb[ids != TABLE])
    assert (alone.rgb[ids == TABLE] == 255).all()


def test_looks_can_be_changed(world: World) -> None:
    world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    plain = world.render(OBLIQUE).rgb
    world.look = Look(table=TEXTURES["wooden"], ground=(20, 60, 20), ambient=0.4, light_color=(1.0, 0.9, 0.8))
    other = world.render(OBLIQUE).rgb
    assert np.abs(plain.astype(int) - other).mean() > 20
    world.look = Look(shadow=True, light_direction=(0.6, 0.6, 1.0))
    shaded = world.render(OBLIQUE).rgb
    world.look = Look(shadow=False, light_direction=(0.6, 0.6, 1.0))
    assert (shaded != world.render(OBLIQUE).rgb).any()


def test_retexture_and_invisible(world: World) -> None:
    block = world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    ghost = world.add(SHAPES["block"], RED, Pose(0.5, 0.3), visible=False)
    world.retexture(block, BLUE)
    view = world.render(TOP, segmentation=True)
    assert view.truth is not None
    assert view.truth.objects[block].texture == "blue"
    assert ghost not in view.truth.segmentation
    np.testing.assert_allclose(view.rgb[63, 128], 0.937 * np.array(BLUE.colors[0]), atol=2)


# --- things ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*DRAGGABLE, *CONTAINERS])
def test_objects_rest_where_they_are_put(world: World, name: str) -> None:
    id = world.add(SHAPES[name], RED, Pose(0.5, 0.1, 0.0, 0.7))
    assert world.settle(240)
    pose = world.pose(id)
    np.testing.assert_allclose([pose.x, pose.y, pose.z, pose.yaw], [0.5, 0.1, 0.0, 0.7], atol=1e-3)
    if SHAPES[name].hulls:
        assert world.supports(id) == {TABLE}
    state = world.state(id)
    assert state.on is None
    np.testing.assert_allclose(
        np.ptp(np.array(state.footprint[0]), axis=0).max(), np.ptp(world.footprint(id)[0], axis=0).max()
    )
    np.testing.assert_allclose(world.height(id), (0.0, SHAPES[name].size[2]), atol=1e-3)


def test_scales_multiply(world: World) -> None:
    id = world.add(SHAPES["block"], RED, Pose(0.5, 0.0), scale=0.5, height_scale=2.0)
    world.settle()
    np.testing.assert_allclose(world.state(id).size, (0.035, 0.035, 0.07))
    np.testing.assert_allclose(world.height(id), (0.0, 0.07), atol=1e-3)


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_lies_in_a_container_is_on_it(world: World, name: str) -> None:
    box = world.add(SHAPES[name], RED, Pose(0.5, 0.1, 0.0, 0.3), fixed=True)
    floor = SHAPES[name].floor
    first = world.add(SHAPES["small block"], BLUE, Pose(0.5, 0.1, floor + 0.002))
    second = world.add(SHAPES["small block"], BLUE, Pose(0.5, 0.1, floor + 0.035))
    beside = world.add(SHAPES["small block"], BLUE, Pose(0.5, -0.3, 0.0))
    assert world.settle()
    assert world.state(first).on == box
    assert world.state(second).on == first
    assert world.state(beside).on is None


def test_hollow_things_are_hollow(world: World) -> None:
    ring = world.add(SHAPES["ring"], RED, Pose(0.5, 0.0))
    inside = world.add(SHAPES["small block"], BLUE, Pose(0.5, 0.0, 0.06), scale=0.8)
    assert world.settle()
    assert world.supports(inside) == {TABLE}
    assert world.state(ring).pose.z == pytest.approx(0.0, abs=1e-3)
    assert world.height(inside)[0] == pytest.approx(0.0, abs=1e-3)


def test_events_tell_what_happened(world: World) -> None:
    world.add(SHAPES["line"], TEXTURES["yellow"], Pose(0.5, 0.0))
    low = world.add(SHAPES["block"], RED, Pose(0.5, 0.3))
    high = world.add(SHAPES["block"], BLUE, Pose(0.5, 0.3, 0.12))
    far = world.add(SHAPES["block"], BLUE, Pose(0.5, -0.3))
    world.settle()
    assert [(event.kind, event.a, event.b) for event in world.events()] == [("touched", low, high)]
    world.set_pose(far, Pose(0.5, 0.05))
    world.step(24)
    assert [(event.kind, event.a, event.b) for event in world.events()] == [("touched", 0, far)]
    world.set_pose(far, Pose(0.9, 0.0))
    world.step(24)
    assert [(event.kind, event.a) for event in world.events()] == [("left_table", far)]
    assert world.events() == []


def test_unknown_ids_are_named(world: World) -> None:
    world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    with pytest.raises(KeyError, match=r"no object 7 .* \[0\]"):
        world.set_pose(7, Pose(0.5, 0.0))


def test_ids_are_not_given_twice(world: World) -> None:
    first = world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    world.remove(first)
    assert world.add(SHAPES["block"], RED, Pose(0.5, 0.0)) == first + 1
    world.clear()
    assert world.add(SHAPES["block"], RED, Pose(0.5, 0.0)) == 0


# --- the same again -------------------------------------------------------------------------------------------------


def test_equal_calls_give_equal_bits_in_any_world(world: World) -> None:
    furnish(world, 1)
    world.settle()
    first, picture = bits(world), world.render(FRONT, depth=True)
    world.clear()
    furnish(world, 9)
    world.settle()
    world.clear()
    with World() as other, World() as busy:
        furnish(busy, 5)
        for one in (world, other):
            furnish(one, 1)
            busy.step(7)
            one.settle()
            assert bits(one) == first
            again = one.render(FRONT, depth=True)
            np.testing.assert_array_equal(again.rgb, picture.rgb)
            np.testing.assert_array_equal(again.depth_m, picture.depth_m)


def test_going_back_is_exact_here_and_elsewhere(world: World) -> None:
    def go_on(one: World) -> str:
        one.set_pose(1, Pose(0.36, -0.3, 0.1, 0.5))
        one.settle()
        return bits(one)

    furnish(world, 2)
    world.settle()
    kept = world.snapshot()
    expected, steps = go_on(world), world.steps
    world.retexture(2, BLUE)
    world.restore(kept)
    assert world.objects[2].texture == RED
    assert (go_on(world), world.steps) == (expected, steps)
    world.remove(3)
    world.add(SHAPES["star"], BLUE, Pose(0.5, 0.2))
    world.restore(kept)
    assert (go_on(world), list(world.objects)) == (expected, [0, 1, 2, 3, 4, 5])
    with World() as other:
        furnish(other, 7)
        other.restore(kept)
        assert go_on(other) == expected


@pytest.mark.slow
def test_a_world_forgets_random_textures_and_goes_on(world: World) -> None:
    rng = np.random.default_rng(0)
    world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    before = world.render(TOP).rgb
    for _ in range(40):
        world.clear()
        for k in range(10):
            world.add(random_shape(rng), random_texture(rng), Pose(0.3 + 0.04 * k, 0.0))
        world.render(TOP, size=(32, 64))
    world.clear()
    world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    np.testing.assert_array_equal(world.render(TOP).rgb, before)


def test_closing_twice_is_fine() -> None:
    world = World()
    world.close()
    world.close()


def test_a_closed_world_keeps_no_large_pictures() -> None:
    tracemalloc.start()
    try:
        world = World()
        for camera in (TOP, FRONT):
            world.render(camera, size=(512, 1024))
        open_bytes, _ = tracemalloc.get_traced_memory()
        world.close()
        closed_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert open_bytes - closed_bytes > 8_000_000
    assert closed_bytes < 2_000_000
