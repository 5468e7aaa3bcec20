"""Turns of phrase that stand for one idea, as marks.

``<same:texture>``, ``<limit:beyond>``, ``<neighbor:near>``, ``<most:height>``; in texts with frames ``<way>``. They
come in too many forms for a grammar of words; each mark is one token of the grammar.
"""

from __future__ import annotations

import re

_I = re.IGNORECASE
_PICTURE = r"<(?:object|kind|click):[^>]*>"
_THING = (
    rf"(?P<thing>(?:the |this |that |one |object |thing |in |shown )*{_PICTURE}|(?:the|that|"
    rf"this) (?:\w+ ){{0,4}}?\w+?)"
)

# --- like another thing -----------------------------------------------------------------------------------------------

_LOOK = (
    r"(?P<look>textures?|patterns?|colou?rs?(?: and patterns?)?|prints?|looks?|surfaces?|materials?|designs?|coating)"
)
_FORM = r"(?P<form>profiles?|shapes?|outlines?|forms?|silhouettes?|contours?|cross[- ]sections?)"
_ASPECT = rf"(?:(?:overall|outer|general|basic|surface) )?(?:{_LOOK}|{_FORM})"
_WITH = (
    r"(?:(?:with|having|of|in|sharing|bearing|wearing|that|which|who|whose|have|has|had|share|shares|got|are|is|"
    r"happen to|show|carry|carries) )*"
)
_EQUAL = r"(?:exactly |just )?(?:the |an? )?(?:very )?(?:same|identical|matching|equal)"
_SAME = tuple(
    re.compile(pattern, _I)
    for pattern in (
        rf"\b{_WITH}{_EQUAL} {_ASPECT}(?: (?:as|like|with|to|of)(?: that of| those of)?(?= ))?",
        rf"\b{_WITH}(?:its|their|the|an?) {_ASPECT}(?: in common)? with(?= )",
        rf"\b(?:(?:that|which) )?(?:looks?|are|is) (?:exactly )?(?:the same|alike|identical|"
        rf"equal) in {_ASPECT} (?:as|to|with|like)",
        rf"\b{_WITH}its (?:own )?{_ASPECT}(?! of)",
        rf"\b(?:(?:that|which) )?(?:match(?:es|ing)?|equals?|resembl(?:e|es|ing)|looks? like|(?:is|are) like|"
        rf"like) {_THING}"
        rf" in (?:the |their |its )?{_ASPECT}",
        rf"\b{_WITH}(?:the )?{_ASPECT} of {_THING}(?= )",
        rf"\b{_WITH}{_THING}'s {_ASPECT}",
        rf"\bwhose {_ASPECT} (?:is|are|match(?:es)?|equals?|looks? like|resembles?)"
        rf"(?: (?:the same as|like|that of|identical to|equal to|the))* {_THING}(?:'s(?: (?:own|\w+))?)?(?= )",
        rf"\b{_WITH}(?P<form2>shaped)(?: (?:just|exactly))? (?:like|as)",
        rf"\b{_WITH}(?P<look2>textured|patterned|colou?red|decorated|painted)(?: (?:just|exactly))? (?:like|as)",
    )
)

# --- limits -----------------------------------------------------------------------------------------------------------

