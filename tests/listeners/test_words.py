import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruct2act.listeners import words
from skills.types import Action, Image, Mask, Pose


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_plain_text_holds_nothing_that_moves_a_cursor_or_cannot_be_written(text: str) -> None:
    shown = words.plain(text)
    shown.encode("utf-8")
    assert shown.isprintable()


@given(st.text(max_size=60))
def test_plain_text_fits_the_reader_s_encoding(text: str) -> None:
    assert words.plain(text, "ascii").isascii()


def test_plain_text_keeps_what_people_write() -> None:
    assert words.plain("put the “blue” bowl\tthere — 你好") == "put the “blue” bowl    there — 你好"
    assert words.plain("a\nb", lines=True) == "a\nb"
    assert words.plain("a\x1b[31m\u202eb\u2028") == r"a\x1b[31m\u202eb\u2028"


@given(st.text(max_size=300), st.integers(min_value=8, max_value=100))
def test_shortened_text_is_no_longer_than_asked(text: str, length: int) -> None:
    assert len(words.shorten(text, length)) <= length


@pytest.mark.parametrize(
    "degrees, said",
    [(0, ""), (360, ""), (30, "30 deg counter-clockwise"), (-45, "45 deg clockwise"), (330, "30 deg clockwise")],
)
def test_a_turn_is_said_as_the_top_view_shows_it(degrees: float, said: str) -> None:
    assert words.turn_words(math.radians(degrees)) == said


def test_results_in_words() -> None:
    mask = Mask.of(np.ones((4, 5), np.bool_), 0.9)
    crop = Image(np.zeros((4, 5, 3), np.uint8), np.ones((4, 5), np.bool_))
    action = Action("pick_place", Pose(0.42, -0.13), Pose(0.55, 0.2))
    assert words.result([mask] * 5, "") == "5 masks"
    assert words.result([mask], "") == "1 mask"
    assert words.result(([crop, crop], [mask, mask]), "") == "2 crops, 2 masks"
    assert words.result(Image(np.zeros((4, 5, 3), np.uint8)), "") == "picture 5 x 4"
    assert words.result(action, "") == "pick (0.42, -0.13) -> place (0.55, 0.20)"
    assert words.result({"done": 1, "of": 2, "failed": ["x"], "clipped": 0}, "") == "1 of 2 done"
    assert words.result([0.4, 0.1], "[0.4, 0.1]") == "[0.4, 0.1]"
    assert words.result([], "[]") == "[]"


def test_a_ranking_names_the_runner_up() -> None:
    assert words.ranking([0.04, 0.93, 0.02], 1) == "0.93; next 0.04"
    assert words.ranking([0.93], 0) == "0.93"
    assert words.ranking([0.1, 0.2], -1) == "best 0.20"
    assert words.ranking([], -1) == ""


def test_long_numbers_are_rounded_and_nothing_else() -> None:
    assert words.rounded("[0.32277430466031903, -0.0544948888220882, 0.5]") == "[0.323, -0.054, 0.5]"
    assert words.rounded("v1.2.34567 a0.12345 1e-5") == "v1.2.34567 a0.12345 1e-5"
