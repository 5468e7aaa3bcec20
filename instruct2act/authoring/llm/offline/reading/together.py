"""What is done with several things at once: sweeping them somewhere, stacking them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from instruct2act.authoring.llm.offline.plan import (
    All,
    Free,
    Picture,
    Pile,
    Place,
    Put,
    Shift,
    Spot,
    Sweep,
    Thing,
    ToThing,
    Words,
)
from instruct2act.authoring.llm.offline.reading.places import place_of
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.reading.things import SEVERAL, Node, Talk, remember, thing_of, things_of

_NOT_PLACES = (*SEVERAL, "limit")
_LINES = re.compile(r"\b(?:line|border|boundary|wall|mark|edge|barrier)s?$")


@dataclass(frozen=True)
class Moved:
    """Things that go somewhere, perhaps with a limit on the way.

    Attributes:
        things: what goes.
        place: where to.
        limit: what they must not touch, or go beyond; None without a limit.
        rule: which of the two.
    """

    things: list[Thing | All]
    place: Place
    limit: Thing | None
    rule: Literal["beyond", "touching"]

    @property
    def along_the_table(self) -> bool:
        """Whether the limit is one of sweeping though no word says so: some of many, and a line or a picture of it."""
        lined = isinstance(self.limit, Picture) or (isinstance(self.limit, Words) and _LINES.search(self.limit.text))
        return bool(lined) and all(isinstance(thing, All) for thing in self.things)


def moved_to(parts: Mapping[str, Node], talk: Talk) -> Moved:
    """What a step's parts say of things, a place and a limit."""
    found = things_of(next(part for name, part in parts.items() if name in SEVERAL), talk)
    place = place_of(next(part for name, part in parts.items() if name not in _NOT_PLACES), talk)
    if "limit" not in parts:
        return Moved(found, place, None, "beyond")
    mark, named = parts["limit"].children
    return Moved(found, place, thing_of(named, talk), "touching" if str(mark) == "<limit:touching>" else "beyond")


def sweep(said: Moved, talk: Talk) -> None:
    """Along the table into something, with a limit or without."""
    into = isinstance(said.place, ToThing) and said.place.relation in ("inside", "on", "at")
    if said.limit is None and not into and isinstance(said.place, Shift | Spot | Free | ToThing):
        # "Push it to the left": where it comes to lie is what matters.
        for thing in said.things:
            talk.steps.append(Put(thing, said.place))
            remember(thing, talk)
        return
    if not into or not isinstance(said.place, ToThing):
        raise NotUnderstood(
            "sweeping to a place that is no thing", "", "say what to sweep into: sweep it into the frame"
        )
    for thing in said.things:
        talk.steps.append(Sweep(_swept(thing), said.place.thing, said.limit, said.rule))
        remember(thing, talk)


def carried(said: Moved) -> list[Thing | All]:
    """What is lifted and put down under a limit: it passes over all others and touches none.

    Raises:
        NotUnderstood: a limit that only what moves along the table has, or one that says no and yes.
    """
    if said.rule == "beyond":
        hint = "I keep to it where things are swept: sweep the red blocks into the frame without crossing the line"
        raise NotUnderstood("a limit not to go beyond, for what is lifted and put down", "", hint)
    if said.limit in said.things or (isinstance(said.place, ToThing) and said.limit == said.place.thing):
        raise NotUnderstood("not to touch what is to be moved, or where it goes", "", "name another thing, or none")
    assert said.limit is not None
    return [
        replace(thing, besides=(*thing.besides, said.limit)) if isinstance(thing, All) else thing
        for thing in said.things
    ]


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
