"""English to a plan: what the words say (a lark grammar), then what they refer to ("it", "the second one", clicks)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from instruct2act.authoring.llm.offline import names
from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Click,
    Direction,
    Free,
    InScene,
    Picture,
    Place,
    Plan,
    Pointed,
    Put,
    Rearrange,
    Relation,
    Restore,
    Rotate,
    Shift,
    Spot,
    Start,
    Step,
    Swap,
    Thing,
    ToThing,
    Within,
    Words,
)  # fmt: skip

SHIFT_M = 0.10
"""How far "to the left" is when nobody says how far; "a bit" is half of it."""

_UNITS = {"mm": 0.001, "mi": 0.001, "cm": 0.01, "ce": 0.01, "in": 0.0254, "m": 1.0, "me": 1.0}
_FRACTIONS = (("three", 270.0), ("3", 270.0), ("quarter", 90.0), ("full", 360.0), ("complete", 360.0), ("whole", 360.0))
_ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "fifth": 4,
    "5th": 4,
}

_COURTESY = re.compile(
    r"\b(?:please|kindly|^robot|hey|hello|hi|okay|ok|thanks|thank you|for me|could you|can you|would you|will you|"
    r"i(?:'d| would) like you to|i want you to|i need you to|your (?:task|job) is to|go ahead and|try to|you should|"
    r"you (?:must|have to|need to)|let's|let us|directly|straight|exactly|simply|now|(?<=and )also|"
    r"in this order|in order|if you (?:can|would)|somehow|in place|on the spot)\b",
    re.IGNORECASE,
)
_SLOW = re.compile(
    r"\b(?:(?:very )?(?:slowly|gently|carefully)|with care|at (?:a )?(?:slow|low|half) speed)\b", re.IGNORECASE
)
_FAST = re.compile(r"\b(?:quickly|fast|swiftly|at full speed)\b", re.IGNORECASE)
_SLOW_SPEED = 0.3

_SMALL = {word: value for value, word in enumerate(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"])} | {word: 10 * value for value, word in enumerate(
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)}  # fmt: skip
_NUMBER = rf"(?:{'|'.join([*_SMALL, 'hundred', 'a hundred'])})"
_SPELLED = re.compile(
    rf"\b({_NUMBER}(?:[ -](?:and )?{_NUMBER})*)(?=[ -](?:degrees?|deg|centimet|cm|millimet|mm|inch|met(?:er|re)))",
    re.IGNORECASE,
)


class NotUnderstood(Exception):
    """An instruction, or a part of it, that the embedded author can't turn into a plan."""

    def __init__(self, missing: str, understood: str = "", hint: str = "") -> None:
        self.missing, self.understood, self.hint = missing, understood, hint
        super().__init__(missing)


@dataclass
class _Talk:
    """What has been said so far."""

    kinds: Mapping[str, str]
    clicks: int
    it: Thing | All | None = None
    moved: list[Thing | All] = field(default_factory=list)
    whole_table: bool = False
    pointed: int = 0
    steps: list[Step] = field(default_factory=list)


def parse(text: str, slots: Mapping[str, Mapping[str, Any]] | None = None, clicks: int = 0) -> Plan:
    """Understands an instruction.

    Args:
        text: English, with ``{slots}``.
        slots: name -> {"kind": object | scene | frame | click | word, and "word" or "click"}.
        clicks: how many clicks there are.

    Raises:
        NotUnderstood: with the part that was understood, the part that was not, and what to try.
    """
    prepared, speed = prepare(text, slots or {})
    try:
        tree = _grammar().parse(prepared)
    except UnexpectedInput as error:
        raise _explained(prepared, error, slots or {}, clicks) from None
    talk = _Talk({name: str(slot.get("kind")) for name, slot in (slots or {}).items()}, clicks)
    for child in tree.children:
        _step(child, talk)
    if not talk.steps:
        raise NotUnderstood(text.strip(), "what to pick up" if talk.it else "", "say where to put it as well")
    return Plan(tuple(talk.steps), speed)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    source = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(source, parser="earley", lexer="basic")


