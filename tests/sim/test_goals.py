"""Goals and judges on situations written by hand: no engine."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.goals import All, At, Goal, Inside, heading_error, turned
from sim.judging import Judge, verdict
from sim.polygons import rectangle, rotated
from sim.situation import Item, Situation
from skills.types import TABLE, ObjectState, Pose

HEART, BOX, OTHER = 0, 1, 2


def thing(id: int, x: float, y: float, yaw: float = 0.0, z: float = 0.0, on: int = TABLE, **more: float) -> Item:
    ring = rotated(rectangle(0.08, 0.06), yaw) + np.array([x, y])
    footprint = (tuple((float(a), float(b)) for a, b in ring),)
    state = ObjectState(id, "heart", f"color {id}", Pose(x, y, z, yaw), (0.08, 0.06, 0.03), footprint)
    return Item(state, (x, y, z + 0.015), (x + 0.01, y, z + 0.03), supports=frozenset({on}), **more)


def box(id: int, x: float, y: float, floor: float = 0.004) -> Item:
    made = thing(id, x, y)
    ring = rectangle(0.17, 0.17) + np.array([x, y])
    state = replace(made.state, name="container", footprint=(tuple(map(tuple, ring.tolist())),))
    inner = rectangle(0.16, 0.16) + np.array([x, y])
    return replace(made, state=state, inner=inner, floor=floor, fixed=True)


def situation(*items: Item, at_rest: bool = True) -> Situation:
    return Situation({item.state.id: item for item in items}, at_rest)


class TestInside:
    goal = Inside(HEART, BOX)

    def test_held_by_the_container(self) -> None:
        assert self.goal.holds(situation(thing(HEART, 0.5, 0.2, on=BOX), box(BOX, 0.5, 0.2)))

    def test_on_the_table_beside_it_is_not_inside_though_vima_says_so(self) -> None:
        beside = situation(thing(HEART, 0.5, 0.295), box(BOX, 0.5, 0.2))
        assert not self.goal.holds(beside)
        assert self.goal.holds(beside, "vima")

    def test_the_edge_of_the_inner_outline_decides(self) -> None:
        for y, inside in ((0.279, True), (0.281, False)):
            assert self.goal.holds(situation(thing(HEART, 0.5, y, on=BOX), box(BOX, 0.5, 0.2))) is inside

    def test_still_moving_is_not_yet_inside(self) -> None:
        assert not self.goal.holds(situation(thing(HEART, 0.5, 0.2, on=BOX), box(BOX, 0.5, 0.2), at_rest=False))

    def test_on_something_that_is_inside_counts_and_on_something_beside_does_not(self) -> None:
        for y, inside in ((0.21, True), (0.35, False)):
            under = thing(OTHER, 0.5, y, on=BOX if inside else TABLE)
            assert self.goal.holds(situation(thing(HEART, 0.5, 0.2, on=OTHER), under, box(BOX, 0.5, 0.2))) is inside

    def test_two_things_that_lean_on_each_other_are_not_held(self) -> None:
        a, b = thing(HEART, 0.5, 0.2, on=OTHER), thing(OTHER, 0.5, 0.2, on=HEART)
        assert not self.goal.holds(situation(a, b, box(BOX, 0.5, 0.2)))

    def test_the_table_is_the_floor_of_a_frame_only(self) -> None:
        for floor, inside in ((0.0, True), (0.004, False)):
            frame = box(BOX, 0.5, 0.2, floor)
            assert self.goal.holds(situation(thing(HEART, 0.5, 0.2), frame)) is inside

    def test_solving_brings_the_centre_of_mass_over_the_middle(self) -> None:
        heart = replace(thing(HEART, 0.4, -0.2), center_of_mass=(0.4, -0.19, 0.015))
        action = self.goal.solve(situation(heart, box(BOX, 0.5, 0.2)))
        assert action is not None
        moved = np.array([action.end.x - action.start.x, action.end.y - action.start.y])
        np.testing.assert_allclose(np.array(heart.center_of_mass[:2]) + moved, (0.5, 0.2), atol=1e-9)
        assert self.goal.solve(situation(thing(HEART, 0.5, 0.2, on=BOX), box(BOX, 0.5, 0.2))) is None


class TestAt:
    def test_position_heading_and_height_count(self) -> None:
        goal = At(HEART, Pose(0.5, 0.0, 0.0, 0.0))
        assert goal.holds(situation(thing(HEART, 0.5, 0.039)))
        assert not goal.holds(situation(thing(HEART, 0.5, 0.041)))
        assert goal.holds(situation(thing(HEART, 0.5, 0.0, math.radians(29))))
        assert not goal.holds(situation(thing(HEART, 0.5, 0.0, math.radians(31))))
        assert not goal.holds(situation(thing(HEART, 0.5, 0.0, z=0.03)))
        assert goal.holds(situation(thing(HEART, 0.5, 0.09, 2.0, z=0.03)), "vima")

    def test_a_symmetry_hides_a_turn(self) -> None:
        goal = At(HEART, Pose(0.5, 0.0))
        quarter = thing(HEART, 0.5, 0.0, math.pi / 2)
        assert goal.holds(situation(replace(quarter, period=math.pi / 2)))
        assert goal.holds(situation(replace(quarter, period=0.0)))
        assert not goal.holds(situation(quarter))

    def test_turning_solves_itself(self) -> None:
        for degrees in (30, -150, 120):
            start = thing(HEART, 0.5, 0.1, 3.0)
            goal = turned(HEART, start.pose, math.radians(degrees))
            action = goal.solve(situation(start))
            assert action is not None
            turn = action.end.yaw - action.start.yaw
            assert math.isclose(math.cos(turn), math.cos(math.radians(degrees)), abs_tol=1e-9)
            assert goal.holds(situation(thing(HEART, 0.5, 0.1, 3.0 + turn)))

    def test_what_stands_on_the_target_goes_away_first_and_out_of_everybodys_way(self) -> None:
        goal = At(HEART, Pose(0.5, 0.0))
        now = situation(thing(HEART, 0.4, 0.3), thing(OTHER, 0.51, 0.02))
        action = goal.solve(now)
        assert action is not None
        assert (action.start.x, action.start.y) == (now[OTHER].grasp[0], now[OTHER].grasp[1])
        assert math.hypot(action.end.x - 0.5, action.end.y) > 0.1

    def test_the_part_that_frees_anothers_place_comes_first(self) -> None:
        both = All((At(HEART, Pose(0.5, 0.0)), At(OTHER, Pose(0.5, 0.4))))
        action = both.solve(situation(thing(HEART, 0.4, -0.3), thing(OTHER, 0.5, 0.0)))
        assert action is not None
        assert math.isclose(action.end.y, 0.4)


class TestPiles:
    goal = At(HEART, Pose(0.5, 0.0), heading=None, on=OTHER)

    def test_it_has_to_rest_on_what_is_under_it_there(self) -> None:
        under = thing(OTHER, 0.5, 0.0)
        assert self.goal.holds(situation(thing(HEART, 0.5, 0.01, 2.0, z=0.03, on=OTHER), under))
        assert not self.goal.holds(situation(thing(HEART, 0.5, 0.01), under))
        assert not self.goal.holds(situation(thing(HEART, 0.5, 0.05, z=0.03, on=OTHER), under))
        assert self.goal.holds(situation(thing(HEART, 0.5, 0.09), under), "vima"), "heights don't count there"

    def test_solving_sets_it_on_top_and_leaves_the_pile_alone(self) -> None:
        top = replace(thing(OTHER, 0.5, 0.0, z=0.03, on=3))
        now = situation(thing(HEART, 0.4, -0.3), top, thing(3, 0.5, 0.0))
        action = self.goal.solve(now)
        assert action is not None and action.start.x == now[HEART].grasp[0]
        assert math.isclose(action.end.z, 0.06 + 0.03, abs_tol=1e-9)


class TestSharing:
    def test_two_things_get_a_half_each_along_the_longer_side(self) -> None:
        made = box(BOX, 0.5, 0.2)
        inner = rotated(rectangle(0.2, 0.12), 0.5) + np.array([0.5, 0.2])
        wide = replace(made, inner=inner, state=replace(made.state, pose=Pose(0.5, 0.2, 0.0, 0.5)))
        now = situation(thing(HEART, 0.4, -0.3, 1.9), wide)
        ends = []
        for k in range(2):
            action = Inside(HEART, BOX, share=(k, 2)).solve(now)
            assert action is not None
            turn = action.end.yaw - action.start.yaw
            assert math.isclose((1.9 + turn - 0.5) % (math.pi / 2), 0.0, abs_tol=1e-9), "sides along the container's"
            # From the point that is held back to the thing's own middle.
            held = rotated([[0.01, 0.0]], turn)[0]
            ends.append(np.array([action.end.x, action.end.y]) - held)
        np.testing.assert_allclose((ends[0] + ends[1]) / 2, (0.5, 0.2), atol=1e-9)
        np.testing.assert_allclose(ends[1] - ends[0], 0.1 * np.array([math.cos(0.5), math.sin(0.5)]), atol=1e-9)


@given(yaw=st.floats(-10, 10), target=st.floats(-10, 10), order=st.integers(1, 6))
def test_a_heading_error_is_the_nearest_way_and_zero_at_the_target(yaw: float, target: float, order: int) -> None:
    item = replace(thing(HEART, 0.5, 0.0, yaw), period=2 * math.pi / order)
    error = heading_error(item, target)
    assert abs(error) <= math.pi / order + 1e-9
    assert abs(heading_error(replace(thing(HEART, 0.5, 0.0, yaw - error), period=item.period), target)) < 1e-6


@given(x=st.floats(0.25, 0.75), y=st.floats(-0.5, 0.5), on=st.sampled_from([TABLE, BOX]), rest=st.booleans())
def test_closeness_is_one_exactly_when_a_condition_holds(x: float, y: float, on: int, rest: bool) -> None:
    now = situation(thing(HEART, x, y, on=on), box(BOX, 0.5, 0.2), at_rest=rest)
    for goal in (Inside(HEART, BOX), At(HEART, Pose(0.5, 0.2)), All((Inside(HEART, BOX), At(HEART, Pose(0.5, 0.2))))):
        closeness = goal.closeness(now)
        assert 0.0 <= closeness <= 1.0
        assert (closeness == 1.0) is goal.holds(now)


class TestJudge:
    away, home = thing(HEART, 0.4, -0.3), box(BOX, 0.5, 0.2)
    inside = thing(HEART, 0.5, 0.2, on=BOX)

    def judges(self, goal: Goal, start: Situation) -> dict[str, Judge]:
        return {"inside": Judge(goal, start, "inside"), "vima": Judge(goal, start, "vima")}

    def test_a_later_mistake_counts_but_not_by_vima(self) -> None:
        start = situation(self.away, self.home)
        judges = self.judges(Goal((Inside(HEART, BOX),)), start)
        for now in (situation(self.inside, self.home), start):
            for judge in judges.values():
                judge.update(now)
        said = verdict(judges, "inside", start)  # type: ignore[arg-type]
        assert not said.success and not said.failed
        assert said.by_rule == {"inside": False, "vima": True}
        assert said.progress == 0.0

    def test_stages_are_reached_in_order_and_the_last_must_hold_in_the_end(self) -> None:
        start = situation(self.away, self.home)
        back = At(HEART, self.away.pose)
        judge = Judge(Goal((Inside(HEART, BOX), back)), start, "inside")
        seen = []
        for now in (start, situation(self.inside, self.home), start):
            judge.update(now)
            seen.append((judge.stage, judge.success, round(judge.progress, 2)))
        assert seen == [(0, False, 0.0), (1, False, 0.5), (1, True, 1.0)]
        judge.update(situation(thing(HEART, 0.7, 0.4), self.home))
        assert not judge.success and 0.5 <= judge.progress < 1.0

    def test_a_later_stage_before_its_turn_fails(self) -> None:
        second = box(3, 0.5, -0.2)
        goal = Goal((Inside(HEART, BOX), Inside(HEART, 3)))
        judge = Judge(goal, situation(self.away, self.home, second), "inside")
        judge.update(situation(thing(HEART, 0.5, -0.2, on=3), self.home, second))
        assert judge.failed and "too early" in judge.reason

    def test_what_must_never_be_fails_for_good(self) -> None:
        goal = Goal((Inside(HEART, BOX),), never=(Inside(OTHER, BOX),))
        other = thing(OTHER, 0.6, -0.1)
        judge = Judge(goal, situation(self.away, other, self.home), "inside")
        judge.update(situation(self.away, thing(OTHER, 0.5, 0.2, on=BOX), self.home))
        judge.update(situation(self.inside, other, self.home))
        assert judge.failed and not judge.success
        assert "color 2 heart" in judge.reason

    def test_leaving_the_table_fails_by_every_rule(self) -> None:
        start = situation(self.away, self.home)
        for judge in self.judges(Goal((Inside(HEART, BOX),)), start).values():
            judge.update(situation(thing(HEART, 0.4, -0.52), self.home))
            assert judge.failed and "left the table" in judge.reason

    def test_vima_fails_when_another_thing_comes_to_the_target(self) -> None:
        other = thing(OTHER, 0.6, -0.1)
        judge = Judge(Goal((Inside(HEART, BOX),)), situation(self.away, other, self.home), "vima")
        judge.update(situation(self.away, thing(OTHER, 0.55, 0.27), self.home))
        assert judge.failed

    def test_vima_lets_what_blocks_a_target_from_the_start_be_moved_away(self) -> None:
        goal = Goal((At(HEART, Pose(0.5, 0.2)),))
        judge = Judge(goal, situation(self.away, thing(OTHER, 0.5, 0.2)), "vima")
        judge.update(situation(self.away, thing(OTHER, 0.5, 0.4)))
        judge.update(situation(thing(HEART, 0.5, 0.2), thing(OTHER, 0.5, 0.4)))
        assert judge.success and not judge.failed

    def test_parts_of_a_stage_each_count_for_ever_by_vima_and_all_at_once_by_inside(self) -> None:
        goal = Goal((All((At(HEART, Pose(0.5, 0.0)), At(OTHER, Pose(0.5, 0.4)))),))
        start = situation(thing(HEART, 0.4, -0.4), thing(OTHER, 0.4, 0.2))
        judges = self.judges(goal, start)
        for now in (
            situation(thing(HEART, 0.5, 0.0), thing(OTHER, 0.4, 0.2)),
            situation(thing(HEART, 0.4, -0.4), thing(OTHER, 0.5, 0.4)),
        ):
            for judge in judges.values():
                judge.update(now)
            assert judges["inside"].progress == pytest.approx(0.5)
        assert judges["vima"].success and not judges["inside"].success

    def test_a_step_that_leads_nowhere_fails_a_strict_goal_by_vima_only(self) -> None:
        start = situation(self.away, self.home)
        for judge in self.judges(Goal((Inside(HEART, BOX),), strict=True), start).values():
            judge.update(situation(thing(HEART, 0.4, -0.2), self.home))
            assert judge.failed is (judge.rule == "vima")

    def test_a_copy_goes_its_own_way(self) -> None:
        judge = Judge(Goal((Inside(HEART, BOX),)), situation(self.away, self.home), "vima")
        twin = judge.copy()
        judge.update(situation(self.inside, self.home))
        assert judge.success and not twin.success
