"""Crops in rows: what a query was compared with, and which things of two pictures are the same."""

from __future__ import annotations

import numpy as np

from instruct2act.listeners import drawing, typeset
from instruct2act.listeners.story import Look, Match, Retrieval, Story
from instruct2act.listeners.typeset import BAD, FAINT, GOOD, INK, NEUTRAL, RULE, WHITE, blank, line_height
from skills.types import Image, UInt8

COLUMN = 768
"""Pixels of a panel: the top view three times as large."""
_TILE = 68
_ROWS = 8
_GROUND: typeset.RGB = (238, 240, 242)


def retrievals(story: Story, look: Look) -> list[tuple[str, UInt8]]:
    """Panels of two queries each, with a title; the first eight queries of a look."""
    shown = look.retrievals[:_ROWS]
    found: list[tuple[str, UInt8]] = []
    for first in range(0, len(shown), 2):
        rows = [_retrieval(story, entry) for entry in shown[first : first + 2]]
        more = len(look.retrievals) - len(shown) if first + 2 >= len(shown) else 0
        title = "Retrieval: which is meant" + (f" ({more} more queries not shown)" if more else "")
        found.append((title, np.concatenate(rows)))
    return found


def matches(look: Look) -> list[tuple[str, UInt8]]:
    """A panel for each matching of two pictures' things, with a title; the first three of a look."""
    return [
        (f"Matching: {len(entry.pairs)} of {entry.of} and {entry.among} things are the same", _match(entry))
        for entry in look.matches[:3]
    ]


def bar(track: UInt8, value: float, color: typeset.RGB) -> None:
    """Fills a piece of a picture up to a value in [0, 1], in place."""
    track[:] = RULE
    track[:, : round(track.shape[1] * float(np.clip(value, 0, 1)))] = color


def _retrieval(story: Story, entry: Retrieval) -> UInt8:
    """A query on the left; on the right the crops with their scores, the chosen one framed."""
    left, cell, tall = 176, _TILE + 16, _TILE + 44
    across = (COLUMN - left) // cell
    order = list(range(len(entry.crops)))
    if len(order) > 2 * across:
        best = sorted(order, key=lambda i: -entry.scores[i] if i < len(entry.scores) else 0.0)[: 2 * across]
        order = sorted(best)
    lines = max(1, -(-len(order) // across))
    picture = blank(lines * tall + 16, COLUMN)
    picture[:-8] = WHITE
    _query(picture, story, entry, left)
    for place, index in enumerate(order):
        x, y = left + place % across * cell, 8 + place // across * tall
        _tile(picture, entry, index, x, y)
    if not order:
        typeset.write(picture, (left, 40), "nothing to choose from", 15, FAINT)
    return picture


def _query(picture: UInt8, story: Story, entry: Retrieval, left: int) -> None:
    aspect = "" if entry.aspect == "identity" else f"same {entry.aspect} as"
    name = story.called(entry.query)
    y = 10
    if aspect:
        typeset.write(picture, (14, y), aspect, 14, FAINT)
        y += line_height(14)
    if isinstance(entry.query, Image):
        small = typeset.thumbnail(drawing.cut_out(entry.query), 56, left - 36)
        picture[y : y + small.shape[0], 14 : 14 + small.shape[1]] = small
        y += small.shape[0] + 4
        for line in typeset.broken(name, 14, left - 24, most=2):
            typeset.write(picture, (14, y), line, 14, FAINT)
            y += line_height(14)
    else:
        for line in typeset.broken(name, 17, left - 30, most=3):
            typeset.write(picture, (14, y), line, 17, INK)
            y += line_height(17)
    if entry.chosen < 0:
        typeset.write(picture, (14, picture.shape[0] - 34), "none fits", 15, BAD)


def _tile(picture: UInt8, entry: Retrieval, index: int, x: int, y: int) -> None:
    """One crop with its number, a bar as long as its score, and a frame when it was chosen."""
    chosen, out = index == entry.chosen, index in entry.excluded
    if chosen:
        picture[y - 4 : y + _TILE + 38, x - 6 : x + _TILE + 6] = GOOD
        picture[y - 1 : y + _TILE + 35, x - 3 : x + _TILE + 3] = WHITE
    box = _framed(entry.crops[index])
    if out:
        box[:] = (box * 0.25 + 255 * 0.75).astype(np.uint8)
    picture[y : y + _TILE, x : x + _TILE] = box
    typeset.write(picture, (x, y + _TILE + 10), str(index), 13, FAINT)
    score = entry.scores[index] if index < len(entry.scores) else None
    text = "left out" if out else "" if score is None else f"{score:.2f}"
    typeset.write(picture, (x + _TILE - typeset.width_of(text, 13), y + _TILE + 10), text, 13, FAINT if out else INK)
    if score is not None and not out:
        bar(picture[y + _TILE + 3 : y + _TILE + 9, x : x + _TILE], score, GOOD if chosen else NEUTRAL)


def _match(entry: Match) -> UInt8:
    """Pairs side by side, each with its similarity."""
    cell, tall = 2 * _TILE + 30, _TILE + 40
    across = COLUMN // cell
    picture = blank(max(1, -(-len(entry.pairs) // across)) * tall + 8, COLUMN, WHITE)
    for place, (one, other, score) in enumerate(entry.pairs):
        x, y = 12 + place % across * cell, 10 + place // across * tall
        picture[y : y + _TILE, x : x + _TILE] = _framed(one)
        picture[y : y + _TILE, x + _TILE + 4 : x + 2 * _TILE + 4] = _framed(other)
        bar(picture[y + _TILE + 3 : y + _TILE + 9, x : x + 2 * _TILE + 4], score, GOOD)
        typeset.write(picture, (x, y + _TILE + 10), f"{score:.2f}", 13, INK)
    if not entry.pairs:
        typeset.write(picture, (14, 40), "nothing is the same", 15, BAD)
    return picture


def _framed(crop: Image) -> UInt8:
    """A crop in the middle of a square."""
    small = typeset.thumbnail(drawing.cut_out(crop), _TILE, _TILE)
    box = blank(_TILE, _TILE, _GROUND)
    top, side = (_TILE - small.shape[0]) // 2, (_TILE - small.shape[1]) // 2
    box[top : top + small.shape[0], side : side + small.shape[1]] = small
    return box
