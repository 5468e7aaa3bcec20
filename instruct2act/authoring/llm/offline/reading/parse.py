"""English to a plan: what the words say (a lark grammar), then what they refer to ("it", "the second one", clicks)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Tree
from lark.exceptions import UnexpectedInput

from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Direction,
    Free,
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
    Swap,
    Thing,
    ToThing,
)
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood, prepare
from instruct2act.authoring.llm.offline.reading.things import (
    CAN,
    Node,
    Talk,
    it_of,
    next_click,
    shown,
    taken_from,
    thing_of,
    things_of,
    token,
)

SHIFT_M = 0.10
"""How far "to the left" is when nobody says how far; "a bit" is half of it."""

_UNITS = {"mm": 0.001, "mi": 0.001, "cm": 0.01, "ce": 0.01, "in": 0.0254, "m": 1.0, "me": 1.0}
_FRACTIONS = (("three", 270.0), ("3", 270.0), ("quarter", 90.0), ("full", 360.0), ("complete", 360.0), ("whole", 360.0))


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
    talk = Talk(clicks)
    for child in tree.children:
        _step(child, talk)
    if talk.picked is not None and talk.taken_out:
        # "Take the heart out of the bowl": out is what was asked for.
        talk.steps.append(Put(talk.picked, Free()))
    elif talk.picked is not None:
        raise NotUnderstood("where it goes", shown(prepared), "say where to put it as well")
    return Plan(tuple(talk.steps), speed)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    source = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(source, parser="earley", lexer="basic")


# --- steps ------------------------------------------------------------------------------------------------------------


def _step(tree: Node, talk: Talk) -> None:
    parts = {str(part.data): part for part in tree.children if isinstance(part, Tree)}
    match tree.data:
        case "put" | "put_too":
            if tree.data == "put_too" and not talk.steps and tree.children[0].children[0].data == "described":
                raise NotUnderstood("what is to be done", "", CAN)
            found = taken_from(tree.children[0], parts.get("from"), talk)
            degrees = _turn(parts["turned"].children, talk) if "turned" in parts else 0.0
            where = next(
                part for part in tree.children[1:] if isinstance(part, Tree) and part.data not in ("turned", "from")
            )
            _put(found, where, talk, degrees)
        case "put_at":
            degrees = _turn(parts["turned"].children, talk) if "turned" in parts else 0.0
            _put(things_of(tree.children[1], talk), tree.children[0], talk, degrees)
        case "put_again":
            _put([it_of(talk)], tree.children[0], talk)
        case "into_too":
            talk.steps.append(Put(it_of(talk), ToThing("inside", thing_of(tree.children[0], talk))))
        case "pick":
            found = taken_from(tree.children[0], parts.get("from"), talk)
            talk.it = talk.picked = found[0]
            talk.taken_out = "from" in parts
            if len(found) > 1:
                raise NotUnderstood("picking up several things at once", "", "name them one after the other")
        case "there_is":
            talk.it = things_of(tree.children[0], talk)[0]
        case "put_together":
            _together(things_of(tree.children[0], talk), talk)
        case "rotate":
            turned = [part for part in tree.children if part.data not in _THINGS]
            for thing in things_of(next(part for part in tree.children if part.data in _THINGS), talk):
                talk.steps.append(Rotate(thing, _turn(turned, talk)))
                _remember(thing, talk)
        case "rearrange":
            scene = token(tree, "SCENE")
            talk.steps.append(Rearrange(scene[7:-1]))
            talk.whole_table, talk.it = True, None
        case "restore":
            _restore(_named(tree, talk), talk)
        case "swap":
            found = [
                thing
                for part in tree.children
                for thing in (things_of(part, talk) if part.data in _THINGS else [thing_of(part, talk)])
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


_THINGS = ("some", "every", "everything", "them")


def _named(tree: Node, talk: Talk) -> list[Thing | All] | None:
    """The things a restoring sentence names; None for everything."""
    part = next((p for p in tree.children if isinstance(p, Tree) and p.data in _THINGS), None)
    if part is None or part.data in ("everything", "them"):
        return None
    if part.data == "some" and len(part.children) == 1 and part.children[0].data == "it":
        return None if talk.whole_table or talk.it is None else [talk.it]
    return things_of(part, talk)


def _put(found: Sequence[Thing | All], where: Node, talk: Talk, degrees: float = 0.0) -> None:
    place = _place(where, talk)
    for thing in found:
        if isinstance(place, ToThing) and place.thing == thing:
            raise NotUnderstood("a thing that is to go to itself", "", "name two different things")
        if isinstance(thing, All) and isinstance(place, (ToThing, Start)):
            thing = replace(thing, besides=(*thing.besides, place.thing))
        talk.steps.append(Put(thing, place, degrees))
        _remember(thing, talk)
    talk.there = place.thing if isinstance(place, ToThing) and place.relation in ("inside", "on", "at") else None


def _together(found: Sequence[Thing | All], talk: Talk) -> None:
    """Of "A, B and C next to each other": each beside the one before."""
    single = [thing for thing in found if not isinstance(thing, All)]
    if len(single) < 2 or len(single) != len(found):
        raise NotUnderstood("what goes next to what", "", "name the things: the heart and the star next to each other")
    for other, thing in itertools.pairwise(single):
        talk.steps.append(Put(thing, ToThing("beside", other)))
        _remember(thing, talk)


def _remember(thing: Thing | All, talk: Talk) -> None:
    talk.it, talk.there = thing, None
    if talk.picked == thing:
        talk.picked = None
    if thing not in talk.moved:
        talk.moved.append(thing)


def _restore(found: list[Thing | All] | None, talk: Talk) -> None:
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


def _turn(parts: Sequence[Any], talk: Talk) -> float:
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


def _place(tree: Node, talk: Talk) -> Place:
    parts = list(tree.children)
    match tree.data:
        case "to_thing":
            relation: Relation = parts[-2].data
            metres = _metres(parts[0]) if len(parts) == 3 else None
            if metres is not None and relation not in ("left", "right", "near", "far"):
                raise NotUnderstood(f"a distance together with {relation!r}", "", "try: 10 cm to the left of the bowl")
            return ToThing(relation, thing_of(parts[-1], talk), metres)
        case "between":
            return Between(thing_of(parts[0], talk), thing_of(parts[1], talk))
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
            return Pointed(next_click(talk))
        case "where_was":
            return Start(thing_of(parts[0], talk))
        case other:
            raise AssertionError(f"the grammar has a place {other} that nobody reads")


def _metres(tree: Node) -> float:
    if tree.data == "a_bit":
        return SHIFT_M / 2
    number, unit = str(tree.children[0]), str(tree.children[1]).lower()
    return float(number) * _UNITS[unit if unit == "m" else unit[:2]]


# --- what was not understood ------------------------------------------------------------------------------------------


def _explained(text: str) -> NotUnderstood:
    """The longest run of whole clauses that can be understood, and what comes after it."""
    ends = [m.start() for m in re.finditer(r"[,.;]| and | then ", text)]
    for end in reversed(ends):
        try:
            _grammar().parse(text[:end])
        except UnexpectedInput:
            continue
        rest = shown(text[end:])
        return NotUnderstood(rest.removeprefix("and ").removeprefix("then "), shown(text[:end]), CAN)
    return NotUnderstood(shown(text), "", CAN)
