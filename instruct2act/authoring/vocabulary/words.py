"""Words for rewards: what may be so on the table, each as a number in [0, 1].

Runs in the sandbox in front of every reward function; signatures and docstrings are what an author of rewards reads.

``history`` is a list of entries ``{action, objects: [{id, name, texture, pose: {x, y, z, yaw}, size, footprint, on}],
events: [{kind, a, b}]}``: the start, then one entry after each action. ``which`` and ``where`` are lists of object
ids, any one of which will do. ``at`` is the index of the entry looked at; -1 is the end. A condition gives 0.5 or more
where a person would say that it is so, and less the further it is from that, down to 0 for no progress since the start.
x grows away from the robot (far), y to the right; metres, yaw in radians.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from instruct2act.authoring.vocabulary.geometry import (
    History,
    Ids,
    Thing,
    _apart,
    _at_pose,
    _best,
    _half,
    _ids,
    _inside,
    _linear,
    _near,
    _on_top,
    _outside,
    _period,
    _plain,
    _pose,
    _progress,
    _side,
    _thing,
    _within,
    _wrap,
)

CONTAINERS = ("bowl", "pan", "frame", "container", "pallet", "square", "three-sided rectangle", "line")
"""What other things are put into or swept to: it stays where it is unless it is named."""
DIRECTIONS = {"left": (0.0, -1.0), "right": (0.0, 1.0), "near": (-1.0, 0.0), "far": (1.0, 0.0)}


def find(history: History, words: str) -> Ids:
    """Ids of the objects that fit a description best: "red heart", "polka dot object", "object" (any)."""
    return find_among(history[0]["objects"], words)


def find_among(objects: list[Thing], words: str) -> Ids:
    """Likewise among the object states of a scene's slot."""
    asked = [word for word in _plain(words) if word not in ("object", "a", "an", "the")]
    best = 0.0
    found: Ids = []
    for thing in objects:
        name, texture = _plain(thing["name"]), _plain(thing["texture"])
        fits = sum(1.0 if word in name else 0.9 if word in texture else 0.0 for word in asked)
        # "red" is rather the plain red one than the red and yellow one, whatever it is.
        more = 0.01 * len([w for w in texture if w not in asked]) + 0.001 * len([w for w in name if w not in asked])
        score = fits - more if asked else 1.0
        if score > 0.0 and score > best - 1e-9:
            found = [thing["id"]] if score > best + 1e-9 else [*found, thing["id"]]
            best = max(best, score)
    return found


def closest_to(history: History, which: Ids, where: Ids) -> Ids:
    """The one of some objects that lay closest to others at the start."""
    pairs = [(_apart(history, a, b, 0), a) for a in which for b in where if a != b]
    return [min(pairs)[1]] if pairs else which


def all_ids(history: History) -> Ids:
    """Ids of all objects."""
    return _ids(history)


def every(history: History, words: str, besides: Ids) -> Ids:
    """Ids of all objects that a description fits, but for ``besides``: "red object", "" (all but containers)."""
    asked = [word for word in _plain(words) if word not in ("object", "a", "an", "the")]
    kept = []
    plainly = []
    for thing in history[0]["objects"]:
        known = _plain(thing["name"]) + _plain(thing["texture"])
        if not asked and thing["name"] in CONTAINERS:
            continue
        # "Red objects" are not those that are red and yellow.
        mixed = "and" in known and "and" not in asked and [word for word in asked if word in _plain(thing["texture"])]
        if thing["id"] not in besides and not mixed and not [word for word in asked if word not in known]:
            kept.append(thing["id"])
            if not [word for word in _plain(thing["texture"]) if word not in asked]:
                plainly.append(thing["id"])
    # "Green" is a texture's whole name: a green swirl is meant where nothing is plainly green.
    return plainly or kept


