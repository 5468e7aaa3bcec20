"""Solids that are several things by their paint, and pieces of depth that are one thing."""

from __future__ import annotations

import numpy as np

from sim.objects import SHAPES
from sim.shapes import slab
from sim.textures import TEXTURES
from sim.world import World
from skills.backends.sam.agreement.joining import joined, painted, without_rests
from skills.backends.sam.depth.relief import relief
from skills.backends.sam.depth.solids import Parts, solids
from skills.types import Image, Pose

RED, GREEN = (200, 40, 40), (40, 160, 60)


def picture(*parts):
    """Colours, numbers and heights of rectangles (top, bottom, left, right, number, colour, metres) on a grey table."""
    rgb = np.full((60, 80, 3), 90, np.uint8)
    numbers, height = np.zeros((60, 80), int), np.zeros((60, 80))
    for top, bottom, left, right, number, color, metres in parts:
        at = np.s_[top:bottom, left:right]
        rgb[at], numbers[at], height[at] = color, number, metres
    return rgb, numbers, height


def together(numbers):
    """A mask of everything there."""
    return [numbers > 0]


def count(labels):
    return len(np.unique(labels[labels > 0]))


def test_a_surface_of_other_colours_is_another_thing_and_one_of_the_same_is_not():
    rgb, surface, height = picture((10, 50, 10, 70, 1, RED, 0.02), (20, 40, 30, 50, 2, GREEN, 0.02))
    solid = (surface > 0).astype(int)
    assert count(painted(rgb, Parts(solid, surface), height)) == 2
    red = np.where(surface[..., None] > 0, RED, rgb).astype(np.uint8)
    assert count(painted(red, Parts(solid, surface), height)) == 1
    assert count(painted(rgb, Parts(solid, solid), height)) == 1, "a pattern on one surface is no thing"
    specks = np.where((surface == 2) & (np.arange(80) > 32), 1, surface)
    assert count(painted(rgb, Parts(solid, specks), height)) == 2
    tiny, crumb, height = picture((10, 50, 10, 70, 1, RED, 0.02), (20, 23, 30, 33, 2, GREEN, 0.02))
    assert count(painted(tiny, Parts((crumb > 0).astype(int), crumb), height)) == 1


def test_walls_and_floors_in_shades_of_their_own_are_no_things():
    rgb, surface, height = picture((10, 50, 10, 70, 1, RED, 0.06), (20, 40, 30, 50, 2, GREEN, 0.02))
    solid = (surface > 0).astype(int)
    assert count(painted(rgb, Parts(solid, surface), height)) == 1, "a floor: all around it is higher"
    falling = np.where(surface == 2, np.linspace(0.06, 0.0, 60)[:, None], height)
    assert count(painted(rgb, Parts(solid, surface), falling)) == 1, "a wall: no two rows are level"
    sheet = np.where(surface == 2, 0.0015, 0.002 * solid)
    assert count(painted(rgb, Parts(solid, surface), sheet)) == 2, "sheets have no tops to tell"


def test_a_strip_of_a_wall_belongs_to_what_has_its_colours():
    wall = (50, 52, 10, 70, 2, RED, 0.03)
    rgb, numbers, height = picture((10, 50, 10, 70, 1, RED, 0.06), wall)
    assert count(joined(rgb, numbers, height, [])) == 1
    other = np.where(numbers[..., None] == 2, GREEN, rgb).astype(np.uint8)
    assert count(joined(other, numbers, height, [])) == 2
    flat = np.where(numbers == 2, 0.001, height)
    assert count(joined(rgb, numbers, flat, [])) == 2, "a line on the table is a thin thing of its own"


def test_boxes_of_one_colour_stay_two_where_their_heights_differ_and_are_one_where_they_do_not():
    rgb, numbers, height = picture((10, 50, 10, 40, 1, RED, 0.06), (10, 50, 40, 70, 2, RED, 0.03))
    assert count(joined(rgb, numbers, height, together(numbers))) == 2
    assert count(joined(rgb, numbers, np.where(numbers > 0, 0.06, 0.0), [])) == 1


