"""After a run: which steps of a plan are still to be done, by the parts of the author's own reward, and can be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from instruct2act.authoring import prompt
from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    InScene,
    Kind,
    Most,
    Picture,
    Place,
    Plan,
    Pointed,
    Put,
    Rearrange,
    Spot,
    Step,
    Sweep,
    Thing,
    ToThing,
    Words,
)
from instruct2act.authoring.llm.offline.rewards import parts_of
from instruct2act.repair import PASSES

_LASTING = (Words, Picture, Kind, Most, InScene)
"""Ways to say which thing is meant that mean the same one after things have moved."""


def told_of(text: str) -> dict[str, Any] | None:
    """What a message says of a run that its author looks at again; None for any other message."""
    if not text.startswith(prompt.LOOKED):
        return None
    told = json.loads(text.split("\n")[1])
    return told if isinstance(told, dict) else None


def left_of(plan: Plan, told: Mapping[str, Any]) -> Plan | None:
    """The plan without the steps that came out; None where all did, nobody knows, or doing them again would not help.

    A step that is relative to how things were (a turn, a shift, putting back) is not begun a second time.

    Args:
        plan: what was asked.
        told: {"score": …, "parts": {name: …}}, as ``repair.looked`` has it.
    """
    score, parts = told.get("score"), told.get("parts", {})
    if score is None or score >= PASSES:
        return None
    names = parts_of(plan)
    if not all(_repeatable(step) and name in parts for step, name in zip(plan.steps, names)):
        return None
    steps = tuple(step for step, name in zip(plan.steps, names) if parts[name] < PASSES)
    return replace(plan, steps=steps) if steps else None


def _repeatable(step: Step) -> bool:
    match step:
        case Put(thing, place, degrees):
            return not degrees and _lasting(thing) and _absolute(place)
        case Rearrange():
            return True
        case Sweep(things, into, limit):
            return all(_lasting(thing) for thing in (things, into, limit) if thing is not None)
    return False


def _absolute(place: Place) -> bool:
    match place:
        case ToThing(_, thing):
            return _lasting(thing)
        case Between(first, second):
            return _lasting(first) and _lasting(second)
    return isinstance(place, (Spot, Pointed))


def _lasting(thing: Thing | All) -> bool:
    if isinstance(thing, All):
        return all(_lasting(other) for other in (*thing.besides, *([thing.like] if thing.like else [])))
    return isinstance(thing, _LASTING)
