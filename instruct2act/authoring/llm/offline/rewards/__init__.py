"""A plan as a reward function in the vocabulary's words: one part for each thing that matters, and one score."""

from __future__ import annotations

from collections.abc import Sequence

from instruct2act.authoring.llm.offline.plan import (
    All,
    Click,
    Follow,
    Kind,
    Picture,
    Pile,
    Plan,
    Put,
    Rearrange,
    Restore,
    Rotate,
    StackAs,
    Step,
    Swap,
    Sweep,
    Thing,
    ToThing,
    Twist,
    Words,
)
from instruct2act.authoring.llm.offline.rewards.bindings import Bindings
from instruct2act.authoring.llm.offline.rewards.conditions import Condition, also_moved, each, moved, of_step
from instruct2act.authoring.llm.offline.saying import mentioned

_WHOLE = (Rearrange, Restore, Swap, Follow, StackAs, Pile)
"""Steps that are about more than one thing's place: with one of them, all steps are one chain."""


def reward(plan: Plan, objects: Sequence[str] = ()) -> str:
    """The source of ``reward(history, slots)``.

    Args:
        plan: what was asked.
        objects: names of what is on the table.

    Raises:
        NotUnderstood: it names something that is not there.
    """
    return _Writer(plan, objects).source()


def parts_of(plan: Plan) -> list[str]:
    """What the reward calls the part that tells of each step of a plan, where a step has one of its own."""
    writer = _Writer(plan, ())
    writer.bind()
    return [_title(of_step(writer.bound, step, plan)[0][0]) for step in plan.steps]


class _Writer:
    def __init__(self, plan: Plan, objects: Sequence[str]) -> None:
        self.plan, self.steps = plan, plan.steps
        spoken_of = (thing for step in plan.steps for thing in mentioned(step))
        told = [thing for thing in spoken_of if isinstance(thing, (Words, Picture, Click, Kind))]
        self.bound = Bindings(objects, told)
        self.parts: list[Condition] = []
        self.kept: list[Condition] = []

    def bind(self) -> None:
        """A variable for everything that the plan speaks of."""
        for step in self.steps:
            for thing in (*mentioned(step), *moved(step)):
                self.bound.bind(thing)

    def source(self) -> str:
        self.bind()
        if any(isinstance(step, _WHOLE) for step in self.steps):
            self.in_turn([part for step in self.steps for part in of_step(self.bound, step, self.plan)], "")
        else:
            chains: dict[Thing | All, list[Step]] = {}
            for step in self.steps:
                chains.setdefault(moved(step)[0], []).append(step)
            for thing, steps in chains.items():
                self.chain(thing, steps)
            # Things that go on from where they were put are chains of their own.
            if self.plan.ordered and len(chains) > 1 and all(len(steps) == 1 for steps in chains.values()):
                self.in_order(list(chains.values()))
        self.guards()
        names, lines = self.bound.names, self.bound.lines
        who = [names[thing] for step in self.steps for thing in moved(step)]
        who = list(dict.fromkeys([*who, *(more for step in self.steps for more in also_moved(step))]))
        given = ["parts"]
        self.table("parts", self.parts)
        if self.kept:
            self.table("guards", self.kept)
            given.append("guards")
        if who:
            given.append(f"tidy=undisturbed(history, {' + '.join(who)})")
        every = "{**parts, **guards}" if self.kept else "parts"
        lines.append(f'return {{"score": overall({", ".join(given)}), "parts": {every}}}')
        return "def reward(history, slots):\n" + "".join(f"    {line}\n" for line in lines)

    def table(self, name: str, rows: list[Condition]) -> None:
        """A dict of numbers by name."""
        shown = [f'    "{_title(part)}": {value},' for part, value in dict(rows).items()]
        self.bound.lines += [f"{name} = {{", *shown, "}"]

    def chain(self, thing: Thing | All, steps: list[Step]) -> None:
        """One thing's steps: where it is put, in order; how far it was turned; that it stays when only turned."""
        who = self.bound.names[thing]
        placed = [step for step in steps if not isinstance(step, (Rotate, Twist))]
        self.in_turn([part for step in placed for part in of_step(self.bound, step, self.plan)], who)
        turned = sum(step.degrees for step in steps if isinstance(step, (Put, Rotate)))
        if turned:
            self.parts.append((f"{who} turned", each(self.bound, thing, f"rotated_by(history, WHO, {turned:g})")))
        turns = [part for step in steps if isinstance(step, Twist) for part in of_step(self.bound, step, self.plan)]
        if not placed:
            if not turned and not turns:
                turns = [part for step in steps for part in of_step(self.bound, step, self.plan)]
            self.kept.append((f"{who} stays", each(self.bound, thing, "stays(history, WHO)")))
        self.in_turn(turns, who)

    def in_turn(self, stages: list[Condition], who: str) -> None:
        """Conditions that come true one after the other, the last of them at the end."""
        if len(stages) < 2:
            self.parts += [(name, value.replace("{at}", "")) for name, value in stages]
            return
        reached = f"{who}_reached" if who else "reached"
        self.bound.lines.append(f"{reached} = in_order(history, [")
        self.bound.lines += [f"    lambda at: {value.replace('{at}', ', at=at')}," for _, value in stages]
        self.bound.lines.append("])")
        self.parts += [(f"{place}. {name}", f"{reached}[{place - 1}]") for place, (name, _) in enumerate(stages, 1)]

    def in_order(self, chains: list[list[Step]]) -> None:
        """What different things were put first, then, finally: their places come true in this order."""
        firsts = [of_step(self.bound, steps[0], self.plan)[0] for steps in chains]
        stages = ", ".join(f"lambda at: {value.replace('{at}', ', at=at')}" for _, value in firsts)
        self.parts.append(("in this order", f"min(in_order(history, [{stages}]))"))

    def guards(self) -> None:
        """Nothing else may get into what things are put or swept into, and no line may be touched."""
        names = self.bound.names
        into: dict[str, list[str]] = {}
        for step in self.steps:
            match step:
                case Put(thing, ToThing("inside" | "at", other)) if not _mixed(self.steps):
                    into.setdefault(names[other], []).append(names[thing])
                case Sweep(things, other, limit):
                    line = names[limit] if limit is not None else "[]"
                    value = f"nothing_else_swept_into(history, {names[things]}, {names[other]}, {line})"
                    self.kept.append((f"nothing else in {names[other]}", value))
                    self.kept.append((f"{names[things]} on the table", f"never_left(history, {names[things]})"))
                    if limit is not None:
                        value = f"never_touched(history, {names[things]}, {line})"
                        self.kept.append((f"{names[limit]} not touched", value))
        # What was put on a thing that lies in there is in there too.
        named = " + ".join(dict.fromkeys(name for who in into.values() for name in who))
        for where in into:
            self.kept.append((f"nothing else in {where}", f"nothing_else_in(history, {named}, {where})"))


def _title(part: str) -> str:
    """A part's name, made of variables, for people."""
    return part.replace("_", " ")


def _mixed(steps: Sequence[Step]) -> bool:
    """Whether things go to and fro, so that what is where says little."""
    return any(isinstance(step, _WHOLE) for step in steps)
