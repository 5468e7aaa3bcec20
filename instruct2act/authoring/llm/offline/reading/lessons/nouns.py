"""Made-up nouns: a word beside a picture, with nothing between them but words of naming."""

from __future__ import annotations

import re
from collections import Counter

from instruct2act.authoring.llm.offline.reading.verbs import SAID

TAUGHT = "<lesson>"
"""Where something was taught."""

_NAMING = (
    "is are was be being this that these those it its it's that's here there there's here's the "
    "a an one ones called named known "
    "call calls name names term terms termed dub dubbed label labelled labeled define defined "
    "defines definition refer refers "
    "referred mean means meant meaning meanings stand stands for represent represents denote "
    "denotes show shows showing shown depict "
    "depicts look looks looking like as what i i'd i'll i'm we we'd we'll people you you'd they "
    "let let's us would will shall may can "
    "could should must of in to by on with when say says said think thing things object objects "
    "item items picture pictures image "
    "photo see seen seeing know knows example examples instance word words noun nouns my our "
    "your say, give given bears "
    "carries goes have has just so to each every any all both something anything kind kinds sort type class member "
    "someone regard consider considered treat count counts from now on henceforth first second "
    "other remember note suppose imagine "
    "assume take taken learn learned new use used using under go mine ours same way whenever "
    "wherever else too also again if "
    "pictured depicted displayed where exactly simply speaking speak talk talking about which "
    "who will understood be, believe "
    "visible appears presented calling naming tell told teach teaches describes describe equals "
    "equal stands; make makes "
    "meet greet behold introducing introduce suppose denoted identified identifies qualifies "
    "qualify recognise recognize typical"
)
_FILLER = (
    rf"(?:(?:{'|'.join(re.escape(word) for word in sorted({*_NAMING.split()}, key=len, reverse=True))})"
    rf"(?![\w'])|[=:,\"'()?!-])"
)
_TELLS = re.compile(
    r"\b(?:is|are|be|call\w*|nam\w+|known|mean\w*|dub\w*|label\w*|term\w*|defin\w+|refer\w*|stands?|"
    r"represents?|denot\w+|shows?|depicts?|"
    r"looks?|like|as|this|here|that|it's|that's|say|says|think|example|instance|word|regard|consider\w*|"
    r"treat|count\w*|there|let|what|for|"
    r"in)\b|[=:]|<lesson>",
    re.IGNORECASE,
)
_SLOT = r"<object:(?P<slot>[^>]*)>"
_PLAIN = (
    "and but put into onto with than then less more most least move place take from bowl block "
    "container heart star line frame into red blue "
    "green yellow purple texture profile shape pattern limit drop pick grab find them sweep push "
    "not without touching previously north "
    "south east west left right same inside outside within neighbor neighbour before after goes "
    "go should degrees rotate turn twist "
    "insert stick over until while because since but turned swept located needs want wants please "
    "now sure next beside between near "
    "compared comparing relative unlike versus much bit clearly obviously far even slightly way "
    "does doing done that those there "
    "belongs belong end ends order keep stop cross crossing past beyond exceeding exceed area"
)
_ORDINARY = frozenset(_PLAIN.split())
_CONNECTING = re.compile(
    rf"(?:\s|<lesson>|{_FILLER}|\b(?:and|so|too|clear|plain|evident|obvious|since|given|while|because|"
    rf"look|notice|then|now|know|knowing|"
    rf"but|whereas|likewise|similarly|also|"
    r"well|okay|ok|that|true|follows|following|facts?|below|above|hint|hints|information|info|"
    r"compare|comparison|comparisons|"
    r"comparing|compared|judge|decide|figure|out|lastly|finally|furthermore|moreover|too|terms|"
    r"vocabulary|got|listen|attention|"
    r"keep|mind|bear|lesson|truth|fact|case|turns|observe|again|important|hold|holds|don't|forget|"
    r"do|same|goes|true)\b|[.;,])*",
    re.IGNORECASE,
)


def learn(text: str) -> tuple[str, dict[str, str]]:
    """Takes the definitions of nouns out of a text.

    Returns:
        The text with ``TAUGHT`` in their places, and noun -> slot.
    """
    known = {*_NAMING.split()} | _ORDINARY
    counts = Counter(re.findall(r"(?<![<:\w-])[a-z]{2,}(?![\w>-]|:\w)", text.lower()))
    named: dict[str, str] = {}
    for noun in [word for word, times in counts.items() if times > 1 and word not in known and word not in SAID]:
        defined = _defined(text, noun, set(named.values()))
        if defined is not None:
            named[noun] = defined["slot"]
            text = f"{text[: defined.start()]}{TAUGHT}{text[defined.end() :]}"
    return text, named


def _defined(text: str, noun: str, taken: set[str]) -> re.Match[str] | None:
    """The shortest stretch with the noun, a picture that has no name yet, and words of naming between them."""
    word = rf"(?P<noun>\b{noun}\b)"
    between = rf"(?P<between>(?:\s|{_FILLER})*?)"
    lead = rf"(?:(?:{_FILLER}|and|{TAUGHT}),?\s+)*"
    found: list[re.Match[str]] = []
    for pattern in (rf"{lead}{word}{between}{_SLOT}", rf"{lead}{_SLOT}{between}{word}"):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            inside = match[0][: match.start("between") - match.start()] + match["between"]
            if (
                match["slot"] not in taken
                and _TELLS.search(re.sub(r"<object:[^>]*>", " ", inside))
                and not re.search(r",|\. ", match["between"])
            ):
                found.append(match)
    return min(found, key=lambda match: len(match["between"]), default=None)


def without_scraps(text: str, taught: frozenset[str] = frozenset()) -> str:
    """The text without clauses of which only connecting words are left."""
    kept = ""
    for clause, stop in re.findall(r"([^.,;:!?]*)([.,;:!?]*)", text):
        plain = " ".join(
            word for word in clause.split() if word.lower() not in taught and word.lower() not in ("some", "few")
        )
        if clause and not _CONNECTING.fullmatch(plain):
            kept += clause + stop
        elif stop and stop not in ",:" and kept and kept[-1] in ",:":
            kept = kept[:-1] + stop
    after = _CONNECTING.pattern.replace("|[.;,])*", "|[;,])*")  # the next sentence is not about what was taught
    kept = re.sub(rf"{_CONNECTING.pattern}{TAUGHT}{after}", " ", kept, flags=re.IGNORECASE)
    return " ".join(kept.split()).strip(" ,;:")
