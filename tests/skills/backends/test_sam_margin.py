"""The strip beside the table: found where it is one, and no thing's loss."""

from __future__ import annotations

import numpy as np
import pytest

from skills.backends.sam.color.margin import margin
from skills.types import Bool, UInt8

TABLE, FLOOR = 47, 240


def _scene(strip: int, sides: tuple[str, ...] = ("top", "right", "bottom", "left")) -> tuple[UInt8, Bool]:
    """A dark table with a white floor of so many pixels along the sides, and a red block that reaches over one."""
    rgb = np.full((128, 256, 3), TABLE, np.uint8)
    for side in sides:
        at = {
            "top": np.s_[:strip],
            "bottom": np.s_[128 - strip :],
            "left": np.s_[:, :strip],
            "right": np.s_[:, -strip:],
        }
        rgb[at[side]] = FLOOR
    rgb[100:, 40:70] = (200, 40, 40)
    return rgb, (rgb == TABLE).all(axis=-1)


@pytest.mark.parametrize("strip", [1, 3, 6])
def test_a_strip_of_another_colour_is_beside_the_table(strip: int) -> None:
    rgb, table = _scene(strip)
    assert np.array_equal(margin(rgb, table), (rgb == FLOOR).all(axis=-1))


def test_each_side_counts_for_itself() -> None:
    rgb, table = _scene(3, ("right",))
    found = margin(rgb, table)
    assert found[:, -3:].all() and np.count_nonzero(found) == 3 * 128


def test_a_table_that_fills_the_picture_has_none() -> None:
    rgb, table = _scene(0, ())
    assert not margin(rgb, table).any()
    assert not margin(rgb, np.zeros_like(table)).any()


def test_a_wide_floor_is_no_strip_to_its_end() -> None:
    rgb, table = _scene(30, ("top",))
    assert not margin(rgb, table)[8:].any()


def test_a_thing_of_the_strips_colour_loses_its_pixels_there_only() -> None:
    rgb, table = _scene(3)
    rgb[50:90, :30] = FLOOR  # a white block at the left border
    found = margin(rgb, table & (rgb == TABLE).all(axis=-1))
    assert found[50:90, :3].all() and not found[50:90, 7:30].any()


def test_of_a_slanted_floor_only_floor_is_taken() -> None:
    rgb, _ = _scene(0, ())
    rows, columns = np.mgrid[:128, :256]
    floor = columns + 2 * rows < 200
    rgb[floor] = FLOOR
    assert not (margin(rgb, (rgb == TABLE).all(axis=-1)) & ~floor).any()
