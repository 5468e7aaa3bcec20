"""Engines are given back: by their owner, with it, and after a report asked for one more picture."""

from __future__ import annotations

import gc

import numpy as np
import pybullet
import pytest

from sim.cameras import CAMERAS
from sim.engine import Client
from sim.pictures import Studio
from sim.states import Look
from sim.world import World


def _connected() -> int:
    gc.collect()
    return sum(bool(pybullet.isConnected(client)) for client in range(64))


@pytest.fixture
def before() -> int:
    return _connected()


def test_a_client_is_given_back_once(before: int) -> None:
    first = Client()
    first.disconnect()
    second = Client()  # the engine hands the number out again
    assert second.id == first.id
    first.disconnect()
    del first
    gc.collect()
    assert pybullet.isConnected(second.id)
    second.disconnect()
    assert _connected() == before


def test_a_collected_world_gives_its_engines_back(before: int) -> None:
    world = World()
    world.render(CAMERAS["top"])
    assert _connected() > before
    del world
    assert _connected() == before


def test_a_late_picture_is_the_same_and_leaves_no_engine(before: int) -> None:
    studio, fills = Studio(), 0

    def fill(world: World) -> None:
        nonlocal fills
        fills += 1

    early = studio.shoot(Look(), fill, "top", (32, 64))
    studio.shoot(Look(), fill, "front", (32, 64))
    assert fills == 1
    studio.close()
    late = studio.shoot(Look(), fill, "top", (32, 64))
    assert fills == 2 and np.array_equal(early.rgb, late.rgb)
    assert _connected() == before
