"""A turn that pairs of pictures show, before and after, and the sentence that asks for it."""

from __future__ import annotations

import re

_I = re.IGNORECASE
_SLOT = re.compile(r"<(?:scene|frame):([^>]*)>")
_TURN = r"(?:twist|rotat|turn|spin|spun|swivel|revolv|pivot)"
_BACKWARDS = re.compile(
    r"^\W*(?:(?:is|was|are|shows|being|,) )*(?:what (?:you get|becomes? of|comes? (?:out )?of|"
    r"results?|happens to)|the (?:result|outcome) "
    r"of|(?:came|comes?|coming|made|obtained|got|gotten|resulting|arose|arises) (?:out of|from|"
    r"by)|after|used to be|before was|from|"
    r"results from)\b",
    _I,
)
"""Between two pictures: the first of them is the one after the turn."""
_PAIRS_AFTER = re.compile(r"(?:\s|<turn>|,|\b(?:and|or|then|so|too)\b)+$", _I)
_PAIRS_BEFORE = re.compile(
    r"^.*<turn>(?:[\s,]|(?:and|so|then|now|is|are|a|the|after|twisted|twist|rotation|it|was)\b)*", _I
)
_SHOWN_BY = re.compile(
    r",? ?(?:(?:just|exactly|by|in|with) )*(?:as|like|the (?:same )?(?:way|angle|amount|manner|"
    r"twist|rotation|turn)|how|according to|"
    r"what|that)(?: (?!and\b)[a-z']+){0,10}$",
    _I,
)
_LIKEWISE = re.compile(
    r",? ?\b(?:(?:in |by |with |through |to |using |following )?(?:exactly |just |precisely )?(?:the|"
    r"that|this|such a) (?:same |very |given |"
    r"exact |identical |shown |demonstrated )?(?:way|manner|angle|amount|much|fashion|rotation|"
    r"turn|degree|extent|number of degrees|"
    r"twist|size|quantity)(?: (?:of (?:rotation|turn|twist)|as (?:shown|before|above|there|those|"
    r"in the (?:examples|pictures))|too|"
    r"shown|you (?:saw|see|found|observed|learned|learnt)))*(?= *(?:[.,!;]|$|to |with |for ))|"
    r"likewise|like (?:that|this|so|these|those)|"
    r"accordingly|similarly|as shown(?: above)?|as (?:much|far)(?: (?:as )?(?:shown|there|that)"
    r")?|as well|too|the same|also|just|in kind|"
    r"that much|by (?:it|that|this)|as (?:in|by) (?:the|these|those) (?:examples?|pictures?|pairs?))(?![\w'])(?! *<)",
    _I,
)
_REPEAT = re.compile(
    rf"\b(?:do|doing|apply|repeat|perform|give|carry out|use|execute|make)\b (?:(?:the|that|this|"
    rf"same|very|exact|it|a|of|kind|thing|"
    rf"sort|just|exactly|such|amount) ?)*(?:thing |turn |twist(?:ing)? |rotation |move |motion "
    rf"|action |operation |{_TURN}\w* )?"
    rf"(?:to|with|for|on|upon)\b",
    _I,
)
_GIVEN = re.compile(
    rf"\b(give|apply) ((?:all|every|each|the|any)\b[^.;,]*?) (?:(?:the|that|this|a|same|such|exact|"
    rf"very) )*{_TURN}\w*(?: too)?(?= *(?:[.!,;]|$))",
    _I,
)
_UNDERGO = re.compile(
    rf"\b((?:should|must|need to|have to|shall) )?(?:receive|get|undergo|experience|make|be given|"
    rf"be subjected to) (?:(?:the|that|this|a|same|"
    rf"such|exact|very) )*{_TURN}\w*",
    _I,
)
_DEFINED = re.compile(
    r"\b(?:the (?:word|verb|term) )?(?:to )?([a-z]+)(?:ing)? (?:is|are|means?|denotes|stands for|"
    r"refers to|is called|was)\b",
    _I,
)
_DEFINES = re.compile(
    r"\b(?:defin\w+|means?|denotes|is (?:when|to|what|shown|how|called)|learn\w*|examples?|shows?|"
    r"demonstrat\w*|notice|observe|look at|"
    r"see|find out|figure out|work out|determine|this is|here is|here's|was|were|known as|what "
    r"is|tells?|illustrat\w*|watch)\b",
    _I,
)
_NO_VERB = re.compile(rf"{_TURN}|this|that|it|here|what|there|which|a|an|the|how|each|pair|word|verb|first", _I)


