"""What an instruction teaches before it asks for something, taken out of its text.

* a noun: "this is a dax {x}", "we call {x} a dax"; afterwards "the dax" is ``<kind:x>``;
* an adjective: "{a} is daxer than {b}"; afterwards "the less daxer" is ``<least:dax>``, "the daxer" ``<most:dax>``;
* a turn, by examples: "from {before} to {after}"; what is left is the sentence that asks for it.

A word is one that is taught when it is said at least twice, once beside a picture, and means nothing else here. The
text is one that `prepare` has marked: pictures are ``<object:name>``, ``<scene:name>``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from instruct2act.authoring.llm.offline.plan import Lesson
from instruct2act.authoring.llm.offline.reading.lessons import adjectives, nouns
from instruct2act.authoring.llm.offline.reading.lessons.turns import turns

_ONE_OF = re.compile(
    r"\b(?:of|among|from)(?: all)?(?: the)? (<(?:object|kind):[^>]*>),? ([^.;,<]{0,40}?)(<(?:most|least):[^>]*>) one\b",
    re.I,
)
""""Of the {blocks}, put the daxer one…"."""


@dataclass(frozen=True)
class Lessons:
    """What was taught: adjectives by their stem, and a turn as pairs of scenes (before, after)."""

    adjectives: dict[str, Lesson]
    turns: tuple[tuple[str, str], ...] = ()


def learn(text: str) -> tuple[str, Lessons]:
    """Takes the lessons out of a marked text.

    Returns:
        The text that is left, with marks for what was taught, and the lessons.
    """
    text, shown = turns(text)
    text, pairs, words = adjectives.learn(text)
    text, named = nouns.learn(text)
    if pairs or named:
        text = nouns.without_scraps(text, words)
    for stem in pairs:
        text = adjectives.mark(text, stem, stem in named)
    for noun, slot in named.items():
        # Not in a mark: "the daxer" may have become <most:dax>.
        text = re.sub(rf"(?<!:)\b{noun}(?:s|es)?\b(?!:)", f"<kind:{slot}>", text, flags=re.IGNORECASE)
    text = _ONE_OF.sub(r"\2\3 \1", text)
    text = re.sub(r"(?:[\s,:;]|\b(?:and|where|since|because|as)\b)+$", "", text)
    return text.strip(" ,:;"), Lessons({stem: Lesson(stem, tuple(found)) for stem, found in pairs.items()}, shown)