def prepare(text: str, slots: Mapping[str, Mapping[str, Any]]) -> tuple[str, float | None]:
    """The text as the grammar reads it, and the speed that was asked for."""
    text = " ".join(text.replace("’", "'").replace("<", " ").replace(">", " ").replace('"', " ").split())
    speed = _SLOW_SPEED if _SLOW.search(text) else 1.0 if _FAST.search(text) else None
    text = _FAST.sub(" ", _SLOW.sub(" ", text))

    def slot(match: re.Match[str]) -> str:
        name = match[1].strip()
        found = slots.get(name) or slots.get(name.replace(" ", "_"))
        if found is None:
            there = ", ".join(f"{{{key}}}" for key in slots) or "no slots"
            raise NotUnderstood(f"{{{name}}}", "", f"nothing was given for {{{name}}}; there is: {there}")
        if found.get("kind") == "word":
            return str(found.get("word", name))
        return f"<{found.get('kind')}:{found.get('click', name) if found.get('kind') == 'click' else name}>"

    text = re.sub(r"\{([^{}]*)\}", slot, text)
    text = _SPELLED.sub(lambda m: str(_count(m[1])), text)
    text = re.sub(r"(?<=\d)-(?=degree|deg)", " ", text)
    text = _COURTESY.sub(" ", text)
    text = re.sub(
        r"\b(?:after|start(?:ing)? (?:by|with)|begin(?:ning)? (?:by|with)) (?=\w+ing\b)", "", text, flags=re.IGNORECASE
    )
    text = re.sub(r"\bletter ([a-z])\b", lambda m: f"letter {m[1].upper()}", text)
    text = re.sub(r"\s+([,.;!?])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,")
    text = re.sub(r"[:,](?= ?<scene)|,+(?=[.;!?])", "", text)
    text = names.join_pairs(text)
    return (text[:1].lower() + text[1:] if re.match(r"[A-Z][a-z ]", text) else text), speed


def _count(spelled: str) -> int:
    total = 0
    for word in re.split(r"[ -]", spelled.lower()):
        if word == "hundred":
            total = 100 * max(total, 1)
        else:
            total += _SMALL.get(word, 0)
    return total


# --- steps ------------------------------------------------------------------------------------------------------------


def _step(tree: Tree[Token], talk: _Talk) -> None:
    parts = {str(part.data): part for part in tree.children if isinstance(part, Tree)}
    match tree.data:
        case "put" | "put_too":
            if tree.data == "put_too" and not talk.steps and tree.children[0].children[0].data == "described":
                raise NotUnderstood("what is to be done", "", _can())
            found = _things(tree.children[0], talk)
            degrees = _turn(parts["turned"].children, talk) if "turned" in parts else 0.0
            found = _from(found, parts.get("from"), talk)
            where = next(
                part for part in tree.children[1:] if isinstance(part, Tree) and part.data not in ("turned", "from")
            )
            _put(found, where, talk, degrees)
        case "put_at":
            degrees = _turn(parts["turned"].children, talk) if "turned" in parts else 0.0
            _put(_things(tree.children[1], talk), tree.children[0], talk, degrees)
        case "put_again":
            _put([_it(talk)], tree.children[0], talk)
        case "into_too":
            talk.steps.append(Put(_it(talk), ToThing("inside", _thing(tree.children[0], talk))))
        case "pick":
            found = _from(_things(tree.children[0], talk), parts.get("from"), talk)
            talk.it = found[0]
            if len(found) > 1:
                raise NotUnderstood("picking up several things at once", "", "name them one after the other")
        case "rotate":
            turned = [part for part in tree.children if part.data not in _THINGS]
            for thing in _things(next(part for part in tree.children if part.data in _THINGS), talk):
                talk.steps.append(Rotate(thing, _turn(turned, talk)))
                _remember(thing, talk)
        case "rearrange":
            scene = next(str(t) for t in tree.children if isinstance(t, Token) and t.type == "SCENE")
            talk.steps.append(Rearrange(scene[7:-1]))
            talk.whole_table, talk.it = True, None
        case "restore":
            _restore(_named(tree, talk), talk)
        case "swap":
            found = [
                thing
                for part in tree.children
                for thing in (_things(part, talk) if part.data in _THINGS else [_thing(part, talk)])
            ]
            if len(found) != 2 or any(isinstance(thing, All) for thing in found):
                raise NotUnderstood(
                    "what changes places with what", "a swap", "try: swap the red heart and the blue star"
                )
            talk.steps.append(Swap(found[0], found[1]))
            talk.moved += found
        case other:
            raise AssertionError(f"the grammar has a step {other} that nobody reads")


def _from(found: list[Thing | All], where: Tree[Token] | None, talk: _Talk) -> list[Thing | All]:
    """ "The heart from the bowl": where a thing is now tells it from others of its name."""
    if where is None:
        return found
    place = _thing(where.children[0], talk)
    return [Within(thing.text, place) if isinstance(thing, Words) else thing for thing in found]


_THINGS = ("some", "every", "everything", "them")


def _named(tree: Tree[Token], talk: _Talk) -> list[Thing | All] | None:
    """The things a restoring sentence names; None for everything."""
    part = next((p for p in tree.children if isinstance(p, Tree) and p.data in _THINGS), None)
    if part is None or part.data in ("everything", "them"):
        return None
    if part.data == "some" and len(part.children) == 1 and part.children[0].data == "it":
        return None if talk.whole_table or talk.it is None else [talk.it]
    return _things(part, talk)


