"""Text set on pictures with Pillow's own scalable font: measured, broken into lines, pictures inside a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from instruct2act.listeners.words import plain
from skills.types import Instruction, UInt8

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

RGB = tuple[int, int, int]

INK: RGB = (28, 33, 40)
FAINT: RGB = (112, 120, 130)
RULE: RGB = (218, 222, 227)
PAPER: RGB = (250, 250, 248)
WHITE: RGB = (255, 255, 255)
GOOD: RGB = (0, 114, 92)
BAD: RGB = (176, 58, 0)
NEUTRAL: RGB = (84, 96, 112)

_SLOT = re.compile(r"(\{\w+\})")
_PUNCTUATION = str.maketrans({"–": "-", "—": "-", "−": "-", "→": ">", "ß": "ss", "ø": "o", "æ": "ae", "ł": "l"})


@lru_cache(maxsize=32)
def font(size: int) -> FreeTypeFont:
    """Pillow's embedded font at a size in pixels."""
    from PIL import ImageFont

    face = ImageFont.load_default(size)
    if not isinstance(face, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType; install the Pillow wheel: pip install --force pillow")
    return face


@lru_cache(maxsize=1024)
def _drawn(character: str) -> bool:
    """Whether the font has the character (a missing one is drawn as the same box as U+FFFF)."""
    return bytes(font(20).getmask(character)) != bytes(font(20).getmask("\uffff"))


def legible(text: str) -> str:
    """Text that the font can draw: accents are taken off where it lacks them, what is left becomes "?"."""
    shown: list[str] = []
    for character in plain(text).translate(_PUNCTUATION):
        if character == " " or _drawn(character):
            shown.append(character)
            continue
        base = unicodedata.normalize("NFKD", character)[0]
        shown.append(base if base != character and _drawn(base) else "?")
    return "".join(shown)


def width_of(text: str, size: int) -> int:
    """Pixels that one line takes."""
    return int(np.ceil(font(size).getlength(legible(text))))


def fit(text: str, size: int, width: int) -> str:
    """One line no wider than ``width`` pixels; cut with an ellipsis where it must be."""
    shown = legible(text)
    if font(size).getlength(shown) <= width:
        return shown
    while shown and font(size).getlength(shown + "...") > width:
        shown = shown[:-1]
    return shown.rstrip() + "..."


def broken(text: str, size: int, width: int, most: int = 99) -> list[str]:
    """Text broken at spaces into at most ``most`` lines; the last one is cut where there is more."""
    lines: list[str] = []
    words = legible(text).split()
    while words and len(lines) < most:
        if len(lines) == most - 1:
            lines.append(fit(" ".join(words), size, width))
            break
        line = words.pop(0)
        while words and font(size).getlength(f"{line} {words[0]}") <= width:
            line = f"{line} {words.pop(0)}"
        lines.append(fit(line, size, width))
    return lines


def write(picture: UInt8, xy: tuple[int, int], text: str, size: int, color: RGB = INK) -> int:
    """Writes one line onto a picture in place, ``xy`` its upper left corner; returns the pixels it took.

    The height of a line is ``line_height(size)``, whatever its letters.
    """
    from PIL import Image, ImageDraw

    shown, (x, y) = legible(text), xy
    long = int(np.ceil(font(size).getlength(shown)))
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(picture.shape[1], x + long + 2), min(picture.shape[0], y + line_height(size))
    if x1 > x0 and y1 > y0 and shown:
        under = Image.fromarray(np.ascontiguousarray(picture[y0:y1, x0:x1]))
        ImageDraw.Draw(under).text((x - x0, y - y0 + _rise(size)), shown, fill=color, font=font(size), anchor="ls")
        picture[y0:y1, x0:x1] = np.asarray(under)
    return long


def line_height(size: int) -> int:
    """Pixels from one line's top to the next one's."""
    return round(size * 1.3)


def _rise(size: int) -> int:
    """From a line's top to its base line."""
    return round(size * 1.0)


def blank(height: int, width: int, color: RGB = PAPER) -> UInt8:
    """A picture of one colour."""
    return np.full((max(1, height), max(1, width), 3), color, np.uint8)


def thumbnail(rgb: UInt8, height: int, width: int) -> UInt8:
    """A picture made to fit into height x width; whole multiples when it grows, averaged when it shrinks."""
    import cv2

    scale = min(height / rgb.shape[0], width / rgb.shape[1])
    if scale >= 2:
        scale = int(scale)
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(np.ascontiguousarray(rgb), size, interpolation=how), np.uint8)


def sentence(
    instruction: Instruction, width: int, size: int, most: int = 4, color: RGB = INK, on: RGB = PAPER
) -> UInt8:
    """An instruction as a picture: its text with the slots' pictures where their names stand.

    Args:
        instruction: text with ``{names}`` and their slots.
        width: pixels of the result.
        size: of the letters.
        most: lines.
        color: of the letters.
        on: the background.
    """
    space = max(4, size // 3)
    rows: list[tuple[int, list[tuple[int, UInt8 | str]]]] = []
    row: list[tuple[int, UInt8 | str]] = []
    x, tall = 0, line_height(size)
    for piece in _pieces(instruction, size):
        piece = fit(piece, size, width) if isinstance(piece, str) else thumbnail(piece, piece.shape[0], width)
        long = width_of(piece, size) if isinstance(piece, str) else piece.shape[1]
        if row and isinstance(piece, str) and piece[:1] in ".,;:!?)":
            x -= space - 2
        if row and x + long > width:
            rows.append((tall, row))
            row, x, tall = [], 0, line_height(size)
            if len(rows) == most:
                break
        row.append((x, piece))
        tall = max(tall, 0 if isinstance(piece, str) else piece.shape[0] + 4)
        x += long + space
    if row:
        rows.append((tall, row))
    picture = blank(sum(tall for tall, _ in rows), width, on)
    y = 0
    for tall, row in rows:
        for x, piece in row:
            if isinstance(piece, str):
                write(picture, (x, y + (tall - line_height(size)) // 2), piece, size, color)
            else:
                top = y + (tall - piece.shape[0]) // 2
                picture[top : top + piece.shape[0], x : x + piece.shape[1]] = piece
        y += tall
    return picture


def _pieces(instruction: Instruction, size: int) -> Iterator[UInt8 | str]:
    """Words and pictures in reading order."""
    for part in _SLOT.split(instruction.text):
        slot = instruction.slots.get(part[1:-1]) if _SLOT.fullmatch(part) else None
        if slot is not None and slot.pictures:
            tall = size * (2 if slot.kind in ("object", "click") else 3)
            image = next(iter(slot.pictures.values()))
            yield thumbnail(image.rgb, tall, tall * 2)
        elif slot is not None and slot.word:
            yield from slot.word.split()
        else:
            yield from part.split()
