"""Words about several things: what is alike, what pictures teach, piles, sweeping."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from states import BOWL, HEART, MOVE, RING, STAR, _state, at, history, start

from instruct2act.authoring.reward import history_as_data, state_as_data
from instruct2act.authoring.vocabulary import groups, needed, source, words
from skills.types import Event, Moment, ObjectState, Pose

BLOCK = _state(11, "block", "red", Pose(0.6, -0.3))
LOW = _state(12, "shorter block", "dark red", Pose(0.4, 0.3))
FRAME = _state(20, "three-sided rectangle", "green", Pose(0.41, 0.0, 0.0, -math.pi / 2))
LINE = _state(21, "line", "blue", Pose(0.45, 0.0, 0.0, -math.pi / 2))
SMALL, OTHER = (_state(k, "small block", "red", Pose(0.65, y)) for k, y in ((30, -0.1), (31, 0.1)))
TABLE = (BLOCK, LOW, FRAME, LINE, SMALL, OTHER)


def states(*shown: ObjectState) -> list[dict[str, Any]]:
    return [state_as_data(state) for state in shown]


def then(*changed: ObjectState, events: tuple[Event, ...] = ()) -> list[dict[str, Any]]:
    """The table, and the table after something changed."""
    new = {state.id: state for state in changed}
    after = tuple(new.get(state.id, state) for state in TABLE)
    return history_as_data([Moment(None, TABLE), Moment(MOVE, after, events)])


def test_everything_is_what_can_be_moved() -> None:
    assert words.every(history(start()), "", []) == [HEART.id, STAR.id, RING.id]
    assert words.every(history(start()), "bowl", []) == [BOWL.id]


@pytest.mark.parametrize(
    ("which", "aspect", "found"),
    [
        (BLOCK, "texture", [SMALL.id, OTHER.id]),
        (BLOCK, "profile", [LOW.id, SMALL.id, OTHER.id]),
        (SMALL, "shape", [OTHER.id]),
        (LINE, "profile", []),
    ],
)
def test_alike_in_one_aspect(which: ObjectState, aspect: str, found: list[int]) -> None:
    assert groups.alike(then(), [which.id], aspect, []) == found


def test_the_most_and_the_least() -> None:
    both = [BLOCK.id, LOW.id]
    assert groups.most(then(), both, "height", True) == [BLOCK.id]
    assert groups.most(then(), both, "height", False) == [LOW.id]
    assert groups.most(then(), both, "lightness", False) == [LOW.id]
    assert groups.most(then(), [], "size", True) == []


def test_a_made_up_adjective_means_what_its_examples_differ_in() -> None:
    tall, flat = replace(HEART, size=(0.1, 0.1, 0.06)), replace(HEART, size=(0.1, 0.1, 0.01))
    both = [BLOCK.id, LOW.id]
    taller = [states(tall)], [states(flat)]
    assert groups.meant(then(), both, *taller, True) == [BLOCK.id]
    assert groups.meant(then(), both, *taller, False) == [LOW.id]
    assert groups.meant(then(), both, *taller[::-1], True) == [LOW.id]
    dark, light = states(replace(STAR, texture="dark yellow")), states(STAR)
    assert groups.meant(then(), both, [dark, dark], [light, light], True) == [LOW.id]
    assert groups.meant(then(), both, [light, dark], [dark, light], True) == both


@pytest.mark.parametrize(("side", "found"), [("right", [STAR.id]), ("far", [RING.id]), ("left", [])])
def test_a_neighbor_is_one_of_before(side: str, found: list[int]) -> None:
    assert groups.neighbor(history(start(), start(at(STAR, 0.4, -0.4))), [HEART.id], side) == found


def test_a_turn_is_read_off_examples() -> None:
    pairs = [(HEART, 60), (STAR, 60), (RING, 60)]
    before = [states(state) for state, _ in pairs]
    after = [
        states(at(state, state.pose.x, state.pose.y, state.pose.yaw - math.radians(degrees)))
        for state, degrees in pairs
    ]
    assert groups.turn_shown(before, after) == pytest.approx(60)
    assert groups.turn_shown([], []) == 0.0


def test_frames_say_what_moves_and_where_it_stands() -> None:
    moved = at(HEART, 0.6, 0.1)
    frames = [states(HEART, STAR), states(moved, STAR)]
    assert groups.moving(frames) == [HEART.id]
    h = history(start(), start(moved))
    assert groups.placed_as_in(h, [HEART.id], frames[1]) == 1.0
    assert groups.placed_as_in(h, [HEART.id], frames[1], 0) < 0.5
    assert groups.placed_as_in(h, [RING.id], frames[1]) == 0.0


def test_a_pile_is_one_thing_on_the_other() -> None:
    on_star = at(HEART, 0.4, 0.0, on=STAR.id)
    ring_on_heart = at(RING, 0.4, 0.0, on=HEART.id)
    three = [HEART.id, STAR.id, RING.id]
    assert groups.piled(history(start(on_star, ring_on_heart)), three) == 1.0
    assert groups.piled(history(start(on_star)), three) == 0.5
    assert groups.piled(history(start(on_star, at(RING, 0.4, 0.0, on=STAR.id))), three) == 0.5
    assert groups.piled(history(start()), [HEART.id]) == 0.0
    shown = states(on_star, STAR)
    assert groups.stacked_as_in(history(start(), start(on_star)), shown) == 1.0
    assert groups.stacked_as_in(history(start(), start(at(HEART, 0.4, 0.02))), shown) < 0.5


@pytest.mark.parametrize(
    ("x", "y", "inside", "short"),
    [(0.5, 0.0, True, True), (0.5, 0.11, False, True), (0.36, 0.0, True, False), (0.45, 0.0, True, False)],
)
def test_swept_is_all_of_it(x: float, y: float, inside: bool, short: bool) -> None:
    h = then(at(SMALL, x, y))
    assert (groups.swept_into(h, [SMALL.id], [FRAME.id]) == 1.0) == inside
    assert groups.swept_into(h, [SMALL.id], [FRAME.id], 0) == 0.0
    assert groups.short_of(h, [SMALL.id], [LINE.id]) == float(short)


def test_lines_and_others_are_left_alone() -> None:
    touched = then(events=(Event("touched", LINE.id, SMALL.id),))
    assert groups.never_touched(touched, [SMALL.id], [LINE.id]) == 0.0
    assert groups.never_touched(touched, [OTHER.id], [LINE.id]) == 1.0
    swept = then(at(SMALL, 0.48, 0.0))
    assert groups.nothing_else_swept_into(swept, [SMALL.id], [FRAME.id], [LINE.id]) == 1.0
    assert groups.nothing_else_swept_into(swept, [OTHER.id], [FRAME.id], [LINE.id]) == 0.0


def test_exactly_as_many() -> None:
    assert groups.exactly(2, [1.0, 0.0, 1.0]) == 1.0
    assert groups.exactly(2, [1.0, 1.0, 1.0]) < 0.5
    assert groups.exactly(2, [1.0, 0.2, 0.0]) < 0.5
    assert groups.exactly(2, [1.0]) == 0.0


def test_a_reward_brings_along_what_it_calls() -> None:
    part = needed("def reward(history, slots):\n    return swept_into(history, [1], [2])\n")
    names: dict[str, Any] = {}
    exec(part, names)
    assert names["swept_into"](then(at(SMALL, 0.48, 0.0)), [SMALL.id], [FRAME.id]) == 1.0
    assert "in_order" not in names
    assert len(part) < len(source()) / 3
    assert needed("def reward(:") == source()


def test_what_left_the_table_has_left_it() -> None:
    after = history(start(), start())
    after[1]["events"] = [{"kind": "left_table", "a": STAR.id, "b": None}]
    assert groups.never_left(after, [HEART.id, STAR.id]) == 0.0
    assert groups.never_left(after, [HEART.id]) == 1.0
