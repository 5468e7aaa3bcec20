"""What the process that plays the published VIMABench answers, as values: checked field by field, or ``Nonsense``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sim.vimabench.child import Nonsense
from skills.types import Float, UInt8

SIZE = (128, 256)
"""(height, width) of VIMABench's pictures; it has no other."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Thing:
    """An object by VIMABench's id (a body of its engine, low eight bits), with its shape's and texture's names."""

    id: int
    name: str
    texture: str


Pictures = Mapping[str, tuple[UInt8, UInt8, Float | None]]
"""Camera name -> (H, W, 3) colours, (H, W) ids and (H, W) depth in metres; None where it was not rendered."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture of the prompt; ``bound`` is the id of what it shows among the things on the table, if it says."""

    name: str
    alone: bool
    things: tuple[Thing, ...]
    bound: int | None
    pictures: Pictures


@dataclass(frozen=True, eq=False)
class Started:
    """An episode that was set up."""

    text: str
    tool: str
    oracle_steps: int
    goals: int
    things: tuple[Thing, ...]
    shown: tuple[Shown, ...]
    pictures: Pictures
    took_s: float


@dataclass(frozen=True, eq=False)
class Stepped:
    """An action that was carried out.

    Attributes:
        success, done: VIMABench's verdict so far, and whether it ended the episode.
        released: whether suction held something and let it go; None for the spatula.
        timeout: steps and seconds of the motion that ran out of VIMABench's five seconds, or None.
        goals: how many are left.
        seconds: simulated.
        took_s: real.
    """

    success: bool
    done: bool
    released: bool | None
    timeout: tuple[int, float] | None
    goals: int
    seconds: float
    pictures: Pictures
    took_s: float


def _value(fields: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    value = fields.get(name)
    if type(value) is not kind:
        raise Nonsense(f"{name} is {value!r:.60}, not of kind {kind.__name__}")
    return value


def _count(fields: Mapping[str, Any], name: str, high: int = 1000) -> int:
    value = _value(fields, name, int)
    if not 0 <= value <= high:
        raise Nonsense(f"{name} is {value}, not within 0..{high}")
    return value


def _seconds(fields: Mapping[str, Any], name: str) -> float:
    value = _value(fields, name, float)
    if not (math.isfinite(value) and value >= 0):
        raise Nonsense(f"{name} is {value} seconds")
    return value


def _things(listed: list[Any]) -> tuple[Thing, ...]:
    for one in listed:
        if not isinstance(one, list) or [type(v) for v in one] != [int, str, str] or not 0 <= one[0] < 1 << 24:
            raise Nonsense(f"{one!r:.60} is not an id with a name and a texture")
    return tuple(Thing(id, name[:80], texture[:80]) for id, name, texture in listed[:250])


def _pictures(arrays: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> Pictures:
    found: dict[str, tuple[UInt8, UInt8, Float | None]] = {}
    for camera in ("top", "front"):
        rgb, segm = arrays.get(f"{prefix}{camera}.rgb"), arrays.get(f"{prefix}{camera}.segm")
        for array, shape in ((rgb, (*SIZE, 3)), (segm, SIZE)):
            if array is None or array.dtype != np.uint8 or array.shape != shape:
                raise Nonsense(f"no {prefix}{camera} picture of {shape} uint8")
        assert rgb is not None and segm is not None
        depth = arrays.get(f"{prefix}{camera}.depth")
        if depth is not None and (depth.dtype != np.float32 or depth.shape != SIZE):
            raise Nonsense(f"depth of the {prefix}{camera} picture is not {SIZE} float32")
        found[camera] = (rgb, segm, depth)
    return found


def started(fields: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Started:
    """Of a reset."""
    tool = _value(fields, "tool", str)
    if tool not in ("suction", "spatula"):
        raise Nonsense(f"a tool {tool!r:.20}")
    shown = []
    for slot in _value(fields, "slots", list):
        if not isinstance(slot, dict):
            raise Nonsense(f"a slot {slot!r:.60}")
        name, kind, bound = _value(slot, "name", str), _value(slot, "kind", str), slot.get("bound")
        if not name.isidentifier() or kind not in ("object", "scene") or not (bound is None or type(bound) is int):
            raise Nonsense(f"a slot {slot!r:.60}")
        things = _things(_value(slot, "things", list))
        shown.append(Shown(name, kind == "object", things, bound, _pictures(arrays, f"{name}.")))
    return Started(
        _value(fields, "text", str)[:4000],
        tool,
        _count(fields, "oracle_steps"),
        _count(fields, "goals"),
        _things(_value(fields, "things", list)),
        tuple(shown),
        _pictures(arrays),
        _seconds(fields, "took_s"),
    )


def stepped(fields: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Stepped:
    """Of an action."""
    released, timeout = fields.get("released"), fields.get("timeout")
    if released is not None and type(released) is not bool:
        raise Nonsense(f"released is {released!r:.20}")
    if timeout is not None:
        if not isinstance(timeout, dict):
            raise Nonsense(f"timeout is {timeout!r:.20}")
        timeout = (_count(timeout, "steps", 1 << 30), _seconds(timeout, "seconds"))
    return Stepped(
        _value(fields, "success", bool),
        _value(fields, "done", bool),
        released,
        timeout,
        _count(fields, "goals"),
        _seconds(fields, "seconds"),
        _pictures(arrays),
        _seconds(fields, "took_s"),
    )


def action(value: Any) -> dict[str, list[float]] | None:
    """VIMABench's action: 2-D positions and (x, y, z, w) quaternions."""
    if value is None:
        return None
    sizes = {"pose0_position": 2, "pose0_rotation": 4, "pose1_position": 2, "pose1_rotation": 4}
    if not isinstance(value, dict) or set(value) != set(sizes):
        raise Nonsense(f"an action {value!r:.60}")
    for name, size in sizes.items():
        numbers = value[name]
        if not isinstance(numbers, list) or len(numbers) != size:
            raise Nonsense(f"{name} {numbers!r:.60}")
        if not all(type(v) in (int, float) and math.isfinite(v) for v in numbers):
            raise Nonsense(f"{name} {numbers!r:.60}")
    return {name: [float(v) for v in value[name]] for name in sizes}
