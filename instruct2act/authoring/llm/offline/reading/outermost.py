"""Things told apart by where they lie: "the leftmost block", "the heart on the right", "the star nearest to the bowl".

What is said of a thing becomes ``<most:left>`` before its name, as "largest" does, or ``<nearest>`` before what it is
near to. A name is any run of words, so that what "left" belongs to is told by the words around it: "on the left" is a
place where nothing follows that could be one, and says which thing is meant where a place follows, or where it follows
one ("into the bowl on the left").
"""

from __future__ import annotations

import re

_I = re.IGNORECASE
_ROBOT = r"(?:me|you|us|yourself|the (?:robot|arm|base|gripper))"
_STOP = (
    "side sides edge corner half part end area region third hand direction neighbor neighbour of and or but by "
    "then than is are was were be should must will would can could shall may might in into inside on onto to at next "
    "beside besides near behind under below above between over from with within without for as until till so if when "
    "where while that which who a an the it them they this these those about around approximately again slightly "
    "degrees clockwise counterclockwise anticlockwise turn thirty forty fifty sixty seventy eighty ninety ten twenty "
    "one two three four five six seven eight nine please now first"
)
_WORD = rf"(?!(?:{'|'.join(_STOP.split())})\b)[a-z][\w-]*"
_NAME = rf"(?:one|{_WORD}(?: {_WORD}){{0,3}}?)"
_LYING = r"(?:(?:that(?:'s| is)|which is|lying|standing|sitting|placed) )?"
_SIDE = r"(?:(?:far|very) )?(?P<side>left|right)(?:[- ]hand)?(?: side)?"
_A_PLACE = r"(?:in|into|inside|on|onto|next|beside|behind|under|between|with|to|by \d|clockwise|counter|anti)"

_MARKS = (
    ("left", r"left-?most|(?:farthest|furthest) (?:(?:to|on) the )?left"),
    ("right", r"right-?most|(?:farthest|furthest) (?:(?:to|on) the )?right"),
    ("near", rf"(?:nearest|closest)(?: to {_ROBOT}\b)?(?! to (?!the (?:left|right)\b))"),
    ("far", rf"(?:farthest|furthest|most distant)(?: away)?(?: from {_ROBOT}\b)?(?! from\b)"),
)
_BEFORE = re.compile(rf"\bthe (?:far )?(?P<side>left|right)(?:[- ]hand)? (?={_NAME})", _I)
_SOURCE = re.compile(
    rf"\bthe (?P<name>{_NAME}) {_LYING}(?:on|at|to) the {_SIDE}(?= {_A_PLACE}\b)(?! (?:in|on) the table\b)", _I
)
_GOAL = re.compile(
    rf"\b(?P<into>in|into|inside|on|onto|on top of|behind|in front of|with) the (?P<name>{_NAME}) "
    rf"{_LYING}(?:on|at|to) the {_SIDE}(?=\s*(?:[.,;!]|$|(?:and|then)\b))",
    _I,
)
_AFTER = re.compile(rf"\bthe (?P<name>{_NAME}) {_LYING}(?P<mark><most:(?:left|right|near|far)>)", _I)
_NEAREST = re.compile(r"\b(?:nearest|closest) to (?=the |<)", _I)


def mark(text: str) -> str:
    """The text with what tells things by their place as marks."""
    for side, words in _MARKS:
        text = re.sub(rf"\b(?:{words})(?![\w-])", f"<most:{side}>", text, flags=_I)
    text = _SOURCE.sub(lambda m: f"the <most:{m['side'].lower()}> {m['name']}", text)
    text = _GOAL.sub(lambda m: f"{m['into']} the <most:{m['side'].lower()}> {m['name']}", text)
    text = _AFTER.sub(r"the \g<mark> \g<name>", text)
    text = _BEFORE.sub(lambda m: f"the <most:{m['side'].lower()}> ", text)
    return _NEAREST.sub("<nearest> ", text)
