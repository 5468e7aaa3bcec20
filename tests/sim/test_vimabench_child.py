"""The messages between VIMABench's process and this one: what goes in comes out, and nothing else gets through."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.vimabench import answers
from sim.vimabench.child import ARRAY_BYTES, DTYPES, HEADER_BYTES, Nonsense, pack, unpack


def received(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    stream = io.BytesIO(data)

    def read(count: int) -> bytes:
        part = stream.read(count)
        if len(part) < count:
            raise EOFError
        return part

    return unpack(read)


def header(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


@settings(max_examples=40, deadline=None)
@given(
    fields=st.dictionaries(
        st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=9), max_size=4
    ),
    array=st.sampled_from(DTYPES).flatmap(lambda dtype: arrays(dtype, st.tuples(*[st.integers(0, 4)] * 2))),
)
def test_a_message_arrives_as_it_was_sent(fields: dict[str, Any], array: Any) -> None:
    got, pictures = received(pack(fields, {"a": array, "b": array.T}))
    assert got == fields and set(pictures) == {"a", "b"}
    assert pictures["a"].dtype == array.dtype and np.array_equal(
        pictures["b"], array.T, equal_nan=array.dtype.kind == "f"
    )


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_message_an_end_or_nonsense(data: bytes, framed: bool) -> None:
    try:
        fields, _ = received(header(data) if framed else data)
    except (Nonsense, EOFError):
        return
    assert isinstance(fields, dict)


def listed(**one: Any) -> bytes:
    return header(json.dumps({"fields": {}, "arrays": [{"name": "a", "dtype": "uint8", "shape": [1], **one}]}).encode())


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I", HEADER_BYTES + 1),
        struct.pack(">I", 0),
        header(b"[" * 100_000),
        header(b'{"fields": [], "arrays": []}'),
        header(b'{"fields": {}}'),
        listed(dtype="object"),
        listed(dtype="O8"),
        listed(shape=[-1]),
        listed(shape=[2.0]),
        listed(shape=[True]),
        listed(shape=[ARRAY_BYTES + 1]),
        listed(shape=[1 << 14, 1 << 14]),
        listed(shape=[1, 1, 1, 1, 1]),
    ],
)
def test_sizes_and_types_are_bounded_before_anything_is_read(data: bytes) -> None:
    with pytest.raises(Nonsense):
        received(data)


def stepped(**changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    fields = {
        "success": True,
        "done": True,
        "released": None,
        "timeout": None,
        "goals": 0,
        "seconds": 1.0,
        "took_s": 0.1,
    }
    picture = {"top.rgb": (128, 256, 3), "top.segm": (128, 256), "front.rgb": (128, 256, 3), "front.segm": (128, 256)}
    return {**fields, **changed}, {name: np.zeros(shape, np.uint8) for name, shape in picture.items()}


@pytest.mark.parametrize(
    "changed",
    [
        {"success": 1},
        {"success": "yes"},
        {"done": None},
        {"released": 0},
        {"timeout": 5},
        {"timeout": {"steps": -1, "seconds": 5.0}},
        {"goals": -1},
        {"goals": 1 << 40},
        {"seconds": float("nan")},
        {"took_s": "0.1"},
    ],
)
def test_an_answer_has_every_field_of_its_kind(changed: dict[str, Any]) -> None:
    assert answers.stepped(*stepped()).success
    with pytest.raises(Nonsense):
        answers.stepped(*stepped(**changed))


def test_the_oracles_action_has_numbers_only() -> None:
    right = {"pose0_position": [0.5, 0.0], "pose1_position": [0.4, 0]} | {
        f"pose{k}_rotation": [0, 0, 0, 1] for k in (0, 1)
    }
    assert answers.action(right) is not None and answers.action(None) is None
    for wrong in ([], {}, {**right, "pose0_position": [0.5]}, {**right, "pose1_rotation": [0, 0, 0, "1"]}):
        with pytest.raises(Nonsense):
            answers.action(wrong)
