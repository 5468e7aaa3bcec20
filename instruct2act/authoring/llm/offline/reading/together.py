"""What is done with several things at once: sweeping them somewhere, stacking them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from instruct2act.authoring.llm.offline.plan import All, Free, Pile, Put, Shift, Spot, Sweep, Thing, ToThing, Words
from instruct2act.authoring.llm.offline.reading.places import place_of
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.reading.things import SEVERAL, Node, Talk, remember, thing_of, things_of

_NOT_PLACES = (*SEVERAL, "limit")


def sweep(parts: Mapping[str, Node], talk: Talk) -> None:
    """Along the table into something, with a limit or without."""
    found = things_of(next(part for name, part in parts.items() if name in SEVERAL), talk)
    place = place_of(next(part for name, part in parts.items() if name not in _NOT_PLACES), talk)
    if (
        "limit" not in parts
        and isinstance(place, Shift | Spot | Free | ToThing)
        and (not isinstance(place, ToThing) or place.relation not in ("inside", "on", "at"))
    ):
        # "Push it to the left": where it comes to lie is what matters.
        for thing in found:
            talk.steps.append(Put(thing, place))
            remember(thing, talk)
        return
    if not isinstance(place, ToThing) or place.relation not in ("inside", "on", "at"):
        raise NotUnderstood(
            "sweeping to a place that is no thing", "", "say what to sweep into: sweep it into the frame"
        )
    limit, rule = None, "beyond"
    if "limit" in parts:
        mark, named = parts["limit"].children
        limit, rule = thing_of(named, talk), str(mark)[7:-1]
    for thing in found:
        talk.steps.append(Sweep(_swept(thing), place.thing, limit, rule))  # type: ignore[arg-type]
        remember(thing, talk)


def _swept(thing: Thing | All) -> All:
    """Things to sweep are looked for among all that look so: one of them may be there already."""
    match thing:
        case All():
            return thing
        case Words(text):
            return All(text, count=1)
        case _:
            return All(like=thing, count=1)


def pile(found: Sequence[Thing | All], talk: Talk) -> None:
    """Several things of one description in any order, or those named, from the lowest to the highest."""
    match found:
        case [All() as things]:
            talk.steps.append(Pile(things))
            remember(things, talk)
        case [_, _, *_] if not any(isinstance(thing, All) for thing in found):
            for below, thing in itertools.pairwise(found):
                talk.steps.append(Put(thing, ToThing("on", below)))  # type: ignore[arg-type]
                remember(thing, talk)
        case _:
            raise NotUnderstood("on what it goes", "stacking", "try: stack the three hearts")
