"""What a language model reads."""

from __future__ import annotations

import ast

import pytest

import skills
from skills.types import Action, Image, Mask

PAPER = {
    "GetImage": ["view"],
    "SAM": ["image", "points", "boxes"],
    "ImageCrop": ["image", "masks"],
    "CLIPRetrieval": ["objs", "query", "pre_obj1", "pre_obj2"],
    "get_objs_match": ["objs_list1", "objs_list2"],
    "Pixel2Loc": ["obj", "masks"],
    "PickPlace": ["pick", "place", "bounds", "yaw_angle_degree", "tool"],
    "DistractorActions": ["mask_obs", "obj_list", "place_masks", "tool"],
    "RearrangeActions": ["pick_masks", "place_masks", "pick_ind", "place_ind", "bounds", "tool"],
    "RobotExecution": ["action"],
    "RobotSetting": ["speed"],
}


def test_names_and_keywords_are_the_papers() -> None:
    there = skills.load()
    assert {name: [p.name for p in there[name].parameters] for name in PAPER} == PAPER
    assert there["CLIPRetrieval"].aliases == {"obj1": "objs"}


def test_the_table_is_short_and_is_python() -> None:
    text = skills.describe()
    assert len(text) <= 11_000
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions] == list(skills.load())
    assert all(ast.get_docstring(f) for f in functions)
    assert "ctx" not in text and "bounds: dict[str, list[float]] | None = BOUNDS" in text


@pytest.mark.parametrize("name", list(skills.load()))
def test_every_optional_argument_has_a_default_and_every_kind_may_cross(name: str) -> None:
    allowed = {"Image", "Mask", "Action", "int", "float", "str", "list", "tuple", "dict", "None", "object"}
    known = skills.load()[name]
    for annotation in [*(p.annotation for p in known.parameters), known.returns]:
        said = skills.type_name(annotation)
        literals = ast.parse(said, mode="eval")
        used = {node.id for node in ast.walk(literals) if isinstance(node, ast.Name)}
        assert used <= allowed, said
    assert {Image, Mask, Action}  # what a program holds by handle
    needed = [p.required for p in known.parameters]
    assert needed == sorted(needed, reverse=True)
