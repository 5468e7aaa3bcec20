"""Slips of the keyboard: a word that nobody knows read as one that the grammar knows, where only one fits."""

from __future__ import annotations

import itertools
import re

from instruct2act.authoring.llm.offline.reading.names import CANNOT_TELL, COLORS, OTHER_VERBS, singular
from instruct2act.authoring.llm.offline.reading.verbs import SAID

_WORDS = (
    "into onto inside within beside between behind front next left right middle center centre "
    "corner table degrees clockwise "
    "counterclockwise anticlockwise then after before finally afterwards first second third all "
    "every each everything both back "
    "restore undo reverse return original where which that the and with without touching crossing "
    "exceeding same texture profile "
    "pattern shape object objects thing things block blocks bowl heart star ring pan frame square "
    "container pallet line letter flower "
    "round cross diamond triangle hexagon pentagon stripe striped dotted polka rotate please should belongs goes"
)
_KNOWN = frozenset({*_WORDS.split(), *SAID, *COLORS})
_NEIGHBORS = {a: b for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for a, b in itertools.pairwise(row)}


def corrected(text: str) -> tuple[str, tuple[str, ...]]:
    """A text with its slips mended, and what was read as what: ("plcae" as "place").

    A slip is two letters in the wrong order, one too many, one too few, or a neighbouring key; in words of four letters
    or more that mean nothing else.
    """
    assumed: list[str] = []

    def mended(match: re.Match[str]) -> str:
        word = match[0]
        lower = word.lower()
        if lower in _KNOWN or singular(lower) in _KNOWN or lower in CANNOT_TELL or lower in OTHER_VERBS:
            return word
        found = sorted(known for known in _KNOWN if abs(len(known) - len(lower)) < 2 and _is_slip(lower, known))
        if len(found) != 1:
            return word
        assumed.append(f'"{word}" as "{found[0]}"')
        return found[0]

    return re.sub(r"(?<![<:\w{'-])[A-Za-z]{4,}(?![\w}>:'-])", mended, text), tuple(assumed)


def _is_slip(word: str, known: str) -> bool:
    if len(word) == len(known):
        off = [k for k in range(len(word)) if word[k] != known[k]]
        if len(off) == 2 and off[1] == off[0] + 1:
            return word[off[0]] == known[off[1]] and word[off[1]] == known[off[0]]
        if len(off) != 1:
            return False
        return _NEIGHBORS.get(word[off[0]]) == known[off[0]] or _NEIGHBORS.get(known[off[0]]) == word[off[0]]
    shorter, longer = sorted((word, known), key=len)
    return len(shorter) > 2 and any(longer[:k] + longer[k + 1 :] == shorter for k in range(len(longer)))
