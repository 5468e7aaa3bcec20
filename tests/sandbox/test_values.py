"""What crosses, both ways."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruct2act.sandbox.values import KINDS, NODES, Handle, Refused, Table, fit, inward, outward, summary
from skills.types import Action, Image, Mask, Pose

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)


def mask(row: int = 0) -> Mask:
    array = np.zeros((20, 30), bool)
    array[row : row + 2, 3:7] = True
    return Mask.of(array, score=0.5)


@given(PLAIN)
def test_plain_values_cross_unchanged(value: Any) -> None:
    assert inward(outward(value, Table()), Table()) == value


def test_handles_have_facts_and_lead_back() -> None:
    table, thing = Table(), mask(4)
    handle = outward(thing, table)
    assert isinstance(handle, Handle) and type(handle).__name__ == "Mask"
    facts = {name: getattr(handle, name) for name in handle.names}
    assert facts == {
        "id": thing.id,
        "kind": "Mask",
        "shape": (20, 30),
        "area": 8,
        "bbox": (3, 4, 7, 6),
        "centroid": (4.5, 4.5),
        "score": 0.5,
    }
    assert inward([handle], table) == [thing] and outward(thing, table) is handle


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_stubs_declare_the_facts_that_handles_have(kind: Any) -> None:
    things = [mask(), Image(np.zeros((2, 3, 3), np.uint8)), Action("pick_place", Pose(0.5, 0.1), Pose(0.4, 0.2))]
    thing = next(thing for thing in things if isinstance(thing, kind.host))
    assert set(outward(thing, Table()).names) == set(kind.declared)


def test_a_handle_of_another_program_is_refused() -> None:
    handle = outward(mask(), Table())
    with pytest.raises(Refused, match="another program"):
        inward(handle, Table())


def test_numpy_numbers_become_pythons() -> None:
    result = outward({"a": np.float32(0.5), "b": np.int64(3), "c": np.bool_(True), "d": np.arange(3)}, Table())
    assert result == {"a": 0.5, "b": 3, "c": True, "d": [0, 1, 2]}
    assert [type(value) for value in result.values()] == [float, int, bool, list]


@pytest.mark.parametrize("value", [np.zeros((100, 100)), object(), open, {1, 2}, b"x"])
def test_what_a_skill_must_not_return(value: object) -> None:
    with pytest.raises(TypeError, match=r"does not cross|too large"):
        outward(value, Table())


def shared(levels: int) -> list[Any]:
    value: list[Any] = [1]
    for _ in range(levels):
        value = [value, value]
    return value


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


ODD = [2**63, -(2**63), float("nan"), float("inf"), {1.5: 1}, {(1,): 1}, {1}, b"x", object(), print, int]


@pytest.mark.parametrize(
    "value",
    [
        shared(20),
        shared(23),
        shared(60),
        nested(25),
        nested(5000),
        [0] * NODES,
        "a" * 10_001,
        ["a" * 10_000] * 21,
        *ODD,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_program_must_not_send(value: Any) -> None:
    with pytest.raises(Refused) as refusal:
        inward(value, Table())
    assert len(str(refusal.value)) < 200


A_MASK, AN_IMAGE = mask(), Image(np.zeros((2, 3, 3), np.uint8))


@pytest.mark.parametrize(
    "value, annotation, fitted",
    [
        (3, float, 3.0),
        (3.0, int, 3),
        ([1, 2.5], tuple[float, float], (1.0, 2.5)),
        ((1, 2), list[float], [1.0, 2.0]),
        ([[1, 2], [3, 4]], list[tuple[float, float]], [(1.0, 2.0), (3.0, 4.0)]),
        (None, list[int] | None, None),
        ("left", Literal["left", "right"] | None, "left"),
        ([A_MASK], list[Mask], [A_MASK]),
        (A_MASK, int | Mask | list[float], A_MASK),
        ({"x": [0, 1]}, dict[str, list[float]], {"x": [0.0, 1.0]}),
        (True, bool, True),
        ({"a": [1]}, Any, {"a": [1]}),
    ],
)
def test_arguments_fit(value: Any, annotation: Any, fitted: Any) -> None:
    result = fit(value, annotation)
    assert result == fitted and type(result) is type(fitted)


@pytest.mark.parametrize(
    "value, annotation, said",
    [
        (AN_IMAGE, Mask, "expected a Mask, got an Image"),
        (A_MASK, Image, "expected an Image, got a Mask"),
        ([A_MASK, A_MASK, A_MASK], Image, "expected an Image, got a list of 3 Mask"),
        ([A_MASK, AN_IMAGE], list[Mask], "expected a list of Mask, got a list of 2 things"),
        (True, int, "expected an int, got True"),
        (1.5, int, "expected an int, got 1.5"),
        ("7", float, "expected a float, got '7'"),
        (None, int, "expected an int, got None"),
        ("lef", Literal["left", "right"], "did you mean 'left'"),
        ([1.0, 2.0, 3.0], tuple[float, float], "expected (float, float), got a list of 3 float"),
        ({"x": "a"}, dict[str, float], "expected a dict, got a dict"),
        (3, str | Image, "expected a str or an Image, got 3"),
    ],
)
def test_arguments_that_do_not_fit(value: Any, annotation: Any, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        fit(value, annotation)
    assert said in str(refusal.value)


def test_summaries_are_small_and_plain() -> None:
    assert summary([A_MASK, "x" * 500, list(range(100)), {"a": AN_IMAGE}]) == [
        {"kind": "Mask", "id": A_MASK.id},
        "x" * 199 + "…",
        [*range(40), "… 60 more"],
        {"a": {"kind": "Image", "id": AN_IMAGE.id}},
    ]
