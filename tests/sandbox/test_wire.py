"""The wire to the second interpreter, against whatever a worker that has been taken over may say."""

from __future__ import annotations

import json
import math
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruct2act.sandbox import Limits
from instruct2act.sandbox.cpython import wire
from instruct2act.sandbox.cpython.guest import CPythonGuest
from instruct2act.sandbox.guest import Called, Done, Event, Flooded, Raised
from instruct2act.sandbox.values import ALL_CHARS, CHARS, DEPTH, NODES, Foreign, Handle, Refused, Table, inward, outward
from skills.types import Image, Mask

FUZZ = settings(max_examples=150, deadline=None)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["$h", "$t", "$d", "$x", "name", "a"]) | st.text(max_size=6), inner, max_size=4
        )
    ),
    max_leaves=25,
)
SUBJECTS = st.sampled_from(["call", "args", "kw", "at", "done", "fail", "print", "value", "raise", "contained"])
MESSAGES = st.dictionaries(SUBJECTS | st.text(max_size=4), JSON, max_size=5)
FAILURES = st.fixed_dictionaries(
    {},
    optional={
        "phase": JSON,
        "type": st.text(max_size=30) | JSON,
        "message": st.text(max_size=50) | JSON,
        "frames": st.lists(JSON, max_size=4),
    },
)
CALLS = st.fixed_dictionaries(
    {"call": st.sampled_from(["SAM", "os.system", ".area", "__class__"]) | JSON},
    optional={"args": st.lists(JSON, max_size=4) | JSON, "kw": JSON, "at": st.just([1, 1]) | JSON},
)


class Hostile:
    """A worker that says what it is told to, and a guest that believes it to be one of ours."""

    def __init__(self, limits: Limits) -> None:
        ours, self.theirs = socket.socketpair()
        process = ours.dup().detach()  # stands in for a process's descriptor: killing it fails, which is ignored
        self.guest = CPythonGuest(
            wire.Link(ours), process, 0, lambda: 0, limits, frozenset(), lambda source: "", "hostile"
        )
        self.heard: list[str] = []

    def hear(self, text: str) -> None:
        self.heard.append(text)
        if sum(map(len, self.heard)) > 1000:
            raise Flooded

    def says(self, data: bytes, ends: bool = True) -> Event:
        """What the guest makes of bytes, sent while it waits."""

        def send() -> None:
            try:
                self.theirs.sendall(data)
                if ends:
                    self.theirs.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has heard enough

        sender = threading.Thread(target=send)
        sender.start()
        try:
            return self.guest.start("x = 1", {}, self.hear, check=False)
        finally:
            self.guest.close()
            sender.join()
            self.theirs.close()


def frame(message: Any) -> bytes:
    data = json.dumps(message).encode()
    return struct.pack(">I", len(data)) + data


def sound(event: Event) -> None:
    """Whatever was said, what comes of it is bounded, of the right types, and fit to be kept."""
    table = Table()
    match event:
        case Called():
            assert isinstance(event.name, str) and event.name and event.line >= 0 and event.column >= 0
            values = [*event.arguments, *event.keywords.values()]
            assert len(values) <= 100 and all(isinstance(name, str) for name in event.keywords)
        case Done():
            values = [event.value]
        case Raised():
            assert event.type.isidentifier() and len(event.message.encode()) <= 2000
            assert all(isinstance(name, str) and line >= 0 and column >= 0 for name, line, column in event.frames)
            json.dumps([event.type, event.message, event.frames]).encode()
            return
    for value in values:
        kept(value, table)


def kept(value: Any, table: Table) -> None:
    """A value is refused with a sentence, or is a bounded tree of plain Python."""
    try:
        found = inward(value, table)
    except Refused as refusal:
        assert 0 < len(str(refusal)) < 300
        return
    nodes = chars = 0
    waiting = [(found, 0)]
    while waiting:
        part, depth = waiting.pop()
        nodes += 1
        assert depth <= DEPTH
        if isinstance(part, (list, tuple)):
            waiting += [(item, depth + 1) for item in part]
        elif isinstance(part, dict):
            nodes += len(part)
            chars += sum(len(key) for key in part if isinstance(key, str))
            waiting += [(item, depth + 1) for item in part.values()]
        elif isinstance(part, str):
            chars += len(part)
            assert len(part) <= CHARS
            part.encode()
        else:
            assert part is None or type(part) in (bool, int, float)
            assert part is None or (abs(part) < 2**63 if type(part) is int else math.isfinite(part))
    assert nodes <= NODES and chars <= ALL_CHARS


@pytest.fixture
def hostile() -> Callable[[], Hostile]:
    return lambda: Hostile(Limits(program_s=5, turn_s=5))


@FUZZ
@given(st.binary(max_size=200))
def test_bytes(data: bytes) -> None:
    sound(Hostile(Limits()).says(data))


@FUZZ
@given(st.integers(0, 2**32 - 1), st.binary(max_size=100))
def test_lengths(size: int, data: bytes) -> None:
    event = Hostile(Limits()).says(struct.pack(">I", size) + data)
    sound(event)
    if size > wire.LONGEST:
        assert isinstance(event, Raised) and event.type == "Nonsense"


