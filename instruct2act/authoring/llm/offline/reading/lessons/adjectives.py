"""Made-up adjectives: a word that tells the first of two pictures from the second."""

from __future__ import annotations

import re
from collections import Counter

from instruct2act.authoring.llm.offline.reading.lessons.nouns import TAUGHT

_AROUND = (
    r"(?:the|this|that|these|one|ones|objects?|things?|items?|pictures?|images?|photos?|shapes?|shown|seen|pictured|"
    r"depicted|in|of|what|you|see|on|an?)"
)


def _picture(group: str) -> str:
    return rf"(?:{_AROUND} )*<object:(?P<{group}>[^>]*)>(?: (?:object|one|thing)\b)?"


_A, _B = _picture("a"), _picture("b")
_MUCH = (
    r"(?:(?:a (?:bit|little|lot)|much|clearly|obviously|far|slightly|even|also|the|definitely|"
    r"visibly|certainly|way|rather|somewhat|quite) )*"
)
_IS = (
    r"(?:is|are|being|was|be|looks?|seems?(?: to be)?|appears?(?: to be)?|counts? as|would be|"
    r"can be|should be|has to be|must be|"
    r"happens to be|turns out(?: to be)?|proves?(?: to be)?|comes out|(?:is|are|can be|would be)"
    r" (?:called|considered|said to be|known to "
    r"be|thought to be|regarded as|deemed|judged|found|what (?:i|we)(?:'d| would)? call|termed)"
    r"|we (?:say|call)|i(?:'d| would)? call|which is|"
    r"that is|gets? called)"
)
_WORD = r"(?:(?P<way>more|less) )?(?P<word>[a-z]{3,})(?: (?:one|object|thing|item|of the (?:two|pair)|ones))?"
_THAN = (
    r"(?:(?:when |if |as |being |in )?(?:than|compared (?:to|with|against)|in comparison (?:to|"
    r"with)|relative to|next to|beside|set against|"
    r"versus|vs\.?|as opposed to|and not|but not|not|unlike|held against|put next to|in contrast "
    r"(?:to|with)|put beside|than is|over|"
    r"in relation to|alongside|with respect to|against))"
)
_AND = r",? ?(?:and|or|with|to|versus|vs\.?|against|,|beside|next to|/|&),?"
_COMPARE = (
    r"(?:(?:if|when|whenever|as|once|while)? ?(?:you|we|one|i)? ?(?:compar(?:e|es|ed|ing)|put|"
    r"set|place|hold|take|look at|consider)|of|between|"
    r"among|out of|from|given|with|take|compared?|the pair)"
)
_NEXT = (
    r"(?:,|:|;|\?| -| –|,? then|,? and| together,?|,? you(?:'ll)? (?:see|find)(?: that)?|,? it "
    r"is| side by side,?| the| with| one|,? clearly| \(|\.)*"
)
_FORMER = r"(?:the )?(?:first|former|left)(?: (?:one|object|thing|item))?"
_LATTER = r"(?:the )?(?:second|latter|last|right)(?: (?:one|object|thing|item))?"
_SAME = r"(?:the |this |that |one |object |in )*<object:(?P=%s)>"
_COMPARISONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "{a} is daxer than {b} (is)", "{a} is the daxer one next to {b}"
        rf"{_A},? (?:{_IS} )*{_MUCH}{_WORD},? {_THAN} {_B}(?: (?:is|does|looks|are)\b)?",
        # "compared to {b}, {a} is daxer", "next to {b}, {a} looks daxer"
        rf"\b(?:if |when |as )?(?:compared (?:to|with|against)|next to|beside|unlike|in comparison "
        rf"(?:to|with)|relative to|in contrast "
        rf"(?:to|with)|(?:set |put |held )?against|than|as opposed to|with respect to) {_B},? {_A} "
        rf"{_IS} {_MUCH}{_WORD}",
        # "of {a} and {b}, the first is daxer", "{a} vs {b}: {a} is daxer"
        rf"(?:\b{_COMPARE} )?{_A}{_AND} {_B}{_NEXT} (?:{_FORMER}|{_SAME % 'a'}) {_IS} {_MUCH}{_WORD}",
        rf"(?:\b{_COMPARE} )?{_B}{_AND} {_A}{_NEXT} (?:{_LATTER}|{_SAME % 'a'}) {_IS} {_MUCH}{_WORD}",
        # "of {a} and {b}, the daxer one is {a}"
        rf"(?:\b{_COMPARE} )?{_A}{_AND} {_B}{_NEXT} (?:the )?{_WORD} (?:one )?{_IS} (?:{_FORMER}|{_SAME % 'a'})",
        rf"(?:\b{_COMPARE} )?{_B}{_AND} {_A}{_NEXT} (?:the )?{_WORD} (?:one )?{_IS} (?:{_LATTER}|{_SAME % 'a'})",
        # "{a} is daxer, {b} is not"
        rf"{_A} {_IS} {_MUCH}{_WORD},? ?(?:and|but|while|whereas|,|;)? {_B} (?:is(?: not|n't)|isn't|"
        rf"not)(?: (?P=word))?",
        # "the daxer one of {a} and {b} is {a}"
        rf"the {_WORD} (?:of|between|among) {_A}{_AND} {_B} {_IS} (?:{_FORMER}|{_SAME % 'a'})",
    )
)
_PLAIN = (
    "the one object thing placed put into inside than next and not taller shorter bigger smaller "
    "larger darker lighter same first second "
    "called considered compared that this there here what shown then behind left right beside "
    "near moved swept rotated"
)
_ORDINARY = frozenset(_PLAIN.split())