_PASS = (
    r"(?:exceed(?:ing|ed)?|cross(?:ing|ed)?|(?:go(?:ing)?|get(?:ting)?|mov(?:e|ing)|push(?:ing)?(?: (?:it|them|any|"
    r"anything))?|"
    r"run(?:ning)?|slid(?:e|ing)|end(?:ing)? up|stray(?:ing)?) (?:it |them )?(?:over|beyond|past|across|behind|"
    r"further than|"
    r"farther than|above)|pass(?:ing|ed)?(?: over| beyond)?|over-?shoot(?:ing)?|over-?step(?:ping|ped)?|"
    r"overrun(?:ning)?|"
    r"surpass(?:ing|ed)?)"
)
_TOUCH = (
    r"(?:touch(?:ing|ed)?|hit(?:ting)?|bump(?:ing)? (?:into|against)|(?:mak(?:e|ing)|com(?:e|ing) (?:in|into)|any) "
    r"(?:any )?contact with|contact(?:ing)?|disturb(?:ing|ed)?|brush(?:ing)? (?:against|past)|run(?:ning)? into|"
    r"collid(?:e|ing) with|graz(?:e|ing)|knock(?:ing)? (?:into|against)|driv(?:e|ing) over|sweep(?:ing)? over)"
)
_CARE = (
    r"(?:(?:mak(?:e|ing) sure|(?:be|being) (?:careful|sure)|tak(?:e|ing) care|ensur(?:e|ing)|watch(?:ing)? out)"
    r"(?: that)? )"
)
_WHO = (
    r"(?:(?:you|it|they|none of (?:them|it)|none|nothing|no [a-z]+|anything|everything|the [a-z]+|at the same time) )"
)
_LEAD = (
    r"(?:(?:[,;.:]? ?\b(?:and|but|while|yet|also|so that|provided that|as long as|with) |[,;.:] ?)"
    rf"{_CARE}?{_WHO}?| ?{_CARE}?)"
)
_NOT = (
    r"\b(?:without(?: (?:ever|any|anything|them|it|letting (?:it|them|anything)|having (?:it|them)))?|"
    r"(?:do|does|must|may|should|can|shall|will|are|is)(?: ?n[o']t|not)(?: (?:to|be allowed to|let (?:it|them|"
    r"anything|any)))?|"
    r"(?:must|may|should|can|shall|will|to)? ?never|not (?:to|even)|not|cannot|don't(?: let (?:it|them|anything|"
    r"any))?|avoid(?:ing)?|"
    r"rather than|instead of|ever|(?<=none of them )(?:may|should|must|can|shall)?|(?<=nothing )(?:may|should|must|"
    r"can|shall)?|"
    r"(?<=none )(?:may|should|must|can|shall)?)"
)
_LIMITS = (
    ("beyond", re.compile(rf"{_LEAD}{_NOT} ?(?:ever )?{_PASS}(?= )", _I)),
    ("touching", re.compile(rf"{_LEAD}{_NOT} ?(?:ever )?{_TOUCH}(?= )", _I)),
    (
        "beyond",
        re.compile(
            rf"{_LEAD}\b(?:(?:(?:to )?(?:stay|stop|keep|remain|halt)(?:ping|ing|s)?(?: (?:them|it|everything))?|"
            rf"all|only|but) )?"
            r"(?:short of|(?:on|to) this side of|(?:no|not) (?:further|farther|more) than|(?:no|"
            r"not any) (?:further|farther) than|"
            r"up to)(?= )",
            _I,
        ),
    ),
    (
        "beyond",
        re.compile(
            rf"{_LEAD}\b(?:to )?(?:stay|stop|keep|remain|halt)(?:ping|ing|s)?(?: (?:them|it))? "
            r"(?:before|within|in front of|inside|behind)(?= )",
            _I,
        ),
    ),
    (
        "touching",
        re.compile(
            rf"{_LEAD}\b(?:(?:to )?(?:stay|keep|steer|remain)(?:ing|s)?(?: (?:them|it|everything|well))? )"
            r"(?:clear of|away from|off|free of)(?= )|"
            rf"{_LEAD}\b(?:avoid(?:ing)?|leav(?:e|ing) alone|go(?:ing)? (?:a?round)|spar(?:e|ing))(?= )",
            _I,
        ),
    ),
)  # fmt: skip
_PASSIVE = re.compile(
    rf"(?:[,;.:]? ?\b(?:and|but|while|with) |[,;.:] ?)(?P<thing>(?:the |this |that )*(?:{_PICTURE}|"
    rf"[a-z]+(?: [a-z]+)?)) "
    r"(?:(?:must|may|should|can|shall|is|are|has|have|needs?)(?: ?n[o']t|not)(?: to)?|cannot|stays?|staying|"
    r"remains?|remaining|not)"
    r" (?:be |being |get )?(?:to be )?(?:(?P<beyond>exceeded|crossed|passed|overstepped)|"
    r"(?P<touching>touched|untouched|hit|disturbed|contacted|alone|bumped))\b",
    _I,
)

# --- a neighbour of before --------------------------------------------------------------------------------------------

_SIDES = {
    "north": "near", "top": "near", "upper": "near", "near": "near", "front": "near", "above": "near",
    "south": "far", "bottom": "far", "lower": "far", "far": "far", "below": "far", "behind": "far",
    "west": "left", "left": "left", "east": "right", "right": "right",
}  # fmt: skip
_SIDE = rf"(?P<side>{'|'.join(_SIDES)})(?:ern)?(?:[- ]hand)?(?:most)?(?: side| edge| direction)?"
_BEFORE = (
    r"previously|before|beforehand|originally|initially|formerly|earlier|at first|first|once|in the beginning|"
    r"at the (?:start|beginning|outset)|to begin with|to start with|until (?:now|then)|at that time|"
    r"prior to (?:that|this|the move)|"
    r"before (?:that|this|it was moved|it moved|you moved it|the move|anything moved|moving it)"
)
_WAS = r"was|were|had been|used to (?:be|stand|lie|sit)|stood|sat|lay|had|would be"
_BE = (
    rf"(?:{_WAS}|{_BEFORE}|is|that|which|located|lying|standing|sitting|placed|found|positioned|directly|"
    rf"immediately|just|its?|neighbou?r)"
)
_OF = (
    r"(?P<of> (?:side )?(?:of|from|to) (?:it|its|that one|the first one)\b| (?:side )?(?:of|"
    r"from)(?= (?:the )?<object))?"
)
_NEIGHBORS = tuple(
    re.compile(pattern, _I)
    for pattern in (
        rf"\b(?:the|that|whatever|whichever|what|its?)(?: (?:object|thing|one|item|piece|block|shape|neighbou?r))?"
        rf"(?P<past>(?:,? {_BE})*)(?: (?:at|to|on|in|towards))?(?: (?:its|the|his))?(?: (?:immediate|direct|"
        rf"own))? {_SIDE}{_OF}"
        rf"(?P<adverb>(?: (?:{_BEFORE}))?)(?! neighbou?r)(?=[ .,;!]|$)",
        rf"\b(?:its|the|his)(?: (?:former|previous|old|original|earlier|immediate|direct|"
        rf"one-time))* {_SIDE} neighbou?r{_OF}"
        rf"(?P<past>)(?P<adverb>(?: (?:from )?(?:{_BEFORE}))?)",
        rf"\b(?:its|the|his)(?: (?:former|previous|old|original|earlier|immediate|direct))* neighbou?r (?:at|to|on|"
        rf"in|from|of)"
        rf"(?: (?:its|the))? {_SIDE}{_OF}(?P<past>)(?P<adverb>(?: (?:{_BEFORE}))?)",
    )
)

