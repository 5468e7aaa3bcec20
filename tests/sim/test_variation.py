"""A variation changes what it says and nothing else, on every task."""

from typing import Any

import numpy as np
import pytest

import sim
from sim.env import TabletopEnv
from sim.oracle import play
from sim.placement import WORKSPACE
from sim.variation import VARIATIONS
from skills.errors import Mistake, UnknownName

SAME = [name for name, variation in VARIATIONS.items() if not variation.of_objects]


def _drawn(env: TabletopEnv) -> dict[str, Any]:
    """What a variation may not touch: what is asked, what stands where, when it is done."""
    return {
        "text": env.instruction.text,
        "slots": {
            name: (slot.kind, [(state.name, state.texture, state.pose) for state in slot.states])
            for name, slot in env.instruction.slots.items()
        },
        "things": [(env.name_of(state.id), state.pose) for state in env.history[0].objects],
    }


def _pictures(env: TabletopEnv) -> list[Any]:
    return [view.rgb for view in env.look().values()]


@pytest.mark.parametrize("name", SAME)
def test_what_is_asked_and_where_things_are_stay(name: str) -> None:
    for task in ("rotate", "novel_adj", "sweep_without_exceeding"):
        plain, varied = sim.make(task, seed=4), sim.make(task, seed=4, variation=name)
        assert _drawn(plain) == _drawn(varied)
        assert all((one != other).any() for one, other in zip(_pictures(plain), _pictures(varied)))
        asked = next(iter(plain.instruction.slots))
        shown = (env.instruction.slots[asked].pictures["top"].rgb for env in (plain, varied))
        assert np.array_equal(*shown)
        plain.close()
        varied.close()


@pytest.mark.slow
@pytest.mark.parametrize("task", sorted(sim.TASKS))
def test_more_distractors_come_on_top_and_the_oracle_still_solves_it(task: str) -> None:
    added = 0
    for seed in range(3):
        plain, varied = sim.make(task, seed=seed), sim.make(task, seed=seed, variation="more_distractors")
        before, after = _drawn(plain), _drawn(varied)
        assert (before["text"], before["slots"]) == (after["text"], after["slots"])
        for name, pose in before["things"]:
            assert any(name == other and np.hypot(pose.x - at.x, pose.y - at.y) < 1e-3 for other, at in after["things"])
        added += len(after["things"]) - len(before["things"])
        for _ in play(varied):
            pass
        verdict = varied.verdict()
        assert verdict is not None and verdict.success, f"seed {seed}: {verdict}"
        plain.close()
        varied.close()
    assert added >= 3


@pytest.mark.slow
@pytest.mark.parametrize("task", sorted(sim.TASKS))
def test_unseen_objects_can_be_played_with(task: str) -> None:
    env = TabletopEnv(task, variation="unseen")
    for seed in range(2):
        env.reset(seed=seed)
        for _ in play(env):
            pass
        verdict = env.verdict()
        assert verdict is not None and verdict.success, f"seed {seed}: {verdict}"
    env.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_moved_camera_sees_the_whole_table_and_knows_where_it_is(seed: int) -> None:
    env = sim.make("visual_manipulation", seed=seed, variation="camera_moved")
    corners = [
        (x, y, 0.0) for x in (WORKSPACE.low[0], WORKSPACE.high[0]) for y in (WORKSPACE.low[1], WORKSPACE.high[1])
    ]
    for name, view in env.look().items():
        pixels, _ = view.camera.project(corners)
        assert (pixels >= 0).all() and (pixels <= (view.camera.width, view.camera.height)).all(), name
        assert view.truth is not None and view.depth_m is not None
        for state in env.history[0].objects:
            rows, columns = np.nonzero(view.truth.segmentation == state.id)
            points = view.camera.back_project(np.column_stack([columns, rows]), view.depth_m[rows, columns])
            ring = np.array(state.footprint[0])
            inside = (points[:, :2] > ring.min(axis=0) - 0.01) & (points[:, :2] < ring.max(axis=0) + 0.01)
            assert inside.all(axis=1).mean() > 0.95, (name, state.name)
    env.close()


def test_noise_belongs_to_the_moment_and_not_to_the_look() -> None:
    env, plain = sim.make("rotate", seed=2, variation="sensor_noise"), sim.make("rotate", seed=2)
    one, again, clean = env.look()["top"], env.look()["top"], plain.look()["top"]
    assert np.array_equal(one.rgb, again.rgb) and np.array_equal(one.depth_m, again.depth_m)
    assert one.depth_m is not None and clean.depth_m is not None
    assert 0.005 < (one.depth_m == 0).mean() < 0.04
    measured = one.depth_m > 0
    assert 0.002 < np.std(one.depth_m[measured] - clean.depth_m[measured]) < 0.004
    assert 5 < np.std(one.rgb.astype(int) - clean.rgb) < 12
    env.world.step(12)
    assert not np.array_equal(env.look()["top"].rgb, one.rgb)
    env.close()
    plain.close()


def test_names_and_scenes_that_cant_be_are_answered_in_a_sentence() -> None:
    with pytest.raises(UnknownName, match="did you mean 'light'"):
        TabletopEnv("rotate", variation="ligth")
    with pytest.raises(Mistake, match="this one is free"):
        sim.make_scene(1, variation="unseen")
    sim.make_scene(1, variation="light").close()
