"""Masks of rendered objects against where the simulator has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from sim.cameras import TOP, CameraSpec
from sim.objects import SHAPES
from sim.polygons import clearance
from sim.textures import TEXTURES
from sim.world import World
from skills.footprints import footprint, table_points
from skills.types import Mask, Pose, View

PERSPECTIVE = CameraSpec("above", (0.5, 0.0, 1.2), (0.5, 0.0, 0.0), up=(-1.0, 0.0, 0.0), fov_y=0.5)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as world:
        yield world


def seen(world: World, id: int, camera: CameraSpec = TOP, size: tuple[int, int] = (128, 256)) -> tuple[Mask, View]:
    view = world.render(camera, depth=True, segmentation=True, size=size)
    assert view.truth is not None
    return Mask.of(view.truth.segmentation == id), view


def off_m(world: World, id: int, center: np.ndarray) -> float:
    pose = world.pose(id)
    return float(np.hypot(center[0] - pose.x, center[1] - pose.y))


@pytest.mark.parametrize("name", SHAPES)
def test_centre_and_grasp_of_every_shape_at_any_yaw(world: World, name: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(6):
        world.clear()
        x, y, yaw = rng.uniform((0.42, -0.3, -np.pi), (0.58, 0.3, np.pi))
        id = world.add(SHAPES[name], TEXTURES["red"], Pose(x, y, 0.0, yaw))
        found = footprint(*seen(world, id))
        assert off_m(world, id, found.center) < 0.006  # a pixel and a half
        assert clearance(world.footprint(id), found.grasp[None, :2])[0] > 0.003
        assert 0 < found.grasp[2] <= SHAPES[name].size[2] + 1e-4


@pytest.mark.parametrize("name", ["block", "letter T", "ring", "L-shaped block", "bowl", "pan"])
def test_a_perspective_camera_gives_the_same_place(world: World, name: str) -> None:
    world.clear()
    id = world.add(SHAPES[name], TEXTURES["red"], Pose(0.6, 0.25, 0.0, 0.7))
    found = footprint(*seen(world, id, PERSPECTIVE, (240, 480)))
    assert off_m(world, id, found.center) < 0.005
    assert clearance(world.footprint(id), found.grasp[None, :2])[0] > 0.002


@pytest.mark.parametrize("base", ["bowl", "container", "frame", "pallet", "square", "pan"])
@pytest.mark.parametrize("thing", ["block", "letter T", "small block", "pentagon"])
def test_what_lies_in_a_container_does_not_shift_its_centre(world: World, base: str, thing: str) -> None:
    world.clear()
    container = world.add(SHAPES[base], TEXTURES["blue"], Pose(0.5, 0.1, 0.0, 0.4), fixed=True)
    world.add(SHAPES[thing], TEXTURES["red"], Pose(0.505, 0.115, SHAPES[base].floor, 1.0))
    assert off_m(world, container, footprint(*seen(world, container)).center) < 0.004


def test_without_depth_a_thing_lies_on_the_table(world: World) -> None:
    world.clear()
    id = world.add(SHAPES["block"], TEXTURES["red"], Pose(0.6, 0.25))
    mask, view = seen(world, id)
    found = footprint(mask, replace(view, depth_m=None))
    assert found.grasp[2] == pytest.approx(0.0, abs=1e-9)
    assert off_m(world, id, found.center) < 0.002


def test_holes_in_the_depth_fall_back_to_the_table(world: World) -> None:
    world.clear()
    id = world.add(SHAPES["block"], TEXTURES["red"], Pose(0.5, 0.0))
    _, view = seen(world, id)
    blind = replace(view, depth_m=np.full_like(view.depth_m, np.nan))
    assert table_points(blind, np.array([[128.0, 63.0]]))[0] == pytest.approx([0.5, 0.0, 0.0], abs=1e-6)