# --- the tallest, the darker ------------------------------------------------------------------------------------------

_DEGREES = (
    ("most:height", r"(?:tall|high)est|taller|most high"),
    ("least:height", r"(?:short|low|flatt)est|shorter(?! block)|flatter"),
    ("most:size", r"(?:bigg|larg)est|bigger|larger"),
    ("least:size", r"(?:small|littl|tini)est|smaller"),
    ("most:lightness", r"(?:light|bright|pal)est|lighter|brighter|paler"),
    ("least:lightness", r"darkest|darker"),
)

# --- what frames show -------------------------------------------------------------------------------------------------

_WAY = re.compile(
    r"\b(?<![<:_])(?:(?:to |be )?(?:follow|trac|imitat|mimic|repeat|travel|pass|visit|demonstrat|guid|lead|walk|"
    r"perform|execut|show)"
    r"(?:e|s|es|ed|ing|n|king|ked)?|(?:to )?(?:go|goes|going|steps?|do|carry out|start(?:s|ing)?|begin(?:s|ning)?|"
    r"us(?:e|ing)|in turn|one by one|step by step|you|we|i|should|must|shall|can|has to|needs to|ought to)|"
    r"(?:through|along|via|by way of|in turn)|"
    r"(?:motion|movement|path|trajector|route|track|way ?point|course|sequence|series|step|stop|video|clip|"
    r"demonstration|demo|"
    r"animation|journey|move|place|position|location|frame|picture|image|snapshot|photo|stage|key ?frame|order|"
    r"pattern|spot|"
    r"sequence|process|procedure|build)"
    r"(?:y|ies|s)?(?: \d)?|like (?:so|this)|this way|as follows|one after (?:the other|another)|(?:following|given|"
    r"same|shown|exact|three|3|consecutive|very))\b"
    r"(?!:\w)",
    _I,
)
_STACK = re.compile(
    r"\b(?:be )?(?:stack(?:ed|ing|s)?|pil(?:e|ed|ing)(?: up)?|tower|on top of (?:each other|"
    r"one another))\b(?: of\b)?",
    _I,
)
_SAME_AGAIN = re.compile(
    r"\b(?:do|repeat) (?:the same(?: thing)?|this|that|likewise)(?: (?:again|too))? (?:with|to|for)\b", _I
)
"""Words around a row of frames; which verb it is matters only where things are stacked."""


def mark(text: str) -> str:
    """The text with its turns of phrase as marks."""
    if "<frame:" in text:
        return " ".join(_WAY.sub("<way>", _STACK.sub("stack", text)).split())
    text = _SAME_AGAIN.sub("add", text)
    for pattern in _NEIGHBORS:
        text = pattern.sub(_neighbor, text)
    for pattern in _SAME:
        text = pattern.sub(_same, text)
    text = _PASSIVE.sub(lambda m: f" <limit:{'beyond' if m['beyond'] else 'touching'}> {m['thing']}", text)
    for rule, pattern in _LIMITS:
        text = pattern.sub(f" <limit:{rule}>", text)
    for degree, words in _DEGREES:
        text = re.sub(rf"\b(?:{words})\b", f"<{degree}>", text, flags=_I)
    return " ".join(text.split())


def _same(match: re.Match[str]) -> str:
    groups = match.groupdict()
    aspect = "texture" if groups.get("look") or groups.get("look2") else "profile"
    return f"<same:{aspect}> {groups.get('thing') or ''}".rstrip()


def _neighbor(match: re.Match[str]) -> str:
    told = f"{match['past']} {match['adverb']}".lower()
    by_name = "neighbo" in match[0].lower()
    if not by_name and not re.search(rf"\b(?:{_WAS}|{_BEFORE})\b", told):
        return match[0]
    of = (match["of"] or "").strip()
    return f"<neighbor:{_SIDES[match['side'].lower()]}>{' of ' if of in ('of', 'from', 'side of') else ''}"
