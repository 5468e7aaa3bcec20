"""What is refused before it is read: a sentence whose meaning turns on words that a plan has no place for.

A name is any run of words, so "the heart never goes into the bowl" would otherwise be about a "heart never". Limits
("without touching the line") are marks by now and no negations any more.
"""

from __future__ import annotations

import re

from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.reading.things import CAN

_I = re.IGNORECASE
_STATES = "say only what is to be done, one thing after the other"
_REASONS = (
    (
        r"\b(?:not|never|no|nor|neither|none|nothing|nobody|nowhere|cannot|without|hardly|barely|avoid(?:ing)"
        r"?|refrain|stop|"
        r"prevent|instead of|rather than|forbidden|refuse)\b|n't\b|\bleave .{0,60}\b(?:alone|be|where|untouched)\b|"
        r"\bkeep\b.{0,60}\b(?:out of|off|away|where it is|where they are)\b",
        "a thing that is not to be done ({})",
        "say what is to be done instead; a limit is understood where things are swept: without touching the line",
    ),
    (
        r"\b(?:if|unless|whether|in case|provided|assuming|suppos(?:e|ing)|as long as|otherwise|depending|"
        r"in the event|only when|"
        r"whenever|else|except when|should it|until|till|while)\b",
        "a condition ({})",
        "I can't decide on a condition; " + _STATES,
    ),
    (
        r"\b(?:or|either|alternatively|and/or|maybe|perhaps|probably|possibly|approximately|almost|"
        r"nearly|whichever you like)\b",
        "a choice ({})",
        "say which of them",
    ),
    (
        r"\b(?:throw|toss|chuck|put) (?:\w+ ){0,3}?away(?! from)\b|\bget rid of\b|\bdispose\b",
        "throwing away ({})",
        "I can only put things elsewhere on the table",
    ),
    (
        r"\b(?:twice|thrice|(?:\d+|two|three|four|five|many|several|a few) times|forever|repeatedly|"
        r"over and over|again and again|"
        r"continuously|constantly|every (?:second|minute|hour|day)|tomorrow|tonight|later today|yesterday|"
        r"in (?:a|an|\d+|one|two|five|ten) "
        r"(?:second|minute|hour|day)s?|at (?:noon|midnight)|(?:for|after|wait) (?:a|an|\d+|one|two|"
        r"five|ten) (?:second|minute|hour|day)s?|"
        r"wait)\b",
        "when, or how often ({})",
        "I do each step once and at once; say it as often as it is to be done",
    ),
    (
        r"^(?:is|are|was|were|do|does|did|has|have|what|where|which|who|whose|why|how|when|am|isn't|"
        r"aren't)\b(?=[^.!;]*\?)|"
        r"^(?:what|where|who|whose|why|how|when)(?:'s| is| are| was| were| many| much| do| does| did|"
        r" far| big| long)\b",
        "a question ({})",
        "I can't answer questions; " + _STATES,
    ),
    (
        r"\b(?:i|we|he|she|somebody|someone|they) (?:have |has |had |already |just )*(?:put|moved|"
        r"placed|rotated|turned|dropped|took|"
        r"swapped|stacked)\b|\balready\b",
        "what has happened already ({})",
        _STATES,
    ),
)
_REFUSED = tuple((re.compile(pattern, _I), what, hint) for pattern, what, hint in _REASONS)


def refuse(text: str, said: str) -> None:
    """Refuses a text whose meaning no plan can hold.

    Args:
        text: as the grammar would read it.
        said: the same for people.

    Raises:
        NotUnderstood: it forbids, asks, leaves a choice, depends on something, or speaks of time.
    """
    for pattern, what, hint in _REFUSED:
        found = pattern.search(text)
        if found:
            raise NotUnderstood(f"{what.format(repr(found[0].strip()))}: {said}", "", f"{hint}. {CAN}")
