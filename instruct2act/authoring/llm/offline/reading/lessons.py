"""What an instruction teaches before it asks for something, taken out of its text.

* a noun: "this is a dax {x}", "we call {x} a dax"; afterwards "the dax" is ``<kind:x>``;
* an adjective: "{a} is daxer than {b}"; afterwards "the less daxer" is ``<least:dax>``, "the daxer" ``<most:dax>``;
* a turn, by examples: "from {before} to {after}"; what is left is the sentence that asks for it.

The text is one that `prepare` has marked: pictures are ``<object:name>``, ``<scene:name>``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from instruct2act.authoring.llm.offline.plan import Lesson


@dataclass(frozen=True)
class Lessons:
    """What was taught: adjectives by their stem, and a turn as pairs of scenes (before, after)."""

    adjectives: dict[str, Lesson]
    turns: tuple[tuple[str, str], ...] = ()


_TAUGHT = "<lesson>"
"""Where something was taught."""
_AROUND = (
    r"(?:the|this|that|these|one|objects?|things?|items?|pictures?|images?|photos?|shapes?|shown|seen|pictured|"
    r"depicted|in|of|what|you|see)"
)
_A = r"(?:(?:an?|the|one) )?"
_NO_NOUN = r"(?:objects?|things?|than|not|in|into|to|on|onto|the|an?|more|less|by|should|must|it|and|one|this|that)"
_NOUN = rf"(?!{_NO_NOUN}\b)(?P<noun>[a-z]+)\b(?! than)"
_CALLED = r"(?:called|named|known as|what (?:i|we|people|you) call|referred to as|an example of|to be|as|for)"
_CALL = r"(?:(?:i|we|people|you|let's|let us|let me|shall|will|may|can) )*(?:call|name|refer to|define|dub|term)"


def _picture(group: str) -> str:
    return rf"(?:{_AROUND} )*<object:(?P<{group}>[^>]*)>(?: (?:object|one|thing)\b)?"


_SLOT = _picture("slot")
_NOUNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "this is a dax: {x}", "here is what a dax looks like: {x}"
        rf"\b(?:this|here|that|it)(?:'s| is| are| you see| we have| shows)(?: {_CALLED}| what| how| something)*"
        rf" {_A}{_NOUN}(?: (?:looks? like|is|here))?[:,]? (?:this )?{_SLOT}",
        # "{x} is a dax"
        rf"{_SLOT},? (?:is|shows|depicts|represents|will be|means|stands for|counts as|is meant by)"
        rf"(?: {_CALLED})* {_A}{_NOUN}",
        # "call {x} a dax and {y} a wug"
        rf"\b{_CALL} {_SLOT},?(?: {_CALLED})* {_A}{_NOUN}",
        rf"(?<={_TAUGHT})(?:,|,? and) {_SLOT},?(?: {_CALLED})* (?:an?|the) {_NOUN}",
        # "a dax looks like {x}", "by a dax I mean {x}"
        rf"\b(?:an?|the|each|every|by an?) {_NOUN},? (?:is|looks?|means|refers to|stands for|denotes|i mean|we mean)"
        rf"(?: (?:something|a thing|an object|like|this|as|just|exactly))*[:,]? {_SLOT}",
        # "the word dax means {x}", "dax is {x}"
        rf"(?:\bthe (?:word|name|term|noun) |^|(?<=[.;,!?:] )){_NOUN} (?:is|means|refers to|stands for|denotes|"
        rf"describes)"
        rf"(?: (?:something|a thing|an object|like|this))*[:,]? {_SLOT}",
    )
)

_MUCH = r"(?: (?:a (?:bit|little|lot)|much|clearly|obviously|far|slightly|even|also))*"
_WORD = r"(?:the )?(?:(?P<way>more|less) )?(?P<word>[a-z]+)(?: one| object| thing)?"
_THAN = r"(?:than|compared (?:to|with)|in comparison (?:to|with)|relative to)"
_FIRST, _SECOND = _picture("a"), _picture("b")
_IS = r"(?:is|looks?|seems|appears|counts as)"
_COMPARISONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_FIRST},? {_IS}{_MUCH} {_WORD},? {_THAN} {_SECOND}",
        rf"\b(?:compared (?:to|with)|next to|unlike|in comparison (?:to|with)|"
        rf"relative to) {_SECOND},? {_FIRST} {_IS}{_MUCH}"
        rf" {_WORD}",
        rf"\b(?:of|between) {_FIRST} and {_SECOND},? the (?:first|former)(?: one)? {_IS}{_MUCH} {_WORD}",
        rf"\b(?:of|between) {_SECOND} and {_FIRST},? the (?:second|latter|last)(?: one)? {_IS}{_MUCH} {_WORD}",
    )
)
_CONNECTING = re.compile(
    r"(?:\s|<lesson>|\b(?:since|if|given|that|and|so|while|as|because|see|look|note|notice|remember|where|when|now|"
    r"suppose|"
    r"assume|know|knowing|is|are|but|whereas|then|likewise|also|you|we|i|also|here|for|example|instance|know)\b)*",
    re.IGNORECASE,
)

_SCENE = r"(?:(?:the|a|this|that|picture|scene|state|image|photo|in|of|arrangement|shown|position) )*<(?:scene|frame):"
_TWISTING = r"(?:it|that|this|the (?:twist|turn|rotation)|(?:twist|turn|rotat)ing)"
_BECOMES = (
    r",? ?(?:to|into|becomes|became|becoming|turns? (?:into|to)|turned into|goes to|gives|leads to|"
    rf"is (?:turned|twisted|rotated) (?:to|into)|(?:and )?(?:then|afterwards?|after(?: {_TWISTING})?|next)[,:]?|and)"
)
_PAIR = re.compile(
    rf"(?:(?:from|before(?: {_TWISTING})?:?|first|start(?:ing)? with|how|the way|by) )*"
    rf"{_SCENE}([^>]*)>{_BECOMES} {_SCENE}([^>]*)>",
    re.IGNORECASE,
)
_PAIRS_AFTER = re.compile(r"(?:\s|<turn>|,|\b(?:and|or|then)\b)+$", re.IGNORECASE)
_PAIRS_BEFORE = re.compile(r"^.*<turn>(?:[\s,]|(?:and|so|then|now)\b)*", re.IGNORECASE)
_SHOWN_BY = re.compile(
    r",? ?(?:(?:just|exactly|by|in) )*(?:as|like|the (?:same )?(?:way|angle|amount|manner)|how|according to)"
    r"(?: (?!and\b)[a-z]+){0,9}$",
    re.IGNORECASE,
)
_LIKEWISE = re.compile(
    r",? ?\b(?:(?:in |by |with )?(?:exactly )?(?:the|that|this) (?:same |very |given )?"
    r"(?:way|manner|angle|amount|much|fashion|rotation|turn)(?: as (?:shown|before|above|in the examples))?|"
    r"likewise|like (?:that|this|so)|accordingly|similarly|as shown(?: above)?|as (?:much|far)|as well|too|"
    r"the same|also|"
    r"just|as (?:in|by) (?:the|these|those) (?:examples?|pictures?))\b",
    re.IGNORECASE,
)
_TURN = r"(?:twist|rotat|turn|spin|spun|swivel)"
_REPEAT = re.compile(
    rf"\b(?:do|apply|repeat|perform|give|carry out) (?:(?:the|that|this|same|very|exact|it) ?)*"
    rf"(?:thing |turn |twist(?:ing)? |rotation |move |motion |{_TURN}\w* )?(?:to|with|for|on)\b",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"\b(?:the (?:word|verb) )?(?:to )?([a-z]+) (?:is|are|means?|denotes|stands for|refers to)\b", re.IGNORECASE
)


def learn(text: str) -> tuple[str, Lessons]:
    """Takes the lessons out of a marked text.

    Returns:
        The text that is left, with marks for what was taught, and the lessons.
    """
    text, turns = _turns(text)
    pairs: dict[str, list[tuple[str, str]]] = {}
    for pattern in _COMPARISONS:
        text = pattern.sub(lambda match: _compared(match, pairs), text)
    nouns: dict[str, str] = {}
    for pattern in _NOUNS:
        text = pattern.sub(lambda match: _named(match, nouns), text)
    if pairs or nouns:
        text = _without_scraps(text)
    for stem in pairs:
        text = _mark_degrees(text, stem, stem in nouns)
    for noun, slot in nouns.items():
        # Not in a mark: "the daxer" may have become <most:dax>.
        text = re.sub(rf"(?<!:)\b{noun}(?:s|es)?\b(?!:)", f"<kind:{slot}>", text, flags=re.IGNORECASE)
    adjectives = {stem: Lesson(stem, tuple(found)) for stem, found in pairs.items()}
    return text.strip(), Lessons(adjectives, turns)


def _compared(match: re.Match[str], pairs: dict[str, list[tuple[str, str]]]) -> str:
    more, less = match["a"], match["b"]
    if (match["way"] or "").lower() == "less":
        more, less = less, more
    stem = re.sub(r"(?<=\w{2})(?:er|est|(?<=e)r|y)$", "", match["word"].lower())
    pairs.setdefault(stem, []).append((more, less))
    return _TAUGHT


def _named(match: re.Match[str], nouns: dict[str, str]) -> str:
    noun = match["noun"].lower()
    if match["slot"] in nouns.values() or noun in nouns:
        return match[0]
    nouns[noun] = match["slot"]
    return _TAUGHT


def _without_scraps(text: str) -> str:
    """The text without clauses of which only connecting words are left."""
    kept = ""
    for clause, stop in re.findall(r"([^.,;:!?]*)([.,;:!?]*)", text):
        if not _CONNECTING.fullmatch(clause):
            kept += clause + stop
        elif stop and stop not in ",:" and kept and kept[-1] in ",:":
            kept = kept[:-1] + stop
    kept = re.sub(rf"{_CONNECTING.pattern}{_TAUGHT}{_CONNECTING.pattern}", " ", kept, flags=re.IGNORECASE)
    return " ".join(kept.split()).strip(" ,;:")


def _mark_degrees(text: str, stem: str, is_noun: bool) -> str:
    """``<most:stem>`` for the adjective; where it is a noun as well, only what compares is the adjective."""
    compared = rf"(?P<less>less|least|more|most) {stem}(?:y|er|r|est)?|{stem}(?:er|r|est)"
    word = compared if is_noun else rf"{compared}|{stem}"

    def degree(match: re.Match[str]) -> str:
        return f"<{'least' if (match['less'] or '').lower() in ('less', 'least') else 'most'}:{stem}>"

    text = re.sub(rf"\b(?:{word})\b", degree, text, flags=re.IGNORECASE)
    # "Whichever block is daxer" is the daxer block; as a question it asks for nothing.
    is_so = r"(?:that |which )?(?:is|looks|seems) (?:the )?"
    which = rf"\b(?:whichever|which|the|that) ((?:<[^>]*>|\w+)) {is_so}(<(?:most|least):{stem}>)(?: one)?"
    text = re.sub(rf"{which}\?", "", text, flags=re.IGNORECASE)
    return re.sub(which, r"the \2 \1", text, flags=re.IGNORECASE)


def _turns(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The sentence that asks for the turn that pairs of scenes show, and the pairs."""
    pairs = tuple((match[1], match[2]) for match in _PAIR.finditer(text))
    if not pairs or re.search(r"<(?:scene|frame):", _PAIR.sub("", text)):
        return text, ()
    defined = _DEFINED.match(text)
    marked = _REPEAT.sub("twist", _PAIR.sub(" <turn>", text))
    if defined and not re.match(rf"{_TURN}|this|that|it|here|what|there", defined[1], re.IGNORECASE):
        marked = re.sub(rf"\b{defined[1]}(?:ed|ing)?\b", "twist", marked, flags=re.IGNORECASE)
    asked = ""
    for clause in re.split(r"[.;:!?]|(?<=>),? (?:and |so )?now\b", marked):
        said = clause.strip()
        if "<turn>" in said:
            said = _PAIRS_BEFORE.sub("", _SHOWN_BY.sub("", _PAIRS_AFTER.sub("", said)))
        defines = re.search(r"\b(?:defin\w+|means?|denotes|is (?:when|to|what))\b", said, re.IGNORECASE)
        if re.search(rf"\b{_TURN}", said, re.IGNORECASE) and not defines:
            asked = re.sub(r"^(?:(?:and|so|then|now) )+", "", said, flags=re.IGNORECASE)
    return (_LIKEWISE.sub("", asked).strip(" ,"), pairs) if asked else (text, ())
