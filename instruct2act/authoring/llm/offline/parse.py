"""English to a plan: what the words say (a lark grammar), then what they refer to ("it", "the second one", clicks)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

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
)
from instruct2act.authoring.llm.offline.prepare import NotUnderstood, prepare

Node: TypeAlias = Any
"""A lark Tree; its children are Trees and Tokens."""

SHIFT_M = 0.10
"""How far "to the left" is when nobody says how far; "a bit" is half of it."""

_UNITS = {"mm": 0.001, "mi": 0.001, "cm": 0.01, "ce": 0.01, "in": 0.0254, "m": 1.0, "me": 1.0}
_FRACTIONS = (("three", 270.0), ("3", 270.0), ("quarter", 90.0), ("full", 360.0), ("complete", 360.0), ("whole", 360.0))
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_DIGITS = ("1st", "2nd", "3rd", "4th", "5th")


@dataclass
class _Talk:
    """What has been said so far."""

    clicks: int
    it: Thing | All | None = None
    there: Thing | None = None
    """Where ``it`` was put into: "behind it" means behind the container just as well."""
    moved: list[Thing | All] = field(default_factory=list)
    whole_table: bool = False
    pointed: int = 0
    steps: list[Step] = field(default_factory=list)
    picked: Thing | All | None = None
    taken_out: bool = False


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
    except UnexpectedInput:
        raise _explained(prepared) from None
    talk = _Talk(clicks)
    for child in tree.children:
        _step(child, talk)
    if talk.picked is not None and talk.taken_out:
        # "Take the heart out of the bowl": out is what was asked for.
        talk.steps.append(Put(talk.picked, Free()))
    elif talk.picked is not None:
        raise NotUnderstood("where it goes", _shown(prepared), "say where to put it as well")
    return Plan(tuple(talk.steps), speed)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    source = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(source, parser="earley", lexer="basic")


# --- steps ------------------------------------------------------------------------------------------------------------


def _step(tree: Node, talk: _Talk) -> None:
    parts = {str(part.data): part for part in tree.children if isinstance(part, Tree)}
    match tree.data:
        case "put" | "put_too":
            if tree.data == "put_too" and not talk.steps and tree.children[0].children[0].data == "described":
                raise NotUnderstood("what is to be done", "", _can())
            found = _from(tree.children[0], parts.get("from"), talk)
            degrees = _turn(parts["turned"].children, talk) if "turned" in parts else 0.0
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
            found = _from(tree.children[0], parts.get("from"), talk)
            talk.it = talk.picked = found[0]
            talk.taken_out = "from" in parts
            if len(found) > 1:
                raise NotUnderstood("picking up several things at once", "", "name them one after the other")
        case "there_is":
            talk.it = _things(tree.children[0], talk)[0]
        case "put_together":
            _together(_things(tree.children[0], talk), talk)
        case "rotate":
            turned = [part for part in tree.children if part.data not in _THINGS]
            for thing in _things(next(part for part in tree.children if part.data in _THINGS), talk):
                talk.steps.append(Rotate(thing, _turn(turned, talk)))
                _remember(thing, talk)
        case "rearrange":
            scene = _token(tree, "SCENE")
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
            pair = [thing for thing in found if not isinstance(thing, All)]
            if len(found) != 2 or len(pair) != 2:
                raise NotUnderstood(
                    "what changes places with what", "a swap", "try: swap the red heart and the blue star"
                )
            talk.steps.append(Swap(*pair))
            talk.moved += found
        case other:
            raise AssertionError(f"the grammar has a step {other} that nobody reads")


def _from(tree: Node, where: Node | None, talk: _Talk) -> list[Thing | All]:
    """Of "the heart from the bowl": where a thing is now tells it from others of its name."""
    found = _things(tree, talk)
    if where is None or all(child.data == "it" for child in tree.children):
        return found
    place = _thing(where.children[0], talk)
    if isinstance(place, Picture) and found == [Words("object")]:
        return [place]  # "the thing in {picture}"
    return [Within(thing.text, place) if isinstance(thing, Words) else thing for thing in found]


_THINGS = ("some", "every", "everything", "them")


def _named(tree: Node, talk: _Talk) -> list[Thing | All] | None:
    """The things a restoring sentence names; None for everything."""
    part = next((p for p in tree.children if isinstance(p, Tree) and p.data in _THINGS), None)
    if part is None or part.data in ("everything", "them"):
        return None
    if part.data == "some" and len(part.children) == 1 and part.children[0].data == "it":
        return None if talk.whole_table or talk.it is None else [talk.it]
    return _things(part, talk)


def _put(found: Sequence[Thing | All], where: Node, talk: _Talk, degrees: float = 0.0) -> None:
    place = _place(where, talk)
    for thing in found:
        if isinstance(place, ToThing) and place.thing == thing:
            raise NotUnderstood("a thing that is to go to itself", "", "name two different things")
        if isinstance(thing, All) and isinstance(place, (ToThing, Start)):
            thing = replace(thing, besides=(*thing.besides, place.thing))
        talk.steps.append(Put(thing, place, degrees))
        _remember(thing, talk)
    talk.there = place.thing if isinstance(place, ToThing) and place.relation in ("inside", "on", "at") else None


def _together(found: Sequence[Thing | All], talk: _Talk) -> None:
    """Of "A, B and C next to each other": each beside the one before."""
    single = [thing for thing in found if not isinstance(thing, All)]
    if len(single) < 2 or len(single) != len(found):
        raise NotUnderstood("what goes next to what", "", "name the things: the heart and the star next to each other")
    for other, thing in itertools.pairwise(single):
        talk.steps.append(Put(thing, ToThing("beside", other)))
        _remember(thing, talk)


def _remember(thing: Thing | All, talk: _Talk) -> None:
    talk.it = thing
    if talk.picked == thing:
        talk.picked = None
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


def _place(tree: Node, talk: _Talk) -> Place:
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


def _metres(tree: Node) -> float:
    if tree.data == "a_bit":
        return SHIFT_M / 2
    number, unit = str(tree.children[0]), str(tree.children[1]).lower()
    return float(number) * _UNITS[unit if unit == "m" else unit[:2]]


# --- things -----------------------------------------------------------------------------------------------------------


def _things(tree: Node, talk: _Talk) -> list[Thing | All]:
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


def _except(tree: Node, talk: _Talk) -> tuple[Thing, ...]:
    part = next((p for p in tree.children if isinstance(p, Tree) and p.data == "except"), None)
    return tuple(_thing(child, talk) for child in part.children) if part is not None else ()


def _it(talk: _Talk) -> Thing | All:
    if talk.it is None:
        raise NotUnderstood("what 'it' is", "", "name the thing")
    return talk.it


def _thing(tree: Node, talk: _Talk) -> Thing:
    match tree.data:
        case "it":
            thing = talk.there or _it(talk)
            if isinstance(thing, All):
                raise NotUnderstood("what 'it' is, of several things", "", "name the thing")
            return thing
        case "picture":
            slot = _token(tree, "OBJECT")
            return Picture(slot[8:-1])
        case "in_scene":
            slot = _token(tree, "SCENE")
            described = tree.children[0]
            return InScene(_caption(*[_words(child) for child in described.children]), slot[7:-1])
        case "described":
            return Words(_caption(*[_words(child) for child in tree.children]))
        case "click_slot":
            return Click(_clicked(int(str(tree.children[0])[7:-1]), talk))
        case "click" | "click_ordinal":
            ordinal = str(_token(tree, "ORDINAL")).lower()
            if tree.data == "click_ordinal" and not talk.clicks:
                raise NotUnderstood(f"which one 'the {ordinal}' is", "", "point at it with --click X,Y, or describe it")
            return Click(_clicked(talk.clicks - 1 if ordinal == "last" else _place_of(ordinal), talk))
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


def _place_of(ordinal: str) -> int:
    return (_ORDINALS if ordinal in _ORDINALS else _DIGITS).index(ordinal)


def _token(tree: Node, kind: str) -> str:
    return next(str(child) for child in tree.children if isinstance(child, Token) and child.type == kind)


def _words(tree: Node) -> list[str]:
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


def _explained(text: str) -> NotUnderstood:
    """The longest run of whole clauses that can be understood, and what comes after it."""
    ends = [m.start() for m in re.finditer(r"[,.;]| and | then ", text)]
    for end in reversed(ends):
        try:
            _grammar().parse(text[:end])
        except UnexpectedInput:
            continue
        rest = _shown(text[end:])
        return NotUnderstood(rest.removeprefix("and ").removeprefix("then "), _shown(text[:end]), _can())
    return NotUnderstood(_shown(text), "", _can())


def _shown(part: str) -> str:
    """A part of the prepared text as the person wrote it."""
    return re.sub(r"<\w+:([^>]*)>", r"{\1}", part).replace("_and_", " and ").strip(" ,.;")
