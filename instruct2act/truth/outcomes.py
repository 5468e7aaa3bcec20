"""The outcomes that a reward is tried on: what should pass, and the ways in which it may go wrong.

Each is a function of a ``Director`` that says whether it makes sense for the goal at hand. Whether the outcome is a
success is for the goal's judge to say: a near miss may fall into the bowl all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from instruct2act.truth.director import Director, another, stages_of
from sim.env import EnvSnapshot, TabletopEnv
from sim.goals import All, At, Inside, Strayed, Swept, Touched
from skills.types import Moment

Way = Callable[[Director], bool]


@dataclass(frozen=True, eq=False)
class Ending:
    """An outcome.

    Attributes:
        kind: what was meant to happen.
        history: as a reward function sees it.
        success, progress, reason: by the goal; ``reason`` is why it failed for good, or "".
        start, end: the environment before anything moved, and as it was left.
    """

    kind: str
    history: tuple[Moment, ...]
    success: bool
    progress: float
    reason: str
    start: EnvSnapshot
    end: EnvSnapshot


def endings(env: TabletopEnv, seed: int) -> Iterator[Ending]:
    """Every outcome that makes sense for the episode of a seed; the oracle's comes first."""
    env.reset(seed=seed)
    # The engine's memory of contacts is not part of a snapshot: all outcomes begin without one, the first too.
    start = env.snapshot()
    script: Director | None = None
    for number, (kind, way) in enumerate(WAYS.items()):
        env.restore(start)
        director = Director(env, np.random.default_rng([seed, number]))
        if script is None:
            director.learn()
            script = director
        else:
            director.script = script.script
            if not way(director):
                continue
        verdict = env.verdict()
        assert verdict is not None
        told = verdict.success, verdict.progress, verdict.reason
        yield Ending(kind, tuple(env.history), *told, start, env.snapshot())


# --- what should pass, and what just does -----------------------------------------------------------------------------


def _oracle(director: Director) -> bool:
    director.replay(director.script)
    return True


def _within(director: Director) -> bool:
    return _missed(director, 0.8)


def _by_a_detour(director: Director) -> bool:
    """Its first thing is put somewhere else first."""
    first = next((move.thing for move in director.script if move.thing is not None), None)
    if first is None or director.env.tool == "spatula":
        return False
    director.aside(first)
    director.replay(director.script)
    return True


def _distractor_moved(director: Director) -> bool:
    director.replay(director.script)
    if director.others:
        director.aside(director.one_of(director.others))
    return bool(director.others)


# --- what should not --------------------------------------------------------------------------------------------------


def _untouched(_: Director) -> bool:
    return True


def _random(director: Director) -> bool:
    for _ in range(int(director.rng.integers(1, 4))):
        director.aside(director.one_of(director.movable))
    return True


def _missed(director: Director, factor: float) -> bool:
    ways = [(place, off) for place in director.deliveries for off in ("place", "turn")]
    for k in director.rng.permutation(len(ways)):
        place, off = ways[int(k)]
        if director.displaced(place, factor, "turn" if off == "turn" else "place"):
            return True
    return False


def _wrong_object(director: Director) -> bool:
    """Another thing is moved in the place of one of those that are meant."""
    meant = sorted({thing for k in director.deliveries if (thing := director.script[k].thing) is not None})
    if not director.others or not meant:
        return False
    thing, other = director.one_of(meant), director.one_of(director.others)
    for move in director.script:
        swapped = another(move.part, other) if move.part is not None and move.thing == thing else None
        if swapped is not None:
            director.towards(swapped)
        else:
            director.replay([move])
    return True


def _wrong_place(director: Director) -> bool:
    """One of the right things goes where another container or nothing is."""
    for place in director.rng.permutation(director.deliveries):
        move = director.script[int(place)]
        if move.thing is None or move.to is None:
            continue
        director.replay(director.script[:place])
        part, now = move.part, director.now
        boxes = [id for id, item in now.items.items() if item.inner is not None and item.fixed]
        boxes = [id for id in boxes if isinstance(part, Inside) and id != part.container]
        if boxes and isinstance(part, Inside):
            director.towards(replace(part, container=director.one_of(boxes)))
        else:
            director.aside(move.thing)
        director.replay(director.script[place + 1 :])
        return True
    return False


