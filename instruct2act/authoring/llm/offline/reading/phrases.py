"""Turns of phrase that stand for one idea, as marks.

``<same:texture>``, ``<limit:beyond>``, ``<neighbor:near>``, ``<most:height>``; in texts with frames ``<way>``. They
come in too many forms for a grammar of words; each mark is one token of the grammar.
"""

from __future__ import annotations

import re
from functools import partial

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
    r"happen to|show|carry|carries|they|appear|appears|seem|seems|look like they are|look as if "
    r"they are|to be|made|made of|made out of|been|"
    r"decorated|covered|painted|textured|patterned|come|comes|come with|comes with|made from|look "
    r"like|looks like|looking like|it is|"
    r"possess|possesses|possessing|feature|features|featuring|display|displays|a|an) )*"
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
        rf"(?: (?:the same as|like|that of|identical to|equal to|the))* {_THING}(?:'s(?: (?:own|texture|"
        rf"pattern|shape|profile|outline|form))?)?(?= )",
        rf"\b{_WITH}(?P<form2>shaped)(?: (?:just|exactly))? (?:like|as)",
        rf"\b{_WITH}(?P<look2>textured|patterned|colou?red|decorated|painted)(?: (?:just|exactly))? "
        rf"(?:like|as|the same way(?: as)?|"
        rf"identically(?: to)?|alike|the way)",
        rf"\b{_WITH}(?P<form3>shaped|formed)(?: (?:just|exactly))? (?:the same way(?: as)?|identically(?: "
        rf"to)?|alike|the way)",
        rf"\b{_WITH}(?!looks?\b){_ASPECT} (?:like|similar to|equal to|identical to|the same as|equivalent "
        rf"to|that matches|matching|as)(?: that of| those of)?(?= )",
        rf"\b(?:(?:that|which) )?(?:shares?|sharing|ha(?:s|ve|ving)) (?:a |the )?(?:common |same )?{_ASPECT} "
        rf"(?:with|as)(?= )",
        rf"\b(?:(?:that|which) )?(?:match(?:es|ing)?|go(?:es)? with|fit(?:s)?|resembl(?:e|es|ing)) "
        rf"(?:the )?{_ASPECT} of(?= )",
        rf"\b(?:{_EQUAL}|similar|alike) in (?:its |their )?{_ASPECT}(?: (?:as|to|with|like))?",
    )
)

# --- limits -----------------------------------------------------------------------------------------------------------

