"""A gateway for all attacks, and a world for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacked import CANARY, World

from instruct2act.sandbox import Gateway


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    os.environ["INSTRUCT2ACT_CANARY"] = CANARY
    with Gateway() as made:
        yield made
    del os.environ["INSTRUCT2ACT_CANARY"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    file = tmp_path / "secret.txt"
    file.write_text(CANARY, encoding="utf-8")
    return World(file)
