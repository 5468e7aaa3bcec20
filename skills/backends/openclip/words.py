"""Which words the small checkpoint knows, and what it answers to the others.

A small model has seen only the words of its captions; the rest of CLIP's vocabulary has no weights. A phrase with a
word that it does not know is refused as a whole, since what is left could name another thing: "the red zebra" is not
"the red".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from skills.errors import NothingFound

FILLERS = frozenset(
    {"please", "this", "that", "these", "those", "my", "your", "some", "any", "of", "in", "is", "color"}
)
"""Words that say nothing about looks: left out of a phrase."""

_SAME = {"coloured": "colored", "colour": "color", "greyish": "gray", "reddish": "red", "bluish": "blue"}


class Lexicon:
    """The words of a small checkpoint.

    Args:
        words: in lower case.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)

    def known(self, phrase: str) -> str:
        """A phrase in the words that the model has learned: lower case, singular, no fillers, only hyphens between.

        Raises:
            NothingFound: a word has no weights, or nothing is left; it is named, and so is what there is.
        """
        spelt = re.sub(r"[^\w'-]+|_", " ", phrase.lower()).replace("'s ", " ")
        parts = [part for part in re.split(r"(\s+|-)", spelt.strip()) if part]
        kept, unknown = [], []
        for part in parts:
            if part == "-" or part.isspace():
                kept.append("-" if part == "-" else " ")
            elif (word := self._form(part)) is not None:
                kept.append(word)
            elif part not in FILLERS:
                unknown.append(part)
        text = " ".join("".join(kept).split()).strip("- ")
        if unknown or not text:
            raise NothingFound(self._answer(phrase, unknown))
        return text

    def _form(self, word: str) -> str | None:
        word = _SAME.get(word, word)
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in self.words:
                return form
        return None

    def _answer(self, phrase: str, unknown: list[str]) -> str:
        there = ", ".join(sorted(word for word in self.words if len(word) > 1))
        if not unknown:
            return f"{phrase!r} names nothing to look for; the small model knows: {there}"
        near = {word: difflib.get_close_matches(word, self.words, n=1, cutoff=0.75) for word in unknown}
        named = ", ".join(
            repr(word) + (f" (did you mean {near[word][0]!r}?)" if near[word] else "") for word in unknown
        )
        plural = "words" if len(unknown) > 1 else "word"
        return f"{plural} not known to the small model: {named}; it knows: {there}"
