"""Level tops of different heights are different things; the floor, the rim and the handle of one thing are not."""

import numpy as np
import pytest
from parted import SLANTED, block, parted

from sim.cameras import TOP
from sim.shapes import box, pan
from sim.world import World
from skills.backends.sam.depth.terraces import terraced


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


@pytest.mark.parametrize("camera", [TOP, SLANTED], ids=["above", "slanted"])
@pytest.mark.parametrize("higher", [0.0005, 0.003])
def test_blocks_side_by_side_that_differ_by_a_hair_are_two(world, camera, higher):
    fits, count = parted(world, (block(0.03), 0.45, 0.0), (block(0.03 + higher), 0.551, 0.0), camera=camera)
    assert count == 2 and min(fits) > 0.9


def test_blocks_of_one_height_are_not_told_apart_by_it(world):
    assert parted(world, (block(0.03), 0.45, 0.0), (block(0.03), 0.55, 0.0))[1] == 1


def test_a_plate_on_the_floor_of_a_box_is_another_thing(world):
    tray = box("tray", 0.2, 0.2, 0.05, 0.005, 0.004)
    fits, count = parted(world, (tray, 0.5, 0.0), (block(0.001, 0.09, 0.06), 0.5, 0.0, 0.004))
    assert count == 2 and min(fits) > 0.9


def test_what_something_lies_across_stays_one(world):
    fits, count = parted(world, (block(0.02, 0.2, 0.2), 0.5, 0.0), (block(0.002, 0.2, 0.05), 0.5, 0.0, 0.02))
    assert count == 2 and min(fits) > 0.9


@pytest.mark.parametrize(
    ("height", "camera"), [(0.012, TOP), (0.012, SLANTED), (0.041, TOP)], ids=["low", "low and slanted", "high"]
)
def test_a_pan_is_one_thing(world, camera, height):
    assert parted(world, (pan("pan", 0.0845, height, 0.125, 0.006), 0.5, 0.0), camera=camera)[1] == 1


def test_a_slope_has_no_tops():
    slope = np.tile(np.linspace(0.0, 0.05, 64), (32, 1))
    solid = np.ones((32, 64), int)
    np.testing.assert_array_equal(terraced(solid, slope), solid)


def test_nothing_is_nothing():
    nothing = np.zeros((8, 8), int)
    np.testing.assert_array_equal(terraced(nothing, np.full((8, 8), np.nan)), nothing)
