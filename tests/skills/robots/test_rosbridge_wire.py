"""Bytes become messages or a refusal, whatever comes."""

from __future__ import annotations

import json
import struct

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.errors import Mistake
from skills.robots.rosbridge import wire
from skills.robots.rosbridge.errors import BadMessage
from skills.robots.rosbridge.link import safe_url


def test_text_and_binary_are_read_alike() -> None:
    message = {"op": "publish", "topic": "/a", "msg": {"data": 1}}
    assert wire.Decoder().feed(wire.encode(message)) == message == wire.Decoder().feed(cbor2.dumps(message))


@pytest.mark.parametrize(("tag", "kind"), [(69, "<u2"), (78, "<i4"), (85, "<f4"), (86, "<f8"), (65, ">u2")])
def test_typed_arrays_are_numpys(tag: int, kind: str) -> None:
    values = np.array([1, 2, 300]).astype(kind)
    read = wire.Decoder().feed(cbor2.dumps({"op": "x", "v": cbor2.CBORTag(tag, values.tobytes())}))
    assert read is not None and read["v"].dtype == np.dtype(kind) and read["v"].tolist() == [1, 2, 300]


@given(st.lists(st.integers(), min_size=20), st.integers(1, 30), st.randoms(use_true_random=False))
def test_fragments_in_any_order_with_totals_as_rosbridge_writes_them(values: list[int], size: int, random) -> None:  # type: ignore[no-untyped-def]
    message = {"op": "publish", "topic": "/a", "msg": values}
    text = json.dumps(message)
    total = (len(text) - 1) / size + 1  # a float: 5.1097
    parts = [
        {"op": "fragment", "id": "7", "num": n, "total": total, "data": text[n * size : (n + 1) * size]}
        for n in range(int(total))
    ]
    random.shuffle(parts)
    decoder = wire.Decoder()
    *before, last = [decoder.feed(json.dumps(part)) for part in parts]
    assert before == [None] * (len(parts) - 1) and last == message


@pytest.mark.parametrize(
    "data",
    [
        "", "[]", "{}", '{"op": 3}', '{"op": "x", "v": NaN}', '{"op": "x", "v": Infinity}', "[" * 100_000,
        b"", b"\xff\xff", cbor2.dumps([1]), cbor2.dumps({"op": "x", "v": cbor2.CBORTag(86, b"123")}),
        cbor2.dumps({"op": "x", "v": cbor2.CBORTag(83, b"1" * 16)}), b"\x81" * 1000,
        '{"op": "fragment", "id": "1", "num": 0, "total": 1e300, "data": ""}',
        '{"op": "fragment", "id": "1", "num": -1, "total": 2, "data": ""}',
        '{"op": "fragment", "id": "1", "num": 0, "total": 1, "data": 4}',
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(data: str | bytes) -> None:
    with pytest.raises(BadMessage):
        wire.Decoder().feed(data)


@given(st.one_of(st.text(), st.binary()))
def test_nothing_else_ever_comes_out(data: str | bytes) -> None:
    try:
        read = wire.Decoder().feed(data)
    except BadMessage:
        return
    assert read is None or isinstance(read["op"], str)


def test_fragments_that_never_end_are_bounded() -> None:
    decoder = wire.Decoder()
    for name in range(50):
        decoder.feed(json.dumps({"op": "fragment", "id": str(name), "num": 0, "total": 2, "data": "x"}))
    assert len(decoder._parts) <= 8


def test_no_number_that_is_none_is_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        wire.encode({"op": "publish", "msg": {"x": struct.unpack("<d", b"\0" * 6 + b"\xf8\x7f")[0]}})


@pytest.mark.parametrize("url", ["ws://127.0.0.1:9090", "ws://localhost:9090", "wss://arm.lab:9090", "ws://[::1]:1"])
def test_an_address_that_is_near_or_encrypted(url: str) -> None:
    assert safe_url(url, insecure=False) == url


@pytest.mark.parametrize("url", ["ws://192.168.1.5:9090", "ws://arm.lab:9090", "http://localhost", "arm", "ws://"])
def test_commands_do_not_go_over_the_open_network(url: str) -> None:
    with pytest.raises(Mistake):
        safe_url(url, insecure=False)
    if url.startswith("ws://") and len(url) > 5:
        assert safe_url(url, insecure=True)