def turns(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The sentence that asks for the turn that pairs of scenes show, and the pairs."""
    found = list(_SLOT.finditer(text))
    if len(found) < 2 or len(found) % 2 or re.search(r"<frame:", text) or not _is_about_turning(text):
        return text, ()
    pairs, marked, place = [], "", 0
    for first, second in zip(found[::2], found[1::2]):
        between = text[first.end() : second.start()]
        if len(re.findall(r"\w+", between)) > 9:
            return text, ()
        after = re.match(
            rf"\W*(?:after|once|when|having been) (?:(?:a|the|being|it is|it was) )*{_TURN}", text[second.end() :], _I
        )
        backwards = (after or _BACKWARDS.match(between)) and not re.search(
            r"\b(?:from|before|first|initially|start)\W*(?:\w+\W+){0,4}$", text[place : first.start()], _I
        )
        pairs.append((second[1], first[1]) if backwards else (first[1], second[1]))
        marked += text[place : first.start()] + " <turn> "
        place = second.end()
    marked = " ".join((marked + text[place:]).split())
    asked = _asked(marked)
    return (asked, tuple(pairs)) if asked else (text, ())


def _is_about_turning(text: str) -> bool:
    return bool(re.search(rf"\b{_TURN}|\b(?:do|apply|repeat)\b", text, _I) or _DEFINED.search(text))


def _asked(marked: str) -> str:
    """The last clause that asks for a turn of things, with the turn as its verb."""
    taught = re.search(r"\b(?:of (?:a|an)|to|means?|verb|word|called|is|what) [\"']?([a-z]{2,8})[\"']?\b", marked, _I)
    defined = _DEFINED.match(marked) or (taught if taught and _is_made_up(taught[1], marked) else None)
    if defined and not _NO_VERB.match(defined[1]) and _is_made_up(defined[1], marked):
        marked = re.sub(rf"\b{defined[1]}(?:p?ed|p?ing)?\b", "twist", marked, flags=_I)
    marked = _UNDERGO.sub(lambda m: f"{m[1] or ''}be twisted", _GIVEN.sub(r"twist \2", _REPEAT.sub("twist", marked)))
    asked = ""
    for clause in re.split(r"[.;:!?]|(?<=>),? (?:and |so |then )?now\b", marked):
        said = clause.strip(" ,")
        holds = "<turn>" in said
        if holds:
            before, after = said.split("<turn>")[0], said.split("<turn>")[-1]
            said = before if re.search(r"\b(?:all|every|each|any|both)\b", before, _I) else after
            said = _PAIRS_BEFORE.sub("", _SHOWN_BY.sub("", _PAIRS_AFTER.sub("", said)))
        said = _LIKEWISE.sub("", said).strip(" ,")
        things = re.search(r"\b(?:all|every|each|any|both|everything|objects?|things?|the|them|<object)\b", said, _I)
        tells = _DEFINES.search(said) and (asked or not re.search(r"\b(?:all|every|each)\b", said, _I))
        if re.search(rf"\b{_TURN}", said, _I) and things and not tells:
            asked = re.sub(r"^(?:(?:and|so|then|now|therefore|thus|hence),? )+", "", said, flags=_I)
    return asked


def _is_made_up(word: str, marked: str) -> bool:
    """Whether a word is said again where something is asked for, and is none that means something anyway."""
    ordinary = (
        "be have all every each the same a an of to in by it that this object objects rotate turn "
        "twist angle degrees pair pairs"
    )
    return word.lower() not in ordinary.split() and len(re.findall(rf"\b{word}", marked, _I)) > 1
