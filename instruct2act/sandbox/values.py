"""What may cross between a program and its host, and how.

Numbers, strings, booleans, None, lists, tuples and dicts cross as values, bounded before anything compares, prints or
stores them: a list that holds itself twice, forty times over, arrives in milliseconds and takes for ever to print.
Images, masks and actions stay with the host; a program gets a handle with an id of its own and a few small facts, so
that two masks of equal size are never equal to it. Nothing else crosses.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from instruct2act.sandbox.errors import printable
from skills.errors import did_you_mean
from skills.types import Action, Image, Mask, Pose

NODES, DEPTH, CHARS, ALL_CHARS = 20_000, 24, 10_000, 200_000
INTEGER = 2**63


class Refused(Exception):
    """A value may not cross; the sentence says why, for the program's author."""


class Handle:
    """What stands in for a host object on the program's side: its kind, its id and small facts."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.names = tuple(facts)
        vars(self).update(facts)


class Foreign:
    """What stands in for something of a program's that does not cross; ``why`` is the sentence that says so."""

    def __init__(self, why: str) -> None:
        self.why = why


def _image(image: Image) -> dict[str, Any]:
    return {"shape": tuple(image.shape)}


def _mask(mask: Mask) -> dict[str, Any]:
    x0, y0, x1, y1 = mask.box_xyxy
    rows, columns = np.nonzero(mask.array[y0:y1, x0:x1])
    centroid = (x0 + float(columns.mean()), y0 + float(rows.mean())) if len(rows) else ((x0 + x1) / 2, (y0 + y1) / 2)
    return {
        "shape": (int(mask.array.shape[0]), int(mask.array.shape[1])),
        "area": int(mask.area),
        "bbox": (int(x0), int(y0), int(x1), int(y1)),
        "centroid": centroid,
        "score": float(mask.score),
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "primitive": action.primitive,
        "tool": action.tool,
        "pick": _point(action.start),
        "place": _point(action.end),
    }


def _point(pose: Pose) -> tuple[float, float, float]:
    return float(pose.x), float(pose.y), float(pose.z)


@dataclass(frozen=True)
class Kind:
    """A kind of host object: the class, its facts, and how stubs declare them."""

    name: str
    host: type[Any]
    facts: Callable[[Any], dict[str, Any]]
    declared: Mapping[str, str]
    facade: type[Handle]


def _kind(name: str, host: type[Any], facts: Callable[[Any], dict[str, Any]], **declared: str) -> Kind:
    return Kind(name, host, facts, {"id": "int", "kind": "str", **declared}, type(name, (Handle,), {}))


_BOX, _XY, _XYZ = "tuple[int, int, int, int]", "tuple[float, float]", "tuple[float, float, float]"
KINDS: tuple[Kind, ...] = (
    _kind("Image", Image, _image, shape="tuple[int, int]"),
    _kind("Mask", Mask, _mask, shape="tuple[int, int]", area="int", bbox=_BOX, centroid=_XY, score="float"),
    _kind("Action", Action, _action, primitive="str", tool="str", pick=_XYZ, place=_XYZ),
)
"""What crosses as a handle."""


