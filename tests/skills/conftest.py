"""Tables made of named objects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tabletop import Table

import sim
from sim.env import TabletopEnv


@pytest.fixture
def table() -> Iterator[Table]:
    """Makes tables ("red heart @0.4,0.1; blue bowl") and gives them back at the end."""
    made: list[TabletopEnv] = []

    def make(objects: str) -> TabletopEnv:
        made.append(sim.make_objects(objects))
        return made[-1]

    yield make
    for env in made:
        env.close()
