"""The text of an instruction as the grammar reads it: slots marked, numbers as digits, words of courtesy taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from instruct2act.authoring.llm.offline.reading import lessons, names, outermost, phrases
from instruct2act.authoring.llm.offline.reading.asking import plainly
from instruct2act.authoring.llm.offline.reading.clauses import mark_clauses
from instruct2act.authoring.llm.offline.reading.scenes import mark_scenes

_SLOW = re.compile(
    r"\b(?:(?:very )?(?:slowly|gently|carefully)|with care|at (?:a )?(?:slow|low|half) speed)\b", re.IGNORECASE
)
_FAST = re.compile(r"\b(?:quickly|fast|swiftly|at full speed)\b", re.IGNORECASE)
_SLOW_SPEED = 0.3

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_ONES.split())}
_SMALL |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
_NUMBER = rf"(?:{'|'.join([*_SMALL, 'hundred', 'a hundred'])})"
_SPELLED = re.compile(
    rf"\b({_NUMBER}(?:[ -](?:and )?{_NUMBER})*)(?=[ -](?:degrees?|deg|centimet|cm|millimet|mm|inch|met(?:er|re)))",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"\b({'|'.join(_ONES.split()[2:10])})\b(?![-'])", re.IGNORECASE)
_ASIDE = re.compile(
    r"(?:^|(?<=[.!?;:] ))(?:which|what|who|see|look|listen|ok|note)\b[^.!?;:]{0,60}[?:!] (?=\w)", re.IGNORECASE
)
_ONE = re.compile(
    r"\b(?:(put|sweep|push|brush|wipe|move|bring|get|take|place|drop|exactly|just|only) (?:a single|(?:any |just |"
    r"only )?one)"
    r"(?= (?!by\b)[a-z<])|(?<!> )(?:any |just |only )?one(?= of\b| <object)|a single(?= ))",
    re.IGNORECASE,
)


_ONE_AGAIN = re.compile(
    r"(?P<before>\b(?:the|an?) (?:[\w-]+ ){0,3})(?P<noun>(?!object|thing|item|one)[a-z]+)(?P<between> "
    r"(?:on|onto|on top of|beside|next to|with|"
    r"and|behind|in front of|to the (?:left|right) of) the (?:[\w-]+ ){1,3}?)one\b(?! (?:that|"
    r"which|with|of|i|you|on|in)\b)",
    re.IGNORECASE,
)
""""The green block on the yellow one": of the same kind."""
_ONE_TOO = re.compile(
    r"(?P<what>\bthe (?:[\w-]+ ){0,3}?(?P<noun>[a-z]+) (?:in|into|inside|on|onto|on top of|next to|beside|behind) "
    r"the (?:[\w-]+ ){1,4}?(?:and|and then|then) the (?:[\w-]+ ){1,3}?)one(?= (?:in|into|inside|on|onto|next|beside|"
    r"behind|to)\b)",
    re.IGNORECASE,
)
""""The red block into the bowl and the green one into the pan": of the kind of what went first."""


class NotUnderstood(Exception):
    """An instruction, or a part of it, that the embedded author can't turn into a plan."""

    def __init__(self, missing: str, understood: str = "", hint: str = "") -> None:
        self.missing, self.understood, self.hint = missing, understood, hint
        super().__init__(missing)


@dataclass(frozen=True)
class Prepared:
    """An instruction as the grammar reads it.

    Attributes:
        text: slots and turns of phrase as marks, numbers as digits.
        speed: of the arm, as a fraction of full, where it was asked for.
        lessons: what the instruction taught; the text no longer says it.
    """

    text: str
    speed: float | None
    lessons: lessons.Lessons


def prepare(text: str, slots: Mapping[str, Mapping[str, Any]]) -> Prepared:
    """The text as the grammar reads it, the speed that was asked for, and what was taught.

    Raises:
        NotUnderstood: it speaks of a slot that was not given.
    """
    text = re.sub(r"[-=]>|→", " to ", text.replace("’", "'"))
    text = " ".join(re.sub(r'[<>"“”]', " ", text).split())
    speed = _SLOW_SPEED if _SLOW.search(text) else 1.0 if _FAST.search(text) else None
    text = _FAST.sub(" ", _SLOW.sub(" ", text))

    def slot(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name not in slots:
            name = name.replace(" ", "_")
        found = slots.get(name)
        if found is None:
            there = ", ".join(f"{{{key}}}" for key in slots) or "no slots"
            raise NotUnderstood(f"{{{name}}}", "", f"nothing was given for {{{name}}}; there is: {there}")
        if found.get("kind") == "word":
            return str(found.get("word", name))
        return f"<{found.get('kind')}:{found.get('click', name) if found.get('kind') == 'click' else name}>"

    text = re.sub(r"\{([^{}]*)\}", slot, text)
    text = " ".join(re.sub(r"(?<![\w>])'|'(?!\w)", " ", text).split())
    text, taught = lessons.learn(text)
    text = phrases.mark(mark_scenes(names.join_pairs(plainly(_ASIDE.sub("", text)))))
    text = mark_clauses(outermost.mark(text))
    text = _SPELLED.sub(lambda m: str(_count(m[1])), text)
    text = re.sub(r"(?<=\d)-(?=degree|deg)", " ", text)
    text = _COUNTED.sub(lambda m: str(_SMALL[m[1].lower()]), text)
    text = _ONE.sub(lambda m: f"{m[1]} 1" if m[1] else "1", text)
    text = re.sub(
        r"\b(?:after|start(?:ing)? (?:by|with)|begin(?:ning)? (?:by|with)) (?=\w+ing\b)", "", text, flags=re.IGNORECASE
    )
    text = re.sub(r"\b(?:a (?:couple|pair) of|the two of)\b(?= )", "2", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:a?round|about) (?=(?:by |through )?\d)|\bfirst (?=(?:in|into|on|onto|to) )", "", text)
    text = re.sub(r" first(?=[.;,])", "", text)
    text = re.sub(r"\b(?:area|region|zone|part|space)(?: (?:of|in|marked by|shown in))? (?=<object)", "", text)
    text = re.sub(r"\bletter ([a-z])\b", lambda m: f"letter {m[1].upper()}", text)
    text = re.sub(r"\s+([,.;!?])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,")
    text = re.sub(r"[:,](?= ?<scene)|,+(?=[.;!?])", "", text)
    text = _ONE_TOO.sub(r"\g<what>\g<noun>", text)
    text = _ONE_AGAIN.sub(r"\g<before>\g<noun>\g<between>\g<noun>", names.join_pairs(text))
    text = text[:1].lower() + text[1:] if re.match(r"[A-Z][a-z ]", text) else text
    return Prepared(text, speed, taught)


def _count(spelled: str) -> int:
    total = 0
    for word in re.split(r"[ -]", spelled.lower()):
        if word == "hundred":
            total = 100 * max(total, 1)
        else:
            total += _SMALL.get(word, 0)
    return total
