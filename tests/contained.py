"""For tests of the sandbox: gateways over each interpreter, a world in which every reach of a program would show."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from instruct2act.sandbox import Gateway
from instruct2act.sandbox.probe.world import CANARY, LIMITS, VARIABLE, World, registry
from instruct2act.sandbox.routing import Second

__all__ = ["CANARY", "LIMITS", "SKILLS", "World", "both", "first", "gateway", "second", "world"]

SKILLS = dict(registry())


@pytest.fixture(scope="session")
def first() -> Iterator[Gateway]:
    """Monty."""
    os.environ[VARIABLE] = CANARY
    with Gateway() as made:
        yield made
    os.environ.pop(VARIABLE, None)


@pytest.fixture(scope="session")
def gateway(first: Gateway) -> Gateway:
    """Monty; a module that is to hold for either interpreter says so by a fixture of this name."""
    return first


@pytest.fixture(scope="session")
def second() -> Iterator[Gateway]:
    """CPython, its programs read by the type checker too."""
    with Gateway(Second()) as made:
        yield made


@pytest.fixture(params=["monty", "cpython"])
def both(request: pytest.FixtureRequest) -> Gateway:
    """Either interpreter."""
    name = "first" if request.param == "monty" else "second"
    found: Gateway = request.getfixturevalue(name)
    return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    file = tmp_path / "secret.txt"
    file.write_text(CANARY, encoding="utf-8")
    return World(file)
