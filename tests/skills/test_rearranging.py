"""Clearing the way, cycles, and restoring, carried out by the simulator."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from tabletop import Calls, Table, play

from sim.env import TabletopEnv
from skills.errors import BadArgument, NothingFound
from skills.types import Pose

Places = Mapping[str, tuple[float, float]]


def where(env: TabletopEnv, name: str) -> tuple[float, float]:
    pose = env.world.pose(env.inventory().index(name))
    return pose.x, pose.y


def near(a: tuple[float, float], b: tuple[float, float], tolerance: float = 0.012) -> bool:
    return float(np.hypot(a[0] - b[0], a[1] - b[1])) < tolerance


def scene(table: Table, places: Places) -> Calls:
    """A picture of another table, as an instruction would show it."""
    return play(table("; ".join(f"{name} @{x},{y}" for name, (x, y) in places.items())))


def plan(do: Calls, shown: Calls) -> list[object]:
    picture = shown.GetImage()
    goal_objs, goal_masks = do.ImageCrop(picture, do.SAM(picture))
    objs, masks = do.look()
    there, here = do.get_objs_match(goal_objs, objs)
    return do.RearrangeActions(masks, goal_masks, here, there, do.BOUNDS)  # type: ignore[no-any-return]


def crowded(env: TabletopEnv) -> bool:
    """Whether anything touches anything but the table."""
    return any(env.world.contacts(id) - {-1} for id in env.world.objects)


def test_two_change_places(table: Table) -> None:
    start = {"red heart": (0.4, -0.2), "blue ring": (0.6, 0.2), "green bowl": (0.5, 0.0)}
    goal = {"red heart": start["blue ring"], "blue ring": start["red heart"]}
    do = play(env := table("; ".join(f"{n} @{x},{y}" for n, (x, y) in start.items())))
    actions = plan(do, scene(table, goal))
    assert len(actions) == 3
    assert do.RobotExecution(actions)["done"] == 3
    assert all(near(where(env, name), place) for name, place in goal.items())
    assert near(where(env, "green bowl"), start["green bowl"]) and not crowded(env)


def test_three_go_round(table: Table) -> None:
    corners = [(0.4, -0.2), (0.6, 0.0), (0.4, 0.2)]
    names = ["red heart", "blue ring", "yellow letter T"]
    do = play(env := table("; ".join(f"{n} @{x},{y}" for n, (x, y) in zip(names, corners))))
    goal = dict(zip(names, corners[1:] + corners[:1]))
    actions = plan(do, scene(table, goal))
    assert len(actions) == 4
    do.RobotExecution(actions)
    assert all(near(where(env, name), place) for name, place in goal.items()) and not crowded(env)


def test_a_chain_is_done_from_its_free_end(table: Table) -> None:
    do = play(env := table("red heart @0.4,-0.2; blue ring @0.6,0.0"))
    goal = {"red heart": (0.6, 0.0), "blue ring": (0.4, 0.3)}
    actions = plan(do, scene(table, goal))
    assert len(actions) == 2
    do.RobotExecution(actions)
    assert all(near(where(env, name), place) for name, place in goal.items()) and not crowded(env)


def test_what_stands_on_a_target_is_parked_apart_from_all_places(table: Table) -> None:
    do = play(env := table("red heart @0.4,-0.2; blue ring @0.6,0.1; green block @0.3,0.3"))
    home = where(env, "red heart")
    actions = plan(do, scene(table, {"red heart": (0.6, 0.08)}))
    assert len(actions) == 2
    do.RobotExecution(actions)
    assert near(where(env, "red heart"), (0.6, 0.08)) and near(where(env, "green block"), (0.3, 0.3))
    assert not near(where(env, "blue ring"), (0.6, 0.08), 0.125) and not near(where(env, "blue ring"), home, 0.125)
    assert not crowded(env)


def test_what_is_in_place_or_out_of_the_way_stays(table: Table) -> None:
    do = play(table("red heart @0.4,-0.2; blue ring @0.6,0.1"))
    assert plan(do, scene(table, {"red heart": (0.405, -0.195)})) == []


def test_a_container_that_the_picture_shows_too_is_not_in_the_way(table: Table) -> None:
    do = play(env := table("red block @0.4,-0.2; blue bowl @0.6,0.1"))
    shown = scene(table, {"red block": (0.4, -0.3), "blue bowl": (0.6, 0.1)})
    at, block = where(shown.ctx.robot.env, "blue bowl"), shown.ctx.robot.env.inventory().index("red block")  # type: ignore[attr-defined]
    shown.ctx.robot.env.world.set_pose(block, Pose(*at, 0.006))  # type: ignore[attr-defined]
    actions = plan(do, shown)
    assert len(actions) == 1
    do.RobotExecution(actions)
    assert near(where(env, "red block"), at) and near(where(env, "blue bowl"), (0.6, 0.1))


def test_restoring_is_rearranging_to_the_first_look(table: Table) -> None:
    start = {"red heart": (0.4, -0.2), "blue ring": (0.6, 0.2)}
    do = play(env := table("; ".join(f"{n} @{x},{y}" for n, (x, y) in start.items())))
    before, before_masks = do.look()
    do.RobotExecution(plan(do, scene(table, {"red heart": (0.6, 0.2), "blue ring": (0.4, -0.2)})))
    objs, masks = do.look()
    then, now = do.get_objs_match(before, objs)
    do.RobotExecution(do.RearrangeActions(masks, before_masks, now, then))
    assert all(near(where(env, name), place) for name, place in start.items())


FOUR = "red heart @0.4,-0.3; blue ring @0.6,0.1; green block @0.35,0.3; yellow star @0.6,-0.1"


def test_distractors_are_those_not_listed(table: Table) -> None:
    do = play(env := table(FOUR))
    before = {name: where(env, name) for name in env.inventory()}
    objs, masks = do.look()
    kept = [do.CLIPRetrieval(objs, "blue ring"), do.CLIPRetrieval(objs, "red heart")]
    actions = do.DistractorActions(mask_obs=masks, obj_list=kept, tool="suction")
    assert len(actions) == 2 and do.RobotExecution(actions)["done"] == 2
    moved = {name for name in before if not near(where(env, name), before[name])}
    assert moved == {"green block", "yellow star"} and not crowded(env)


def test_distractors_move_only_from_places_to_be_used(table: Table) -> None:
    do = play(env := table(FOUR))
    picture = scene(table, {"red heart": (0.6, 0.1)}).GetImage()
    goal_objs, goal_masks = do.ImageCrop(picture, do.SAM(picture))
    objs, masks = do.look()
    there, here = do.get_objs_match(goal_objs, objs)
    explicit = do.DistractorActions(masks, here, goal_masks)
    do.ctx.settle_plans()
    actions = do.DistractorActions(masks, here)
    assert [a.start for a in actions] == [a.start for a in explicit] and len(actions) == 1
    # What these actions will have moved is not moved again by those planned after them.
    actions += do.RearrangeActions(masks, goal_masks, here, there)
    assert len(actions) == 2 and do.RobotExecution(actions)["done"] == 2
    assert near(where(env, "red heart"), (0.6, 0.1)) and not crowded(env)


def test_no_room_to_park_is_said(table: Table) -> None:
    do = play(table("red heart @0.6,-0.3; blue container @0.36,-0.1"))
    _, masks = do.look()
    with pytest.raises(NothingFound, match=r"is in the way, and there is no free place of 0\.\d\d m across"):
        do.RearrangeActions(masks, masks, [0, 1], [1, 0], bounds={"y": [-0.4, 0.0]})


def test_bad_pairs_are_sentences(table: Table) -> None:
    do = play(table(FOUR))
    _, masks = do.look()
    with pytest.raises(BadArgument, match="equally long"):
        do.RearrangeActions(masks, masks, [0, 1], [0])
    with pytest.raises(BadArgument, match="no thing twice"):
        do.RearrangeActions(masks, masks, [0, 0], [0, 1])
    with pytest.raises(BadArgument, match="place_ind 7 is not an index into 4 masks"):
        do.RearrangeActions(masks, masks, [0], [7])
    with pytest.raises(BadArgument, match="obj_list 5 is not an index into 4 masks"):
        do.DistractorActions(masks, [5])
    with pytest.raises(BadArgument, match="use 'suction'"):
        do.DistractorActions(masks, [0], tool="gripper")
