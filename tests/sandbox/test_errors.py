"""Texts that reach people and records: short, and harmless to a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from instruct2act.sandbox.errors import Failure, Problem, clipped, printable, refused


@given(st.text(max_size=300), st.integers(0, 60), st.integers(60, 2000))
def test_clipped_is_short_printable_and_settled(text: str, times: int, size: int) -> None:
    short = clipped(text * times, size)
    assert len(short.encode()) <= size
    assert clipped(short, size) == short == printable(short)


@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=100))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert clipped(text + "\n\t") == text + "\n\t"


def test_what_steers_a_terminal_is_taken_out() -> None:
    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e", "\u2066", "\x00"} & set(
        printable("\x1b[2J\x07\r\x9b\u202e\u2066\x00a")
    )


def test_a_refusal_tells_all_problems_and_places_the_first() -> None:
    problems = [Problem("api", "SAM needs 'image'", 3, 5, "    SAM()"), Problem("api", "another", 7)]
    failure = refused(problems)
    assert (failure.type, failure.line, failure.column, failure.source_line) == ("BadCall", 3, 5, "    SAM()")
    assert failure.message == "line 3: SAM needs 'image'\n    SAM()\nline 7: another"
    assert failure.problems == tuple(problems)


def test_a_failure_carries_what_came_before() -> None:
    failure = Failure("runtime", "ValueError", "no").after((f"SAM({i})" for i in range(30)), "x" * 1000)
    assert len(failure.api_calls_so_far) == 20 and failure.api_calls_so_far[-1] == "SAM(29)"
    assert len(failure.prints_tail) == 500