def _beside(director: Director) -> bool:
    """One of the right things is set down next to where it belongs."""
    for place in director.rng.permutation(director.deliveries):
        move = director.script[int(place)]
        if move.part is None or move.thing is None or move.to is None:
            continue
        director.replay(director.script[:place])
        item, target = director.now[move.thing], move.part.target(director.now)
        if isinstance(move.part, At) and move.part.on is None:
            target = (target[0], target[1] + float(np.clip(max(item.state.size[:2]), 0.08, 0.12)))
        pose = director.beside(item, target)
        if pose is not None:
            director.carry(move.thing, pose)
        director.replay(director.script[place + 1 :])
        return pose is not None
    return False


def _knocked_out(director: Director) -> bool:
    director.replay(director.script)
    last = sorted(director.goal.stages[-1].things)
    director.aside(director.one_of(last))
    return True


def _swapped(director: Director) -> bool:
    """The first two things that are put in their places are put there in the other order."""
    if len(director.deliveries) < 2:
        return False
    first, second = director.deliveries[:2]
    moves = list(director.script)
    moves[first], moves[second] = moves[second], moves[first]
    director.replay(moves)
    return True


def _half(director: Director) -> bool:
    if len(director.deliveries) < 2:
        return False
    director.replay(director.script[: director.one_of(director.deliveries[1:])])
    return True


def _never_there(director: Director) -> bool:
    """Where the last stage is how things were: they are moved somewhere, and back."""
    stages = director.goal.stages
    if len(stages) < 2 or not stages[-1].holds(director.start):
        return False
    director.aside(director.one_of(sorted(stages[-1].things)))
    director.towards(stages[-1])
    return True


def _another_one_too(director: Director) -> bool:
    """All that is asked for, and then something that must not be."""
    swept = next((part for part in stages_of(director.goal) if isinstance(part, Swept)), None)
    banned = [fact for fact in director.goal.never if isinstance(fact, (Inside, Strayed))]
    if not banned:
        return False
    director.replay(director.script)
    fact = banned[int(director.rng.integers(len(banned)))]
    if isinstance(fact, Inside):
        director.towards(fact)
    elif swept is not None and isinstance(fact, Strayed):
        director.towards(replace(swept, thing=fact.thing))
    return True


def _over_the_line(director: Director) -> bool:
    """A block is pushed straight ahead, whatever lies on its way."""
    lines = [fact for fact in director.goal.never if isinstance(fact, Touched)]
    if not lines:
        return False
    thing = director.one_of([fact.thing for fact in lines])
    part = next(part for part in stages_of(director.goal) if isinstance(part, Swept) and part.thing == thing)
    pose, middle = director.now[thing].pose, part.zone.middle
    director.push(thing, middle, float(np.hypot(middle[0] - pose.x, middle[1] - pose.y)))
    return True


def _more_than_asked(director: Director) -> bool:
    """Where so many of several are asked for: all of them."""
    stage = next((s for s in director.goal.stages if isinstance(s, All) and s.needed < len(s.parts)), None)
    if stage is None:
        return False
    for part in stage.parts:
        director.towards(part)
    return True


WAYS: dict[str, Way] = {
    "oracle": _oracle,
    "within tolerance": _within,
    "by a detour": _by_a_detour,
    "distractor moved": _distractor_moved,
    "untouched": _untouched,
    "random": _random,
    "near miss": lambda director: _missed(director, 1.2),
    "miss": lambda director: _missed(director, 2.0),
    "wrong object": _wrong_object,
    "wrong place": _wrong_place,
    "beside": _beside,
    "knocked out": _knocked_out,
    "order swapped": _swapped,
    "half done": _half,
    "never there": _never_there,
    "another one too": _another_one_too,
    "over the line": _over_the_line,
    "more than asked": _more_than_asked,
}
"""Kind -> how it is brought about; "within tolerance", "near miss" and "miss": at 0.8, 1.2 and 2 times the goal's."""
