"""Reward functions are tried before use, on outcomes that are made up from the table as it is at the start."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from instruct2act.sandbox import Failure, Score
from instruct2act.sandbox.errors import Problem
from skills.types import Action, Event, Moment, ObjectState, Pose

History = Sequence[Moment]
Scores = Callable[[Sequence[History]], Sequence[Score | Failure]]
"""Scores of several episodes, one call of the function after the other; none after the first failure."""

HANDFUL = 24
"""Outcomes that every function is tried on; the others are for one that scores all of these alike."""
_AGAIN = 4
"""Every so many outcomes one is tried again, its objects listed the other way round."""
_SAME, _DIFFERENT = 1e-9, 1e-6
_BY_ORDER = "the score depends on the order in which objects are listed, or on earlier calls; look them up by id"

_At = tuple[float, float, float, int | None]
"""x, y, yaw and what it lies on."""


def problems(scores: Scores, objects: Sequence[ObjectState], slots: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a reward function; nothing, mostly.

    It fails; gives no number in [0, 1], another one when asked again or when the objects are listed in another order;
    or the same for every made-up outcome.

    Args:
        scores: asks it.
        objects: the table at the start.
        slots: what the instruction's slots are bound to.
    """
    outcomes = made_up(objects, slots)
    few, more = outcomes[:HANDFUL], outcomes[HANDFUL:]
    turned = [[replace(moment, objects=moment.objects[::-1]) for moment in history] for history in few[::_AGAIN]]
    found = _numbers(scores, [*few, *turned])
    if isinstance(found, Problem):
        return [found]
    forth, back = found[: len(few)], found[len(few) :]
    if any(abs(a - b) > _SAME for a, b in zip(forth[::_AGAIN], back)):
        return [Problem("api", _BY_ORDER)]
    if max(forth) - min(forth) < _DIFFERENT and more:
        rest = _numbers(scores, more)
        if isinstance(rest, Problem):
            return [rest]
        forth += rest
    if max(forth) - min(forth) < _DIFFERENT:
        return [Problem("api", f"the score is {forth[0]:g} whatever becomes of the objects; look at the last entry")]
    return []


def _numbers(scores: Scores, episodes: Sequence[History]) -> list[float] | Problem:
    found: list[float] = []
    for result in scores(episodes):
        if isinstance(result, Failure):
            told = f"{result.type}: {result.message}"
            return Problem(result.stage, told, result.line, result.column, result.source_line)
        found.append(result.score)
    return found


def made_up(objects: Sequence[ObjectState], slots: Mapping[str, Any]) -> list[list[Moment]]:
    """Outcomes to try a reward function on, the most telling ones first.

    Nothing done; each scene of the slots reached, and left again; everything that can happen on the way; each thing
    onto each other's place, turned, moved aside.
    """
    start = Moment(None, tuple(objects))
    outcomes = [[start]]
    for states in slots.values():
        if isinstance(states, (list, tuple)) and states and not isinstance(states[0], (int, float)):
            reached = _after(start, dict(map(_shown, states)))
            outcomes += [[start, reached], [start, reached, replace(start, action=reached.action)]]
    outcomes += [[start, _eventful(start)]] if objects else []
    # Of every thing one, then of every thing another one: the first few have some of each kind.
    by_thing = [_moves(thing, objects) for thing in objects]
    for moves in itertools.zip_longest(*by_thing):
        outcomes += [
            [start, _after(start, {thing.id: move})] for thing, move in zip(objects, moves) if move is not None
        ]
    return outcomes


def _moves(thing: ObjectState, objects: Sequence[ObjectState]) -> list[_At]:
    """Onto each other thing's place, turned, aside: some of each in turn."""
    pose = thing.pose
    onto: list[_At] = [(o.pose.x, o.pose.y, pose.yaw, o.id) for o in objects if o.id != thing.id]
    turned: list[_At] = [(pose.x, pose.y, pose.yaw + angle, None) for angle in (math.pi / 6, -math.pi / 6)]
    aside: list[_At] = []
    for way, reach in itertools.product(((0, -1), (0, 1), (-1, 0), (1, 0)), (0.05, 0.35)):
        x, y = pose.x + reach * way[0], pose.y + reach * way[1]
        aside.append((min(0.72, max(0.28, x)), min(0.47, max(-0.47, y)), pose.yaw, None))
    mixed = itertools.chain.from_iterable(itertools.zip_longest(onto, turned, aside))
    return [move for move in mixed if move is not None]


def _shown(state: Any) -> tuple[int, _At]:
    """A scene's object state, or its plain dict, as where that thing goes."""
    if isinstance(state, ObjectState):
        return state.id, (state.pose.x, state.pose.y, state.pose.yaw, state.on)
    pose = state["pose"]
    return state["id"], (pose["x"], pose["y"], pose["yaw"], state["on"])


def _eventful(start: Moment) -> Moment:
    """Nothing moved, and one event of each kind, those of two things between the first and every other."""
    first, *others = start.objects
    events = [Event("touched", first.id, other.id) for other in others]
    events += [Event("dropped", first.id), Event("left_table", first.id)]
    return replace(_after(start, {}), events=tuple(events))


def _after(start: Moment, moved: Mapping[int, _At]) -> Moment:
    states = []
    for state in start.objects:
        if state.id in moved:
            x, y, yaw, on = moved[state.id]
            turn, pose = yaw - state.pose.yaw, state.pose
            cos, sin = math.cos(turn), math.sin(turn)
            rings = tuple(
                tuple(
                    (x + cos * (u - pose.x) - sin * (v - pose.y), y + sin * (u - pose.x) + cos * (v - pose.y))
                    for u, v in ring
                )
                for ring in state.footprint
            )
            state = replace(state, pose=Pose(x, y, pose.z, yaw), footprint=rings, on=on)
        states.append(state)
    return Moment(Action("pick_place", Pose(0.5, 0.0), Pose(0.5, 0.1)), tuple(states))
