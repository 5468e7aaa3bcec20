"""A playground in a process of its own, one for most tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from person import Person, pictures, somebody

from instruct2act.bench.browsing import Browser, Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Open to this machine, with limits that tests of other things do not meet."""
    rates = ("playground.runs_minute=1000", "playground.plans_minute=1000", "playground.looks_minute=10000")
    times = ("playground.wall_s=150", "playground.cpu_s=120")
    with serving(tmp_path_factory.mktemp("playground"), *rates, *times) as made:
        yield made


@pytest.fixture
def browser(server: Server) -> Browser:
    """A browser with a session of its own."""
    made = server.browser()
    made.hello()
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where pictures of the page go."""
    return pictures(tmp_path)


@pytest.fixture
def person(chromium: Chromium, server: Server, folder: Path) -> Iterator[Person]:
    """Somebody who has the page open."""
    with somebody(chromium, server.address, folder) as made:
        yield made.open()
