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


_AROUND = (
    r"(?:the|this|that|these|one|objects?|things?|items?|pictures?|images?|photos?|shapes?|shown|seen|pictured|"
    r"depicted|in|of|what|you|see)"
)
_A = r"(?:(?:an?|the|one) )?"
_NOUN = r"(?!(?:objects?|things?|than|not|in|into|to|on|onto|the|an?|more|less|by|should|must|it)\b)(?P<noun>[a-z]+)\b"
_CALLED = r"(?:called|named|known as|what (?:i|we|people|you) call|referred to as|an example of|to be|as|for)"
_CALL = r"(?:(?:i|we|people|you|let us|let me|shall|will|may|can) )*(?:call|name|refer to|define|dub|term)"


def _picture(group: str) -> str:
    return rf"(?:{_AROUND} )*<object:(?P<{group}>[^>]*)>(?: (?:object|one|thing)\b)?"


_NOUNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:this|here|that|it)(?:'s| is| are| you see| we have| shows)(?: {_CALLED}| what| how| something)* {_A}{_NOUN}"
        rf"(?: (?:looks? like|is|here))?[:,]? (?:this )?{_picture('slot')}",
        rf"{_picture('slot')},? (?:is|shows|depicts|represents|will be|means|stands for|counts as|is meant by)"
        rf"(?: {_CALLED})* {_A}{_NOUN}(?! than)",
        rf"\b{_CALL} {_picture('slot')},?(?: {_CALLED})* {_A}{_NOUN}",
        rf"\b(?:an?|the|each|every|by an?) {_NOUN},? (?:is|looks?|means|refers to|stands for|denotes|i mean|we mean)"
        rf"(?: (?:something|a thing|an object|like|this|as|just|exactly))*[:,]? {_picture('slot')}",
        rf"\b(?:the )?(?:word|name|term|noun) {_NOUN} (?:means|refers to|stands for|denotes|is for|describes)"
        rf"(?: (?:something|a thing|an object|like|this))*[:,]? {_picture('slot')}",
    )
)

_MUCH = r"(?: (?:a (?:bit|little|lot)|much|clearly|obviously|far|slightly))?"
_WORD = r"(?:the )?(?:(?P<way>more|less) )?(?P<word>[a-z]+)(?: one| object| thing)?"
_THAN = r"(?:than|compared (?:to|with)|in comparison (?:to|with)|relative to)"
_COMPARISONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_picture('a')},? (?:is|looks?|seems|appears|counts as){_MUCH} {_WORD},? {_THAN} {_picture('b')}",
        rf"\b(?:compared (?:to|with)|next to|unlike|in comparison (?:to|with)|relative to) {_picture('b')},? "
        rf"{_picture('a')} (?:is|looks?|seems){_MUCH} {_WORD}",
        rf"\b(?:of|between) {_picture('a')} and {_picture('b')},? the (?:first|former)(?: one)? is{_MUCH} {_WORD}",
        rf"\b(?:of|between) {_picture('b')} and {_picture('a')},? the (?:second|latter|last)(?: one)? is{_MUCH} {_WORD}",
    )
)