@FUZZ
@given(st.lists(MESSAGES | CALLS | FAILURES.map(lambda told: {"fail": told}) | JSON, max_size=4))
def test_messages(messages: list[Any]) -> None:
    worker = Hostile(Limits())
    sound(worker.says(b"".join(map(frame, messages))))
    assert all(isinstance(text, str) for text in worker.heard)
    "".join(worker.heard).encode()


@FUZZ
@given(JSON)
def test_values(value: Any) -> None:
    kept(wire.decoded(value, {}), Table())


@FUZZ
@given(st.integers(0, 3000), st.sampled_from(["[]", '{"a":}', '{"$t":[]}', '{"$d":[["a",]]}']))
def test_depth(depth: int, brackets: str) -> None:
    middle = len(brackets) - {"[]": 1, '{"a":}': 1, '{"$t":[]}': 2, '{"$d":[["a",]]}': 3}[brackets]
    text = brackets[:middle] * depth + "1" + brackets[middle:] * depth
    data = f'{{"done": {text}}}'.encode()
    event = Hostile(Limits()).says(struct.pack(">I", len(data)) + data)
    sound(event)
    if depth > DEPTH:
        assert isinstance(event, Raised) or refused(event)


def refused(event: Event) -> str:
    try:
        inward(event.value if isinstance(event, Done) else None, Table())
    except Refused as refusal:
        return str(refusal)
    return ""


@FUZZ
@given(st.integers() | st.text(max_size=5) | st.booleans() | st.none() | st.floats() | st.lists(st.integers()))
def test_handles_that_were_never_given(named: Any) -> None:
    table = Table()
    image = outward(Image(np.zeros((2, 3, 3), np.uint8)), table)
    sent: dict[int, Handle] = {}
    wire.encoded(image, sent)
    (own,) = sent
    value = wire.decoded({"$h": named}, sent)
    if type(named) is int and named == own:
        assert value is image
    else:
        assert isinstance(value, Foreign)
        with pytest.raises(Refused, match="no such handle"):
            inward(value, table)


@FUZZ
@given(JSON)
def test_plain_values_come_back(value: Any) -> None:
    """What the host sends comes back as it was, marks in it or not; JSON's own spelling lies between."""
    sent: dict[int, Handle] = {}
    there = json.loads(json.dumps(wire.encoded(value, sent)))
    back = wire.decoded(there, sent)
    assert json.dumps(back) == json.dumps(value)


def test_a_handle_crosses_by_its_number_alone() -> None:
    table = Table()
    mask = Mask.of(np.ones((4, 4), bool))
    handle, sent = outward(mask, table), {}
    there = wire.encoded([handle, handle], sent)
    assert dict(there[0]["$h"])["area"] == 16 and there[0] == there[1]
    assert inward(wire.decoded([{"$h": mask.id}], sent), table) == [mask]
    other = Table()
    with pytest.raises(Refused, match="another program"):
        inward(wire.decoded({"$h": mask.id}, sent), other)


def test_prints_flood_and_stop(hostile: Callable[[], Hostile]) -> None:
    event = hostile().says(b"".join(frame({"print": "a" * 100}) for _ in range(50)))
    assert isinstance(event, Raised) and event.type == "PrintLimit"


@pytest.mark.parametrize("data", [b"", b"\x00\x00", frame({"print": "x"})])
def test_a_worker_that_falls_silent_is_late(data: bytes) -> None:
    began = time.monotonic()
    event = Hostile(Limits(turn_s=0.1)).says(data, ends=False)
    assert isinstance(event, Raised) and event.type == "TimeLimit"
    assert time.monotonic() - began < 20


def test_a_worker_that_never_stops_talking_is_late() -> None:
    worker = Hostile(Limits(turn_s=0.2))
    event = worker.says(frame({"print": ""}) * 1_000_000, ends=False)
    assert isinstance(event, Raised) and event.type == "TimeLimit"


def test_what_is_over_stays_over(hostile: Callable[[], Hostile]) -> None:
    worker = hostile()
    first = worker.says(frame({"hello": 1}) + frame({"done": 1}))
    assert isinstance(first, Raised) and first.cause == "broken"
    assert worker.guest.resume(None) is first and worker.guest.throw("ValueError", "x") is first


# --- values, from any interpreter -------------------------------------------------------------------------------------

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.binary(max_size=5)
    | st.sampled_from([Foreign("a thing does not cross"), {1, 2}, print]) | st.builds(Handle, st.just({"id": 1})),
    lambda inner: st.lists(inner, max_size=5) | st.tuples(inner, inner)
    | st.dictionaries(st.text(max_size=5) | st.integers() | st.floats() | st.tuples(st.integers()), inner, max_size=4),
    max_leaves=40,
)  # fmt: skip


@FUZZ
@given(ANY)
def test_bounds_hold_for_whatever_comes_in(value: Any) -> None:
    kept(value, Table())


@FUZZ
@given(st.integers(0, 40), st.integers(1, 3), st.sampled_from(["list", "tuple", "dict"]))
def test_shared_values_cost_no_more_than_the_bound(levels: int, width: int, kind: str) -> None:
    value: Any = 1
    for _ in range(levels):
        value = [value] * width if kind == "list" else (value,) * width
        value = {str(place): part for place, part in enumerate(value)} if kind == "dict" else value
    kept(value, Table())
    if width == 1 or levels < 8:
        kept(wire.decoded(value, {}), Table())
