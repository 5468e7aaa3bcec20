"""What a slanting camera sees below an edge belongs to the thing that has the edge."""

import numpy as np
import pytest
from parted import SLANTED, block, look

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
