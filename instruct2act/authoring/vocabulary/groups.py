"""More words for rewards: what things have in common, what pictures teach, piles, and what was swept. As `words.py`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from instruct2act.authoring.vocabulary.geometry import (
    History,
    Ids,
    Thing,
    _area,
    _at_pose,
    _beyond,
    _boxed,
    _ids,
    _over,
    _plain,
    _pose,
    _progress,
    _thing,
    _within,
    _wrap,
)
from instruct2act.authoring.vocabulary.words import DIRECTIONS, all_of

PROFILES = {
    "bowl": "round", "ring": "round", "round": "round", "pan": "round",
    "block": "square", "shorter block": "square", "small block": "square", "pallet": "square", "frame": "square",
    "container": "square", "square": "square",
}  # fmt: skip


def alike(history: History, which: Ids, aspect: str, besides: Ids) -> Ids:
    """Ids of all objects that have the same "texture", "shape" or "profile" (round, square…) as one of these."""
    known = {thing["id"]: thing for thing in history[0]["objects"]}
    wanted = [_aspect(known[a], aspect) for a in which if a in known]
    return [a for a in known if a not in which and a not in besides and _aspect(known[a], aspect) in wanted]


def most(history: History, which: Ids, attribute: str, more: bool) -> Ids:
    """Of some objects the one with the most, or the least, "height", "size" or "lightness"."""
    known = [(_amount(_thing(history, a, 0), attribute), a) for a in which]
    if not known:
        return []
    best = max(known)[0] if more else min(known)[0]
    return [a for amount, a in known if abs(amount - best) < 1e-6]


def meant(history: History, which: Ids, first: list[list[Thing]], second: list[list[Thing]], more: bool) -> Ids:
    """Of some objects the one with the most, or the least, of what objects of `first` have more of than of `second`."""
    for attribute in ("height", "lightness", "size"):
        apart = [_amount(a[0], attribute) - _amount(b[0], attribute) for a, b in zip(first, second) if a and b]
        if apart and (min(apart) > 1e-6 or max(apart) < -1e-6):
            return most(history, which, attribute, more == (apart[0] > 0))
    return which


def neighbor(history: History, which: Ids, side: str) -> Ids:
    """The object that lay nearest to one of these at the start, on its "left", "right", "near" or "far" side."""
    dx, dy = DIRECTIONS[side]
    best: tuple[float, int] = (9.0, -1)
    for a in which:
        p = _pose(history, a, 0)
        for b in _ids(history):
            q = _pose(history, b, 0)
            along = (q["x"] - p["x"]) * dx + (q["y"] - p["y"]) * dy
            across = abs((q["x"] - p["x"]) * dy) + abs((q["y"] - p["y"]) * dx)
            if b not in which and along > 0 and across <= along:
                best = min(best, (along + 2 * across, b))
    return [best[1]] if best[1] >= 0 else []


def turn_shown(before: list[list[Thing]], after: list[list[Thing]]) -> float:
    """Degrees, clockwise, by which things turn from scenes of `before` to their partners of `after`."""
    turns = []
    for old, new in zip(before, after):
        for a, b in zip(old, new):
            turns.append(-math.degrees(_wrap(b["pose"]["yaw"] - a["pose"]["yaw"], 2 * math.pi)))
    return sorted(turns, key=abs)[len(turns) // 2] if turns else 0.0


def moving(frames: list[list[Thing]]) -> Ids:
    """Ids of the objects that are elsewhere in one of some frames than in the first one."""
    first = {state["id"]: state["pose"] for state in frames[0]}
    found = []
    for frame in frames[1:]:
        for state in frame:
            start = first.get(state["id"], state["pose"])
            off = math.hypot(state["pose"]["x"] - start["x"], state["pose"]["y"] - start["y"])
            if off > 0.01 and state["id"] not in found:
                found.append(state["id"])
    return found


def placed_as_in(history: History, which: Ids, states: list[Thing], at: int = -1) -> float:
    """Whether one of some objects stands as a scene or frame (its list of states) shows it."""
    return max([_at_pose(history, s["id"], s["pose"], at) for s in states if s["id"] in which] or [0.0])


def stacked_as_in(history: History, states: list[Thing], at: int = -1) -> float:
    """Whether every object that lies on another one in a scene or frame lies on that one, where it does there."""
    values = []
    for state in states:
        if state["on"] is not None:
            thing, start, shown = _pose(history, state["id"], at), _pose(history, state["id"], 0), state["pose"]
            now = _thing(history, state["id"], at)
            off = math.hypot(thing["x"] - shown["x"], thing["y"] - shown["y"])
            whole = math.hypot(start["x"] - shown["x"], start["y"] - shown["y"])
            # What leans on it lies at another height than what lies flat.
            on = now is not None and now["on"] == state["on"] and abs(thing["z"] - shown["z"]) < 0.006
            values.append(_within(off, 0.04, whole) if on else _progress(off, whole))
    return all_of(values)


def piled(history: History, which: Ids, at: int = -1) -> float:
    """Whether all of some objects are one pile: each but the lowest lies on another of them."""
    lying = [thing["on"] for a in which for thing in [_thing(history, a, at)] if thing and thing["on"] in which]
    return min(1.0, len(set(lying)) / (len(which) - 1)) if len(which) > 1 else 0.0


def swept_into(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """Whether an object lies with all of its outline in the box around another one, such as an open frame."""
    best = 0.0
    for a in which:
        for b in where:
            out, start = _boxed(history, a, b, at), _boxed(history, a, b, 0)
            best = max(best, 1.0 if out < 0.0 else _progress(out, start))
    return best


def short_of(history: History, which: Ids, where: Ids, at: int = -1) -> float:
    """1 if an object lies wholly on the side of a line on which it was at the start, else 0."""
    return max([float(not _beyond(history, a, b, at)) for a in which for b in where] or [0.0])


def never_touched(history: History, which: Ids, where: Ids) -> float:
    """1 unless one of some objects touched another one at any time, 0 then."""
    for moment in history:
        for event in moment["events"]:
            pair = (event["a"], event["b"])
            for a, b in (pair, pair[::-1]):
                if event["kind"] == "touched" and a in which and b in where:
                    return 0.0
    return 1.0


def never_left(history: History, which: Ids) -> float:
    """1 unless one of some objects left the table at any time, 0 then."""
    gone = [e for moment in history for e in moment["events"] if e["kind"] == "left_table" and e["a"] in which]
    return 0.0 if gone else 1.0


def nothing_else_swept_into(history: History, which: Ids, where: Ids, besides: Ids) -> float:
    """1 unless the middle of an object that is not one of these came into the box around another one, 0 then."""
    for b in where:
        for c in _ids(history):
            known = c in which or c in where or c in besides
            if not known and _over(history, c, b, -1) and not _over(history, c, b, 0):
                return 0.0
    return 1.0


def exactly(count: int, values: Iterable[float]) -> float:
    """`all_of` the ``count`` greatest numbers; less than a half when more of them are 0.5 or greater."""
    ordered = sorted(values, reverse=True)
    if len(ordered) < count:
        return 0.0
    return 0.4 if len([value for value in ordered if value >= 0.5]) > count else all_of(ordered[:count])


def _aspect(thing: Thing, aspect: str) -> str:
    name, texture = " ".join(_plain(thing["name"])), " ".join(_plain(thing["texture"]))
    return texture if aspect == "texture" else PROFILES.get(name, name) if aspect == "profile" else name


def _amount(thing: Thing, attribute: str) -> float:
    if thing is None:
        return 0.0
    if attribute in DIRECTIONS:  # how far it lies to that side
        along, pose = DIRECTIONS[attribute], thing["pose"]
        return float(pose["x"] * along[0] + pose["y"] * along[1])
    if attribute == "lightness":
        return 0.0 if "dark" in _plain(thing["texture"]) else 1.0
    x, y, z = thing["size"]
    return float(z) if attribute == "height" else _area(thing["footprint"][0]) if thing["footprint"] else float(x * y)
