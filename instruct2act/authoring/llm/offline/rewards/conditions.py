"""Conditions: a name, and an expression in which ``{at}`` stands for the moment and ``WHO`` for the thing."""

from __future__ import annotations

from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Follow,
    Free,
    Pile,
    Place,
    Plan,
    Pointed,
    Put,
    Rearrange,
    Restore,
    Rotate,
    Shift,
    Spot,
    StackAs,
    Start,
    Step,
    Swap,
    Sweep,
    Thing,
    ToThing,
    Twist,
)
from instruct2act.authoring.llm.offline.rewards.bindings import Bindings

Condition = tuple[str, str]

_RELATIONS = {
    "inside": "inside", "on": "on_top", "at": "on_top", "beside": "near", "left": "left_of", "right": "right_of",
    "near": "near_side_of", "far": "far_side_of",
}  # fmt: skip


def of_step(bound: Bindings, step: Step, plan: Plan) -> list[Condition]:
    """What has to be so after a step, one condition after the other."""
    match step:
        case Put(thing, place):
            return [_of_place(bound, thing, place)]
        case Rotate(thing, degrees):
            return [
                (f"{bound.names[thing]} turned", each(bound, thing, f"rotated_by(history, WHO, {degrees:g}{{at}})"))
            ]
        case Twist(thing, pairs):
            before, after = (", ".join(f'slots["{pair[k]}"]' for pair in pairs) for k in (0, 1))
            bound.lines.append(f"degrees = turn_shown([{before}], [{after}])")
            return [(f"{bound.names[thing]} turned", each(bound, thing, "rotated_by(history, WHO, degrees{at})"))]
        case Rearrange(slot):
            return [(f"as in {slot}", f'as_in(history, slots["{slot}"]{{at}})')]
        case Restore():
            scene = next((s.slot for s in plan.steps if isinstance(s, Rearrange)), None)
            which = f'[state["id"] for state in slots["{scene}"]]' if scene else "[a for a in all_ids(history)]"
            return [("restored", f"all_of([returned(history, [a]{{at}}) for a in {which}])")]
        case Swap(first, second):
            a, b = bound.names[first], bound.names[second]
            value = f"all_of([at_start_of(history, {a}, {b}{{at}}), at_start_of(history, {b}, {a}{{at}})])"
            return [(f"{a} and {b} swapped", value)]
        case Follow(frames, thing):
            who = bound.names[thing] if thing is not None else f"moving([{_slots(frames)}])"
            return [(f"as in {f}", f'placed_as_in(history, {who}, slots["{f}"]{{at}})') for f in frames[1:]]
        case StackAs(frames):
            return [(f"stacked as in {f}", f'stacked_as_in(history, slots["{f}"]{{at}})') for f in frames[1:]]
        case Pile(things):
            return [(f"{bound.names[things]} piled", f"piled(history, {bound.names[things]}{{at}})")]
        case Sweep(things, into, limit, rule):
            one = f"swept_into(history, WHO, {bound.names[into]}{{at}})"
            if limit is not None and rule == "beyond":
                one = f"min({one}, short_of(history, WHO, {bound.names[limit]}{{at}}))"
            return [(f"{bound.names[things]} swept into {bound.names[into]}", each(bound, things, one))]


def moved(step: Step) -> tuple[Thing | All, ...]:
    """What a step moves, as far as it names it."""
    match step:
        case Put(thing, _) | Rotate(thing, _) | Twist(thing, _) | Pile(thing) | Sweep(thing, _):
            return (thing,)
        case Swap(first, second):
            return first, second
        case Follow(_, thing) if thing is not None:
            return (thing,)
    return ()


def also_moved(step: Step) -> list[str]:
    """What it moves besides, as expressions."""
    match step:
        case Follow(frames, None) | StackAs(frames):
            return [f"moving([{_slots(frames)}])"]
    return []


def each(bound: Bindings, thing: Thing | All, value: str) -> str:
    """The condition of one thing, or of each of several."""
    who = bound.names[thing]
    match thing:
        case All(count=None):
            return f"all_of([{value.replace('WHO', '[a]')} for a in {who}])"
        case All(count=count):
            return f"exactly({count}, [{value.replace('WHO', '[a]')} for a in {who}])"
    return value.replace("WHO", who)


def _of_place(bound: Bindings, thing: Thing | All, place: Place) -> Condition:
    who, names = bound.names[thing], bound.names
    match place:
        case ToThing(relation, other, metres) if metres is not None:
            name = f"{who} {metres * 100:g} cm {relation} of {names[other]}"
            value = f'at_distance(history, WHO, {names[other]}, "{relation}", {metres:g}{{at}})'
        case ToThing(relation, other):
            word = _RELATIONS[relation]
            name = f"{who} {word.replace('_', ' ')} {names[other]}"
            value = f"{word}(history, WHO, {names[other]}{{at}})"
        case Between(first, second):
            name = f"{who} between {names[first]} and {names[second]}"
            value = f"between(history, WHO, {names[first]}, {names[second]}{{at}})"
        case Spot(along_x, along_y):
            part = " ".join(dict.fromkeys(word for word in (along_x, along_y) if word != "middle")) or "middle"
            name, value = f"{who} at the {part}", f'in_part(history, WHO, "{part}"{{at}})'
        case Shift(direction, metres):
            name = f"{who} moved {direction}"
            value = f'shifted(history, WHO, "{direction}", {metres:g}{{at}})'
        case Free():
            name = f"{who} on the table"
            value = "all_of([on_table(history, WHO{at}), moved(history, WHO{at})])"
        case Pointed(index):
            x, y = (f'slots["spot_{index + 1}"][{k}]' for k in (0, 1))
            name, value = f"{who} at click {index + 1}", f"at_spot(history, WHO, {x}, {y}{{at}})"
        case Start(other) if other == thing:
            name, value = f"{who} back", "returned(history, WHO{at})"
        case Start(other):
            name, value = f"{who} where {names[other]} was", f"at_start_of(history, WHO, {names[other]}{{at}})"
    return name, each(bound, thing, value)


def _slots(frames: tuple[str, ...]) -> str:
    return ", ".join(f'slots["{frame}"]' for frame in frames)