def learn(text: str) -> tuple[str, dict[str, list[tuple[str, str]]], frozenset[str]]:
    """Takes comparisons out of a text.

    Returns:
        The text with ``TAUGHT`` in their places, stem -> pairs of slots (more, less), and the words themselves.
    """
    pairs: dict[str, list[tuple[str, str]]] = {}
    words: set[str] = set()
    counts = Counter(re.findall(r"[a-z]+", re.sub(r"<[^>]*>", " ", text.lower())))

    def compared(match: re.Match[str]) -> str:
        word = match["word"].lower()
        if word in _ORDINARY or counts[word] < 2:
            return match[0]
        more, less = match["a"], match["b"]
        if (match["way"] or "").lower() == "less":
            more, less = less, more
        words.add(word)
        pairs.setdefault(stem_of(word), []).append((more, less))
        return TAUGHT

    for pattern in _COMPARISONS:
        text = pattern.sub(compared, text)
    return text, pairs, frozenset(words)


def stem_of(word: str) -> str:
    """What "daxer" compares in."""
    return re.sub(r"(?<=\w{2})(?:er|est|(?<=e)r|y)$", "", word)


def mark(text: str, stem: str, is_noun: bool) -> str:
    """``<most:stem>`` for the adjective; where it is a noun as well, only what compares is the adjective."""
    compared = rf"(?P<less>less|least|more|most) {stem}(?:y|er|r|est)?|{stem}(?:er|r|est)"
    word = compared if is_noun else rf"{compared}|{stem}"

    def degree(match: re.Match[str]) -> str:
        return f"<{'least' if (match['less'] or '').lower() in ('less', 'least') else 'most'}:{stem}>"

    text = re.sub(rf"\b(?:{word})\b", degree, text, flags=re.IGNORECASE)
    # "Whichever block is daxer" is the daxer block; as a question it asks for nothing, or is what "that one" is.
    degrees = rf"(<(?:most|least):{stem}>)(?: (?:one|of (?:them|all|the (?:two|three|lot))))?"
    thing = r"((?:<[^>]*>|\w+))"
    which = (
        rf"\b(?:whichever|which|the|that)(?: (?:one )?of the)? {thing} (?:that |which |who )?(?:is|"
        rf"are|looks|seems) (?:the )?{degrees}"
    )
    asked = re.search(rf"{which}\?", text, re.IGNORECASE)
    text = re.sub(rf"{which}\?", "", text, flags=re.IGNORECASE)
    if asked:
        text = re.sub(
            r"\b(?:that|this|the same) (?:one|<[^>]*>)|\bit\b",
            rf"the {asked[2]} {asked[1]}",
            text,
            count=1,
            flags=re.IGNORECASE,
        )
    return re.sub(which, r"the \2 \1", text, flags=re.IGNORECASE)