def _put(found: Sequence[Thing | All], where: Tree[Token], talk: _Talk, degrees: float = 0.0) -> None:
    talk.it = found[0]  # "put the heart to the left of it" would be odd: what comes after speaks of what was named
    place = _place(where, talk)
    for thing in found:
        if isinstance(place, ToThing) and place.thing == thing:
            raise NotUnderstood("a thing that is to go to itself", "", "name two different things")
        if isinstance(thing, All) and isinstance(place, (ToThing, Start)):
            thing = replace(thing, besides=(*thing.besides, place.thing))
        talk.steps.append(Put(thing, place, degrees))
        _remember(thing, talk)


def _remember(thing: Thing | All, talk: _Talk) -> None:
    talk.it = thing
    if thing not in talk.moved:
        talk.moved.append(thing)


def _restore(found: list[Thing | All] | None, talk: _Talk) -> None:
    """Back to the start: step by step where single things were moved, else as one whole."""
    if not talk.steps and found is None:
        raise NotUnderstood("what is to be restored", "", "say first what is to be moved, and then restored")
    found = found if found is not None else list(reversed(talk.moved))
    alone = [thing for thing in found if not isinstance(thing, All)]
    if talk.whole_table or len(alone) != len(found) or any(isinstance(step, Swap) for step in talk.steps):
        talk.steps.append(Restore())
        return
    for thing in alone:
        turned = 0.0 - sum(
            step.degrees for step in talk.steps if isinstance(step, (Put, Rotate)) and step.thing == thing
        )
        moved = any(isinstance(step, Put) and step.thing == thing for step in talk.steps)
        if not moved and not any(isinstance(step, Rotate) and step.thing == thing for step in talk.steps):
            raise NotUnderstood("putting back a thing that was not moved", "", "say first where it is to go")
        talk.steps.append(Put(thing, Start(thing), turned) if moved else Rotate(thing, turned))
        talk.it = thing


def _turn(parts: Sequence[Any], talk: _Talk) -> float:
    degrees, sense = None, 1.0
    for part in parts:
        value = str(part.children[0]) if part.children else ""
        match part.data:
            case "degrees":
                degrees = float(value)
            case "fraction":
                degrees = next((d for word, d in _FRACTIONS if word in value.lower()), 180.0)
            case "counterclockwise":
                sense = -1.0
    if degrees is None:
        raise NotUnderstood("by how many degrees", "a turn", "say for example: rotate the heart by 30 degrees")
    return sense * degrees


# --- places -----------------------------------------------------------------------------------------------------------


def _place(tree: Tree[Token], talk: _Talk) -> Place:
    parts = list(tree.children)
    match tree.data:
        case "to_thing":
            relation: Relation = parts[-2].data
            metres = _metres(parts[0]) if len(parts) == 3 else None
            if metres is not None and relation not in ("left", "right", "near", "far"):
                raise NotUnderstood(f"a distance together with {relation!r}", "", "try: 10 cm to the left of the bowl")
            return ToThing(relation, _thing(parts[-1], talk), metres)
        case "between":
            return Between(_thing(parts[0], talk), _thing(parts[1], talk))
        case "spot":
            found = [str(part.data) for part in parts]
            x = next((part for part in found if part in ("near", "far")), "middle")
            y = next((part for part in found if part in ("left", "right")), "middle")
            return Spot(x, y)  # type: ignore[arg-type]
        case "shift":
            distance = [part for part in parts if part.data in ("length", "a_bit")]
            way: Direction = next(part.data for part in parts if part.data not in ("length", "a_bit"))
            return Shift(way, _metres(distance[0]) if distance else SHIFT_M)
        case "free":
            return Free()
        case "pointed":
            return Pointed(_next_click(talk))
        case "where_was":
            return Start(_thing(parts[0], talk))
        case other:
            raise AssertionError(f"the grammar has a place {other} that nobody reads")


def _metres(tree: Tree[Token]) -> float:
    if tree.data == "a_bit":
        return SHIFT_M / 2
    number, unit = str(tree.children[0]), str(tree.children[1]).lower()
    return float(number) * _UNITS[unit if unit == "m" else unit[:2]]


# --- things -----------------------------------------------------------------------------------------------------------


