from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from instruct2act import asking
from skills.errors import Mistake
from skills.types import Image, Instruction, Slot


def _picture() -> Image:
    return Image(np.zeros((4, 4, 3), np.uint8))


def test_names_in_the_sentence_take_the_pictures_given() -> None:
    asked = asking.instruction("put {a} into {b}", {"a": _picture(), "b": _picture()}, [(1, 2)])
    assert list(asked.slots) == ["a", "b"]
    assert asked.clicks == ((1, 2),)


def test_a_task_s_own_pictures_stay_unless_another_is_given() -> None:
    task = Instruction("…", {"base": Slot("object", {"top": _picture()}, binding=(3,)), "unused": Slot("word")})
    asked = asking.instruction("put {a} into {base}", {"a": _picture()}, [], task)
    assert asked.slots["base"] is task.slots["base"]
    assert set(asked.slots) == {"a", "base"}


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        ("put {dragged} there", ["draged"], "did you mean 'draged'"),
        ("put it there", ["a"], "does not mention {a}"),
        ("put {a there", ["a"], "braces"),
        ("put {} there", [], "--picture NAME=FILE"),
    ],
)
def test_a_name_without_a_picture_is_named(text: str, names: list[str], said: str) -> None:
    with pytest.raises(Mistake) as mistake:
        asking.instruction(text, {name: _picture() for name in names}, [])
    assert said in str(mistake.value)


def test_transparent_parts_are_background(tmp_path: Path) -> None:
    pixels = np.zeros((6, 8, 4), np.uint8)
    pixels[2:4, 3:5] = (200, 10, 20, 255)
    Pillow.fromarray(pixels).save(tmp_path / "cut.png")
    name, image, digest = asking.picture(f"cut={tmp_path / 'cut.png'}")
    assert name == "cut" and len(digest) == 64
    assert image.mask is not None and image.mask.sum() == 4
    assert (image.rgb[image.mask] == (200, 10, 20)).all()


def test_a_whole_picture_has_no_mask(tmp_path: Path) -> None:
    Pillow.fromarray(np.full((6, 8, 3), 9, np.uint8)).save(tmp_path / "whole.jpg")
    assert asking.picture(f"x={tmp_path / 'whole.jpg'}")[1].mask is None


def test_large_broken_and_foreign_files_are_refused_unread(tmp_path: Path) -> None:
    Pillow.fromarray(np.zeros((1, asking.LARGEST + 1), np.uint8)).save(tmp_path / "wide.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "wide.png").read_bytes()[:40])
    (tmp_path / "drawing.svg").write_text("<svg/>", encoding="utf-8")
    Pillow.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "old.gif")
    for name in ("wide.png", "torn.png", "drawing.svg", "old.gif", "missing.png"):
        with pytest.raises(Mistake, match=name):
            asking.picture(f"x={tmp_path / name}")
    for entry in ("nothing", "=x.png", "a b=x.png"):
        with pytest.raises(Mistake, match="NAME=FILE"):
            asking.picture(entry)


@pytest.mark.parametrize(("entry", "there"), [("60,40", (60.0, 40.0)), ("1.5, 2", (1.5, 2.0))])
def test_a_click_is_two_numbers(entry: str, there: tuple[float, float]) -> None:
    assert asking.click(entry) == there
