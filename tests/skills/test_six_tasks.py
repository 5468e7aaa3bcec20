"""Every task that has a program here succeeds by it, with perception that reads the truth."""

from __future__ import annotations

import pytest
from six_programs import PROGRAMS
from tabletop import play

from sim.env import TabletopEnv
from sim.task import load


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("level", ["L1", "L2", "L3"])
def test_the_program_succeeds(name: str, level: str) -> None:
    env = TabletopEnv(name, level)
    for seed in range(2):
        env.reset(seed=1000 + seed)
        info = PROGRAMS[name](play(env), env.instruction.text)
        verdict = env.verdict()
        assert verdict is not None and verdict.success, (seed, info, verdict.reason)
        assert not info["failed"] and env.steps <= load()[name].budget - 2  # within the oracle's own number of actions
    env.close()
