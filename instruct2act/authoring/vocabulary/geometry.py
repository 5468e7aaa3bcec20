"""What the words are made of: geometry on the plain dicts of a history. Runs in the sandbox in front of `words.py`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Thing = Any
History = list[dict[str, Any]]
Ids = list[int]
Pose = dict[str, float]
Ring = list[list[float]]
Corner = tuple[float, float, float, float]
Box = tuple[float, float, float, float, float, float]
Relation = Callable[[History, int, int, int], float]

RIM = 0.007
"""Metres of a container's outline that are its wall."""


def _plain(words: str) -> list[str]:
    return words.lower().replace("-", " ").replace("_", " ").split()


def _ids(history: History) -> Ids:
    return [thing["id"] for thing in history[0]["objects"]]


def _thing(history: History, a: int, at: int) -> Thing:
    for thing in history[at]["objects"]:
        if thing["id"] == a:
            return thing
    return None


def _pose(history: History, a: int, at: int) -> Pose:
    thing = _thing(history, a, at)
    # What is nowhere to be seen is far from everywhere.
    return thing["pose"] if thing else {"x": 9.0, "y": 9.0, "z": 0.0, "yaw": 0.0}


def _best(
    history: History, which: Ids, where: Ids, at: int, condition: Callable[[History, int, int, int], float]
) -> float:
    best = 0.0
    for a in which:
        for b in where:
            if a != b:
                best = max(best, condition(history, a, b, at))
    return best


def _apart(history: History, a: int, b: int, at: int) -> float:
    p, q = _pose(history, a, at), _pose(history, b, at)
    return math.hypot(p["x"] - q["x"], p["y"] - q["y"])


def _progress(off: float, start: float) -> float:
    """Less than a half: the share of the way that was made."""
    return 0.45 * max(0.0, min(1.0, 1.0 - off / max(start, 0.02)))


def _linear(off: float, reach: float) -> float:
    return max(0.0, min(1.0, 1.0 - 0.5 * (off - reach / 2) / (reach / 2)))


def _within(off: float, reach: float, start: float) -> float:
    """1 within half of ``reach``, 0.5 at ``reach``, then the progress since the start."""
    return _linear(off, reach) if off <= reach else _progress(off, start)


def _wrap(angle: float, period: float) -> float:
    return (angle + period / 2) % period - period / 2


def _outside(pose: Pose, x_low: float, x_high: float, y_low: float, y_high: float) -> float:
    dx = max(x_low - pose["x"], 0.0, pose["x"] - x_high)
    dy = max(y_low - pose["y"], 0.0, pose["y"] - y_high)
    return math.hypot(dx, dy)


def _contains(ring: Ring, x: float, y: float) -> bool:
    """Even-odd rule."""
    odd = False
    for k in range(len(ring)):
        (x0, y0), (x1, y1) = ring[k - 1], ring[k]
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            odd = not odd
    return odd


