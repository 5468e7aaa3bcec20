"""Bars are found by their shape alone, at any turn, and only where they part what they cross."""

import cv2
import numpy as np
import pytest

from skills.backends.sam.color.bars import crossing


def turned(mask, degrees):
    turn = cv2.getRotationMatrix2D((128, 64), degrees, 1.0)
    return cv2.warpAffine(mask.astype(np.uint8), turn, mask.shape[::-1], flags=cv2.INTER_NEAREST).astype(bool)


def box(top, left, bottom, right):
    mask = np.zeros((128, 256), bool)
    mask[top:bottom, left:right] = True
    return mask


FRAME = box(30, 100, 110, 110) | box(30, 146, 110, 156) | box(30, 100, 40, 156)
LINE = box(58, 85, 68, 171)


@pytest.mark.parametrize("degrees", [0, 90, 20, -35])
def test_a_line_across_a_frame_is_found(degrees):
    line, whole = turned(LINE, degrees), turned(LINE | FRAME, degrees)
    best = max(crossing(whole), key=lambda bar: np.count_nonzero(bar & line) / np.count_nonzero(bar | line))
    assert np.count_nonzero(best & line) > (0.95 if degrees % 90 == 0 else 0.7) * np.count_nonzero(best | line)


@pytest.mark.parametrize("mask", [LINE, FRAME, box(40, 100, 80, 150), np.zeros((128, 256), bool), box(5, 5, 6, 6)])
def test_what_nothing_crosses_has_no_bar_that_parts_it(mask):
    for bar in crossing(mask):
        count, _ = cv2.connectedComponents((mask & ~bar).astype(np.uint8), connectivity=4)
        assert count > 2


def test_a_bar_belongs_to_the_mask_and_leaves_two_pieces():
    for bar in crossing(FRAME | LINE):
        assert not (bar & ~(FRAME | LINE)).any()
        count, _ = cv2.connectedComponents(((FRAME | LINE) & ~bar).astype(np.uint8), connectivity=4)
        assert count > 2
