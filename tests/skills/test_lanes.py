"""Ways for the spatula, on drawn tables."""

from __future__ import annotations

import numpy as np
import pytest

from skills.lanes import BLADE_THICKNESS_M, LONG_M, MOST_SHIFT_M, SHIFT_M, Lanes, Leg
from skills.types import Bool, Float

LOW, CELL, REACH = np.array([0.25, -0.5]), 0.004, 0.021
SHAPE = (125, 250)


def area(x: tuple[float, float], y: tuple[float, float]) -> Bool:
    """A rectangle of the table."""
    rows, columns = np.indices(SHAPE)
    at_x, at_y = LOW[0] + (rows + 0.5) * CELL, LOW[1] + (columns + 0.5) * CELL
    return np.asarray((at_x > x[0]) & (at_x < x[1]) & (at_y > y[0]) & (at_y < y[1]))


def lanes(taken: Bool | None = None, crossed: Bool | None = None, **more: object) -> Lanes:
    nothing = np.zeros(SHAPE, bool)
    crossed = nothing if crossed is None else crossed
    return Lanes(LOW, CELL, nothing if taken is None else taken, crossed, REACH, **more)  # type: ignore[arg-type]


def way(table: Lanes, start: tuple[float, float], goal: tuple[float, float]) -> list[Leg] | None:
    return table.way(np.array(start), np.array([goal]), np.zeros(1))


def near_blade(begin: Float, end: Float, taken: Bool) -> bool:
    """Whether a blade of 5 cm that goes from one point to another passes over something taken."""
    unit = (end - begin) / np.linalg.norm(end - begin)
    side = np.array([-unit[1], unit[0]])
    along, across = np.meshgrid(np.linspace(0, 1, 200), np.linspace(-0.025, 0.025, 30))
    points = begin + along[..., None] * (end - begin) + across[..., None] * side
    cells = np.floor((points - LOW) / CELL).astype(int)
    return bool(taken[cells[..., 0], cells[..., 1]].any())


def test_on_a_free_table_the_way_is_straight() -> None:
    found = way(lanes(), (0.6, 0.0), (0.5, 0.0))
    assert found is not None and len(found) == 1
    down, stop = found[0].poses(0.015, lanes().behind)
    assert down[0] > 0.6 + REACH and down[1] == pytest.approx(0.0)
    assert stop == pytest.approx([0.5 + 0.015 + BLADE_THICKNESS_M / 2, 0.0])


def test_a_long_push_is_made_in_two() -> None:
    found = way(lanes(), (0.7, 0.0), (0.7 - LONG_M - 0.01, 0.0))
    assert found is not None and len(found) == 2
    first, second = (leg.poses(0.015, lanes().behind) for leg in found)
    assert second[0][0] > first[1][0] > second[1][0] > 0.5 and not found[1].again


def test_no_push_ends_on_a_painted_side_where_a_thing_is_hard_to_see() -> None:
    side = area((0.59, 0.63), (-0.3, 0.3))
    found = way(lanes(crossed=side), (0.7, 0.0), (0.52, 0.0))
    assert found is not None
    assert all(abs(leg.end[0] - 0.61) > 0.02 + REACH for leg in found)


@pytest.mark.parametrize("wall_y", [(-0.1, 0.1), (-0.16, 0.02), (-0.02, 0.16)])
def test_the_way_leads_round_a_wall_and_the_blade_never_passes_over_it(wall_y: tuple[float, float]) -> None:
    wall = area((0.48, 0.52), wall_y)
    found = way(lanes(wall), (0.62, 0.0), (0.40, 0.0))
    assert found is not None and 2 <= len([leg for leg in found if leg.again]) + 1 <= 3
    assert found[0].begin == pytest.approx([0.62, 0.0]) and found[-1].end == pytest.approx([0.40, 0.0])
    for leg in found:
        assert not near_blade(*leg.poses(0.015, lanes(wall).behind), wall)


def test_a_thing_all_round_leaves_no_way() -> None:
    ring = area((0.55, 0.69), (-0.07, 0.07)) & ~area((0.58, 0.66), (-0.04, 0.04))
    assert way(lanes(ring), (0.62, 0.0), (0.40, 0.0)) is None


def test_the_table_ends_where_the_blade_can_be_set_down() -> None:
    found = way(lanes(), (0.735, 0.0), (0.60, 0.0))
    assert found is not None and len(found) == 2
    assert way(lanes(), (0.735, 0.485), (0.60, 0.3)) is None


def test_a_painted_side_is_crossed_only_where_the_way_round_is_long() -> None:
    short = area((0.50, 0.52), (-0.05, 0.05))
    assert len(way(lanes(crossed=short), (0.58, 0.0), (0.44, 0.0)) or ()) == 1
    found = lanes(crossed=short).way(np.array([0.58, 0.0]), np.array([[0.44, 0.0], [0.44, 0.16]]), np.zeros(2))
    assert found is not None and found[-1].end == pytest.approx([0.44, 0.16])


def test_beside_something_close_the_blade_passes_to_the_other_side() -> None:
    wall = area((0.35, 0.70), (0.023, 0.06))
    assert way(lanes(wall, margin=0.001), (0.6, 0.0), (0.5, 0.0)) is None
    found = way(lanes(wall, margin=0.001, shifts=(0.0, SHIFT_M, -SHIFT_M)), (0.6, 0.0), (0.5, 0.0))
    assert found is not None and abs(found[0].shift) == SHIFT_M
    begin, end = found[0].poses(0.015, lanes().behind)
    assert begin[1] < 0 and end[1] < 0 and not near_blade(begin, end, wall)


def test_a_thing_that_touches_another_slides_past_it() -> None:
    other = area((0.585, 0.615), (0.015, 0.045))
    assert way(lanes(other, margin=0.001, shifts=(0.0, SHIFT_M, -SHIFT_M)), (0.6, 0.0), (0.5, 0.0)) is None
    found = way(
        lanes(other, margin=0.001, shifts=(0.0, MOST_SHIFT_M, -MOST_SHIFT_M), girth=0.012), (0.6, 0.0), (0.5, 0.0)
    )
    assert found is not None and not near_blade(*found[0].poses(0.015, lanes().behind), other)