def _middle(thing: Thing) -> tuple[float, float]:
    """The centroid of what is seen from above: near enough to the centre of mass."""
    rings = thing["footprint"]
    if not rings or len(rings[0]) < 3:
        return thing["pose"]["x"], thing["pose"]["y"]
    total, x, y = 0.0, 0.0, 0.0
    for ring in rings:
        x0, y0 = ring[0]
        for k in range(1, len(ring) - 1):
            (x1, y1), (x2, y2) = ring[k], ring[k + 1]
            part = ((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) / 2
            total, x, y = total + part, x + part * (x0 + x1 + x2) / 3, y + part * (y0 + y1 + y2) / 3
    return (x / total, y / total) if abs(total) > 1e-9 else (thing["pose"]["x"], thing["pose"]["y"])


def _held(history: History, a: int, b: int, at: int, depth: int) -> bool:
    """Whether b, its floor, or something in it carries a."""
    thing = _thing(history, a, at)
    if thing is None or depth > 5:
        return False
    if thing["on"] is None or thing["on"] == b:
        return True
    return _in_outline(history, thing["on"], b, at) and _held(history, thing["on"], b, at, depth + 1)


def _in_outline(history: History, a: int, b: int, at: int) -> bool:
    thing, box = _thing(history, a, at), _thing(history, b, at)
    if thing is None or box is None or not box["footprint"]:
        return False
    x, y = _middle(thing)
    rings = box["footprint"]
    if len(rings) > 1:
        return _contains(rings[1], x, y)
    # Of a container without a hole in its outline, the rim is not inside.
    ring = rings[0]
    edge = min(_to_segment(x, y, *ring[k - 1], *ring[k]) for k in range(len(ring)))
    return edge > RIM and _contains(ring, x, y)


def _inside(history: History, a: int, b: int, at: int) -> float:
    if _in_outline(history, a, b, at) and _held(history, a, b, at, 0):
        return 1.0
    return _progress(_apart(history, a, b, at), _apart(history, a, b, 0))


def _on_top(history: History, a: int, b: int, at: int) -> float:
    thing = _thing(history, a, at)
    if thing and (thing["on"] == b or (_in_outline(history, a, b, at) and _held(history, a, b, at, 0))):
        return 1.0
    return _progress(_apart(history, a, b, at), _apart(history, a, b, 0))


def _radius(thing: Thing) -> float:
    return float(thing["size"][0] + thing["size"][1]) / 4


def _half(history: History, a: int, at: int, along: tuple[float, float]) -> float:
    """Half of what a thing covers along an axis, metres."""
    thing, axis = _thing(history, a, at), 0 if along[0] else 1
    if thing is None:
        return 0.0
    if not thing["footprint"]:
        return float(thing["size"][axis]) / 2
    values = [point[axis] for point in thing["footprint"][0]]
    return float(max(values) - min(values)) / 2


def _near(history: History, a: int, b: int, at: int) -> float:
    thing, other = _thing(history, a, at), _thing(history, b, at)
    if thing is None or other is None:
        return 0.0
    gap = _apart(history, a, b, at) - _radius(thing) - _radius(other)
    if thing["on"] == b or _in_outline(history, a, b, at):
        return 0.2
    start = max(0.0, _apart(history, a, b, 0) - _radius(thing) - _radius(other))
    return _within(max(0.0, gap), 0.12, start)


def _side(history: History, a: int, b: int, at: int, along_x: float, along_y: float) -> float:
    p, q = _pose(history, a, at), _pose(history, b, at)
    ahead = (p["x"] - q["x"]) * along_x + (p["y"] - q["y"]) * along_y
    across = abs((p["x"] - q["x"]) * along_y) + abs((p["y"] - q["y"]) * along_x)
    close = _near(history, a, b, at)
    if ahead <= 0.0 or across > 1.2 * ahead:
        return 0.4 * close
    return close if across <= 0.8 * ahead else min(close, 0.6)


def _at_pose(history: History, a: int, pose: Pose, at: int) -> float:
    """0.5 at 4 cm or 30 degrees off, standing on the table."""
    thing, start = _thing(history, a, at), _thing(history, a, 0)
    if thing is None or start is None:
        return 0.0
    off = math.hypot(thing["pose"]["x"] - pose["x"], thing["pose"]["y"] - pose["y"])
    first = math.hypot(start["pose"]["x"] - pose["x"], start["pose"]["y"] - pose["y"])
    period = _period(start)
    turned = abs(_wrap(thing["pose"]["yaw"] - pose["yaw"], period)) if period else 0.0
    value = min(_within(off, 0.04, first), _linear(turned, math.radians(30)))
    lifted = thing["on"] is not None or abs(thing["pose"]["z"] - pose["z"]) > 0.015
    return min(value, 0.4) if lifted else value


def _period(thing: Thing) -> float:
    """The smallest turn in radians that nobody can see: 0 for a round thing, 2 pi for one without symmetry."""
    rings = thing["footprint"]
    if not rings:
        return 2 * math.pi
    x, y = _middle(thing)
    size = max(thing["size"][0], thing["size"][1])
    corners = _corners(rings[0], x, y, 0.08 * size)
    for fold in (12, 8, 6, 5, 4, 3, 2):
        if _same(corners, 2 * math.pi / fold, 0.03 * size):
            return 0.0 if fold == 12 else 2 * math.pi / fold
    return 2 * math.pi


def _corners(ring: Ring, x: float, y: float, spacing: float) -> list[Corner]:
    """Points along an outline, about its middle."""
    points = []
    for k in range(len(ring)):
        (x0, y0), (x1, y1) = ring[k - 1], ring[k]
        steps = max(1, int(math.hypot(x1 - x0, y1 - y0) / spacing))
        for j in range(steps):
            points.append((x0 + (x1 - x0) * j / steps - x, y0 + (y1 - y0) * j / steps - y, x1 - x, y1 - y))
    return points


def _same(points: list[Corner], turn: float, tolerance: float) -> bool:
    cos, sin = math.cos(turn), math.sin(turn)
    stride = max(1, len(points) // 16)
    for k in range(0, len(points), stride):
        x, y = points[k][0] * cos - points[k][1] * sin, points[k][0] * sin + points[k][1] * cos
        if min(_to_segment(x, y, p[0], p[1], p[2], p[3]) for p in points) > tolerance:
            return False
    return True


def _to_segment(x: float, y: float, x0: float, y0: float, x1: float, y1: float) -> float:
    dx, dy = x1 - x0, y1 - y0
    along = dx * dx + dy * dy
    t = max(0.0, min(1.0, ((x - x0) * dx + (y - y0) * dy) / along)) if along else 0.0
    return math.hypot(x - x0 - t * dx, y - y0 - t * dy)


def _area(ring: Ring) -> float:
    """Square metres within an outline."""
    twice = 0.0
    for k in range(len(ring)):
        (x0, y0), (x1, y1) = ring[k - 1], ring[k]
        twice += x0 * y1 - x1 * y0
    return abs(twice) / 2


def _upright(history: History, b: int) -> Box:
    """An object's middle, cosine and sine of its heading, and how far it reaches along its own axes to either side."""
    thing = _thing(history, b, 0)
    pose = _pose(history, b, 0)
    cos, sin = math.cos(pose["yaw"]), math.sin(pose["yaw"])
    rings = thing["footprint"] if thing else []
    points = rings[0] if rings else [[pose["x"], pose["y"]]]
    u = [(p[0] - pose["x"]) * cos + (p[1] - pose["y"]) * sin for p in points]
    v = [(p[1] - pose["y"]) * cos - (p[0] - pose["x"]) * sin for p in points]
    x, y = (min(u) + max(u)) / 2, (min(v) + max(v)) / 2
    middle = (pose["x"] + x * cos - y * sin, pose["y"] + x * sin + y * cos)
    return (*middle, cos, sin, (max(u) - min(u)) / 2, (max(v) - min(v)) / 2)


def _points(history: History, a: int, at: int) -> Ring:
    thing, pose = _thing(history, a, at), _pose(history, a, at)
    return thing["footprint"][0] if thing and thing["footprint"] else [[pose["x"], pose["y"]]]


def _boxed(history: History, a: int, b: int, at: int) -> float:
    """Metres by which a reaches out of the upright box around b, at most; not positive when it lies inside."""
    box = _upright(history, b)
    return max(_out_of(box, p[0], p[1]) for p in _points(history, a, at))


def _over(history: History, a: int, b: int, at: int) -> bool:
    """Whether the middle of a lies in the upright box around b."""
    thing = _thing(history, a, at)
    return thing is not None and _out_of(_upright(history, b), *_middle(thing)) < 0.0


def _out_of(box: Box, x: float, y: float) -> float:
    """Metres by which a point lies outside of an upright box; negative inside."""
    u, v = (x - box[0]) * box[2] + (y - box[1]) * box[3], (y - box[1]) * box[2] - (x - box[0]) * box[3]
    return max(abs(u) - box[4], abs(v) - box[5])


def _beyond(history: History, a: int, b: int, at: int) -> bool:
    """Whether a part of a lies on or across the line b, seen from where a was at the start."""
    x, y, cos, sin, long, wide = _upright(history, b)
    across, half = ((-sin, cos), wide) if long > wide else ((cos, sin), long)
    start = _pose(history, a, 0)
    side = 1.0 if (start["x"] - x) * across[0] + (start["y"] - y) * across[1] > 0 else -1.0
    return any(side * ((p[0] - x) * across[0] + (p[1] - y) * across[1]) < half for p in _points(history, a, at))
