"""What the worker and its host say to one another, seen from the host: frames of JSON, whose sender is hostile.

Covered: a frame's length is bounded before it is read, its text before it is parsed, its shape before it is believed;
every wait has a deadline. A worker that says anything else is not asked again. Values come out unbounded in the sense
of `guest.Called`: `values.inward` is the way to look at them.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

from instruct2act.sandbox.errors import clipped, printable
from instruct2act.sandbox.guest import Called, Cause, Done, Raised
from instruct2act.sandbox.values import CHARS, DEPTH, NODES, Foreign, Handle

LONGEST = 2 << 20
"""Bytes of a frame from a worker: more than any value within the bounds of `values` takes."""
_ARGUMENTS, _FRAMES, _LINES, _SAID = 50, 40, 1_000_000, 8000


class Nonsense(Exception):
    """A worker said what no worker of ours says."""


class Gone(Exception):
    """The worker closed its end."""


class Late(Exception):
    """The worker neither spoke nor listened in time."""


class Link:
    """The host's end of a worker's socket."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._kept = bytearray()

    def send(self, message: Mapping[str, Any], deadline: float) -> None:
        """Writes one frame by ``deadline`` (of `time.monotonic`).

        Raises:
            Gone: the worker has ended.
            Late: it does not read.
        """
        data = json.dumps(message).encode()
        self._until(deadline, lambda: self._socket.sendall(struct.pack(">I", len(data)) + data))

    def receive(self, deadline: float) -> Mapping[str, Any]:
        """Reads one frame.

        Raises:
            Gone: the worker has ended.
            Late: it did not speak by then.
            Nonsense: this is no frame.
        """
        if time.monotonic() > deadline:  # what has come already needs no waiting
            raise Late
        size = struct.unpack(">I", self._exactly(4, deadline))[0]
        if size > LONGEST:
            raise Nonsense(f"a frame of {size} bytes")
        try:
            message = json.loads(self._exactly(size, deadline).decode())
        except (ValueError, RecursionError) as error:  # also text that is not UTF-8, and integers of 4300 digits
            raise Nonsense(f"a frame that is not JSON ({type(error).__name__})") from None
        if not isinstance(message, dict):
            raise Nonsense("a frame without a subject")
        return message

    def close(self) -> None:
        """Closes this end."""
        self._socket.close()

    def _exactly(self, size: int, deadline: float) -> bytes:
        while len(self._kept) < size:
            part = self._until(deadline, lambda: self._socket.recv(1 << 16))
            if not part:
                raise Gone
            self._kept += part
        data = bytes(self._kept[:size])
        del self._kept[:size]
        return data

    def _until(self, deadline: float, step: Callable[[], Any]) -> Any:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Late
        try:
            self._socket.settimeout(left)
            return step()
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Gone from None


# --- values -----------------------------------------------------------------------------------------------------------


def encoded(value: Any, sent: dict[int, Handle]) -> Any:
    """A value in the form of `values.outward`, as JSON; ``sent`` keeps the handles that the worker then knows."""
    if isinstance(value, Handle):
        sent[vars(value)["id"]] = value
        return {"$h": [[name, encoded(getattr(value, name), sent)] for name in value.names]}
    if isinstance(value, list):
        return [encoded(item, sent) for item in value]
    if isinstance(value, tuple):
        return {"$t": [encoded(item, sent) for item in value]}
    if isinstance(value, dict):
        if any(key.startswith("$") for key in value):
            return {"$d": [[key, encoded(item, sent)] for key, item in value.items()]}
        return {key: encoded(item, sent) for key, item in value.items()}
    return value


