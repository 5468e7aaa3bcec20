"""Outlines by colour, and what the surface leaves uncovered."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from skills.backends.sam import everything
from skills.backends.sam.color.leftovers import complete
from skills.backends.sam.color.outline import snap, snap_surface
from skills.types import Bool, Float, UInt8

GREY, RED, BLUE = (47, 47, 47), (220, 60, 60), (60, 80, 200)


def _scene(*things: tuple[Bool, tuple[int, int, int]]) -> UInt8:
    rgb = np.full((128, 256, 3), GREY, np.uint8)
    for mask, color in things:
        rgb[mask] = color
    return rgb


def _box(top: int, left: int, bottom: int, right: int) -> Bool:
    mask = np.zeros((128, 256), bool)
    mask[top:bottom, left:right] = True
    return mask


def _coarse(mask: Bool, gain: float = 8.0) -> Float:
    """Logits as a model with blurred sight has them."""
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3.0)
    return gain * (blurred - 0.5)


def test_the_edge_goes_where_the_colours_change() -> None:
    star = np.zeros((128, 256), np.uint8)
    corners = [(150 + r * np.cos(a), 60 + r * np.sin(a)) for r, a in zip([26, 11] * 5, np.arange(10) * np.pi / 5)]
    cv2.fillPoly(star, [np.array(corners, np.int32)], 1)
    truth = star.astype(bool)
    logits = _coarse(truth)
    before = (truth & (logits > 0)).sum() / (truth | (logits > 0)).sum()
    snapped = snap(_scene((truth, RED)), logits)
    after = (truth & snapped).sum() / (truth | snapped).sum()
    assert before < 0.9 < 0.97 < after


def test_nothing_changes_where_both_sides_look_the_same() -> None:
    truth = _box(40, 100, 70, 140)
    logits = _coarse(truth)
    np.testing.assert_array_equal(snap(_scene(), logits), cv2.medianBlur((logits > 0).astype(np.uint8), 3) > 0)


def test_too_little_to_go_by_leaves_a_mask_as_it_is() -> None:
    for logits in (np.full((128, 256), -5.0, np.float32), np.full((128, 256), 5.0, np.float32)):
        np.testing.assert_array_equal(snap(_scene(), logits), logits > 0)


def test_a_thin_thing_of_another_colour_is_no_surface() -> None:
    frame = _box(30, 60, 80, 110) & ~_box(34, 64, 76, 106)
    unsure = np.where(frame, 2.5, 6.0).astype(np.float32)  # the model takes the frame for table
    surface = snap_surface(_scene((frame, BLUE)), unsure)
    np.testing.assert_array_equal(surface, ~frame)


@pytest.mark.parametrize("color, expected", [(RED, 1), (BLUE, 2)])
def test_pieces_of_the_same_colours_are_one_thing(color: tuple[int, int, int], expected: int) -> None:
    one, other = _box(30, 60, 60, 90), _box(30, 90, 60, 120)
    found = complete(_scene((one, RED), (other, color)), ~(one | other), [one, other], least=20, alike=0.75)
    assert len(found) == expected
    assert sum(mask.sum() for mask, _ in found) == (one | other).sum()


def test_what_was_missed_is_added_and_what_was_cut_short_is_completed() -> None:
    bar, missed = _box(20, 40, 28, 120), _box(80, 200, 100, 220)
    half = bar & _box(0, 0, 128, 80)
    rgb = _scene((bar, RED), (missed, BLUE))
    rim = _box(0, 0, 3, 256)
    found = complete(rgb, ~(bar | missed | rim), [half], least=20, alike=0.75)
    assert sorted(members for _, members in found) == [(), (0,)]
    for mask, members in found:
        np.testing.assert_array_equal(mask, bar if members else missed)


@pytest.mark.parametrize("plain", [True, False])
def test_of_a_mask_of_which_nothing_is_left_nothing_comes(plain: bool) -> None:
    thing, nothing = _box(20, 40, 60, 80), np.zeros((128, 256), bool)
    rgb = _scene((thing, RED))
    if not plain:
        rgb = np.where(thing[..., None], rgb, np.random.default_rng(0).integers(0, 255, rgb.shape)).astype(np.uint8)
    ((mask, members),) = complete(rgb, ~thing, [nothing, thing], least=20, alike=0.75)
    np.testing.assert_array_equal(mask, thing)
    assert members == (1,)


def test_a_thin_frame_that_was_missed_is_added_and_a_rim_is_not() -> None:
    thing, frame = _box(20, 40, 60, 80), _box(20, 150, 64, 194) & ~_box(22, 152, 62, 192)
    rim = _box(18, 38, 62, 82) & ~thing
    surface = ~(thing | frame | rim)
    found = complete(_scene((thing, RED), (frame, BLUE), (rim, BLUE)), surface, [thing], least=20, alike=0.75)
    assert len(found) == 2
    np.testing.assert_array_equal(next(mask for mask, members in found if not members), frame)


def test_corners_that_an_outline_lost_come_back_in_its_colours_only() -> None:
    frame, thing = _box(20, 40, 64, 84) & ~_box(22, 42, 62, 82), _box(80, 40, 100, 60)
    rgb = _scene((frame, RED), (thing, RED))
    rgb[20, 40] = BLUE
    rgb[79, 40:60] = (150, 60, 80)  # where red and table mix
    surface = ~(frame | thing)
    surface[79, 40:60] = False
    cut = frame.copy()
    cut[[20, 20, 63, 63], [40, 83, 40, 83]] = False
    (whole, _), (block, _) = complete(rgb, surface, [cut, thing], least=20, alike=0.75)
    cut[[20, 63, 63], [83, 40, 83]] = True
    np.testing.assert_array_equal(whole, cut)
    np.testing.assert_array_equal(block, thing)


def test_what_a_letter_leaves_free_is_no_thing_and_a_mask_that_the_surface_takes_is_one() -> None:
    letter, hole, thing = _box(20, 40, 60, 80), _box(35, 55, 40, 62), _box(20, 150, 40, 170)
    known = np.where(letter, 1, np.where(thing, 2, 0))
    surface = ~letter | hole
    assert everything._left_free(hole, surface, known)
    assert not everything._left_free(letter & ~hole, surface, known)
    assert not everything._left_free(thing, surface, known), "a whole mask"
    assert everything._left_free(_box(80, 10, 90, 20), surface, known), "no mask's at all"
    assert not everything._left_free(_box(80, 10, 90, 20), surface & letter, known)