_SCENE = r"(?:(?:the|a|this|that|picture|scene|state|image|photo|in|of|arrangement|shown|position) )*<(?:scene|frame):"
_BECOMES = (
    r",? ?(?:to|into|becomes|became|becoming|turns? (?:into|to)|turned into|goes to|gives|leads to|->|=>|→|"
    r"is (?:turned|twisted|rotated) (?:to|into)|(?:and )?(?:then|afterwards?|after(?: (?:it|that|the twist))?|next),?|and)"
)
_PAIR = re.compile(
    rf"(?:(?:from|before|first|start(?:ing)? with|how|the way|by) )*{_SCENE}([^>]*)>{_BECOMES} {_SCENE}([^>]*)>",
    re.IGNORECASE,
)
_SHOWN_BY = (
    r",? ?(?:(?:just|exactly|by|in) )*(?:as|like|the (?:same )?(?:way|angle|amount|manner)|how|according to)"
    r"(?: (?!and\b)[a-z]+){0,9}$"
)
_LIKEWISE = re.compile(
    r",? ?\b(?:(?:in |by )?(?:exactly )?(?:the|that|this) (?:same |very |given )?(?:way|manner|angle|amount|much|fashion)"
    r"(?: as (?:shown|before|above|in the examples))?|likewise|like (?:that|this|so)|accordingly|similarly|as shown(?: above)?|"
    r"as (?:much|far)|as well|too|the same|also|just|as (?:in|by) (?:the|these|those) (?:examples?|pictures?)|"
    r"(?:by|with) (?:the )?same (?:angle|rotation|turn|amount))\b",
    re.IGNORECASE,
)
_TURN = r"(?:twist|rotat|turn|spin|spun|swivel)"
_REPEAT = re.compile(
    rf"\b(?:do|apply|repeat|perform|give|carry out) (?:(?:the|that|this|same|very|exact|it) ?)*"
    rf"(?:thing |turn |twist(?:ing)? |rotation |move |motion |{_TURN}\w* )?(?:to|with|for|on)\b",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"\b(?:the (?:word|verb) )?(?:to )?([a-z]+) (?:is|are|means?|denotes|stands for|refers to)(?: (?:here|hereby))?"
    r"(?: defined as| when| that| to mean| this)?\b",
    re.IGNORECASE,
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
        text = pattern.sub(lambda match: _named(match, nouns, pairs), text)
    for stem in pairs:
        # "The daxer dax": a word that is a noun as well has to be compared to be an adjective.
        plain = rf"(?:(?:more|most|less|least) {stem}(?:y|er|r|est)?|{stem}(?:er|r|est))" if stem in nouns else None
        plain = plain or rf"(?:(?:more|most|less|least) )?{stem}(?:y|er|r|est)?"
        text = re.sub(rf"\b{plain}\b", lambda match: _degree(match[0], stem), text, flags=re.IGNORECASE)
    for noun, slot in nouns.items():
        text = re.sub(rf"\b{noun}(?:s|es)?\b(?!:)", f"<kind:{slot}>", text, flags=re.IGNORECASE)
    if pairs or nouns:
        text = re.sub(
            r"(?:^|(?<=[.;!?:]))(?:\s*(?:[.,;!?:]|and\b|while\b|but\b|now\b|so\b|then\b|whereas\b))+", " ", text
        )
        text = re.sub(r"(?:[\s,;:.]|\b(?:and|where|given that|if|since|because|when|knowing that))+$", "", text.strip())
    adjectives = {stem: Lesson(stem, tuple(found)) for stem, found in pairs.items()}
    return text.strip(), Lessons(adjectives, turns)


def _compared(match: re.Match[str], pairs: dict[str, list[tuple[str, str]]]) -> str:
    more, less = match["a"], match["b"]
    if (match["way"] or "").lower() == "less":
        more, less = less, more
    pairs.setdefault(_stem(match["word"]), []).append((more, less))
    return " "


def _named(match: re.Match[str], nouns: dict[str, str], adjectives: dict[str, list[tuple[str, str]]]) -> str:
    noun = match["noun"].lower()
    if match["slot"] in nouns.values() or noun in nouns:
        return match[0]
    nouns[noun] = match["slot"]
    return " "


def _stem(word: str) -> str:
    return re.sub(r"(?<=\w{2})(?:er|est|(?<=e)r|y)$", "", word.lower())


def _degree(said: str, stem: str) -> str:
    return f"<{'least' if re.match(r'(?:less|least) ', said, re.IGNORECASE) else 'most'}:{stem}>"


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
        said = re.sub(r"(?:<turn>|,| and| or| then)+\s*$", "", clause.strip()) if "<turn>" in clause else clause
        said = re.sub(_SHOWN_BY, "", said.strip()) if "<turn>" in clause else said
        said = re.sub(r"^.*<turn>(?:[\s,]|and\b|so\b|then\b|now\b)*", "", said)
        defines = re.search(r"\b(?:defin\w+|means?|denotes|is when)\b", said, re.IGNORECASE)
        if re.search(rf"\b{_TURN}", said, re.IGNORECASE) and not defines:
            asked = said
    return (_LIKEWISE.sub("", asked).strip(" ,"), pairs) if asked else (text, ())
