"""A plan as a reward function in the vocabulary's words: one part for each thing that matters, and one score."""

from __future__ import annotations

import re
from keyword import kwlist

from instruct2act.authoring import vocabulary
from instruct2act.authoring.llm.offline.plan import (
    All,
    Between,
    Click,
    Free,
    InScene,
    Picture,
    Place,
    Plan,
    Pointed,
    Put,
    Rearrange,
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
from instruct2act.authoring.llm.offline.saying import mentioned

_RELATIONS = {
    "inside": "inside", "on": "on_top", "at": "on_top", "beside": "near", "left": "left_of", "right": "right_of",
    "near": "near_side_of", "far": "far_side_of",
}  # fmt: skip
_TAKEN = frozenset(["history", "slots", "parts", "guards", "reached", "at", "a", "math", *kwlist, *vocabulary.names()])


def reward(plan: Plan) -> str:
    """The source of ``reward(history, slots)``."""
    return _Writer(plan).source()


class _Writer:
    def __init__(self, plan: Plan) -> None:
        self.steps = plan.steps
        self.names: dict[Thing | All, str] = {}
        self.lines: list[str] = []
        self.parts: list[tuple[str, str]] = []
        self.kept: list[tuple[str, str]] = []

    def source(self) -> str:
        for step in self.steps:
            for thing in (*mentioned(step), *_moved(step)):
                self.bind(thing)
        if any(isinstance(step, (Rearrange, Restore, Swap)) for step in self.steps):
            self.in_turn([self.of_step(step) for step in self.steps], "")
        else:
            chains: dict[Thing | All, list[Put | Rotate]] = {}
            for step in self.steps:
                if isinstance(step, (Put, Rotate)):
                    chains.setdefault(step.thing, []).append(step)
            for thing, steps in chains.items():
                self.chain(thing, steps)
            self.guards()
        moved = list(dict.fromkeys(self.names[thing] for step in self.steps for thing in _moved(step)))
        given = ["parts"]
        self.table("parts", self.parts)
        if self.kept:
            self.table("guards", self.kept)
            given.append("guards")
        if moved:
            given.append(f"tidy=undisturbed(history, {' + '.join(moved)})")
        every = "{**parts, **guards}" if self.kept else "parts"
        self.lines.append(f'return {{"score": overall({", ".join(given)}), "parts": {every}}}')
        return "def reward(history, slots):\n" + "".join(f"    {line}\n" for line in self.lines)

    def table(self, name: str, rows: list[tuple[str, str]]) -> None:
        self.lines += [
            f"{name} = {{",
            *(f'    "{part.replace("_", " ")}": {value},' for part, value in dict(rows).items()),
            "}",
        ]

    # --- what is what -------------------------------------------------------------------------------------------------

    def bind(self, thing: Thing | All) -> None:
        """A variable with the ids that a thing may be."""
        if thing in self.names:
            return
        match thing:
            case Picture(slot):
                wanted, value = slot, f'slots["{slot}"]'
            case Click(index):
                wanted = value = f"click_{index + 1}"
                value = f'slots["{wanted}"]'
            case Words(text):
                wanted, value = text, f'find(history, "{text}")'
            case InScene(text, slot):
                wanted, value = text, f'find_among(slots["{slot}"], "{text}")'
            case Within(text, where):
                wanted, value = text, f'closest_to(history, find(history, "{text}"), {self.names[where]})'
            case All(text, besides):
                kept = " + ".join(self.names[other] for other in besides) or "[]"
                wanted, value = f"all {text}", f'every(history, "{text}", {kept})'
        base = re.sub(r"\W+", "_", wanted.lower()).strip("_") or "thing"
        base = base if base[0].isalpha() and base not in _TAKEN else f"the_{base}"
        taken = set(self.names.values())
        name = next(name for name in (base, *(f"{base}_{k}" for k in range(2, 99))) if name not in taken)
        self.names[thing] = name
        self.lines.append(f"{name} = {value}")

    # --- conditions: a name, and an expression in which {at} stands for the moment ------------------------------------

    def of_step(self, step: Step) -> tuple[str, str]:
        match step:
            case Put(thing, place):
                return self.of_place(thing, place)
            case Rotate(thing, degrees):
                return f"{self.names[thing]} turned", self.each(thing, f"rotated_by(history, WHO, {degrees:g}{{at}})")
            case Rearrange(slot):
                return f"as in {slot}", f'as_in(history, slots["{slot}"]{{at}})'
            case Restore():
                scene = next((s.slot for s in self.steps if isinstance(s, Rearrange)), None)
                which = f'[state["id"] for state in slots["{scene}"]]' if scene else "[a for a in all_ids(history)]"
                return "restored", f"all_of([returned(history, [a]{{at}}) for a in {which}])"
            case Swap(first, second):
                a, b = self.names[first], self.names[second]
                value = f"all_of([at_start_of(history, {a}, {b}{{at}}), at_start_of(history, {b}, {a}{{at}})])"
                return f"{a} and {b} swapped", value

    def of_place(self, thing: Thing | All, place: Place) -> tuple[str, str]:
        who = self.names[thing]
        match place:
            case ToThing(relation, other, metres) if metres is not None:
                name = f"{who} {metres * 100:g} cm {relation} of {self.names[other]}"
                value = f'at_distance(history, WHO, {self.names[other]}, "{relation}", {metres:g}{{at}})'
            case ToThing(relation, other):
                word = _RELATIONS[relation]
                name = f"{who} {word.replace('_', ' ')} {self.names[other]}"
                value = f"{word}(history, WHO, {self.names[other]}{{at}})"
            case Between(first, second):
                name = f"{who} between {self.names[first]} and {self.names[second]}"
                value = f"between(history, WHO, {self.names[first]}, {self.names[second]}{{at}})"
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
                name, value = (
                    f"{who} where {self.names[other]} was",
                    f"at_start_of(history, WHO, {self.names[other]}{{at}})",
                )
        return name, self.each(thing, value)

    def each(self, thing: Thing | All, value: str) -> str:
        """The condition of one thing, or of each of several."""
        who = self.names[thing]
        if isinstance(thing, All):
            return f"all_of([{value.replace('WHO', '[a]')} for a in {who}])"
        return value.replace("WHO", who)

    # --- parts --------------------------------------------------------------------------------------------------------

    def chain(self, thing: Thing | All, steps: list[Put | Rotate]) -> None:
        """One thing's steps: where it is put, in order; how far it was turned; that it stays when only turned."""
        who = self.names[thing]
        puts = [self.of_place(step.thing, step.place) for step in steps if isinstance(step, Put)]
        self.in_turn(puts, who)
        turned = sum(step.degrees for step in steps)
        if turned:
            value = self.each(thing, f"rotated_by(history, WHO, {turned:g})")
            self.parts.append((f"{who} turned", value))
        if not puts:
            if not turned:
                turns = [self.of_step(step) for step in steps]
                self.in_turn(turns, who)
            self.kept.append((f"{who} stays", self.each(thing, "stays(history, WHO)")))

    def in_turn(self, stages: list[tuple[str, str]], who: str) -> None:
        """Conditions that come true one after the other, the last of them at the end."""
        if len(stages) < 2:
            self.parts += [(name, value.replace("{at}", "")) for name, value in stages]
            return
        reached = f"{who}_reached" if who else "reached"
        self.lines.append(f"{reached} = in_order(history, [")
        self.lines += [f"    lambda at: {value.replace('{at}', ', at=at')}," for _, value in stages]
        self.lines.append("])")
        self.parts += [(f"{place}. {name}", f"{reached}[{place - 1}]") for place, (name, _) in enumerate(stages, 1)]

    def guards(self) -> None:
        """Nothing else may get into the containers that are spoken of."""
        into: dict[str, list[str]] = {}
        for step in self.steps:
            if (
                isinstance(step, Put)
                and isinstance(step.place, ToThing)
                and step.place.relation in ("inside", "on", "at")
            ):
                into.setdefault(self.names[step.place.thing], []).append(self.names[step.thing])
        for where, who in into.items():
            named = " + ".join(dict.fromkeys(who))
            self.kept.append((f"nothing else in {where}", f"nothing_else_in(history, {named}, {where})"))


def _moved(step: Step) -> tuple[Thing | All, ...]:
    """What a step moves, as far as it names it."""
    match step:
        case Put(thing, _) | Rotate(thing, _):
            return (thing,)
        case Swap(first, second):
            return first, second
    return ()
