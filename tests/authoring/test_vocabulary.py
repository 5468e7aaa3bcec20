from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import BOWL, HEART, RING, STAR, at, history, start

from instruct2act.authoring import vocabulary
from instruct2act.authoring.reward import state_as_data
from instruct2act.authoring.vocabulary import geometry, words
from sim.objects import SHAPES
from sim.polygons import rotated
from skills.types import ObjectState, Pose

IN_BOWL = at(HEART, 0.55, 0.2, on=BOWL.id)
"""The heart in the bowl."""


def test_it_is_one_text_that_needs_nothing_of_ours() -> None:
    names: dict[str, Any] = {}
    exec(vocabulary.source(), names)
    assert {"inside", "in_order", "overall"} <= set(names)
    assert "instruct2act" not in vocabulary.source()
    assert vocabulary.names() <= set(names)


def test_every_word_is_described() -> None:
    told = vocabulary.describe()
    assert "inside(history, which, where, at=-1): " in told
    assert not [line for line in told.split("\n") if line.startswith("_") or line.endswith(": ")]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("yaw", [0.0, 1.1])
def test_symmetry_is_seen_in_the_outline(name: str, yaw: float) -> None:
    shape = SHAPES[name]
    rings = tuple(tuple((float(x) + 0.5, float(y)) for x, y in rotated(ring, yaw)) for ring in shape.outline)
    state = ObjectState(0, name, "red", Pose(0.5, 0.0, 0.0, yaw), shape.size, rings)
    assert geometry._period(state_as_data(state)) == pytest.approx(shape.period)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("heart", [HEART.id]),
        ("red heart", [HEART.id]),
        ("the red object", [HEART.id]),
        ("red and yellow stripe object", [RING.id]),
        ("ring", [RING.id]),
        ("blue object", [BOWL.id]),
        ("pyramid", []),
        ("object", [HEART.id, BOWL.id, STAR.id, RING.id]),
    ],
)
def test_names_find_what_fits_best(said: str, found: list[int]) -> None:
    assert words.find(history(start()), said) == found


def test_all_red_objects_are_those_that_are_plainly_red() -> None:
    assert words.every(history(start()), "red object", []) == [HEART.id]
    assert words.every(history(start()), "", [BOWL.id]) == [HEART.id, STAR.id, RING.id]


def test_inside_is_held_by_the_container() -> None:
    h = history(start(), start(IN_BOWL))
    assert words.inside(h, [HEART.id], [BOWL.id], 0) == 0.0
    assert words.inside(h, [HEART.id], [BOWL.id]) == 1.0
    stacked = at(HEART, 0.55, 0.2, on=STAR.id)
    on_bowl = at(STAR, 0.55, 0.2, on=BOWL.id)
    beside_bowl = at(STAR, 0.7, 0.4)
    assert words.inside(history(start(), start(stacked, on_bowl)), [HEART.id], [BOWL.id]) == 1.0
    assert words.inside(history(start(), start(stacked, beside_bowl)), [HEART.id], [BOWL.id]) < 0.5


@settings(max_examples=80, deadline=None)
@given(st.floats(0.27, 0.73), st.floats(-0.47, 0.47), st.floats(-math.pi, math.pi))
def test_every_word_is_a_number_between_0_and_1(x: float, y: float, yaw: float) -> None:
    h = history(start(), start(at(HEART, x, y, yaw=yaw)), start(at(HEART, y / 2 + 0.5, x, yaw=-yaw)))
    which, where, other = [HEART.id], [BOWL.id], [STAR.id]
    pairs = (words.inside, words.on_top, words.near, words.left_of, words.right_of, words.near_side_of)
    values = [word(h, which, where) for word in (*pairs, words.far_side_of, words.at_start_of)]
    values += [word(h, which) for word in (words.on_table, words.moved, words.stays, words.returned, words.undisturbed)]
    values += [
        words.between(h, which, where, other),
        words.at_spot(h, which, 0.5, 0.0),
        words.at_distance(h, which, where, "left", 0.05),
        words.in_part(h, which, "far left"),
        words.shifted(h, which, "right", 0.1),
        words.rotated_by(h, which, 60),
        words.as_in(h, h[1]["objects"]),
        words.nothing_else_in(h, which, where),
    ]
    assert all(0.0 <= value <= 1.0 for value in values)


@pytest.mark.parametrize(
    ("word", "dx", "dy"),
    [("left_of", 0, -1), ("right_of", 0, 1), ("near_side_of", -1, 0), ("far_side_of", 1, 0)],
)
def test_sides_are_the_top_views(word: str, dx: int, dy: int) -> None:
    star = at(STAR, 0.5, 0.0)
    sides = {(0, -1): "left_of", (0, 1): "right_of", (-1, 0): "near_side_of", (1, 0): "far_side_of"}
    h = history(start(star), start(star, at(HEART, 0.5 + 0.15 * dx, 0.15 * dy)))
    for side in sides.values():
        assert (getattr(words, side)(h, [HEART.id], [STAR.id]) >= 0.5) == (side == word)
    far_away = history(start(star), start(star, at(HEART, 0.5 + 0.22 * dx, 0.45 * dy)))
    assert words.near(far_away, [HEART.id], [STAR.id]) < 0.5 or dx


@pytest.mark.parametrize(("off", "holds"), [(0, True), (12, True), (18, False), (60, False), (180, False)])
def test_a_turn_is_right_to_fifteen_degrees(off: int, holds: bool) -> None:
    yaw = HEART.pose.yaw - math.radians(60 + off)
    h = history(start(), start(at(HEART, HEART.pose.x, HEART.pose.y, yaw=yaw)))
    assert (words.rotated_by(h, [HEART.id], 60) >= 0.5) == holds
    assert words.rotated_by(h, [HEART.id], 60, 0) == 0.0


def test_a_stage_before_its_turn_spoils_what_comes_after() -> None:
    moments = history(start(), start(IN_BOWL), start(at(HEART, 0.4, 0.0)))
    stages = [
        lambda at: words.inside(moments, [HEART.id], [BOWL.id], at),
        lambda at: words.at_spot(moments, [HEART.id], 0.4, 0.0, 0.04, at),
    ]
    assert words.in_order(moments, stages) == [1.0, 1.0]
    assert words.in_order(moments, stages[::-1])[1] < 0.5
    assert words.in_order(moments[:2], stages)[0] == 1.0
    assert words.in_order(moments[:2], stages)[1] < 0.5


def test_half_of_it_is_less_than_half() -> None:
    assert words.all_of([1.0, 1.0]) == 1.0
    assert words.all_of([1.0, 1.0, 1.0, 0.4]) < 0.5
    assert words.all_of([]) == 0.0
    assert words.overall({"a": 1.0}, {"guard": 0.0}) == 0.0
    assert 0.5 < words.overall({"a": 1.0}, {"guard": 1.0}, 0.0) < words.overall({"a": 1.0}) == 1.0
