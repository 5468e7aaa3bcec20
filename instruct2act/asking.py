"""A person's own instruction: a sentence, picture files for its ``{names}``, clicks on the top view."""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skills.errors import Mistake, did_you_mean
from skills.types import Image, Instruction, Slot

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
LARGEST = 4096
"""Pixels a side that a picture file may have; larger ones are refused before they are decoded."""


def instruction(
    text: str, pictures: Mapping[str, Image], clicks: Sequence[tuple[float, float]], task: Instruction | None = None
) -> Instruction:
    """Puts a sentence and what it points to together.

    Args:
        text: what to do; ``{name}`` stands for a picture.
        pictures: by name. A name that only the task's own instruction has keeps the task's picture.
        clicks: (x, y) pixels of the top view, in order.
        task: the instruction that the scene brings, if it is a task's; ``$degrees`` in the sentence is its word.

    Raises:
        Mistake: a ``{name}`` without a picture, or a picture that the sentence does not mention.
    """
    if task is not None and task.words:
        text = re.sub(r"\$(" + "|".join(task.words) + ")", lambda found: task.words[found[1]], text)
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise Mistake(f"the sentence's braces do not match ({error}); {{name}} stands for a picture") from None
    slots = {name: Slot("object", {"picture": picture}) for name, picture in pictures.items()}
    if task is not None:
        slots = {**{name: slot for name, slot in task.slots.items() if name in named}, **slots}
    for name in sorted(named - set(slots)):
        raise Mistake(
            f"the sentence says {{{name}}}{did_you_mean(name, slots)}, and no picture has that name; "
            f"give one with --picture {name or 'NAME'}=FILE"
        )
    for name in sorted(set(pictures) - named):
        raise Mistake(
            f"the sentence does not mention {{{name}}}{did_you_mean(name, named)}; write {{{name}}} where it goes"
        )
    return Instruction(text, slots, tuple(clicks))


def picture(entry: str) -> tuple[str, Image, str]:
    """Reads ``NAME=FILE``: the name, the picture (its transparent parts are background), SHA-256 of the file.

    Raises:
        Mistake: no ``=``, no such file, or not a picture of a kind and size that is read.
    """
    name, equals, file = entry.partition("=")
    if not equals or not name.isidentifier():
        raise Mistake(f"--picture takes NAME=FILE, as in --picture dragged_obj=crop.png; got {entry!r}")
    path = Path(file).expanduser()
    if not path.is_file():
        beside = [found.name for found in path.parent.glob("*")] if path.parent.is_dir() else []
        raise Mistake(f"there is no picture file {file!r}{did_you_mean(path.name, beside)}")
    return name, decode(path), hashlib.sha256(path.read_bytes()).hexdigest()


def decode(path: Path) -> Image:
    """Decodes a picture file, bounded in kind and size.

    Raises:
        Mistake: not a picture of ``FORMATS``, larger than ``LARGEST`` a side, or broken.
    """
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        with Pillow.open(path, formats=FORMATS) as file:
            if max(file.size) > LARGEST:
                raise Mistake(
                    f"{path.name} is {file.size[0]} x {file.size[1]} pixels; at most {LARGEST} a side are read"
                )
            pixels = np.asarray(file.convert("RGBA"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, Mistake):
            raise
        raise Mistake(f"{path.name} can't be read as a picture ({', '.join(FORMATS)}): {error}") from None
    opaque = pixels[..., 3] > 127
    return Image(np.ascontiguousarray(pixels[..., :3]), None if opaque.all() else opaque)


def click(entry: str) -> tuple[float, float]:
    """Reads ``X,Y``.

    Raises:
        Mistake: not two numbers.
    """
    try:
        x, y = (float(part) for part in entry.split(","))
    except ValueError:
        raise Mistake(f"--click takes X,Y in pixels of the top view, as in --click 60,40; got {entry!r}") from None
    return x, y
