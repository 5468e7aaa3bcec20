"""Which ids a thing may be: a variable of the reward function for each thing that an instruction speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from keyword import kwlist

from instruct2act.authoring import vocabulary
from instruct2act.authoring.llm.offline.plan import (
    All,
    Click,
    InScene,
    Kind,
    Lesson,
    Most,
    Neighbor,
    Picture,
    Thing,
    Within,
    Words,
)
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood
from instruct2act.authoring.llm.offline.saying import OUTERMOST
from instruct2act.authoring.vocabulary.words import every, find_among

_TAKEN = frozenset(["history", "slots", "parts", "guards", "reached", "at", "a", "math", *kwlist, *vocabulary.names()])


class Bindings:
    """Variables for things, and the lines that set them.

    Attributes:
        names: thing -> variable.
        lines: of the function, so far.
        objects: names of what is on the table; nothing is known of it when empty.

    Args:
        objects: those names.
        told: the things spoken of that a description or a picture tells; "the largest thing" is none of them.
    """

    def __init__(self, objects: Sequence[str], told: Sequence[Thing] = ()) -> None:
        self.names: dict[Thing | All, str] = {}
        self.lines: list[str] = []
        self.objects = objects
        self._told = told

    def bind(self, thing: Thing | All) -> str:
        """A variable with the ids that a thing may be.

        Raises:
            NotUnderstood: nothing on the table is called so.
        """
        if thing in self.names:
            return self.names[thing]
        wanted, value = self._value(thing)
        base = re.sub(r"\W+", "_", wanted.lower()).strip("_") or "thing"
        base = base if base[0].isalpha() and base not in _TAKEN else f"the_{base}"
        taken = set(self.names.values())
        name = next(name for name in (base, *(f"{base}_{k}" for k in range(2, 99))) if name not in taken)
        self.names[thing] = name
        self.lines.append(f"{name} = {value}")
        return name

    def _value(self, thing: Thing | All) -> tuple[str, str]:
        """What to call a variable, and its value."""
        match thing:
            case Picture(slot) | Kind(slot):
                return slot, f'slots["{slot}"]'
            case Click(index):
                return f"click_{index + 1}", f'slots["click_{index + 1}"]'
            case Words(text):
                return text, f'find(history, "{self._there(text)}")'
            case InScene(text, slot):
                return text, f'find_among(slots["{slot}"], "{text}")'
            case Within(text, where):
                near = self.bind(where)
                among = f'find(history, "{self._there(text)}")'
                among = f"[a for a in {among} if a not in {near}]" if thing.mistakable else among
                return text, f"closest_to(history, {among}, {near})"
            case Most(of, "left" | "right" | "near" | "far" as side):
                return f"{OUTERMOST[side]}_{self.bind(of)}", self._most(self._others(of), side, True)
            case Most(of, attribute, more):
                return "the_most" if more else "the_least", self._most(self._others(of), attribute, more)
            case Neighbor(of, side):
                return f"beside_{self.bind(of)}", f'neighbor(history, {self.bind(of)}, "{side}")'
            case All():
                return self._all(thing)

    def _others(self, of: Words | Kind) -> str:
        """The ids of things so described; of "the largest thing", of all that nothing else in the plan names."""
        among = self.bind(of)
        told = [self.bind(thing) for thing in self._told if thing != of] if of == Words("object") else []
        return f"[a for a in {among} if a not in {' + '.join(dict.fromkeys(told))}]" if told else among

    def _most(self, among: str, attribute: str | Lesson, more: bool) -> str:
        if isinstance(attribute, str):
            return f'most(history, {among}, "{attribute}", {more})'
        first, second = (", ".join(f'slots["{pair[k]}"]' for pair in attribute.pairs) for k in (0, 1))
        return f"meant(history, {among}, [{first}], [{second}], {more})"

    def _all(self, things: All) -> tuple[str, str]:
        kept = " + ".join(self.bind(other) for other in things.besides) or "[]"
        match things:
            case All(like=None, text=text, count=count):
                self._there(text, count or 1)
                return f"all {text}" if text else "all the rest", f'every(history, "{text}", {kept})'
            case All(like=Picture() as like, aspect="identity", text=""):
                return f"all_{self.bind(like)}", self.bind(like)
        assert things.like is not None
        value = f'alike(history, {self.bind(things.like)}, "{things.aspect}", {kept})'
        if things.text:
            value = f'[a for a in {value} if a in every(history, "{things.text}", {kept})]'
        return f"{things.aspect}_of_{self.names[things.like]}", value

    def _there(self, text: str, count: int = 1) -> str:
        """A description of something that is there, as far as anybody knows; of so many things, if more than one."""
        known = [{"id": k, "name": name, "texture": ""} for k, name in enumerate(self.objects)]
        fit = every([{"objects": known}], text, []) if count > 1 else find_among(known, text)
        if known and text and len(fit) < count:
            hint = f"name what is there: {', '.join(self.objects)}"
            many = f"{count} {text}s: there are {len(fit)}" if count > 1 else f"the {text}: there is none"
            raise NotUnderstood(f"{many} on the table", "", hint)
        return text
