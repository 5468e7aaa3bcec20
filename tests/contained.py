"""For tests of the sandbox: gateways over each interpreter, a world in which every reach of a program would show."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from instruct2act.sandbox import Failure, Function, Gateway, Score, scores
from instruct2act.sandbox.guest import Backend
from instruct2act.sandbox.probe.world import CANARY, LIMITS, VARIABLE, World, registry
from instruct2act.sandbox.routing import Second

__all__ = ["CANARY", "LIMITS", "SKILLS", "World", "both", "first", "gateway", "run_reward", "second", "world"]

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


def run_reward(
    backend: Backend, source: str, episodes: Sequence[tuple[Any, Any]], **settings: Any
) -> list[Score | Failure]:
    """The scores of episodes by a reward function, in a worker of its own."""
    with Function(backend, source, "reward", **settings) as function:
        return scores(function, episodes)
