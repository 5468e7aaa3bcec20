"""A thin frame is one thing in however many colours it is painted; what crosses or fills one is another."""

import numpy as np
import pytest

from skills.backends.sam.color.frames import are_stretches, unbroken

_ROWS, _COLUMNS = np.mgrid[:128, :256]


def box(top, left, bottom, right):
    return (top <= _ROWS) & (bottom > _ROWS) & (left <= _COLUMNS) & (right > _COLUMNS)


def rhombus(size):
    return abs(_ROWS - 60) + abs(_COLUMNS - 120) < size


SQUARE = box(30, 90, 75, 135) & ~box(33, 93, 72, 132)
DIAMOND = rhombus(40) & ~rhombus(36)
RING = (np.hypot(_ROWS - 60, _COLUMNS - 120) < 30) & (np.hypot(_ROWS - 60, _COLUMNS - 120) >= 26)
MIXED = (abs(_COLUMNS - 118) < 2) | ((abs(_ROWS - 60) < 2) & (_COLUMNS > 118))
"""Where stretches meet, and their colours make one that is taken for table."""


@pytest.mark.parametrize("frame", [SQUARE, DIAMOND, RING], ids=["square", "diamond", "ring"])
def test_stretches_of_a_frame_are_one_thing(frame):
    left, right = frame & ~MIXED & (_COLUMNS < 118), frame & ~MIXED & (_COLUMNS > 118)
    thing = box(90, 200, 110, 220), (2,)
    found = unbroken([(left, (0,)), (right & (_ROWS < 60), (1,)), thing, (right & (_ROWS > 60), ())])
    assert [made_of for _, made_of in found] == [(0, 1), (2,)]
    mask = found[0][0]
    assert np.count_nonzero(mask & frame) > 0.95 * np.count_nonzero(mask | frame), "with what was taken for table"
    np.testing.assert_array_equal(found[1][0], thing[0])


THREE_SIDES = SQUARE & ~box(72, 93, 75, 132)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (THREE_SIDES, box(50, 80, 54, 145) & ~THREE_SIDES),
        (THREE_SIDES, box(55, 93, 59, 132)),
        (SQUARE, box(50, 93, 54, 132)),
        (SQUARE & ~box(50, 80, 54, 145), box(50, 80, 54, 145)),
        (SQUARE & ~box(50, 90, 54, 135), box(50, 90, 54, 135)),
        (SQUARE, box(40, 100, 60, 120)),
        (SQUARE & (_ROWS < 50), SQUARE & (_ROWS >= 60)),
        (box(30, 90, 50, 110), box(30, 110, 50, 130)),
    ],
    ids=[
        "a line over an open frame",
        "a line within an open frame",
        "a line within a frame",
        "a line across a frame",
        "a line from side to side",
        "a block in a frame",
        "half a frame and less than the other",
        "blocks side by side",
    ],
)
def test_two_things_stay_two(one, other):
    assert not are_stretches([one, other])
    assert len(unbroken([(one, (0,)), (other, (1,))])) == 2


def test_nothing_and_one_thing_stay_what_they_are():
    assert unbroken([]) == []
    ((mask, made_of),) = unbroken([(SQUARE, (3,))])
    assert mask is SQUARE and made_of == (3,)
