"""A picture of a table, held up before one thing of it is spoken of: "in {scene} you see a red block. Take it…"."""

from __future__ import annotations

import re

_I = re.IGNORECASE
_SCENE = r"(?:(?:the|this|that) )?(?:(?:picture|image|photo|scene) )?(?P<scene><scene:[^>]*>)"
_NOUN = r"(?:objects?|things?|items?|ones?|pieces?)"
_NAME = (
    r"(?P<name>(?!(?:objects?|things?|items?|ones?|that|which|is|in|from|you|and|it)\b)[a-z][\w'-]*(?: "
    r"(?!(?:objects?|things?|items?|ones?|that|which|is|in|from|you|and|it)\b)[a-z][\w'-]*){0,4}?)"
)
_LOOK = r"(?: (?:texture|pattern|colou?r|print|surface|look))"
_SEEN = (
    r"(?:(?:,? ?(?:that|which|as))?(?: (?:you|we|i))?(?: (?:can|could|may))? ?(?:see|find|spot|"
    r"appears?|is|occurs?|exists|lies|was|are|comes|stands|notice|belongs?|sits|be (?:seen|found)"
    r"|(?:is )?(?:shown|seen|visible|found|present|depicted|pictured|displayed|contained))(?: "
    r"(?:in|on|from|inside|to|within))| (?:in|on|from|of|inside|within))"
)
_HOLD_UP = (
    r"(?:(?:have|having|take|taking) a (?:close |good )?look at|look(?:ing)?(?: closely)? at|see|"
    r"consider(?:ing)?|regard|study(?:ing)?|inspect|check"
    r"(?: out)?|observe|view|watch|examine|given|here(?:'s| is| you see)|this is|there(?:'s| is)"
    r"|take|with|according to|going by|judging by)"
)
_RULES = tuple(
    (re.compile(pattern, _I), replacement)
    for pattern, replacement in (
        # "in {scene} there is / you can see a red block": "there is a red block in {scene}".
        (
            rf"\b(?:in|on|inside) {_SCENE},? (?:there(?:'s| is)|you(?: can| will|'ll)? (?:see|find|notice|"
            rf"spot)|we see|i see|is) (?=an? )"
            rf"(?P<what>(?:an?) {_NAME}(?: {_NOUN})?)(?=[.,;:]| and )",
            r"there is \g<what> in \g<scene>",
        ),
        (
            rf"{_SCENE} (?:shows|has|contains|depicts|displays|holds|features|includes)(?: you| us)? (?P<what>an? "
            rf"{_NAME}(?: {_NOUN})?)(?=[.,;:]| and )",
            r"there is \g<what> in \g<scene>",
        ),
        # "whatever / what is red in {scene}", "the thing in {scene} that is red / with a red texture".
        (
            rf"\b(?:whatever|what|whichever (?:object|thing)|that which|the thing that) (?:is|looks|has "
            rf"a|appears) {_NAME}{_LOOK}?{_SEEN} {_SCENE}",
            r"the \g<name> object in \g<scene>",
        ),
        (
            rf"\b(?:the|an?) {_NOUN}{_SEEN} {_SCENE},? (?:that|which|whose (?:texture|pattern|colou?r|surface)"
            rf")? ?(?:is|has|looks|with|of|having)(?: an?| the)? "
            rf"{_NAME}(?:{_LOOK}|(?= (?:and|to|into|in|should|must|goes|has|needs|belongs|inside|onto|on|"
            rf"will|ought|shall|is)\b|[,.;]))",
            r"the \g<name> object in \g<scene>",
        ),
        (
            rf"\b(?:the|an?) {_NOUN} (?:that|which) (?:is|looks) {_NAME}{_SEEN} {_SCENE}",
            r"the \g<name> object in \g<scene>",
        ),
        (
            rf"\b(?P<det>the|an?|that|one) {_NAME}(?P<noun> {_NOUN})?{_SEEN} {_SCENE}(?: (?:shows|depicts|"
            rf"displays|contains))?",
            r"\g<det> \g<name>\g<noun> in \g<scene>",
        ),
        (
            rf"\b(?:the|an?) {_NAME}(?P<noun> {_NOUN})?,? (?:which|that|what) {_SCENE} (?:shows|depicts|"
            rf"displays|contains|has)",
            r"the \g<name>\g<noun> in \g<scene>",
        ),
        (
            rf"{_SCENE}'s {_NAME}(?P<noun> {_NOUN})?(?= (?:and|to|into|in|should|must|goes|has|needs|belongs|"
            rf"inside|onto|on)\b|[,.;])",
            r"the \g<name>\g<noun> in \g<scene>",
        ),
        # "of the things in {scene}, take the red one", "look at {scene}: the red object in it goes into…".
        (
            rf"\b(?:{_HOLD_UP} |(?:(?:of|among|out of|from)(?: all)?(?: the)? {_NOUN}(?: (?:that|which)"
            rf" (?:you|are))?(?:{_SEEN}) )|(?:^|(?<=[.;,] ))(?:in|from|of|out of) |^)"
            rf"{_SCENE}(?:,? (?:please|then|and then|and|now|once more|closely))?[.,:;!?]*(?P<rest> (?:(?:(?!<scene)"
            rf"[^.;!?])*?))\b(?:the|its|an?|that) {_NAME}"
            rf"(?P<noun> {_NOUN})?(?: (?:in it|there|from it|of it|in there|you see there|that is there|"
            rf"that you see|shown there|shown|in this picture|in that picture|it shows))?"
            r"(?= (?:and|to|into|in|should|must|goes|has|needs|belongs|inside|within|onto|on|will|ought|"
            r"shall|is|up|then)\b|[,.;])",
            r"\g<rest> the \g<name>\g<noun> in \g<scene>",
        ),
    )
)


def mark_scenes(text: str) -> str:
    """The text with its one scene next to the thing that is looked for in it."""
    if text.count("<scene:") != 1:
        return text
    for pattern, replacement in _RULES:
        changed, count = pattern.subn(replacement, text, count=1)
        if count:
            break
    changed = re.sub(r"\bthe (.{1,40}?) object objects?\b", r"the \1 object", changed)
    return " ".join(changed.split()).replace(" ,", ",")
