"""How a crop becomes the small model's input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cameras import FRONT, TOP
from skills.backends.openclip.pixels import (
    BACKGROUND,
    SIDE,
    UNKNOWN_SIZES,
    Cutout,
    canvases,
    cutout,
    drawn_diameter,
    foreground,
    metres_per_pixel,
    place,
)
from skills.types import Image, View


def disc(side: int, radius: float, at: tuple[float, float] | None = None) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    cx, cy = at or (side / 2, side / 2)
    return np.hypot(x - cx, y - cy) <= radius


def colored(
    mask: np.ndarray, color: tuple[int, int, int], around: tuple[int, int, int] = (255, 255, 255)
) -> np.ndarray:
    return np.where(mask[..., None], color, around).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(st.floats(8, 25), st.floats(16, 62), st.floats(-3.2, 3.2))
def test_a_disc_is_drawn_at_the_diameter_asked_for_at_any_turn(radius: float, diameter: float, turn: float) -> None:
    mask = disc(60, radius)
    drawn = place(Cutout.of(colored(mask, (200, 40, 40)), mask), diameter, turn)
    assert drawn.shape == (SIDE, SIDE, 3)
    assert drawn.min() >= BACKGROUND
    assert drawn.max() <= 2.0
    inside = (drawn[..., 0] > BACKGROUND / 2).sum()
    assert inside == pytest.approx(np.pi * diameter**2 / 4, rel=0.2, abs=12)


def test_the_background_never_shows() -> None:
    mask = disc(40, 12)
    one = place(Cutout.of(colored(mask, (10, 200, 30), (0, 0, 0)), mask), 40)
    other = place(Cutout.of(colored(mask, (10, 200, 30), (255, 0, 255)), mask), 40)
    assert np.array_equal(one, other)


def test_specks_of_a_mask_do_not_move_the_object() -> None:
    mask = disc(80, 15, (30, 40))
    cut = Cutout.of(colored(mask, (9, 9, 9)), mask)
    mask[5, 75] = True
    spoilt = Cutout.of(colored(mask, (9, 9, 9)), mask)
    assert spoilt.diameter == pytest.approx(cut.diameter)


def test_an_empty_mask_stands_for_the_whole_picture() -> None:
    cut = Cutout.of(np.zeros((20, 30, 3), np.uint8), np.zeros((20, 30), np.bool_))
    assert cut.mask.all()
    assert cut.mask.shape == (20, 30)


def test_larger_things_are_drawn_larger_up_to_the_whole_input() -> None:
    sizes = [drawn_diameter(metres) for metres in (0.03, 0.1, 0.2, 0.36, 2.0)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[2] < sizes[3]
    assert sizes[-1] == SIDE - 2


@pytest.mark.parametrize("camera", [TOP, FRONT])
def test_the_camera_tells_the_scale(camera: object) -> None:
    view = View(np.zeros((128, 256, 3), np.uint8), camera.camera())  # type: ignore[attr-defined]
    assert metres_per_pixel(view, (128.0, 64.0)) == pytest.approx(0.00398, abs=2e-5)
    twice = View(np.zeros((256, 512, 3), np.uint8), camera.camera((256, 512)))  # type: ignore[attr-defined]
    assert metres_per_pixel(twice, (256.0, 128.0)) == pytest.approx(0.00199, abs=2e-5)


def test_a_picture_without_a_camera_is_tried_at_several_sizes() -> None:
    mask = disc(50, 20)
    known = Image(colored(mask, (1, 2, 3)), mask, View(np.zeros((128, 256, 3), np.uint8), TOP.camera()))
    drawn, owner = canvases([known, Image(colored(mask, (1, 2, 3)), mask)])
    assert owner == [0, *[1] * len(UNKNOWN_SIZES)]
    assert drawn.shape == (1 + len(UNKNOWN_SIZES), SIDE, SIDE, 3)


@pytest.mark.parametrize("around", [(255, 255, 255), (0, 0, 0), (90, 140, 60)])
def test_the_object_is_found_before_a_plain_background(around: tuple[int, int, int]) -> None:
    mask = disc(300, 80)
    assert np.array_equal(foreground(colored(mask, (230, 60, 170), around)), mask)
    assert cutout(Image(colored(mask, (230, 60, 170), around))).diameter == pytest.approx(161, abs=3)


def test_without_a_plain_background_the_whole_picture_counts() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    assert foreground(noise).all()
    assert foreground(np.full((20, 20, 3), 7, np.uint8)).all()
