"""Drawn scenes can exist: rigid things run through no others, thin marks hinder nobody."""

import numpy as np
import pytest

from instruct2act.training.floor import Floor
from sim.objects import SHAPES
from skills.types import Pose

BLOCK, LINE, BOWL = SHAPES["block"], SHAPES["line"], SHAPES["bowl"]
MIDDLE = Pose(0.5, 0.0)


def reach(shape):
    """Half its extent along y, metres."""
    return max(abs(y) for ring in shape.outline for _, y in ring)


def test_where_something_stands_nothing_else_does():
    floor = Floor()
    assert floor.free(BLOCK, MIDDLE, 1.0)
    floor.take(BLOCK, MIDDLE, 1.0)
    assert not floor.free(BLOCK, Pose(0.5, 0.01, 0.0, 0.7), 1.0)
    assert floor.free(BLOCK, Pose(0.5, 2 * reach(BLOCK) + 0.01), 1.0)


def test_size_and_turn_count():
    floor = Floor()
    floor.take(BLOCK, MIDDLE, 1.0)
    beside = Pose(0.5, 2 * reach(BLOCK) + 0.006)
    assert floor.free(BLOCK, beside, 1.0)
    assert not floor.free(BLOCK, beside, 1.5)
    assert not floor.free(BLOCK, Pose(beside.x, beside.y, 0.0, np.pi / 4), 1.0), "a corner reaches farther than a side"


def test_marks_on_the_table_take_no_room_and_need_none():
    floor = Floor()
    floor.take(LINE, MIDDLE, 1.0)
    assert floor.free(BLOCK, MIDDLE, 1.0)
    floor.take(BLOCK, MIDDLE, 1.0)
    assert floor.free(LINE, MIDDLE, 1.0)


@pytest.mark.parametrize("yaw", [0.0, 0.5])
def test_what_slides_against_something_stops_when_it_touches(yaw):
    floor = Floor()
    floor.take(BOWL, MIDDLE, 1.0)
    start = Pose(0.5, 0.4, 0.0, yaw)
    near = floor.against(BLOCK, start, 1.0, (0.5, 0.0))
    assert floor.free(BLOCK, near, 1.0)
    assert not floor.free(BLOCK, Pose(near.x, near.y - 0.004, 0.0, yaw), 1.0)
    assert reach(BOWL) < near.y < reach(BOWL) + 2 * reach(BLOCK)
    assert (near.x, near.yaw) == (0.5, yaw)


def test_with_nothing_in_the_way_it_arrives():
    near = Floor().against(BLOCK, Pose(0.3, 0.2), 1.0, (0.5, 0.0))
    assert np.hypot(near.x - 0.5, near.y) < 0.005


def test_what_lies_off_the_floor_is_not_kept():
    floor = Floor()
    floor.take(BLOCK, Pose(3.0, 3.0), 1.0)
    assert floor.free(BLOCK, MIDDLE, 1.0)
