"""Things that lie across or beside each other are told apart; what is one thing stays one."""

from __future__ import annotations

import numpy as np
import pytest

from skills.backends.sam.color.parting import parted, told_apart
from skills.types import Bool, Float, UInt8

RED, BLUE, PURPLE = (239, 80, 80), (70, 110, 160), (165, 115, 150)


def box(top: int, left: int, bottom: int, right: int) -> Bool:
    mask = np.zeros((128, 256), bool)
    mask[top:bottom, left:right] = True
    return mask


def painted(*parts: tuple[Bool, tuple[int, int, int]]) -> UInt8:
    rgb = np.full((128, 256, 3), 47, np.uint8)
    for mask, color in parts:
        rgb[mask] = color
    return rgb


def answering(*masks: Bool) -> object:
    def answer(points: Float) -> Bool:
        assert points.ndim == 2 and points.shape[1] == 2
        return np.stack(masks)

    return answer


FRAME = (box(5, 90, 90, 100) | box(5, 150, 90, 160) | box(5, 90, 15, 160)) & ~box(40, 80, 52, 170)
LINE = box(40, 80, 52, 170)


def test_a_line_across_a_frame_is_a_thing_of_its_own() -> None:
    stripes = LINE & ((np.arange(256) // 20 % 2) == 0)[None]
    rgb = painted((FRAME, PURPLE), (LINE, RED), (stripes, BLUE))
    rough = box(40, 85, 52, 165) | box(52, 90, 54, 100)
    line, frame = parted(rgb, FRAME | LINE, answering(rough, FRAME | LINE))
    np.testing.assert_array_equal(line, LINE)
    np.testing.assert_array_equal(frame, FRAME)


def test_what_the_line_cuts_off_belongs_to_the_frame() -> None:
    leg, block = FRAME & box(52, 140, 90, 170), box(100, 100, 107, 107)
    rgb = painted((FRAME, PURPLE), (LINE, RED), (block, RED))
    pieces = [((FRAME | LINE) & ~leg, (0,)), (leg, (1,)), (block, (2,))]
    found = told_apart(rgb, pieces, answering(LINE))
    assert [made_of for _, made_of in found] == [(), (0,), (2,)]
    for (mask, _), expected in zip(found, (LINE, FRAME, block)):
        np.testing.assert_array_equal(mask, expected)


def test_a_line_that_shares_a_colour_with_what_it_crosses_is_told_apart_by_its_shape() -> None:
    across, down = ((np.arange(size) // 4 % 2) == 0 for size in (256, 128))
    rgb = painted((FRAME, PURPLE), (FRAME & down[:, None], RED), (LINE, PURPLE), (LINE & across[None], BLUE))
    end = LINE & box(40, 160, 52, 170)
    leg, block = FRAME & box(60, 140, 90, 170), box(100, 100, 107, 107)
    pieces = [((FRAME | LINE) & ~leg & ~end, (0,)), (leg, (1,)), (end, (2,)), (block, (3,))]
    found = told_apart(rgb, pieces, answering(FRAME | LINE))
    assert [made_of for _, made_of in found] == [(), (0,), (3,)]
    for (mask, _), expected in zip(found, (LINE, FRAME, block)):
        np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("color", [PURPLE, BLUE])
def test_a_large_thing_of_the_same_colours_stays_whole(color: tuple[int, int, int]) -> None:
    dashes = (FRAME | LINE) & ((np.add.outer(np.arange(128), np.arange(256)) // 6 % 2) == 0)
    rgb = painted((FRAME | LINE, color), (dashes, RED))
    assert len(parted(rgb, FRAME | LINE, answering(LINE, FRAME))) == 1


def test_nothing_is_asked_about_what_is_no_larger_than_one_thing() -> None:
    def never(points: Float) -> Bool:
        raise AssertionError("asked")

    assert len(parted(painted((box(10, 10, 50, 50), RED)), box(10, 10, 50, 50), never)) == 1


def test_two_small_blocks_that_touch_are_two_and_one_is_one() -> None:
    one, other = box(60, 60, 67, 67), box(66, 66, 73, 73)
    found = parted(painted((one | other, RED)), one | other, answering())
    assert len(found) == 2 and all(40 < part.sum() < 60 for part in found)
    assert (found[0] | found[1] == one | other).all() and not (found[0] & found[1]).any()
    rows, columns = np.mgrid[:128, :256]
    diamond = abs(rows - 60) + abs(columns - 60) <= 5
    for mask in (one, diamond, box(60, 60, 63, 80)):
        assert len(parted(painted((mask, RED)), mask, answering())) == 1