def inside(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """Whether a thing lies in (or on the floor of) a container, and how near it came otherwise."""
    return _best(history, which, where, at, _inside)


def on_top(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """Whether a thing lies on another one, or in it where that is a container."""
    return _best(history, which, where, at, _on_top)


def near(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """Whether a thing stands beside another one: close to it, not in or on it."""
    return _best(history, which, where, at, _near)


def left_of(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """Whether a thing stands on the left of another one (-y), close to it."""
    return _best(history, which, where, at, lambda h, a, b, i: _side(h, a, b, i, 0.0, -1.0))


def right_of(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """Likewise on its right (+y)."""
    return _best(history, which, where, at, lambda h, a, b, i: _side(h, a, b, i, 0.0, 1.0))


def near_side_of(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """Likewise in front of it, on the robot's side (-x)."""
    return _best(history, which, where, at, lambda h, a, b, i: _side(h, a, b, i, -1.0, 0.0))


def far_side_of(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """Likewise behind it, away from the robot (+x)."""
    return _best(history, which, where, at, lambda h, a, b, i: _side(h, a, b, i, 1.0, 0.0))


def between(history: History, which: Ids, first: Ids, second: Ids, at: int = -1) -> float:
    """Whether a thing lies half way between two others."""
    best = 0.0
    for a in first:
        for b in second:
            p, q = _pose(history, a, at), _pose(history, b, at)
            spot = at_spot(history, which, (p["x"] + q["x"]) / 2, (p["y"] + q["y"]) / 2, 0.06, at)
            best = max(best, spot)
    return best


def at_spot(history: History, which: Ids, x: float, y: float, reach: float = 0.04, at: int = -1) -> float:
    """Whether a thing's centre is within ``reach`` metres of (x, y)."""
    best = 0.0
    for a in which:
        start, now = _pose(history, a, 0), _pose(history, a, at)
        off = math.hypot(now["x"] - x, now["y"] - y)
        best = max(best, _within(off, reach, math.hypot(start["x"] - x, start["y"] - y)))
    return best


def at_distance(history: History, which: Ids, where: Ids, direction: str, metres: float, at: int = -1) -> float:
    """Whether a thing lies "left", "right", "near" or "far" of another one with so much free space between them."""
    along = DIRECTIONS[direction]
    best = 0.0
    for a in which:
        for b in where:
            pose = _pose(history, b, at)
            step = metres + _half(history, a, at, along) + _half(history, b, at, along)
            x, y = pose["x"] + step * along[0], pose["y"] + step * along[1]
            best = max(best, at_spot(history, [a], x, y, 0.05, at)) if a != b else best
    return best


def in_part(history: History, which: Ids, part: str, at: int = -1) -> float:
    """Whether a thing lies in a part of the table: words of "near", "far", "left", "right", "middle"."""
    x_low, x_high, y_low, y_high = 0.25, 0.75, -0.5, 0.5
    if "near" in part:
        x_high = 0.43
    if "far" in part:
        x_low = 0.57
    if "left" in part:
        y_high = -0.16
    if "right" in part:
        y_low = 0.16
    if part == "middle":
        x_low, x_high, y_low, y_high = 0.35, 0.65, -0.15, 0.15
    best = 0.0
    for a in which:
        start = _outside(_pose(history, a, 0), x_low, x_high, y_low, y_high)
        off = _outside(_pose(history, a, at), x_low, x_high, y_low, y_high)
        best = max(best, 1.0 if off == 0.0 else _progress(off, start))
    return best


def shifted(history: History, which: Ids, direction: str, metres: float, at: int = -1) -> float:
    """Whether a thing was moved so far to the "left", "right", "near" or "far", within a third of the way."""
    along = DIRECTIONS[direction]
    best = 0.0
    for a in which:
        start = _pose(history, a, 0)
        # What lies at the table's edge can't go all the way.
        x = min(0.72, max(0.28, start["x"] + metres * along[0])) if along[0] else start["x"]
        y = min(0.47, max(-0.47, start["y"] + metres * along[1])) if along[1] else start["y"]
        best = max(best, at_spot(history, [a], x, y, max(0.015, metres / 3), at))
    return best


def on_table(history: History, which: Ids, at: int = -1) -> float:
    """Whether a thing lies on the bare table, in and on nothing."""
    best = 0.0
    for a in which:
        now = _thing(history, a, at)
        held = [b for b in _ids(history) if b != a and _inside(history, a, b, at) >= 0.5]
        if now and now["on"] is None and not held and now["pose"]["z"] > -0.02:
            best = 1.0
    return best


def moved(history: History, which: Ids, at: int = -1) -> float:
    """Whether a thing was moved at all: by 2 cm or more."""
    best = 0.0
    for a in which:
        start, now = _pose(history, a, 0), _pose(history, a, at)
        best = max(best, min(1.0, math.hypot(now["x"] - start["x"], now["y"] - start["y"]) / 0.04))
    return best


def rotated_by(history: History, which: Ids, degrees: float, at: int = -1) -> float:
    """Whether a thing was turned by so many degrees, clockwise positive, up to its symmetry: 0.5 at 15 degrees off."""
    best = 0.0
    for a in which:
        start, now = _thing(history, a, 0), _thing(history, a, at)
        if not start or not now:
            continue
        period = _period(start)
        if period == 0.0:
            best = 1.0
            continue
        wanted = start["pose"]["yaw"] - math.radians(degrees)
        off = abs(_wrap(now["pose"]["yaw"] - wanted, period))
        asked = abs(_wrap(math.radians(degrees), period))
        best = max(best, _within(off, math.radians(15), asked))
    return best


def stays(history: History, which: Ids, reach: float = 0.05, at: int = -1) -> float:
    """Whether a thing is where it was at the start, and on what it was: 0.5 at ``reach`` metres off."""
    best = 0.0
    for a in which:
        start, now = _pose(history, a, 0), _pose(history, a, at)
        value = _linear(math.hypot(now["x"] - start["x"], now["y"] - start["y"]), reach)
        best = max(best, value if abs(now["z"] - start["z"]) < 0.015 else min(value, 0.4))
    return best


def returned(history: History, which: Ids, at: int = -1) -> float:
    """Whether a thing is back: in the container that held it at the start, else at its place, standing on the table."""
    best = 0.0
    for a in which:
        homes = [b for b in _ids(history) if b != a and _inside(history, a, b, 0) >= 0.5]
        if homes:
            best = max(best, inside(history, [a], homes, at))
        else:
            best = max(best, _at_pose(history, a, _pose(history, a, 0), at))
    return best


def at_start_of(history: History, which: Ids, other: Ids, at: int = -1) -> float:
    """Whether a thing is where another one was at the start."""
    best = 0.0
    for b in other:
        start = _pose(history, b, 0)
        best = max(best, at_spot(history, which, start["x"], start["y"], 0.05, at))
    return best


def as_in(history: History, states: list[Thing], at: int = -1) -> float:
    """Whether the objects stand as in a list of object states (a scene's slot): position and heading of each."""
    return all_of([_at_pose(history, state["id"], state["pose"], at) for state in states])


def undisturbed(history: History, which: Ids, at: int = -1) -> float:
    """Whether all objects but these are where they were: 1 within 3 cm, falling to 0 at 13 cm for the worst one."""
    worst = 1.0
    for b in _ids(history):
        if b not in which:
            start, now = _pose(history, b, 0), _pose(history, b, at)
            off = math.hypot(now["x"] - start["x"], now["y"] - start["y"])
            worst = min(worst, max(0.0, min(1.0, (0.13 - off) / 0.10)))
    return worst


def nothing_else_in(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """1 unless something else than these got into a container, 0 then."""
    for b in where:
        for c in _ids(history):
            if c not in which and c not in where and _inside(history, c, b, at) >= 0.5 > _inside(history, c, b, 0):
                return 0.0
    return 1.0


def in_order(history: History, stages: list[Callable[[int], float]]) -> list[float]:
    """Whether conditions came true one after the other, the last of them at the end.

    Args:
        history: the episode.
        stages: functions of ``at``: ``[lambda at: inside(history, heart, bowl, at), ...]``.

    Returns:
        A number for each; those after one that came true before its turn are 0.
    """
    reached = [0.0 for _ in stages]
    turn, last = 0, len(stages) - 1
    at_first = [stage(0) >= 0.5 for stage in stages]
    for at in range(1, len(history)):
        for later in range(turn + 1, last + 1):
            if not at_first[later] and stages[later](at) >= 0.5:
                return [value if place < turn else 0.0 for place, value in enumerate(reached)]
        value = stages[turn](at)
        reached[turn] = value if turn == last else max(reached[turn], value)
        while turn < last and value >= 0.5:
            turn += 1
            value = stages[turn](at)
            reached[turn] = value
    return reached


def all_of(values: Iterable[float]) -> float:
    """One number for several that all matter: their mean where each is 0.5 or more, else less than a half."""
    values = list(values)
    if not values:
        return 0.0
    mean = sum(values) / len(values)
    return mean if min(values) >= 0.5 else 0.49 * mean


def overall(parts: dict[str, float], guards: dict[str, float] | None = None, tidy: float = 1.0) -> float:
    """The score: `all_of` the parts, lowered where a guard does not hold, a little where things lie about (``tidy``).

    Parts are what was asked for; guards are what must not happen on the way: ``nothing_else_in``, ``stays``.
    ``tidy`` is ``undisturbed``.
    """
    score = all_of(parts.values())
    kept = min(guards.values()) if guards else 1.0
    if kept < 0.5:
        return 0.98 * kept * min(score, 0.49)
    return 0.5 + (score - 0.5) * (0.5 + 0.25 * kept + 0.25 * tidy) if score > 0.5 else score