class Table:
    """The host objects that one program holds handles to."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Handle, Any]] = {}

    def handle(self, value: Any, kind: Kind) -> Handle:
        """The handle that stands in for a host object; the same one each time."""
        known = self._kept.get(value.id)
        if known is None:
            known = self._kept[value.id] = kind.facade({"id": value.id, "kind": kind.name, **kind.facts(value)}), value
        return known[0]

    def host(self, handle: Handle) -> Any:
        """The host object behind a handle of this table."""
        known = self._kept.get(vars(handle).get("id", 0))
        if known is None or known[0] is not handle:
            raise Refused("this handle belongs to another program; look again with GetImage() and SAM()")
        return known[1]


def outward(value: Any, table: Table, nodes: int = NODES) -> Any:
    """A host value in the form in which it crosses to a program: handles for host objects, plain Python for the rest.

    Raises:
        TypeError: a skill returned something that does not cross.
    """
    return _Outward(table, nodes).convert(value, 0)


class _Outward:
    def __init__(self, table: Table, room: int) -> None:
        self.table, self.room = table, room

    def convert(self, value: Any, depth: int) -> Any:
        self.room -= 1
        if self.room < 0 or depth > DEPTH:
            raise TypeError("the result is too large to cross")
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (int, np.integer)):
            return int(value)
        if isinstance(value, (float, np.floating)):
            return float(value)
        if isinstance(value, np.bool_):
            return bool(value)
        for kind in KINDS:
            if isinstance(value, kind.host):
                return self.table.handle(value, kind)
        if isinstance(value, np.ndarray) and value.size <= 64 and value.dtype.kind in "biuf":
            return self.convert(value.tolist(), depth)
        if isinstance(value, tuple):
            return tuple(self.convert(item, depth + 1) for item in value)
        if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
            return [self.convert(item, depth + 1) for item in value]
        if isinstance(value, Mapping):
            return {str(key): self.convert(item, depth + 1) for key, item in value.items()}
        raise TypeError(f"a {type(value).__name__} does not cross to a program")


def inward(value: Any, table: Table) -> Any:
    """A program's value as the host uses it: bounded, copied, its handles replaced by what they stand for.

    Counts each path to a shared list once more, so that what it returns is a tree of at most 20,000 nodes.

    Raises:
        Refused: it is too large, too deep, not finite, or not a value that crosses.
    """
    return _Inward(table).convert(value, 0)


class _Inward:
    def __init__(self, table: Table) -> None:
        self.table, self.nodes, self.chars = table, 0, 0

    def convert(self, value: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > NODES:
            raise Refused(f"a value of more than {NODES} parts does not cross")
        if depth > DEPTH:
            raise Refused(f"a value nested deeper than {DEPTH} levels does not cross")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            if not -INTEGER < value < INTEGER:
                raise Refused("an integer beyond 2**63 does not cross")
            return value
        if kind is float:
            if not math.isfinite(value):
                raise Refused(f"{value} is not a number to work with: it must be finite")
            return value
        if kind is str:
            return self.text(value)
        if kind is list:
            return [self.convert(item, depth + 1) for item in value]
        if kind is tuple:
            return tuple(self.convert(item, depth + 1) for item in value)
        if kind is dict:
            return {self.key(key): self.convert(item, depth + 1) for key, item in value.items()}
        if issubclass(kind, Handle):
            return self.table.host(value)
        if kind is Foreign:
            raise Refused(value.why)
        raise Refused(f"{_foreign(value)} does not cross: pass numbers, strings, lists, dicts or what skills returned")

    def key(self, key: Any) -> Any:
        self.nodes += 1
        if type(key) is str:
            return self.text(key)
        if type(key) in (int, bool) and -INTEGER < key < INTEGER:
            return key
        raise Refused(f"{_foreign(key)} is no key of a dict that crosses: use strings")

    def text(self, text: str) -> str:
        self.chars += len(text)
        if len(text) > CHARS or self.chars > ALL_CHARS:
            raise Refused(f"a text of more than {CHARS} characters does not cross")
        return text


def _foreign(value: Any) -> str:
    names = {
        "set": "a set",
        "frozenset": "a set",
        "bytes": "bytes",
        "MontyClassProxy": "an object of its own class",
    }
    return names.get(type(value).__name__, f"a {type(value).__name__}")


# --- arguments --------------------------------------------------------------------------------------------------------


def fit(value: Any, annotation: Any) -> Any:
    """An argument as its parameter is annotated: tuples and lists turned into one another, whole floats into ints.

    Raises:
        Refused: "expected a Mask, got an Image".
    """
    fitted = _fit(value, annotation)
    if fitted is _MISFIT:
        raise Refused(f"expected {expected(annotation)}, got {got(value)}")
    return fitted


_MISFIT: Any = object()


def _fit(value: Any, annotation: Any) -> Any:
    if annotation is Any or annotation is object:
        return value
    if annotation is None or annotation is type(None):
        return None if value is None else _MISFIT
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        if isinstance(value, str) and value not in inner:
            raise Refused(
                f"expected {expected(annotation)}, got {value[:40]!r}{did_you_mean(value[:40], map(str, inner))}"
            )
        return value if any(value == choice and type(value) is type(choice) for choice in inner) else _MISFIT
    if origin in (typing.Union, types.UnionType):
        refusal: Refused | None = None
        for option in inner:
            try:
                fitted = _fit(value, option)
            except Refused as misfit:
                refusal = refusal or misfit
                continue
            if fitted is not _MISFIT:
                return fitted
        if refusal is not None:
            raise refusal
        return _MISFIT
    if origin is None:
        return _plain(value, annotation)
    return _container(value, origin, inner)


def _plain(value: Any, annotation: Any) -> Any:
    if annotation is float:
        return float(value) if type(value) in (int, float) else _MISFIT
    if annotation is int:
        if type(value) is float and value.is_integer():
            return int(value)
        return value if type(value) is int else _MISFIT
    if annotation in (list, tuple, Sequence):
        return annotation(value) if annotation is not Sequence and isinstance(value, (list, tuple)) else _MISFIT
    if isinstance(annotation, type):
        return value if isinstance(value, annotation) and (annotation is bool or type(value) is not bool) else _MISFIT
    return _MISFIT


def _container(value: Any, origin: Any, inner: tuple[Any, ...]) -> Any:
    if isinstance(value, dict) and isinstance(origin, type) and issubclass(origin, Mapping):
        items = {key: _fit(item, inner[1]) for key, item in value.items()}
        return _MISFIT if any(item is _MISFIT for item in items.values()) else items
    if not isinstance(value, (list, tuple)) or not (isinstance(origin, type) and issubclass(origin, Sequence)):
        return _MISFIT
    if origin is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
        if len(value) != len(inner):
            return _MISFIT
        parts = [_fit(item, part) for item, part in zip(value, inner)]
    else:
        parts = [_fit(item, inner[0]) for item in value]
    if any(part is _MISFIT for part in parts):
        return _MISFIT
    return tuple(parts) if origin is tuple else parts


def expected(annotation: Any) -> str:
    """A parameter's type in words: "a Mask", "a list of Mask", "a str or an Image"."""
    if annotation is None or annotation is type(None):
        return "None"
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " or ".join(repr(choice) for choice in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(expected(option) for option in inner)
    if origin is tuple and not (len(inner) == 2 and inner[1] is Ellipsis):
        return f"({', '.join(getattr(part, '__name__', str(part)) for part in inner)})"
    if origin is not None:
        name = getattr(origin, "__name__", str(origin)).lower()
        if issubclass(origin, Mapping):
            return "a dict"
        part = getattr(inner[0], "__name__", str(inner[0])) if inner and typing.get_origin(inner[0]) is None else ""
        return f"a {'list' if name == 'sequence' else name}" + (f" of {part}" if part else "")
    return _a(getattr(annotation, "__name__", str(annotation)))


def got(value: Any) -> str:
    """A value's type in words, with enough of it to recognise: "an Image", "a list of 3 Mask", "'seven'"."""
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:37] + "…")
    if isinstance(value, (list, tuple)):
        kinds = {type(item).__name__ for item in value[:50]}
        return f"a {type(value).__name__} of {len(value)} {kinds.pop() if len(kinds) == 1 else 'things'}".rstrip()
    return _a(type(value).__name__)


def _a(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def summary(value: Any, room: int = 40) -> Any:
    """A host value as small JSON-able data: handles by kind and id, long lists and texts cut."""
    if isinstance(value, str):
        return printable(value if len(value) <= 200 else value[:199] + "…")
    if value is None or isinstance(value, (bool, int, float)):
        return value
    for kind in KINDS:
        if isinstance(value, kind.host):
            return {"kind": kind.name, "id": value.id}
    if isinstance(value, (list, tuple)):
        cut = [summary(item, room) for item in value[:room]]
        return [*cut, f"… {len(value) - room} more"] if len(value) > room else cut
    if isinstance(value, Mapping):
        return {str(key): summary(item, room) for key, item in list(value.items())[:room]}
    return f"<{type(value).__name__}>"
