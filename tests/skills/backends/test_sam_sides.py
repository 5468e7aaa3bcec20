"""What a slanting camera sees below an edge belongs to the thing that has the edge."""

import numpy as np
import pytest
from parted import CLOSE, OBLIQUE, SLANTED, block, look, parted

from sim.cameras import TOP
from sim.shapes import bowl
from sim.world import World
from skills.backends.sam.depth.sides import is_side, with_side, with_sides


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


@pytest.fixture
def tall(world):
    """A tall block under a slanting camera: the picture, its top and its sides."""
    seen = look(world, (block(0.12), 0.5, 0.0), camera=SLANTED)
    top = seen.truths[0] & (np.abs(seen.relief.height - 0.12) < 0.0003)
    return seen, top, seen.truths[0] & ~top


def test_sides_are_under_their_edge(tall):
    seen, top, sides = tall
    assert np.count_nonzero(sides) > 100 and is_side(seen.relief, sides, top) and not is_side(seen.relief, top, sides)
    grown = with_side(seen.relief, top, 0.12, sides)
    assert np.count_nonzero(grown & sides) > 0.95 * np.count_nonzero(sides)
    assert not (with_side(seen.relief, top, 0.12, np.zeros_like(top)) & ~top).any()


def test_rows_of_a_wall_belong_to_the_block(tall):
    seen, top, sides = tall
    rows = np.where(sides, 2 + np.arange(len(top))[:, None], top.astype(int))
    assert len(np.unique(rows[rows > 0])) > 5
    found = with_sides(seen.relief, rows)
    assert np.mean(found[seen.truths[0]] == 1) > 0.95


def test_from_straight_above_nothing_is_a_side(world):
    seen = look(world, (block(0.12), 0.5, 0.0), (block(0.02, 0.03, 0.1), 0.57, 0.0), camera=TOP)
    labels = seen.truths[0] + 2 * seen.truths[1]
    np.testing.assert_array_equal(with_sides(seen.relief, labels), labels)
    assert not is_side(seen.relief, seen.truths[1], seen.truths[0])


def test_a_sheet_in_front_of_a_block_and_what_stands_in_a_bowl_are_no_sides(world):
    placed = (block(0.06), 0.5, -0.2), (block(0.001, 0.012, 0.1), 0.443, -0.2)
    dish = (bowl("dish", 0.09, 0.05, 0.04, 0.006), 0.5, 0.2), (block(0.02, 0.04, 0.04), 0.5, 0.2, 0.006)
    seen = look(world, *placed, *dish, camera=SLANTED)
    labels = sum((i + 1) * truth.astype(int) for i, truth in enumerate(seen.truths))
    np.testing.assert_array_equal(with_sides(seen.relief, labels), labels)


@pytest.mark.parametrize(("camera", "height"), [(CLOSE, 0.08), (CLOSE, 0.2), (SLANTED, 0.2)])
def test_a_tall_block_far_to_the_side_is_one_thing(world, camera, height):
    fit, count = parted(world, (block(height), 0.6, 0.3), camera=camera)
    assert count == 1 and fit[0] > 0.98


@pytest.mark.parametrize("camera", [SLANTED, OBLIQUE], ids=["slanted", "oblique"])
@pytest.mark.parametrize("texture", ["red", "green"])
def test_what_stands_out_of_a_bowl_keeps_its_side(world, camera, texture):
    dish, content = bowl("dish", 0.12, 0.05, 0.08, 0.006), block(0.07, 0.05, 0.09)
    fit, count = parted(world, (dish, 0.5, 0.0), (content, 0.5, 0.0, 0.006, texture), camera=camera)
    assert count == 2 and min(fit) > 0.95


def test_a_side_in_a_shade_of_its_own_is_no_thing(world):
    def top_and_side(seen):
        top = seen.truths[0] & (np.abs(seen.relief.height - 0.12) < 0.0003)
        seen.view.rgb[seen.truths[0] & ~top] = (10, 10, 60)
        return [top, seen.truths[0] & ~top]

    fit, count = parted(world, (block(0.12), 0.5, 0.0), camera=SLANTED, by_color=top_and_side)
    assert count == 1 and fit[0] > 0.98
