"""The registry as declarations: every skill, read back by Python's own parser."""

from __future__ import annotations

import ast

import pytest
from contained import SKILLS, World

from instruct2act.sandbox import Gateway
from instruct2act.sandbox.stubs import declaration, stubs


@pytest.mark.parametrize("name", SKILLS)
def test_a_declaration_has_the_skills_parameters(name: str) -> None:
    function = ast.parse(declaration(SKILLS[name])).body[0]
    assert isinstance(function, ast.FunctionDef) and function.name == name
    assert [argument.arg for argument in function.args.args] == [p.name for p in SKILLS[name].parameters]
    assert len(function.args.defaults) == sum(not p.required for p in SKILLS[name].parameters)


@pytest.mark.needs("jail")
def test_the_checker_accepts_the_declarations(gateway: Gateway, world: World) -> None:
    """A name that the declarations lack would be an error in them, and then nothing else is checked."""
    text = stubs(SKILLS, world.names())
    assert {"class Image:", "class Mask:", "class Action:", "templates: _Templates"} <= set(text.splitlines())
    used = "\n".join(f"use_{name} = {name}" for name in [*SKILLS, *world.names()])
    assert gateway.check(used, SKILLS, world.names()) == []
    assert gateway.check(used + "\nMissing", SKILLS, world.names())[0].message == "name 'Missing' is not defined"
