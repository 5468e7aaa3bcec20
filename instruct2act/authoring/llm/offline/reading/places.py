"""Where a sentence says that things go."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Direction,
    Free,
    Place,
    Pointed,
    Put,
    Relation,
    Shift,
    Spot,
    Start,
    ToThing,
)
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.reading.things import Node, Talk, next_click, thing_of

SHIFT_M = 0.10
"""How far "to the left" is when nobody says how far; "a bit" is half of it."""

_UNITS = {"mm": 0.001, "mi": 0.001, "cm": 0.01, "ce": 0.01, "in": 0.0254, "m": 1.0, "me": 1.0}


def place_of(tree: Node, talk: Talk) -> Place:
    """What a place of the grammar's tree means.

    Raises:
        NotUnderstood: it speaks of a thing that was never mentioned, or of a distance where none makes sense.
    """
    parts = list(tree.children)
    match tree.data:
        case "to_thing":
            said = str(parts[-2].data)
            relation: Relation = {"into": "inside", "onto": "on"}.get(said, said)  # type: ignore[assignment]
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
            last = talk.steps[-1] if talk.steps else None
            if not talk.clicks and isinstance(last, Put) and isinstance(last.place, ToThing):
                return last.place
            if not talk.clicks and talk.it is not None and not isinstance(talk.it, All):
                return ToThing("inside", talk.it)
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