def _things(tree: Tree[Token], talk: _Talk) -> list[Thing | All]:
    match tree.data:
        case "them":
            if not talk.moved:
                raise NotUnderstood("who 'they' are", "", "name the things")
            return list(talk.moved)
        case "everything":
            return [All("", _except(tree, talk))]
        case "every":
            words = _words(tree.children[0])
            return [All(_caption(words), _except(tree, talk))]
    found: list[Thing | All] = []
    for child in tree.children:
        words = _words(child.children[0]) if child.data == "described" and len(child.children) == 1 else []
        if child.data == "it":
            found.append(_it(talk))
        elif words and "_and_" in words[0] and len(words) == 2 and names.is_plural(words):
            # "the red and blue blocks": two of them, since a pair of colours alone is no texture.
            found += [Words(_caption([color, names.singular(words[1])])) for color in words[0].split("_and_")]
        else:
            found.append(_thing(child, talk))
    return found


def _except(tree: Tree[Token], talk: _Talk) -> tuple[Thing, ...]:
    part = next((p for p in tree.children if isinstance(p, Tree) and p.data == "except"), None)
    return tuple(_thing(child, talk) for child in part.children) if part is not None else ()


def _it(talk: _Talk) -> Thing | All:
    if talk.it is None:
        raise NotUnderstood("what 'it' is", "", "name the thing")
    return talk.it


def _thing(tree: Tree[Token], talk: _Talk) -> Thing:
    match tree.data:
        case "it":
            thing = _it(talk)
            if isinstance(thing, All):
                raise NotUnderstood("what 'it' is, of several things", "", "name the thing")
            return thing
        case "picture":
            slot = next(str(t) for t in tree.children if isinstance(t, Token) and t.type == "OBJECT")
            return Picture(slot[8:-1])
        case "in_scene":
            slot = next(str(t) for t in tree.children if isinstance(t, Token) and t.type == "SCENE")
            described = tree.children[0]
            return InScene(_caption(*[_words(child) for child in described.children]), slot[7:-1])
        case "described":
            return Words(_caption(*[_words(child) for child in tree.children]))
        case "click_slot":
            return Click(_clicked(int(str(tree.children[0])[7:-1]), talk))
        case "click" | "click_ordinal":
            ordinal = next(str(t).lower() for t in tree.children if isinstance(t, Token) and t.type == "ORDINAL")
            if tree.data == "click_ordinal" and not talk.clicks:
                raise NotUnderstood(f"which one 'the {ordinal}' is", "", "point at it with --click X,Y, or describe it")
            return Click(_clicked(talk.clicks - 1 if ordinal == "last" else _ORDINALS[ordinal], talk))
        case "click_number":
            return Click(_clicked(int(float(str(tree.children[-1]))) - 1, talk))
        case "click_next":
            return Click(_next_click(talk))
        case other:
            raise AssertionError(f"the grammar has a thing {other} that nobody reads")


def _next_click(talk: _Talk) -> int:
    talk.pointed += 1
    return _clicked(talk.pointed - 1, talk)


def _clicked(index: int, talk: _Talk) -> int:
    if not 0 <= index < talk.clicks:
        there = f"{talk.clicks} click{'s' if talk.clicks != 1 else ''}" if talk.clicks else "no click"
        raise NotUnderstood(
            f"click number {index + 1}", "", f"there is {there}; give one --click X,Y for each thing that is pointed at"
        )
    return index


def _words(tree: Tree[Token]) -> list[str]:
    return [str(token) for token in tree.children]


def _caption(words: Sequence[str], *more: Sequence[str]) -> str:
    for word in (word.lower() for part in (words, *more) for word in part):
        if word in names.CANNOT_TELL:
            said = " ".join(words).replace("_", " ")
            raise NotUnderstood(f"which one is meant by {said!r}", "", "describe it by its colour, pattern and shape")
    if words[0].lower() in names.OTHER_VERBS:
        raise NotUnderstood(" ".join(words).replace("_", " "), "", _can())
    return names.canonical(words, *more)


# --- what was not understood ------------------------------------------------------------------------------------------


def _can() -> str:
    return (
        "I can put things into, onto, beside, left or right of others or somewhere on the table, rotate them by "
        "degrees, swap two, rearrange the table to a picture, and restore; for example: put the red heart into the "
        "blue bowl, then rotate the star by 30 degrees"
    )


def _explained(text: str, error: UnexpectedInput, slots: Mapping[str, Mapping[str, Any]], clicks: int) -> NotUnderstood:
    """The longest run of whole clauses that can be understood, and what comes after it."""
    shown = lambda part: re.sub(r"<\w+:([^>]*)>", r"{\1}", part).replace("_and_", " and ").strip(" ,.;")  # noqa: E731
    ends = [m.start() for m in re.finditer(r"[,.;]| and | then ", text)]
    for end in reversed(ends):
        try:
            _grammar().parse(text[:end])
        except UnexpectedInput:
            continue
        return NotUnderstood(shown(text[end:]).removeprefix("and ").removeprefix("then "), shown(text[:end]), _can())
    return NotUnderstood(shown(text), "", _can())
