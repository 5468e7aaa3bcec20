"""What each kind of sentence asks for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lark import Tree

from instruct2act.authoring.llm.offline.plan import (
    All,
    Follow,
    Most,
    Neighbor,
    Pile,
    Place,
    Put,
    Rearrange,
    Restore,
    Rotate,
    Shift,
    Start,
    Swap,
    Sweep,
    Thing,
    ToThing,
    Twist,
    Within,
    Words,
)
from instruct2act.authoring.llm.offline.reading.imitating import follow, stack_as, twist
from instruct2act.authoring.llm.offline.reading.places import place_of
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.reading.things import (
    CAN,
    SEVERAL,
    Node,
    Talk,
    it_of,
    remember,
    taken_from,
    thing_of,
    things_of,
    token,
    tokens,
)
from instruct2act.authoring.llm.offline.reading.together import carried, moved_to, pile, sweep

_FRACTIONS = (("three", 270.0), ("3", 270.0), ("quarter", 90.0), ("full", 360.0), ("complete", 360.0), ("whole", 360.0))


def take_step(tree: Node, talk: Talk) -> None:
    """Adds what one step of the grammar's tree means to the talk's steps.

    Raises:
        NotUnderstood: it says too little, or speaks of what was never mentioned.
    """
    nudged = bool(tokens(tree, "NUDGE"))
    tree = Tree(tree.data, [part for part in tree.children if getattr(part, "type", "") != "NUDGE"])
    parts = {str(part.data): part for part in tree.children if isinstance(part, Tree)}
    match tree.data:
        case "put" | "put_too":
            if tree.data == "put_too" and not talk.steps and _is_no_move(tree):
                raise NotUnderstood("what is to be done", "", CAN)
            found = taken_from(tree.children[0], parts.get("from"), talk)
            degrees = _turn(parts["turned"].children, talk) if "turned" in parts else 0.0
            where = next(
                part for part in tree.children[1:] if isinstance(part, Tree) and part.data not in ("turned", "from")
            )
            _put(found, where, talk, degrees, nudged)
        case "put_at":
            degrees = _turn(parts["turned"].children, talk) if "turned" in parts else 0.0
            _put(things_of(tree.children[1], talk), tree.children[0], talk, degrees)
        case "put_again":
            _put([it_of(talk)], tree.children[0], talk)
        case "visit":
            moved = things_of(tree.children[0], talk)
            for place in (ToThing("at", thing_of(named, talk)) for named in tree.children[1:]):
                talk.steps += [Put(thing, place) for thing in moved]
            remember(moved[0], talk)
        case "into_too":
            named = thing_of(tree.children[0], talk)
            last = talk.steps[-1] if talk.steps else None
            alike = last.thing.thing if isinstance(last, Put) and isinstance(last.thing, Most) else None
            if isinstance(named, Neighbor):
                _put_there([named], talk)
            elif isinstance(named, Most) and named.thing == Words("object") and alike is not None:
                _put_there([replace(named, thing=alike)], talk)  # "the smallest star into the bowl, then the largest"
            else:
                at_too = isinstance(last, Put) and isinstance(last.place, ToThing) and last.place.relation == "at"
                talk.steps.append(Put(it_of(talk), ToThing("at" if at_too else "inside", named)))
        case "put_same":
            _put_there(things_of(tree.children[0], talk), talk)
        case "send" | "home":
            named, others = tree.children if tree.data == "home" else reversed(tree.children)
            container = thing_of(named, talk)
            for thing in things_of(others, talk):
                talk.steps.append(Put(_but_for(thing, container), ToThing("inside", container)))
                remember(thing, talk)
        case "fill":
            _fill(thing_of(tree.children[0], talk), tree.children[1], talk)
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
            turned = [part for part in tree.children if part.data not in SEVERAL]
            for thing in things_of(next(part for part in tree.children if part.data in SEVERAL), talk):
                talk.steps.append(Rotate(thing, _turn(turned, talk)))
                remember(thing, talk)
        case "rearrange":
            scene = token(tree, "ARRANGED")
            talk.steps.append(Rearrange(scene[10:-1]))
            talk.whole_table, talk.it = True, None
        case "restore":
            only_it = tokens(tree, "RESTORED") == ["<restored:it>"] and not talk.whole_table and talk.it is not None
            _restore([it_of(talk)] if only_it else _named(tree, talk), talk)
        case "swap":
            found = [
                thing
                for part in tree.children
                for thing in (things_of(part, talk) if part.data in SEVERAL else [thing_of(part, talk)])
            ]
            pair = [thing for thing in found if not isinstance(thing, All)]
            if len(found) != 2 or len(pair) != 2:
                raise NotUnderstood(
                    "what changes places with what", "a swap", "try: swap the red heart and the blue star"
                )
            talk.steps.append(Swap(*pair))
            talk.moved += found
        case "sweep":
            sweep(moved_to(parts, talk), talk)
        case "within":
            said = moved_to(parts, talk)
            if said.along_the_table:
                sweep(said, talk)
            else:
                _put_at(carried(said), said.place, talk)
        case "pile":
            pile(things_of(tree.children[0], talk), talk)
        case "twist" | "follow" | "stack_as":
            {"twist": twist, "follow": follow, "stack_as": stack_as}[tree.data](tree, talk)
        case other:
            raise AssertionError(f"the grammar has a step {other} that nobody reads")


def _is_no_move(tree: Node) -> bool:
    """Whether words name a thing where it may be already: "the heart in the bowl" asks for nothing by itself."""
    relation = next((part.data for part in tree.children[1].children if isinstance(part, Tree)), "")
    return tree.children[0].children[0].data == "described" and relation not in ("into", "onto")


def _named(tree: Node, talk: Talk) -> list[Thing | All] | None:
    """The things a restoring sentence names; None for everything."""
    part = next((p for p in tree.children if isinstance(p, Tree) and p.data in SEVERAL), None)
    if part is None or part.data in ("everything", "them"):
        return None
    if part.data == "some" and len(part.children) == 1 and part.children[0].data == "it":
        return None if talk.whole_table or talk.it is None else [talk.it]
    return things_of(part, talk)


def _put(found: Sequence[Thing | All], where: Node, talk: Talk, degrees: float = 0.0, nudged: bool = False) -> None:
    place = place_of(where, talk)
    if nudged and isinstance(place, Shift) and len(where.children) == 1:
        place = replace(place, metres=place.metres / 2)
    _put_at(found, place, talk, degrees)


def _put_at(found: Sequence[Thing | All], place: Place, talk: Talk, degrees: float = 0.0) -> None:
    for thing in found:
        if isinstance(place, ToThing) and place.thing == thing and isinstance(thing, Within):
            place = replace(place, thing=thing.thing)  # "the star nearest to the bowl into it"
        if isinstance(place, ToThing) and place.thing == thing:
            raise NotUnderstood("a thing that is to go to itself", "", "name two different things")
        if isinstance(place, (ToThing, Start)):
            thing = _but_for(thing, place.thing)
        talk.steps.append(Put(thing, place, degrees))
        remember(thing, talk)
    talk.there = place.thing if isinstance(place, ToThing) and place.relation in ("inside", "on", "at") else None


def _but_for(thing: Thing | All, where: Thing) -> Thing | All:
    """All of them but for where they go; what is to be "the same" without a word of what, is the same as that."""
    if not isinstance(thing, All):
        return thing
    like = where if thing.like is None and thing.aspect != "identity" else thing.like
    return replace(thing, besides=tuple(dict.fromkeys((*thing.besides, where))), like=like)


def _put_there(found: Sequence[Thing | All], talk: Talk) -> None:
    """Where the thing before was put: "and the star too"."""
    last = talk.steps[-1] if talk.steps else None
    if not isinstance(last, Put) or isinstance(last.place, (Start, Shift)):
        raise NotUnderstood("where to put what is named last", "", "say where it goes: put the heart into the bowl")
    for thing in found:
        talk.steps.append(Put(thing, last.place))
        remember(thing, talk)


def _fill(container: Thing, tree: Node, talk: Talk) -> None:
    """Of "fill the bowl with…": "it" is the bowl."""
    talk.it = container
    for thing in things_of(tree, talk):
        thing = _but_for(thing, container)
        talk.steps.append(Put(thing, ToThing("inside", container)))
        remember(thing, talk)


def _together(found: Sequence[Thing | All], talk: Talk) -> None:
    """Of "A, B and C next to each other": each beside the one before."""
    single = [thing for thing in found if not isinstance(thing, All)]
    if len(single) < 2 or len(single) != len(found):
        raise NotUnderstood("what goes next to what", "", "name the things: the heart and the star next to each other")
    for other, thing in itertools.pairwise(single):
        talk.steps.append(Put(thing, ToThing("beside", other)))
        remember(thing, talk)


def _restore(found: list[Thing | All] | None, talk: Talk) -> None:
    """Back to the start: step by step where single things were moved, else as one whole."""
    if not talk.steps and found is None:
        raise NotUnderstood("what is to be restored", "", "say first what is to be moved, and then restored")
    found = found if found is not None else list(reversed(talk.moved))
    alone = [thing for thing in found if not isinstance(thing, All)]
    if (
        talk.whole_table
        or len(alone) != len(found)
        or any(isinstance(step, (Swap, Sweep, Pile, Twist)) for step in talk.steps)
    ):
        talk.steps.append(Restore())
        return
    for thing in alone:
        turned = 0.0 - sum(
            step.degrees for step in talk.steps if isinstance(step, (Put, Rotate)) and step.thing == thing
        )
        moved = any(isinstance(step, (Put, Follow)) and step.thing == thing for step in talk.steps)
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