def test_what_something_lies_across_is_one_thing_and_two_like_things_apart_are_two():
    sides = (10, 50, 10, 30, 1, RED, 0.02), (10, 50, 36, 70, 2, RED, 0.02)
    rgb, numbers, height = picture(*sides, (20, 40, 30, 36, 3, GREEN, 0.05))
    found = joined(rgb, numbers, height, [np.isin(numbers, (1, 2))])
    assert count(found) == 2 and found[15, 15] == found[15, 50] != found[30, 33]
    assert count(joined(rgb, numbers, height, [])) == 3


def test_a_handle_belongs_to_a_hollow_and_a_bar_beside_a_box_does_not():
    handle = (26, 32, 50, 75, 2, RED, 0.035)
    rgb, numbers, height = picture((10, 50, 10, 50, 1, RED, 0.04), (13, 47, 13, 47, 1, RED, 0.005), handle)
    assert count(joined(rgb, numbers, height, together(numbers))) == 1
    rgb, numbers, height = picture((10, 50, 10, 50, 1, RED, 0.04), handle)
    assert count(joined(rgb, numbers, height, together(numbers))) == 2
    low = np.where(numbers == 2, 0.015, picture((10, 50, 10, 50, 1, RED, 0.04), (13, 47, 13, 47, 1, RED, 0.005))[2])
    assert count(joined(rgb, numbers, low, together(numbers))) == 2


def test_a_handle_that_no_mask_has_with_its_pan_is_told_by_its_look():
    pan = (10, 50, 10, 50, 1, RED, 0.04), (13, 47, 13, 47, 1, RED, 0.005)
    rgb, numbers, height = picture(*pan, (26, 32, 50, 60, 2, RED, 0.035))
    assert count(joined(rgb, numbers, height, [])) == 1
    rgb, numbers, height = picture(*pan, (26, 32, 50, 60, 2, GREEN, 0.035))
    assert count(joined(rgb, numbers, height, [])) == 2


def test_what_is_told_apart_by_a_level_is_joined_to_nothing():
    rgb, numbers, height = picture((10, 50, 10, 70, 1, RED, 0.06), (50, 52, 10, 70, 2, RED, 0.03))
    assert count(joined(rgb, numbers, height, [], laid={2})) == 2


def test_what_a_thing_was_taken_from_belongs_to_what_it_looks_like():
    parts = (10, 30, 10, 40, 1, RED, 0.04), (10, 20, 40, 50, 2, RED, 0.04), (20, 30, 40, 50, 3, GREEN, 0.05)
    rgb, numbers, _ = picture(*parts)
    found = without_rests(rgb, numbers, {2: frozenset({3})})
    assert count(found) == 2 and found[15, 45] == found[15, 15] != found[25, 45]
    assert count(without_rests(rgb, numbers, {3: frozenset({2})})) == 3, "nothing beside it looks like it"
    assert count(without_rests(rgb, numbers, {1: frozenset({3})})) == 3, "it is larger than what is beside it"


def test_a_thing_whose_top_is_level_with_a_rim_is_told_by_its_paint():
    with World() as world:
        world.add(SHAPES["container"], TEXTURES["red"], Pose(0.5, 0.0), fixed=True)
        size = SHAPES["container"].size
        content = slab("block", 0.4 * size[0], 0.4 * size[1], size[2] - SHAPES["container"].floor)
        id = world.add(content, TEXTURES["green"], Pose(0.5, 0.0, SHAPES["container"].floor), fixed=True)
        from sim.cameras import TOP

        view = world.render(TOP, depth=True, segmentation=True)
    truth = view.truth.segmentation == id
    image = Image(view.rgb, view=view.without_truth())
    seen = relief(image)
    found = painted(image.rgb, solids(seen, image.view), seen.height)
    best = max(
        np.count_nonzero((found == i) & truth) / np.count_nonzero((found == i) | truth)
        for i in range(1, found.max() + 1)
    )
    assert best > 0.9
