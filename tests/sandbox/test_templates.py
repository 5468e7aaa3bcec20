"""Pictures under the keys that a program writes."""

from __future__ import annotations

import ast

import pytest

from instruct2act.sandbox.templates import match, spelled


@pytest.mark.parametrize(
    "written, known, meant",
    [
        ("dragged_obj", ["dragged_obj_1", "base_obj_1"], "dragged_obj_1"),
        ("dragged obj", ["dragged_obj", "base_obj"], "dragged_obj"),
        ("Dragged Obj 1", ["dragged_obj"], "dragged_obj"),
        ("{scene}", ["scene"], "scene"),
        ("base_obj", ["base_obj_2", "base_obj_1"], "base_obj_1"),
        ("base_obj_2", ["base_obj_1", "base_obj_2"], "base_obj_2"),
        ("base obj2", ["base_obj_1", "base_obj_2"], "base_obj_2"),
        ("base_obj_2", ["base_obj"], None),
        ("base_obj_3", ["base_obj_1", "base_obj_2"], None),
        ("heart", ["dragged_obj"], None),
        ("start_scene", ["scene"], None),
        ("frame_10", ["frame_1", "frame_10"], "frame_10"),
        ("", ["scene"], None),
    ],
)
def test_match(written: str, known: list[str], meant: str | None) -> None:
    assert match(written, known) == meant


@pytest.mark.parametrize(
    "source, keys",
    [
        ("templates['dragged obj']", ["dragged obj", "base_obj_1"]),
        ("for k in templates: pass", ["dragged_obj_1", "base_obj_1"]),
        ("templates.get('dragged_obj'); templates['base_obj']", ["dragged_obj", "base_obj"]),
        ("templates['dragged_obj']; templates['dragged_obj_1']", ["dragged_obj", "dragged_obj_1", "base_obj_1"]),
        ("templates[f'base_obj_{i}']; templates['base obj']", ["dragged_obj_1", "base_obj_1", "base obj"]),
        ("x = 'heart'", ["dragged_obj_1", "base_obj_1"]),
    ],
)
def test_a_program_finds_its_own_spelling(source: str, keys: list[str]) -> None:
    pictures = {"dragged_obj_1": "A", "base_obj_1": "B"}
    under = spelled(pictures, ast.parse(source))
    assert list(under) == keys
    assert all(under[key] == pictures[match(key, pictures) or ""] for key in under)
