"""What lies on or in a thing is told by its level; a thing's own levels are not taken for others."""

import numpy as np
import pytest
from parted import OBLIQUE, SLANTED, block, fits, look, parted

from sim.cameras import TOP
from sim.shapes import bowl, box, frame, line, pan
from sim.world import World
from skills.backends.sam.agreement.lying import apart
from skills.backends.sam.depth.levels import Patch, by_level, is_one_level, is_top, patches

CAMERAS = pytest.mark.parametrize("camera", [TOP, SLANTED], ids=["above", "slanted"])


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


def rectangle(top, bottom, left, right, value, onto=None):
    """Values (40, 60) of a rectangle, on others."""
    height = np.zeros((40, 60)) if onto is None else onto.copy()
    height[top:bottom, left:right] = value
    return height


@CAMERAS
def test_a_thin_frame_on_a_slab_of_its_colour_is_another_thing(world, camera):
    slate, thin = block(0.03, 0.2, 0.2), frame("thin", 0.12, 0.12, 0.006, 0.002)
    fit, count = parted(world, (slate, 0.5, 0.0), (thin, 0.5, 0.0, 0.03), camera=camera)
    assert count == 2 and min(fit) > 0.75


@CAMERAS
def test_a_block_in_a_bowl_as_high_as_its_rim_is_another_thing(world, camera):
    dish = bowl("dish", 0.08, 0.05, 0.03, 0.006)
    seen = look(world, (dish, 0.5, 0.0), (block(0.045, 0.12, 0.03), 0.5, 0.0, 0.006, "green"), camera=camera)
    told = apart(seen.view.rgb, seen.relief, (seen.truths[0] | seen.truths[1]).astype(int))
    masks = [told.solid == label for label in np.unique(told.solid[told.solid > 0])]
    assert fits(masks, seen.truths)[1] > 0.8 and told.rests


@CAMERAS
@pytest.mark.parametrize("height", [0.02, 0.15], ids=["low", "tall"])
def test_a_block_is_one_thing_with_its_sides(world, camera, height):
    fit, count = parted(world, (block(height), 0.5, 0.0), camera=camera)
    assert count == 1 and fit[0] > 0.95


@CAMERAS
def test_a_pan_with_something_in_it_keeps_its_handle(world, camera):
    skillet = pan("pan", 0.0845, 0.041, 0.125, 0.006)
    fit, count = parted(world, (skillet, 0.5, 0.0), (block(0.02, 0.06, 0.06), 0.5, 0.0, 0.006, "green"), camera=camera)
    assert count == 2 and min(fit) > 0.75


def test_a_tray_stays_one_where_a_line_cuts_off_a_corner_of_its_floor(world):
    tray = box("tray", 0.2, 0.2, 0.05, 0.005, 0.004)
    fit, count = parted(world, (tray, 0.5, 0.0), (line(), 0.498, -0.024, 0.006), camera=OBLIQUE)
    assert count == 2 and min(fit) > 0.95


def test_a_block_beside_a_higher_one_of_its_look_is_another_thing():
    height = rectangle(10, 30, 10, 30, 0.05, rectangle(10, 30, 30, 50, 0.02))
    seen = level(height)
    assert len(apart(np.full((40, 60, 3), 90, np.uint8), seen, (height > 0).astype(int)).rests[1]) == 1
    hollow = rectangle(13, 27, 33, 47, 0.005, height)
    assert not apart(np.full((40, 60, 3), 90, np.uint8), level(hollow), (hollow > 0).astype(int)).rests


def level(height):
    """A depth picture from straight above, a millimetre a pixel."""
    from skills.backends.sam.depth.relief import Relief

    y, x = np.mgrid[: height.shape[0], : height.shape[1]] * 0.001
    points = np.stack([x, y, height], axis=-1)
    return Relief(points, height, height, 0.0, height > 0, np.zeros(height.shape), 0.001)


def test_patches_are_level_and_touch_at_corners():
    height = np.zeros((40, 60))
    height[np.arange(5, 25), np.arange(5, 25)] = 0.02
    height[30:36, 10:50] = np.linspace(0.01, 0.05, 40) + np.linspace(0.0, 0.001, 6)[:, None]
    found = patches((height > 0).astype(int), height)
    assert [(it.area, it.height, it.thick) for it in found] == [(20, 0.02, False)]


def test_patches_of_one_level_are_one_where_they_are_of_one_solid():
    masks = [np.eye(4, dtype=bool) & (np.arange(4) == i) for i in range(3)]
    of = [Patch(masks[0], 0.02, 1), Patch(masks[1], 0.02004, 1), Patch(masks[2], 0.02002, 2)]
    assert sorted(it.area for it in by_level(of, within_solids=True)) == [1, 2]
    assert [it.area for it in by_level(of, within_solids=False)] == [3]


def test_a_top_is_level_and_no_floor():
    mask = rectangle(10, 30, 10, 30, 1.0) > 0
    assert is_top(mask, rectangle(10, 30, 10, 30, 0.03)) and is_one_level(np.full(9, 0.03))
    assert not is_top(mask, rectangle(10, 30, 10, 30, 0.01, rectangle(5, 35, 5, 35, 0.03))), "a floor"
    slope = np.tile(np.linspace(0.05, 0.01, 40)[:, None], (1, 60))
    assert not is_top(mask, slope) and not is_one_level(slope[mask])


def test_nothing_is_nothing():
    nothing = np.zeros((8, 8), int)
    found = apart(np.zeros((8, 8, 3), np.uint8), level(np.zeros((8, 8))), nothing)
    assert not found.solid.any() and not found.laid and not found.rests
