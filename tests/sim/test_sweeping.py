"""Zones, lines and strokes: on situations written by hand, and once with the engine."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.goals import All, Goal, Strayed, Swept, Touched, Zone
from sim.judging import Judge
from sim.motion import BLADE, push
from sim.objects import SHAPES
from sim.polygons import rectangle, rotated
from sim.situation import Item, Situation
from sim.strokes import plan
from sim.textures import TEXTURES
from sim.world import World
from skills.robots import Silent
from skills.types import TABLE, Action, ObjectState, Pose

BOUNDS, LINE = 8, 9
ZONE = Zone((0.40, -0.10), (0.50, 0.10), vima_shift=0.02)
FAR_LINE = rectangle(0.04, 0.2, (0.38, 0.0))


def block(id: int, x: float, y: float, yaw: float = 0.0, z: float = 0.0) -> Item:
    ring = rotated(rectangle(0.03, 0.03), yaw) + np.array([x, y])
    state = ObjectState(id, "small block", "red", Pose(x, y, z, yaw), (0.03, 0.03, 0.03), (_tuples(ring),))
    return Item(state, (x, y, z + 0.015), (x, y, z + 0.03), math.pi / 2, supports=frozenset({TABLE}))


def mark(id: int, ring: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Item:
    x, y = ring.mean(axis=0).tolist()
    state = ObjectState(id, "mark", "blue", Pose(x, y), (0.1, 0.1, 0.001), (_tuples(ring),))
    return Item(state, (x, y, 0.0), (x, y, 0.0), fixed=True)


def _tuples(ring: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in ring)


def situation(*blocks: Item, touched: frozenset[tuple[int, int]] = frozenset()) -> Situation:
    items = [*blocks, mark(BOUNDS, rectangle(0.1, 0.2, (0.45, 0.0))), mark(LINE, FAR_LINE)]
    return Situation({item.state.id: item for item in items}, True, touched)


def swept(id: int) -> Swept:
    return Swept(id, BOUNDS, ZONE, LINE)


class TestSwept:
    def test_all_of_it_has_to_be_in_the_zone_on_the_table(self) -> None:
        for item, inside in (
            (block(0, 0.45, 0.0), True),
            (block(0, 0.484, 0.0), True),
            (block(0, 0.486, 0.0), False),
            (block(0, 0.482, 0.0, math.pi / 4), False),
            (block(0, 0.45, 0.0, z=0.03), False),
        ):
            assert swept(0).holds(situation(item)) is inside, item.pose

    def test_vimabench_shifts_its_zone_and_looks_at_points_two_centimetres_apart(self) -> None:
        assert not swept(0).holds(situation(block(0, 0.43, 0.0)), "vima")
        assert swept(0).holds(situation(block(0, 0.436, 0.0)), "vima")
        # The last point of a block of three centimetres is one centimetre from its edge.
        assert swept(0).holds(situation(block(0, 0.514, 0.0)), "vima")
        assert not swept(0).holds(situation(block(0, 0.516, 0.0)), "vima")

    def test_what_strayed_in(self) -> None:
        strayed = Strayed(0, BOUNDS, ZONE)
        assert strayed.holds(situation(block(0, 0.49, 0.0)))
        assert not strayed.holds(situation(block(0, 0.505, 0.0)))
        assert strayed.holds(situation(block(0, 0.53, 0.0)), "vima"), "a corner is enough there"


class TestExactly:
    two = All((swept(0), swept(1), swept(2)), count=2)
    goal = Goal((two,), never=(Touched(0, LINE),))

    def test_too_many_are_as_wrong_as_too_few(self) -> None:
        outside, inside = (lambda id: block(id, 0.6, 0.1 * id)), (lambda id: block(id, 0.45, 0.05 * (id - 1)))
        for count, holds in ((0, False), (1, False), (2, True), (3, False)):
            now = situation(*(inside(id) if id < count else outside(id) for id in range(3)))
            assert self.two.holds(now) is holds
            assert (self.two.closeness(now) == 1.0) is holds
            assert self.two.holds(now, "vima") is holds

    def test_by_vima_each_counts_for_ever_and_one_too_many_fails(self) -> None:
        start = situation(*(block(id, 0.6, 0.1 * id) for id in range(3)))
        judges = {"inside": Judge(self.goal, start, "inside"), "vima": Judge(self.goal, start, "vima")}
        full = situation(*(block(id, 0.45, 0.05 * (id - 1)) for id in range(3)))
        for judge in judges.values():
            judge.update(full)
        assert judges["vima"].failed and "too many" in judges["vima"].reason
        assert not judges["inside"].failed and not judges["inside"].success and judges["inside"].progress < 1.0

    def test_a_line_met_on_the_way_fails_by_either_rule(self) -> None:
        start = situation(*(block(id, 0.6, 0.1 * id) for id in range(3)))
        for rule in ("inside", "vima"):
            judge = Judge(self.goal, start, rule)  # type: ignore[arg-type]
            judge.update(replace(start, touched=frozenset({(0, LINE)})))
            assert judge.failed and "not asked for" in judge.reason

    def test_nothing_is_pushed_once_there_are_enough(self) -> None:
        now = situation(block(0, 0.45, -0.05), block(1, 0.45, 0.05), block(2, 0.65, 0.0))
        assert self.goal.solve(now, 0) is None


class TestStrokes:
    zone = ((0.40, -0.10), (0.50, 0.10))

    def test_one_stroke_where_the_way_is_free(self) -> None:
        ring = rectangle(0.03, 0.03, (0.62, 0.0))
        ((start, end),) = plan(ring, 0.0, self.zone, [], FAR_LINE)
        assert start[0] > 0.635 and 0.42 < end[0] < 0.52
        assert abs(start[1]) < 0.02

    def test_two_where_something_stands_in_the_way(self) -> None:
        wall = [rectangle(0.03, 0.03, (0.56, y)) for y in np.arange(-0.12, 0.13, 0.04)]
        assert len(plan(rectangle(0.03, 0.03, (0.62, 0.0)), 0.0, self.zone, wall, FAR_LINE)) == 2

    def test_none_where_there_is_no_way(self) -> None:
        ring = [rectangle(0.03, 0.03, (0.62 + 0.06 * math.cos(a), 0.06 * math.sin(a))) for a in np.arange(0, 6.2, 0.5)]
        assert plan(rectangle(0.03, 0.03, (0.62, 0.0)), 0.0, self.zone, ring, FAR_LINE) == ()

    @settings(max_examples=25, deadline=None)
    @given(x=st.floats(0.56, 0.68), y=st.floats(-0.25, 0.25), yaw=st.floats(-3, 3), other=st.floats(-0.2, 0.2))
    def test_a_stroke_keeps_its_distance_and_stays_on_the_table(
        self, x: float, y: float, yaw: float, other: float
    ) -> None:
        at = np.array([0.55, other])
        if math.hypot(x - at[0], y - at[1]) < 0.06:
            return
        ring = rotated(rectangle(0.03, 0.03), yaw) + np.array([x, y])
        line = rectangle(0.04, 0.1, (0.52, 0.0))
        for start, end in plan(ring, yaw, self.zone, [rectangle(0.03, 0.03, (0.55, other))], line):
            steps = np.linspace(start, end, 40)
            assert (steps > (0.25, -0.5)).all() and (steps < (0.75, 0.5)).all()
            assert np.linalg.norm(steps - at, axis=1).min() > BLADE[1] / 2, "the blade passes the other block"
            assert np.linalg.norm(steps[-1] - start) > 0.01


@pytest.mark.parametrize("degrees", [0, 25, 70])
def test_a_block_that_lies_flat_on_the_blade_stays_there(degrees: float) -> None:
    along = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    start, end = np.array([0.45, -0.1]) - 0.028 * along, np.array([0.45, -0.1]) + 0.18 * along
    with World() as world:
        id = world.add(SHAPES["small block"], TEXTURES["red"], Pose(0.45, -0.1, 0.0, math.radians(degrees)))
        world.settle()
        push(world, Action("push", Pose(*start), Pose(*end), "spatula"), Silent())
        pose = world.pose(id)
    off = np.array([pose.x, pose.y]) - end
    assert abs(off @ (-along[1], along[0])) < 0.002
    assert 0.015 < off @ along < 0.021