_PASS = (
    r"(?:exceed(?:s|ing|ed)?|cross(?:es|ing|ed)?|(?:go(?:ing)?|get(?:ting)?|mov(?:e|ing)|push(?:ing)"
    r"?(?: (?:it|them|any|"
    r"anything))?|"
    r"run(?:ning)?|slid(?:e|ing)|end(?:ing)? up|stray(?:ing)?) (?:it |them )?(?:over|beyond|past|across|behind|"
    r"further than|"
    r"farther than|above)|pass(?:es|ing|ed)?(?: over| beyond)?|over-?shoot(?:ing)?|over-?step(?:ping|ped)?|"
    r"overrun(?:ning)?|(?:breach|violat|transgress|trespass|overlap)(?:e|es|s|ing|ed)?|"
    r"surpass(?:ing|ed)?)"
)
_TOUCH = (
    r"(?:touch(?:es|ing|ed)?|hit(?:s|ting)?|bump(?:ing)? (?:into|against)|(?:mak(?:e|ing)|com(?:e|"
    r"ing) (?:in|into)|any) "
    r"(?:any )?contact with|contact(?:ing)?|disturb(?:ing|ed)?|brush(?:ing)? (?:against|past)|run(?:ning)? into|"
    r"(?:mak(?:e|ing)|hav(?:e|ing)|(?:coming|come|getting|get) (?:in|into)|any|with|physical)(?: "
    r"any| physical)* contact (?:with|to)|brush(?:ing)?|"
    r"(?:go(?:ing)?|com(?:e|ing)|get(?:ting)?) (?:anywhere )?near(?: to)?|interfer(?:e|ing) with|"
    r"mov(?:e|ing)(?= <)|nudg(?:e|ing)|scrap(?:e|ing)|"
    r"tap(?:ping)?|affect(?:ing)?|bump(?:ing)?|push(?:ing)?(?= <)|reach(?:ing)? (?:for )?(?= <)"
    r"|hit(?:ting)? (?:against|on)|knock(?:ing)?(?: over)?|"
    r"collid(?:e|ing) with|graz(?:e|ing)|knock(?:ing)? (?:into|against)|driv(?:e|ing) over|sweep(?:ing)? over)"
)
_CARE = (
    r"(?:(?:mak(?:e|ing) (?:very )?sure|(?:be|being) (?:very |really )?(?:careful|sure)|careful|"
    r"caution|beware|attention|mind you|see(?:ing)? to it|the (?:rule|catch|condition) (?:is|being)"
    r"|tak(?:e|ing) care|ensur(?:e|ing)|watch(?:ing)? out)"
    r"(?: that)? )"
)
_WHO = (
    r"(?:(?:you|it|they|none of (?:them|it)|none|nothing|no [a-z]+|not (?:one|1|a single one)(?: "
    r"of (?:them|it|these))?|anything|everything|the [a-z]+|at the same time) )"
)
_LEAD = (
    r"(?:(?:[,;.:]? ?\b(?:and|but|while|yet|also|so that|provided that|as long as|with) |[,;.:] ?)"
    rf"{_CARE}?{_WHO}?| ?{_CARE}?)"
)
_NOT = (
    r"\b(?:without(?: (?:ever|any|anything|them|it|letting (?:it|them|anything)|having (?:it|them)))?|"
    r"(?:do|does|must|may|should|can|shall|will|are|is)(?: ?n[o']t|not)(?: (?:to|be allowed to|let (?:it|them|"
    r"anything|any)))?|"
    r"(?:must|may|should|can|shall|will|to)? ?never|not (?:to|even)|not|cannot|can't|won't|(?:keep|"
    r"stop|prevent)(?:ing|s)? (?:them |it |any of them |everything |any )?from|don't(?: let (?:it|"
    r"them|anything|"
    r"any))?|avoid(?:ing)?|"
    r"rather than|instead of|ever|(?<=none of them )(?:may|should|must|can|shall)?|(?<=not one "
    r"of them )(?:may|should|must|can|shall)?|(?<=nothing )(?:may|should|must|"
    r"can|shall)?|"
    r"(?<=none )(?:may|should|must|can|shall)?)"
)
_LIMITS = (
    ("beyond", re.compile(
rf"{_LEAD}(?:not|never|none|nothing|no [a-z]+)(?: (?:one|1|a single one|any|of them|them|even|"
rf"of those))* (?:over|past|beyond|across|behind)(?= )", _I)),
    ("touching", re.compile(
r"[,;.:]? ?\b(?:with |and |but )?(?:no|zero|without any|avoid(?:ing)? (?:any |all )?) ?(?:physical "
r")?(?:contact|touching|touch|collisions?)(?: with| of| to)?(?= )", _I)),
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
_LINE = rf"(?P<thing>(?:the |this |that |line |wall |border |boundary |mark )*(?:{_PICTURE}|[a-z]+(?: [a-z]+)?))"
_BUT = (
    rf"(?:[,;.:]? ?\b(?:and|but|while|with|where|whereby|yet|only|keeping in mind that|noting that|"
    rf"given that|because)\b |[,;.:] ?|^){_CARE}?(?:(?:mind|note|remember) )?(?:that )?"
)
_BOUNDED = (
    (
        "beyond",
        rf"{_BUT}{_LINE} (?:(?:is|as|being|marks|forms|sets|serves as|acts as|stays|remains|will be)"
        rf" )+(?:the |a |an |your |their )*(?:hard |outer |absolute )*"
        r"(?:limit|boundary|border|end|stop(?:ping)? (?:line|point)|finish line|barrier|edge|cut-?off|"
        r"maximum|bound|as far as (?:they|it|you) (?:may|can|should) go)\b(?:,? (?:that |which )?(?:you|"
        r"they|it|none of them|nothing)? ?(?:(?:must|may|should|can|shall)(?: ?not| never|n't)?|not "
        r"to|cannot) (?:be )?(?:cross|pass|exceed|go beyond|overstep)(?:ed)?)?",
    ),
    (
        "beyond",
        rf"{_BUT}(?:with )?(?:taking|treating|using|having|treat|consider|regard|considering|regarding|"
        rf"respecting|respect|observe|observing|mind(?:ing)?|heed(?:ing)?) {_LINE} as (?:the |a |an "
        rf"|your )*(?:limit|boundary|border|barrier|end)\b",
    ),
    (
        "beyond",
        rf"{_BUT}(?:respecting|respect|observe|observing|mind(?:ing)?|heed(?:ing)?) (?:the )?(?:limit|"
        rf"boundary|border)?(?: (?:set|marked|given|of|at)(?: by)?)? ?{_LINE}(?=[.,;]|$)",
    ),
    (
        "touching",
        rf"{_BUT}(?:you |please )?(?:leave|leaving|let|keep|keeping) {_LINE} (?:alone|be(?=[.,;]|$)"
        rf"|untouched|undisturbed|in peace|as it is|where it is|out of it|clear|free|intact)\b",
    ),
    (
        "touching",
        rf"{_BUT}{_LINE} (?:is|being|as|remains|stays|must (?:stay|remain)|should (?:stay|remain|be)"
        rf"|has to (?:stay|remain)) (?:(?:off[- ]limits|taboo|out of bounds|a no-go|an obstacle|forbidden|"
        rf"clear|free|untouched|undisturbed|alone|intact)\b(?: to touch| zone)?)",
    ),
    (
        "touching",
        rf"(?:[,;]? ?\b(?:and|but|with) |[,;.:] ?| )(?:(?:all |go(?:ing)? |steer(?:ing)? |mov(?:e|ing)"
        rf" |pass(?:ing)? |sweep(?:ing)? |(?:in )?(?:a )?(?:wide )?(?:arc|circle|detour|bend|berth)"
        rf" )*(?:around|round|past the side of|bypassing|circumventing|skirting|dodging|circling) )"
        rf"(?:the )?(?P<thing>{_PICTURE})",
    ),
    ("touching", rf"{_BUT}(?:keep )?(?:your )?hands off {_LINE}(?=[.,;]|$)"),
    (
        "beyond",
        rf"(?:,? ?(?:and|but|with))? ?(?:up to|as far as|until|till|not past|before|only to) (?:they "
        rf"(?:reach|get to|cross|pass|touch|go (?:past|over|beyond)) |reaching |at |crossing |passing "
        rf"|going (?:past|over|beyond) )?{_LINE}(?P<rest> (?:in|into|inside) {_PICTURE})?(?:,? (?:and|"
        rf"but) (?:no|not any|not) (?:further|farther|more|beyond|past (?:it|that)))",
    ),
    (
        "beyond",
        rf"(?:,? ?(?:and|but|with))? ?before (?:they |it |any of them |you )?(?:reach(?:es|ing)?|get(?:s|"
        rf"ting)? to|cross(?:es|ing)?|pass(?:es|ing)?|go(?:es|ing)? (?:past|over|beyond)|exceed(?:s|"
        rf"ing)?) {_LINE}(?=[.,;]|$)",
    ),
)
_BOUNDS = tuple((rule, re.compile(pattern, _I)) for rule, pattern in _BOUNDED)
_PASSIVE = re.compile(
    rf"(?:[,;.:]? ?\b(?:and|but|while|with|where) |[,;.:] ?){_CARE}?(?P<thing>(?:the |this |that )*(?:{_PICTURE}|"
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
_NP = r"(?:the|that|whatever|whichever|what|its?)(?: (?:other )?(?:object|thing|one|item|piece|block|shape|neighbou?r))"
_NEIGHBORS = tuple(
    re.compile(pattern, _I)
    for pattern in (
        rf"\b(?:the|that|whatever|whichever|what|its?)(?: (?:object|thing|one|item|piece|block|shape|neighbou?r))?"
        rf"(?P<past>(?:,? {_BE})*)(?: (?:at|to|on|in|towards))?(?: (?:its|the|his))?(?: (?:immediate|direct|"
        rf"own))? {_SIDE}{_OF}"
        rf"(?P<adverb>(?: (?:{_BEFORE}))?)(?! neighbou?r)(?=[ .,;!]|$)",
        # "the thing formerly at {x}'s north"; "the object to the north of it into {y}": now, before where it goes.
        rf"\b(?:the|that|whatever|what)(?: (?:object|thing|one|item))?(?P<past>(?:,? {_BE})*)(?: (?:at|"
        rf"to|on|in))? (?P<whose><object:[^>]*>)'s {_SIDE}"
        rf"(?P<adverb>(?: (?:{_BEFORE}))?)",
        rf"\b{_NP}(?P<past>(?:,? (?:{_BE}|stands|lies|sits))*)(?: (?:at|to|on|in))?(?: the)? (?P<now>)"
        rf"{_SIDE}(?: hand)?(?P<of> of (?:it|<object:[^>]*>))(?P<adverb>)"
        rf"(?= (?:in|into|inside|onto|to|goes|should|must|has|belongs|joins|follows)\b|,? (?:as well|too)\b)",
        rf"\b(?:its|the|his|<object:[^>]*>'s)(?: (?:former|previous|old|original|earlier|immediate|direct|"
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

_SAME_AGAIN = re.compile(
    r"\b(?:do|repeat|and) (?:(?:exactly )?the same(?: thing)?|this|that|likewise|so)(?: (?:again|"
    r"too))? (?:with|to|for)\b|\b(?:throw|toss|drop|put|pop|"
    r"chuck|place|get|stick) in(?= (?:what|the (?:object|thing|one|item)|its|<)[^.;,]*$)|\b(?:also|"
    r"likewise) (?=<neighbor)",
    _I,
)
_ORIENTATION = re.compile(
    r"\b(?:change|alter|adjust|modify|correct)(?= )( the)? (?:orientation|heading|angle|yaw|rotation|direction) of\b",
    _I,
)
_NOTED = re.compile(
    rf"(?:^|(?<=[.;,] ))(?:(?:first|please),? )?(?:note|remember|memori[sz]e|keep in mind|look "
    rf"at|find|identify|recall|locate|see|notice|observe|check|take note of|mind)(?: down)? "
    rf"(?:what|which (?:object|thing|one)|the (?:object|thing|one|item)(?: that| which)?)(?: (?:is|"
    rf"lies|stands|sits|are|was))? ?(?:at|to|on|in)? ?(?:the |its )?"
    rf"(?P<side>{'|'.join(_SIDES)})(?: side)? of (?P<of>(?:the )?(?:{_PICTURE}|\w+))[.;,](?: and| then)*(?P<rest>.*)",
    _I,
)
_NOTED_ONE = re.compile(
    r"\b(?:that|the)(?: (?:other|noted|same|remembered|second))? (?:one|object|thing|item|neighbou?r)"
    r"\b(?! (?:that|which|at|to))",
    _I,
)


def mark(text: str) -> str:
    """The text with its turns of phrase as marks."""
    text = _ORIENTATION.sub("rotate", text if "<frame:" in text else _SAME_AGAIN.sub("add ", text))
    text = _NOTED.sub(_noted, text)
    for pattern in _NEIGHBORS:
        text = pattern.sub(_neighbor, text)
    for pattern in _SAME:
        text = pattern.sub(_same, text)
    text = _PASSIVE.sub(lambda m: f" <limit:{'beyond' if m['beyond'] else 'touching'}> {m['thing']}", text)
    if re.search(r"<object:[^>]*>", text):
        for rule, pattern in _BOUNDS:
            text = pattern.sub(partial(_bounded, rule), text)
    for rule, pattern in _LIMITS:
        text = pattern.sub(f" <limit:{rule}>", text)
    for degree, words in _DEGREES:
        text = re.sub(rf"\b(?:{words})\b", f"<{degree}>", text, flags=_I)
    text = re.sub(r"(<same:\w+> (?:the )?<object:[^>]*>)(?:'s)? is(?= (?:in|into|to|inside)\b)", r"\1", text)
    text = re.sub(rf"(<neighbor:[^>]*>(?:\s+of\s+<object:[^>]*>)?)\s+(?:{_BEFORE})(?![\w-])", r"\1", text)
    return " ".join(text.split())


def _same(match: re.Match[str]) -> str:
    groups = match.groupdict()
    aspect = "texture" if groups.get("look") or groups.get("look2") else "profile"
    return f"<same:{aspect}> {groups.get('thing') or ''}".rstrip()


def _bounded(rule: str, match: re.Match[str]) -> str:
    return f"{match.groupdict().get('rest') or ''} <limit:{rule}> {match['thing']}"


def _noted(match: re.Match[str]) -> str:
    """What was to be remembered, where it is spoken of."""
    neighbor = f"<neighbor:{_SIDES[match['side'].lower()]}> of {match['of']}"
    rest, count = _NOTED_ONE.subn(neighbor, match["rest"])
    return rest.strip() if count else match[0]


def _neighbor(match: re.Match[str]) -> str:
    told = f"{match['past']} {match['adverb']}".lower()
    by_name = "neighbo" in match[0].lower() or "now" in match.groupdict() or "whose" in match.groupdict()
    if not by_name and not re.search(rf"\b(?:{_WAS}|{_BEFORE})\b", told):
        return match[0]
    groups = match.groupdict()
    if groups.get("whose"):
        return f"<neighbor:{_SIDES[match['side'].lower()]}> of {groups['whose']}"
    if "now" in groups:
        return f"<neighbor:{_SIDES[match['side'].lower()]}>{match['of']}"
    of = (match["of"] or "").strip()
    return f"<neighbor:{_SIDES[match['side'].lower()]}>{' of ' if of in ('of', 'from', 'side of') else ''}"
