"""A sheet that something lies across, or the picture cuts, is one thing; like things side by side are two."""

import cv2
import numpy as np
import pytest
from parted import block, look, parted

from sim.world import World
from skills.backends.sam.agreement.hidden import reunited

RED, GREEN = (200, 40, 40), (40, 160, 60)


def scene(*parts):
    """Colours, numbers and heights of rectangles (rows, columns, number, colour, metres) on a grey table."""
    rgb, numbers, height = np.full((40, 60, 3), 90, np.uint8), np.zeros((40, 60), int), np.zeros((40, 60))
    for rows, columns, number, color, metres in parts:
        at = slice(*rows), slice(*columns)
        rgb[at], numbers[at], height[at] = color, number, metres
    return rgb, numbers, height


BAR = ((5, 35), (25, 32), 3, GREEN, 0.03)


@pytest.mark.parametrize(
    ("other", "together", "why"),
    [
        ((RED, 0.001), True, "one sheet under a bar"),
        ((GREEN, 0.001), False, "of another look"),
        ((RED, 0.0015), False, "of another level"),
    ],
)
def test_pieces_under_one_bar(other, together, why):
    color, metres = other
    found = reunited(*scene(((10, 30), (10, 25), 1, RED, 0.001), ((10, 30), (32, 50), 2, color, metres), BAR))
    assert (found[20, 15] == found[20, 40]) == together, why
    assert found[20, 28] == 3


def test_like_sheets_that_nothing_hides_are_two():
    found = reunited(*scene(((10, 30), (10, 25), 1, RED, 0.001), ((10, 30), (32, 50), 2, RED, 0.001)))
    assert found[20, 15] != found[20, 40]


def test_like_blocks_on_both_sides_of_a_bar_are_two():
    found = reunited(*scene(((10, 30), (10, 25), 1, RED, 0.01), ((10, 30), (32, 50), 2, RED, 0.01), BAR))
    assert found[20, 15] != found[20, 40]


def test_a_sheet_that_the_picture_cuts_in_two_is_one():
    found = reunited(*scene(((0, 10), (10, 25), 1, RED, 0.001), ((0, 10), (32, 50), 2, RED, 0.001)))
    assert found[5, 15] == found[5, 40]


def test_a_sheet_under_a_block_is_one_thing_in_the_whole():
    placed = (block(0.001, 0.06, 0.3), 0.5, 0.0, 0.0, "green"), (block(0.05, 0.1, 0.08), 0.5, 0.0, 0.001, "red")

    def what_is_seen_of_it(seen):
        _, labels = cv2.connectedComponents(seen.truths[0].astype(np.uint8))
        assert labels.max() == 2
        return [labels == 1, labels == 2, seen.truths[1]]

    with World() as world:
        fit, count = parted(world, *placed, by_color=what_is_seen_of_it)
    assert count == 2 and min(fit) > 0.95


def test_a_sheet_of_a_fifth_of_a_millimetre_is_seen():
    with World() as world:
        seen = look(world, (block(0.0002), 0.5, 0.0))
    np.testing.assert_array_equal(seen.relief.raised, seen.truths[0])
