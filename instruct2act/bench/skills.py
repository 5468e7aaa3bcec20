"""``python -m instruct2act.bench.skills``: how often single skills are right on the tasks' scenes, by perception.

Each skill is called as a program would call it, on the tasks' own pictures and tables, and held against the simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
import typer

import skills
from instruct2act import config
from instruct2act.bench.tables import Progress, say
from instruct2act.runtime import Runtime
from sim.env import TabletopEnv
from sim.oracle import next_action
from sim.robot import SimRobot
from skills.context import Context
from skills.errors import SkillError
from skills.robots import Silent
from skills.types import TABLE, Image, Mask, ObjectState

CLOSE_M, CLOSE_DEGREES = 0.03, 15.0
"""Up to which a location and an angle count as right."""


class Table:
    """One episode's table, its skills, and what the simulator knows of it."""

    def __init__(self, env: TabletopEnv, runtime: Runtime, depth: bool) -> None:
        self.env = env
        sight = replace(runtime.config.perception.sight, depth=depth)
        self.ctx = Context(SimRobot(env), runtime.segmenter, runtime.retriever, env.instruction, sight=sight)
        self.templates = self.ctx.templates()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = skills.load()[name].function
        return lambda *args, **kwargs: function(self.ctx, *args, **kwargs)

    def look(self) -> tuple[list[Image], list[Mask]]:
        """Everything on the table."""
        image = self.GetImage()
        objs, masks = self.ImageCrop(image, self.SAM(image))
        return objs, masks

    def ids(self, masks: Sequence[Mask]) -> list[int]:
        """The simulator's id of what each mask shows most of."""
        truth = self.env.look()["top"].truth
        assert truth is not None
        found = []
        for mask in masks:
            ids, counts = np.unique(truth.segmentation[mask.array], return_counts=True)
            found.append(int(ids[counts.argmax()]))
        return found

    def states(self, slot: str) -> dict[int, ObjectState]:
        """What a scene's picture shows, by place in its list."""
        return dict(enumerate(self.env.instruction.slots[slot].states))

    def wanted(self) -> set[int]:
        """Ids of what the goal moves."""
        return set(self.env.goal.things) if self.env.goal else set()


Answers = Iterator[tuple[str, Callable[[], bool]]]
"""What was asked of which skill -> whether the answer is right; raises SkillError when the skill gave up."""


def _adjectives(table: Table) -> Answers:
    """What differs between the demonstrated things, and which of two twins has more of it."""
    more, less = ([table.templates[f"demo_{side}_obj_{k}"] for k in (1, 2, 3)] for side in ("blicker", "less_blicker"))
    world, (wanted,) = table.env.world.objects, table.wanted()
    twin = next(id for id, it in world.items() if id != wanted and it.shape is world[wanted].shape)
    taller = world[wanted].height_scale - world[twin].height_scale
    attribute = "height" if taller else "lightness"
    has_more = taller > 0 if taller else world[twin].texture.dark
    less_of_it = "Put the less " in table.env.instruction.text
    yield "Compare", lambda: _same(table.Compare(more, less), attribute=attribute, more=has_more != less_of_it)
    objs, masks = table.look()
    ids = table.ids(masks)
    asked = table.templates["dragged_obj"]
    yield "FindAll shape (gray)", lambda: {ids[i] for i in table.FindAll(objs, asked, "shape")} == {wanted, twin}
    pair = [i for i, id in enumerate(ids) if id in (wanted, twin)]
    best = max if has_more else min
    yield f"Measure {attribute}", lambda: ids[best(pair, key=lambda i: table.Measure(objs[i], attribute))] == wanted


def _twist(table: Table) -> Answers:
    for k in (1, 2, 3):
        before, after = (table.env.instruction.slots[f"{side}_twist_{k}"].states[0] for side in ("before", "after"))
        angle = -np.degrees(after.pose.yaw - before.pose.yaw)
        pair = (table.templates[f"before_twist_{k}"], table.templates[f"after_twist_{k}"])
        yield "RotationBetween", partial(lambda pair, angle: _turned(table.RotationBetween(*pair), angle), pair, angle)
    phrase = table.env.instruction.text.split("Now twist ")[1].rstrip(".")
    yield "FindAll phrase", lambda: _all(table, phrase, "identity")


def _alike(aspect: str) -> Callable[[Table], Answers]:
    def ask(table: Table) -> Answers:
        yield f"FindAll {aspect}", lambda: _all(table, table.templates["base_obj"], aspect)

    return ask


def _all(table: Table, query: str | Image, aspect: str) -> bool:
    """Whether exactly the goal's things are found, its container left out."""
    objs, masks = table.look()
    ids = table.ids(masks)
    anchors = table.env.goal.anchors if table.env.goal else frozenset()
    leave = [i for i, id in enumerate(ids) if id in anchors or id == TABLE]
    return {ids[i] for i in table.FindAll(objs, query, aspect, leave)} == table.wanted()


