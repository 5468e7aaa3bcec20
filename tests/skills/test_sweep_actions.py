"""Pushes and sweeps on the simulated table."""

from __future__ import annotations

import numpy as np
import pytest
from tabletop import Calls, Table, play

from sim.env import TabletopEnv
from skills.errors import BadArgument, NothingFound, OutOfReach
from skills.types import Action, Mask, Pose


@pytest.fixture
def blocks(table: Table) -> TabletopEnv:
    env = table("red small block @0.6,0.0; blue small block @0.4,0.3")
    env.tool = "spatula"
    return env


@pytest.fixture
def spatula(blocks: TabletopEnv) -> Calls:
    return play(blocks)


def test_a_push_moves_what_stands_before_the_blade(blocks: TabletopEnv, spatula: Calls) -> None:
    action = spatula.Push([0.66, 0.0], [0.56, 0.0, 0.1], spatula.BOUNDS)
    assert (action.primitive, action.tool) == ("push", "spatula")
    assert abs(action.end.yaw) == pytest.approx(np.pi)
    assert spatula.RobotExecution(action) == {"done": 1, "of": 1, "failed": [], "clipped": 0}
    pose = blocks.world.pose(blocks.inventory().index("red small block"))
    assert pose.x < 0.56 and abs(pose.y) < 0.02


@pytest.mark.parametrize(
    ("start", "end", "error", "said"),
    [
        ([0.5, 0.0], [0.502, 0.0], BadArgument, "start and end are 2.0 mm apart"),
        ([0.5, 0.0], [0.9, 0.0], OutOfReach, r"end \(0.9, 0.0\) m lies outside the workspace"),
        ([0.5, float("nan")], [0.6, 0.0], BadArgument, "not finite"),
        ([0.5], [0.6, 0.0], BadArgument, r"start is a location \[x, y\]"),
    ],
)
def test_impossible_pushes_are_sentences(
    spatula: Calls, start: list[float], end: list[float], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        spatula.Push(start, end)


def test_each_tool_says_what_the_robot_has(table: Table, spatula: Calls) -> None:
    with pytest.raises(BadArgument, match="no suction, which picking up needs; it has: spatula; it pushes"):
        spatula.PickPlace([0.6, 0.0], [0.5, 0.0])
    suction = play(table("red heart"))
    with pytest.raises(BadArgument, match="no spatula, which pushing needs; it has: suction"):
        suction.Push([0.5, 0.0], [0.6, 0.0])
    _, masks = suction.look()
    with pytest.raises(BadArgument, match="no spatula"):
        suction.SweepActions(0, masks, masks[0])


def seen(do: Calls) -> tuple[list[Mask], int, int, list[int]]:
    """Masks; which is the region, the line, a block to be swept."""
    objs, masks = do.look()
    region = do.CLIPRetrieval(objs, do.templates["bounds"])
    line = do.CLIPRetrieval(objs, do.templates["constraint"], region)
    return masks, region, line, do.FindAll(objs, do.templates["swept_obj"], "texture", [region, line])


def sweep(do: Calls, limit: str, most: int) -> list[Action]:
    """Sweeps everything that is asked for, a push at a time."""
    done: list[Action] = []
    while len(done) < most:
        masks, region, line, blocks = seen(do)
        do.ctx.planned.clear()
        plans = [do.SweepActions(i, masks, masks[region], **{limit: masks[line]}) for i in blocks]
        if not any(plans):
            break
        action = min((plan for plan in plans if plan), key=len)[0]
        assert do.RobotExecution(action)["done"] == 1
        done.append(action)
    return done


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "level", "limit", "seed"),
    [
        ("sweep_without_exceeding", "L1", "not_beyond", 4),
        ("sweep_without_exceeding", "L2", "not_beyond", 1),
        ("sweep_without_touching", "L4", "not_touching", 0),
    ],
)
def test_blocks_are_swept_in_and_nothing_else(task: str, level: str, limit: str, seed: int) -> None:
    env = TabletopEnv(task, level)
    env.reset(seed=seed)
    do = play(env)
    others = [id for id in env.world.objects if id not in env.goal.things]  # type: ignore[union-attr]
    before = {id: env.world.pose(id) for id in others}
    region = env.instruction.slots["bounds"].binding[0]
    sweep(do, limit, 14)
    for id in env.goal.things:  # type: ignore[union-attr]
        assert env.world.pose(id).x < env.world.pose(region).x + 0.14
    for id, pose in before.items():
        now = env.world.pose(id)
        assert np.hypot(now.x - pose.x, now.y - pose.y) < 0.004
    line = env.instruction.slots["constraint"].binding[0]
    assert not any(event.b == line for moment in env.history for event in moment.events)
    env.close()


def swept_in(table: Table) -> TabletopEnv:
    """A block in a frame."""
    env = table("red small block @0.6,0.0; wooden frame @0.4,0.0")
    env.world.set_pose(env.inventory().index("red small block"), Pose(0.4, 0.01, 0.001, 0.3))
    return env


def test_a_block_that_lies_in_the_region_stays(table: Table) -> None:
    env = swept_in(table)
    env.tool = "spatula"
    do = play(env)
    objs, masks = do.look()
    block, frame = do.CLIPRetrieval(objs, "red block"), do.CLIPRetrieval(objs, "frame")
    assert do.SweepActions(block, masks, masks[frame]) == []


def test_what_stands_close_all_round_leaves_no_way(table: Table) -> None:
    places = [(0.6, 0.0), (0.645, 0.0), (0.555, 0.0), (0.6, 0.045), (0.6, -0.045)]
    colors = ["red", "blue", "green", "yellow", "purple"]
    things = "; ".join(f"{c} small block @{x},{y}" for c, (x, y) in zip(colors, places))
    env = table(f"{things}; wooden frame @0.4,-0.3")
    env.tool = "spatula"
    do = play(env)
    objs, masks = do.look()
    block, frame = do.CLIPRetrieval(objs, "red block"), do.CLIPRetrieval(objs, "frame")
    with pytest.raises(NothingFound, match="no way of at most three pushes"):
        do.SweepActions(block, masks, masks[frame])