def decoded(value: Any, sent: Mapping[int, Handle], depth: int = 0) -> Any:
    """A worker's value: plain Python, handles that it was sent, and `Foreign` for what does not cross."""
    if depth > DEPTH + 2:
        return Foreign(f"a value nested deeper than {DEPTH} levels does not cross")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [decoded(item, sent, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if "$h" in value:
        named = value["$h"]
        known = sent.get(named) if type(named) is int else None
        return known if known is not None else Foreign("there is no such handle; look again with GetImage() and SAM()")
    if isinstance(value.get("$t"), list):
        return tuple(decoded(item, sent, depth + 1) for item in value["$t"])
    if isinstance(value.get("$d"), list):
        return _mapping(value["$d"], sent, depth)
    if "$x" in value:
        return Foreign(_WHY.get(str(value["$x"]), "a {} does not cross").format(_word(value.get("name"))))
    return {_text(key): decoded(item, sent, depth + 1) for key, item in value.items()}


_WHY = {
    "parts": f"a value of more than {NODES} parts does not cross",
    "depth": f"a value nested deeper than {DEPTH} levels does not cross",
    "text": f"a text of more than {CHARS} characters does not cross",
    "integer": "an integer beyond 2**63 does not cross",
    "kind": "a {} does not cross: pass numbers, strings, lists, dicts or what skills returned",
}


def _mapping(pairs: list[Any], sent: Mapping[int, Handle], depth: int) -> Any:
    items: dict[Any, Any] = {}
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            return Foreign("a dict does not cross like this")
        key = decoded(pair[0], sent, depth + 1)
        if type(key) not in (str, int, bool):
            return Foreign("only strings and whole numbers are keys of a dict that crosses")
        items[key] = decoded(pair[1], sent, depth + 1)
    return items


def _text(text: str) -> str:
    """JSON can spell half of a character; what keeps a record can't write it."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _word(name: Any) -> str:
    return clipped(printable(name), 60) if isinstance(name, str) and name.isidentifier() else "thing"


# --- events -----------------------------------------------------------------------------------------------------------


def called(message: Mapping[str, Any], sent: Mapping[int, Handle]) -> Called:
    """``{call, args, kw, at}``.

    Raises:
        Nonsense: it is not of that shape.
    """
    name, arguments, keywords, at = (message.get(key) for key in ("call", "args", "kw", "at"))
    if not isinstance(name, str) or not name or len(name) > _SAID:
        raise Nonsense("a call of something without a name")
    if not isinstance(arguments, list) or not isinstance(keywords, list) or len(arguments) > _ARGUMENTS:
        raise Nonsense("a call without arguments")
    named: dict[str, Any] = {}
    for pair in keywords:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str) or len(named) >= _ARGUMENTS:
            raise Nonsense("a call with keywords that are none")
        named[_text(pair[0])] = decoded(pair[1], sent)
    line, column = _places(at)
    return Called(_text(name), tuple(decoded(value, sent) for value in arguments), named, line, column)


def done(message: Mapping[str, Any], sent: Mapping[int, Handle]) -> Done:
    """``{done}``."""
    return Done(decoded(message["done"], sent))


def failed(message: Mapping[str, Any]) -> Raised:
    """``{fail: {phase, type, message, frames}}``.

    Raises:
        Nonsense: it is not of that shape.
    """
    told = message["fail"]
    if not isinstance(told, dict):
        raise Nonsense("a failure without a reason")
    phase, kind, said, frames = (told.get(key) for key in ("phase", "type", "message", "frames"))
    if not isinstance(kind, str) or not isinstance(said, str) or not isinstance(frames, list) or len(frames) > _FRAMES:
        raise Nonsense("a failure without a reason")
    places = []
    for frame in frames:
        if not isinstance(frame, list) or len(frame) != 3 or not isinstance(frame[0], str):
            raise Nonsense("a failure at no place")
        places.append((clipped(_text(frame[0]), 80), *_places(frame[1:])))
    kind = kind if kind.isidentifier() and len(kind) <= 80 else "Exception"
    cause: Cause = "runtime"
    if kind == "MemoryLimit":
        cause = "memory"
    elif phase == "load" and kind in ("SyntaxError", "IndentationError", "TabError"):
        cause = "syntax"
    elif kind == "ModuleNotFoundError":
        cause = "unsupported"
    return Raised(cause, kind, clipped(_text(said)), tuple(places))


def _places(at: Any) -> tuple[int, int]:
    if not isinstance(at, list) or len(at) != 2 or any(type(n) is not int or not 0 <= n <= _LINES for n in at):
        raise Nonsense("a place that is none")
    return at[0], at[1]