def _frames(table: Table) -> Answers:
    """What moved from frame to frame."""
    for one, next in pairwise(f"frame_{k}" for k in range(3)):
        before, after = table.states(one), table.states(next)
        moved = max(before, key=lambda k: _apart(before[k], after[k]))
        yield (
            "WhatMoved",
            lambda one=one, next=next, a=before[moved], b=after[moved]: _moved(  # type: ignore[misc]
                table.WhatMoved(table.templates[one], table.templates[next]), a, b
            ),
        )


def _tracked(table: Table) -> Answers:
    """Every thing known again after the oracle's first action."""
    _, masks = table.look()
    ids = table.ids(masks)
    action = next_action(table.env)
    if action is None:
        return
    table.env.carry_out(action, Silent())
    image = table.GetImage()
    for mask, id in zip(masks, ids):
        if id != TABLE:
            yield "Track", lambda mask=mask, id=id: table.ids([table.Track(mask, image)]) == [id]  # type: ignore[misc]


def _worded(table: Table) -> Answers:
    """Masks for the name of a thing: every thing that is called so, and nothing else."""
    truth = table.env.look()["top"].truth
    assert truth is not None
    image = table.GetImage()
    for asked in truth.objects.values():
        for words, fits in (
            (f"{asked.texture} {asked.name}", lambda o, a=asked: o == a),
            (f"{asked.texture} object", lambda o, a=asked: set(a.texture.split()) <= set(o.texture.split())),
        ):
            ids = {id for id, o in truth.objects.items() if fits(o)}
            kind = "whole name" if words.endswith(asked.name) else "texture"
            yield f"TextSAM {kind}", lambda w=words, ids=ids: set(table.ids(table.TextSAM(image, w))) == ids  # type: ignore[misc]


def _neighbors(table: Table) -> Answers:
    """Who stood beside the thing that is moved first."""
    side = table.env.instruction.text.split("at its ")[1].split()[0]
    goal = table.env.goal
    assert goal is not None
    (first,) = goal.stages[0].things
    (second,) = set(goal.stages[-1].things) - {first}
    _, masks = table.look()
    ids = table.ids(masks)
    yield "FindNeighbor", lambda: ids[table.FindNeighbor(ids.index(first), masks, side)] == second


CASES: Mapping[str, Callable[[Table], Answers]] = {
    "novel_adj": _adjectives,
    "twist": _twist,
    "same_texture": _alike("texture"),
    "same_shape": _alike("profile"),
    "follow_order": _frames,
    "follow_motion": _frames,
    "manipulate_old_neighbor": _neighbors,
    "rearrange": _tracked,
    "scene_understanding": _worded,
}
"""By the task whose scenes are used."""


def _same(found: Mapping[str, Any], **wanted: Any) -> bool:
    return all(found[key] == value for key, value in wanted.items())


def _turned(degrees: float, wanted: float) -> bool:
    return abs((degrees - wanted + 180) % 360 - 180) < CLOSE_DEGREES


def _apart(one: ObjectState, other: ObjectState) -> float:
    return float(np.hypot(one.pose.x - other.pose.x, one.pose.y - other.pose.y))


def _moved(found: Mapping[str, Any], before: ObjectState, after: ObjectState) -> bool:
    pairs = ((found["start"], before.pose), (found["end"], after.pose))
    return all(np.hypot(at[0] - pose.x, at[1] - pose.y) < CLOSE_M for at, pose in pairs)


app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of each task.")] = 30,
    perception: Annotated[str, typer.Option(help="default, oracle, or rules: default without aspects.")] = "default",
    depth: Annotated[bool, typer.Option(help="Whether cameras measure depth.")] = True,
    level: Annotated[str, typer.Option(help="L1 to L4; a task that is not played there is at its own first.")] = "L1",
    seed0: int = 0,
    names: Annotated[str, typer.Option(help="Tasks, by comma; all when left out.")] = "",
) -> None:
    """Prints right answers of all, a row a skill."""
    sets = [f"perception.{part}=oracle" for part in ("segmenter", "retriever")] if perception == "oracle" else []
    right: dict[str, list[bool]] = {}
    wrong: dict[str, set[int]] = {}
    chosen = {name: ask for name, ask in CASES.items() if not names or name in names.split(",")}
    steps = Progress(len(chosen) * episodes)
    with Runtime(config.load(sets=sets)) as runtime:
        if perception == "rules":
            runtime.retriever.aspects = frozenset({"identity"})
        for name, ask in chosen.items():
            import sim

            own = sim.TASKS[name].levels
            env = TabletopEnv(name, level if level in own else own[0])
            for seed in range(seed0, seed0 + episodes):
                env.reset(seed=seed)
                for kind, answer in ask(Table(env, runtime, depth)):
                    try:
                        fine = answer()
                    except SkillError:
                        fine = False
                    right.setdefault(kind, []).append(fine)
                    if not fine:
                        wrong.setdefault(kind, set()).add(seed)
                steps.step(f"{name} {seed}")
            env.close()
    say(f"\n{perception + (', depth' if depth else ', no depth'):<28}{'n':>6}{'right':>8}  wrong in seeds")
    for kind, answers in right.items():
        say(f"{kind:<28}{len(answers):>6}{np.mean(answers):>8.1%}  {sorted(wrong.get(kind, []))}")


if __name__ == "__main__":
    app()
