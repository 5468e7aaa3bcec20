"""Outcomes that are made on the simulated table: what the judge says of each kind, over the tasks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import sim
from instruct2act.truth.director import Director
from instruct2act.truth.outcomes import WAYS, Ending, endings
from sim.env import TabletopEnv
from sim.goals import At, Inside
from sim.situation import Situation

FIRST = ("visual_manipulation", "rotate")
EVERY = [pytest.param(name, marks=[] if name in FIRST else pytest.mark.slow) for name in sim.TASKS]
SEEDS = (3,)
NEVER_GOOD = ("untouched", "wrong object", "half done", "never there")


@pytest.fixture(scope="module", params=EVERY)
def made(request: pytest.FixtureRequest) -> Iterator[tuple[TabletopEnv, list[Ending]]]:
    with TabletopEnv(request.param) as env:
        yield env, [ending for seed in SEEDS for ending in endings(env, seed)]


def test_the_oracle_succeeds_and_what_is_wrong_does_not(made: tuple[TabletopEnv, list[Ending]]) -> None:
    _, found = made
    by_kind = {kind: [one for one in found if one.kind == kind] for kind in WAYS}
    assert [one.success for one in by_kind["oracle"]] == [True]
    for kind in NEVER_GOOD:
        assert not any(one.success for one in by_kind[kind]), kind
    assert len(found) >= 9


def test_an_outcome_begins_where_the_others_do_and_ends_where_it_says(made: tuple[TabletopEnv, list[Ending]]) -> None:
    env, found = made
    half = [one for one in found if one.start is found[0].start]
    assert all(one.history[0] == half[0].history[0] for one in half)
    for one in half[:4]:
        env.restore(one.end)
        assert tuple(env.history) == one.history
        verdict = env.verdict()
        assert verdict is not None and (verdict.success, verdict.progress) == (one.success, one.progress)


@pytest.mark.slow
def test_outcomes_repeat() -> None:
    with TabletopEnv("visual_manipulation") as env:
        one, other = ([(e.kind, e.history, e.success) for e in endings(env, 5)] for _ in range(2))
    assert one == other


def _error(now: Situation, part: At | Inside) -> float:
    item = now[part.thing]
    if isinstance(part, At):
        return float(np.hypot(item.pose.x - part.pose.x, item.pose.y - part.pose.y))
    return 0.0


def test_a_miss_is_as_far_off_as_it_says() -> None:
    with TabletopEnv("rearrange") as env:
        env.reset(seed=2)
        start = env.snapshot()
        director = Director(env, np.random.default_rng(0))
        director.learn()
        place = director.deliveries[-1]
        part = director.script[place].part
        assert isinstance(part, At)
        for factor in (0.8, 1.2, 2.0):
            env.restore(start)
            again = Director(env, np.random.default_rng(1))
            again.script = director.script
            assert again.displaced(place, factor, "place")
            assert _error(env.situation(), part) == pytest.approx(factor * part.position, abs=0.004)


def test_a_free_scene_has_no_outcomes() -> None:
    with sim.make_scene(0) as env, pytest.raises(ValueError, match="no goal"):
        Director(env, np.random.default_rng(0))
