from dataclasses import replace

import numpy as np
import pytest

from sim.cameras import TOP
from sim.objects import SHAPES
from sim.textures import TEXTURES
from sim.world import World
from skills.backends.sam.color.outline import filled
from skills.backends.sam.depth.raised import heights, raised_in, surfaces
from skills.types import Image, Pose

CONTAINERS = ["bowl", "container", "frame", "pallet", "pan"]
CONTENTS = ["letter M", "ring", "block", "flower"]


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


def seen(world, container, content=None):
    """The top view's picture, the container's outline filled, and the content's mask; all of one colour."""
    world.clear()
    box = SHAPES[container]
    ids = [world.add(box, TEXTURES["red"], Pose(0.5, 0.0, 0.0, 0.4), fixed=True)]
    if content:
        ids.append(world.add(SHAPES[content], TEXTURES["red"], Pose(0.5, 0.0, box.floor, 1.0), fixed=True))
    view = world.render(TOP, depth=True, segmentation=True)
    things = [view.truth.segmentation == id for id in ids]
    return Image(view.rgb, view=view), filled(np.logical_or.reduce(things)), things[-1]


def held_in(height, mask, others=None):
    return raised_in(height, surfaces(height), mask, np.zeros_like(mask) if others is None else others)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("content", CONTENTS)
def test_what_lies_in_a_container_stands_out_whatever_it_wears(world, container, content):
    image, whole, truth = seen(world, container, content)
    (found,) = held_in(heights(image), whole)
    assert np.count_nonzero(found & truth) > 0.95 * np.count_nonzero(found | truth)


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_empty_container_holds_nothing(world, container):
    image, whole, _ = seen(world, container)
    assert held_in(heights(image), whole) == []


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_containers_own_walls_are_no_content(world, container):
    image, whole, truth = seen(world, container)
    assert held_in(heights(image), truth) == [], "its mask alone, without what it encloses"
    assert held_in(heights(image), whole & ~np.roll(whole, 3, axis=1)) == [], "a sliver of it"


def test_what_stands_beside_a_flat_thing_and_was_taken_in_by_half_is_told_apart_whole(world):
    world.clear()
    line = world.add(SHAPES["line"], TEXTURES["red"], Pose(0.5, 0.0), fixed=True)
    block = world.add(SHAPES["small block"], TEXTURES["red"], Pose(0.5, 0.0, 0.002, 0.3), fixed=True)
    view = world.render(TOP, depth=True, segmentation=True)
    flat, cube = (view.truth.segmentation == id for id in (line, block))
    rows = np.flatnonzero(cube.any(axis=1))
    half = cube & (np.arange(cube.shape[0]) <= rows.mean())[:, None]
    height = heights(Image(view.rgb, view=view))
    (found,) = held_in(height, flat | half)
    np.testing.assert_array_equal(found, cube)
    (rest,) = held_in(height, flat | half, others=cube & ~half) or [None]
    assert rest is None or not (rest & cube & ~half).any(), "what another mask has stays its own"


def test_what_the_camera_did_not_measure_is_nothing(world):
    image, whole, truth = seen(world, "bowl", "block")
    shadow = np.roll(truth, -8, axis=0) & ~truth
    depth = np.where(shadow, 0.0, image.view.depth_m).astype(np.float32)
    height = heights(Image(image.rgb, view=replace(image.view, depth_m=depth)))
    assert np.isnan(height[shadow]).all()
    (found,) = held_in(height, whole)
    assert np.count_nonzero(found & truth) > 0.95 * np.count_nonzero(found | truth)


def test_a_picture_without_depth_has_no_heights(world):
    image, _, _ = seen(world, "bowl")
    assert heights(Image(image.rgb)) is None
    assert heights(Image(image.rgb[:50, :50], view=image.view)) is None, "a cut-out is not the whole view"
