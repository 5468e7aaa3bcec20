"""One picture of a whole episode: what was seen, what was meant, what was planned, what came of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from instruct2act.events import Ended, Event
from instruct2act.listeners import typeset, words
from instruct2act.listeners.panels import panels
from instruct2act.listeners.story import Story
from instruct2act.listeners.tiles import COLUMN
from instruct2act.listeners.typeset import BAD, FAINT, GOOD, INK, NEUTRAL, RULE, WHITE, blank
from skills.types import UInt8

_MARGIN, _GAP, _TITLE = 32, 24, 30


class Strip:
    """A listener that writes the picture when the episode ends, however it ends.

    Args:
        path: a PNG file.
    """

    wants_frames = False

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.story = Story()
        self._written = False

    def hear(self, event: Event) -> None:
        """Collects; writes at the end."""
        self.story.hear(event)
        if isinstance(event, Ended):
            self.close()

    def close(self) -> None:
        """Writes what there is, once; nothing where no episode began."""
        if self._written or self.story.started is None:
            return
        self._written = True
        save(self.path, page(self.story))


def page(story: Story) -> UInt8:
    """All panels under a heading with the instruction and how it ended, (h, w, 3) uint8.

    Two columns; each panel goes under the shorter one, and its number says the order.
    """
    width = 2 * COLUMN + _GAP + 2 * _MARGIN
    columns: tuple[list[UInt8], list[UInt8]] = [], []
    for number, (title, picture) in enumerate(panels(story), start=1):
        block = blank(_TITLE + picture.shape[0] + _GAP, COLUMN)
        taken = typeset.write(block, (0, 0), f"{number}", 17, FAINT)
        typeset.write(block, (taken + 8, 0), typeset.fit(title, 17, COLUMN - 40), 17, INK)
        block[_TITLE : _TITLE + picture.shape[0], : picture.shape[1]] = picture
        min(columns, key=lambda column: sum(part.shape[0] for part in column)).append(block)
    tall = max(sum(part.shape[0] for part in column) for column in columns)
    body = blank(tall + _MARGIN - _GAP, width)
    for place, column in enumerate(columns):
        y, x = 0, _MARGIN + place * (COLUMN + _GAP)
        for part in column:
            body[y : y + part.shape[0], x : x + COLUMN] = part
            y += part.shape[0]
    return np.concatenate([_heading(story, width), body])


def save(path: Path, rgb: UInt8) -> None:
    """Writes a PNG so that the name never stands for half a file."""
    from PIL import Image as Pillow

    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    Pillow.fromarray(rgb).save(half, format="PNG", optimize=True)
    half.replace(path)


def _heading(story: Story, width: int) -> UInt8:
    """The sentence with its pictures on the left, the verdict and scores on the right."""
    side = 420
    sentence = typeset.sentence(story.instruction, width - 2 * _MARGIN - side - _GAP, 26)
    verdict, good = words.verdict(story.record)
    small = [words.named({"progress": p})] if (p := getattr(story.record, "progress", None)) is not None else []
    if (reward := getattr(story.record, "reward", None)) is not None:
        small.append(words.named({"reward": reward}))
    picture = blank(_MARGIN + 30 + max(sentence.shape[0], 76) + 22, width)
    scene = story.started.scene if story.started else ""
    model = getattr(story.record, "model", "")
    about = "   ·   ".join(part for part in (scene, f"program by {model}" if model else "") if part)
    typeset.write(picture, (_MARGIN, _MARGIN - 8), typeset.fit(about, 15, width - 2 * _MARGIN), 15, FAINT)
    top = _MARGIN + 22
    picture[top : top + sentence.shape[0], _MARGIN : _MARGIN + sentence.shape[1]] = sentence
    pill = blank(40, typeset.width_of(verdict, 20) + 36, GOOD if good else NEUTRAL if good is None else BAD)
    typeset.write(pill, (18, 7), verdict, 20, WHITE)
    right = width - _MARGIN
    picture[top : top + 40, right - pill.shape[1] : right] = pill
    text = "   ·   ".join(small)
    typeset.write(picture, (right - typeset.width_of(text, 17), top + 50), text, 17, INK)
    picture[-16:-15, _MARGIN:right] = RULE
    return picture
