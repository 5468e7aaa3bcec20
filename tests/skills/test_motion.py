"""Actions and the gate in front of the arm, carried out by the simulator."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tabletop import Table, play

from sim.objects import SHAPES
from sim.robot import SimRobot
from skills.errors import Aborted, BadArgument, OutOfReach, SkillError
from skills.robots import Monitor
from skills.types import Action, Outcome, Pose

MOVED = [name for name, shape in SHAPES.items() if shape.draggable]


@pytest.mark.parametrize("name", MOVED)
def test_the_visible_centre_arrives_and_turns_clockwise(table: Table, name: str) -> None:
    do = play(env := table(f"red {name} @0.42,-0.2"))
    _, masks = do.look()
    before = env.world.pose(0)
    info = do.RobotExecution(do.PickPlace(do.Pixel2Loc(0, masks), [0.6, 0.25, 0.0], yaw_angle_degree=70))
    assert info == {"done": 1, "of": 1, "failed": [], "clipped": 0}
    after = env.world.pose(0)
    # The centre is known to a pixel or so, and a turn moves it by up to twice that.
    assert np.hypot(after.x - 0.6, after.y - 0.25) < 0.012
    turned = (after.yaw - before.yaw + math.pi) % (2 * math.pi) - math.pi
    assert turned == pytest.approx(-math.radians(70), abs=0.03)


def test_compensation_is_geometry(table: Table) -> None:
    do = play(table("red L-shaped block @0.4,-0.2"))
    _, masks = do.look()
    at = do.Pixel2Loc(0, masks)
    grasp = do.ctx.located[-1].grasp
    offset = np.array(at[:2]) - grasp[:2]
    assert np.linalg.norm(offset) > 0.01  # its centre is not on it
    action = do.PickPlace(at, [0.5, 0.1], yaw_angle_degree=90)
    assert (action.start.x, action.start.y) == grasp[:2]
    assert action.end.yaw - action.start.yaw == pytest.approx(-math.pi / 2)
    turned = np.array([offset[1], -offset[0]])  # clockwise by 90 degrees, seen from above
    assert np.allclose([action.end.x, action.end.y], np.array([0.5, 0.1]) - turned)


def test_a_rounded_location_still_means_its_thing_and_others_are_literal(table: Table) -> None:
    do = play(table("red ring @0.4,-0.2"))
    _, masks = do.look()
    at = do.Pixel2Loc(0, masks)
    grasp = do.ctx.located[-1].grasp
    for pick in (at[:2], [round(v, 3) for v in at], tuple(at)):
        assert (do.PickPlace(pick, [0.5, 0.1]).start.x, do.PickPlace(pick, [0.5, 0.1]).start.y) == grasp[:2]
    literal = do.PickPlace([at[0] + 0.004, at[1]], [0.5, 0.1])
    assert (literal.start.x, literal.end.x, literal.end.y) == (at[0] + 0.004, 0.5, 0.1)


def test_actions_built_ahead_follow_the_thing(table: Table) -> None:
    do = play(env := table("red L-shaped block @0.4,-0.2; blue frame @0.5,0.2"))
    objs, masks = do.look()
    block = do.Pixel2Loc(do.CLIPRetrieval(objs, "red block"), masks)
    frame = do.Pixel2Loc(do.CLIPRetrieval(objs, "blue frame"), masks)
    back = [do.PickPlace(block, frame, yaw_angle_degree=60), do.PickPlace(frame, block, yaw_angle_degree=-60)]
    start = env.world.pose(0)
    assert do.RobotExecution(back)["done"] == 2
    end = env.world.pose(0)
    assert np.hypot(end.x - start.x, end.y - start.y) < 0.005
    assert end.yaw == pytest.approx(start.yaw, abs=0.03)


def test_plans_that_were_not_carried_out_are_forgotten(table: Table) -> None:
    do = play(table("red L-shaped block @0.4,-0.2"))
    _, masks = do.look()
    at = do.Pixel2Loc(0, masks)
    do.PickPlace(at, [0.5, 0.1])
    do.GetImage()
    assert [known.planned_by for known in do.ctx.located] == [0] and not do.ctx.planned
    literal = do.PickPlace([0.5, 0.1], [0.6, 0.1])
    assert (literal.start.x, literal.start.y) == (0.5, 0.1)


Call = Callable[..., Action]
REFUSED: list[tuple[dict[str, object], type[SkillError], str]] = [
    (
        {"pick": [9.0, 9.0]},
        OutOfReach,
        r"pick \(9\.0, 9\.0\) m lies outside the workspace x 0\.25\.\.0\.75, y -0\.50\.\.0\.50 m",
    ),
    ({"place": [0.5, -0.51]}, OutOfReach, r"place \(0\.5, -0\.51\) m lies outside the workspace"),
    ({"pick": [math.nan, 0.0]}, BadArgument, r"pick \(nan, 0\.0\) is not finite"),
    ({"place": [0.5, math.inf, 0.0]}, BadArgument, r"place .* is not finite"),
    ({"pick": [0.5]}, BadArgument, r"pick is a location \[x, y\] or \[x, y, z\] in metres, not \[0\.5\]"),
    ({"pick": [0.5, "0"]}, BadArgument, r"pick is a location"),
    ({"yaw_angle_degree": math.nan}, BadArgument, "yaw_angle_degree is nan"),
    ({"tool": "sucktion"}, BadArgument, r"'sucktion' \(did you mean 'suction'\?\): use 'suction'"),
    ({"tool": "spatula"}, BadArgument, "no picking up with the tool 'spatula'"),
    ({"bounds": {"x": [0.3, 0.4]}}, OutOfReach, r"pick \(0\.5, 0\.0\) m lies outside the workspace x 0\.30\.\.0\.40"),
    ({"bounds": {"w": [0.3, 0.4]}}, BadArgument, "bounds has no axis 'w'"),
    ({"bounds": {"x": [0.4, 0.3]}}, BadArgument, r"bounds\['x'\] is \[low, high\]"),
    ({"bounds": {"x": [0.4, math.nan]}}, BadArgument, r"bounds\['x'\] is \[low, high\]"),
]


@pytest.mark.parametrize(("wrong", "error", "said"), REFUSED)
def test_bad_actions_are_refused_in_words(
    table: Table, wrong: dict[str, object], error: type[SkillError], said: str
) -> None:
    do = play(env := table("red block @0.5,0.0"))
    with pytest.raises(error, match=said):
        do.PickPlace(**{"pick": [0.5, 0.0], "place": [0.6, 0.2], **wrong})
    assert env.steps == 0


def test_bounds_only_narrow(table: Table) -> None:
    do = play(table("red block @0.5,0.0"))
    with pytest.raises(OutOfReach, match=r"y -0\.50\.\.0\.50"):
        do.PickPlace([0.5, 0.0], [0.5, 0.6], bounds={"x": [0.0, 9.0], "y": [-9.0, 9.0]})
    assert do.PickPlace([0.5, 0.0], [0.5, 0.3], bounds=do.BOUNDS).end.y == 0.3


def test_a_pick_point_short_of_the_border_is_clipped_and_counted(table: Table) -> None:
    do = play(env := table("red L-shaped block @0.4,-0.2"))
    _, masks = do.look()
    at = do.Pixel2Loc(0, masks)
    actions = [do.PickPlace(at, [x, y]) for x in (0.25, 0.75) for y in (-0.5, 0.5)]
    clipped = [action for action in actions if action.clipped]
    assert clipped
    for action in actions:
        assert 0.25 <= action.end.x <= 0.75 and -0.5 <= action.end.y <= 0.5
    assert do.RobotExecution(clipped[0])["clipped"] == 1
    assert env.steps == 1


def test_the_gate_checks_again_before_anything_moves(table: Table) -> None:
    do = play(env := table("red block @0.5,0.0"))
    good = Action("pick_place", Pose(0.5, 0.0), Pose(0.6, 0.2))
    for pose in (
        Pose(0.6, 0.9),
        Pose(math.nan, 0.0),
        Pose(0.6, 0.2, math.inf),
        Pose(0.6, 0.2, 0.5),
        Pose(0.6, 0, 0, math.nan),
    ):
        with pytest.raises(SkillError, match="action 1: place"):
            do.RobotExecution([good, replace(good, end=pose)])
    assert env.steps == 0


def test_execution_stops_at_the_first_failure_and_says_so(table: Table) -> None:
    do = play(env := table("red block @0.5,0.0; blue bowl @0.6,-0.3"))
    actions = [
        do.PickPlace([0.5, 0.0], [0.4, 0.2]),
        do.PickPlace([0.3, 0.4], [0.6, 0.4]),
        do.PickPlace([0.4, 0.2], [0.6, 0.4]),
    ]
    info = do.RobotExecution(action=actions)
    assert (info["done"], info["of"], info["clipped"]) == (1, 3, 0)
    (sentence,) = info["failed"]
    assert sentence.startswith("action 1 missed: nothing to pick at (0.300, 0.400) m")
    assert sentence.endswith("the 1 after it was not begun")
    assert "success" not in info and env.steps == 2
    assert [outcome.status for outcome in do.ctx.outcomes] == ["done", "missed"]
    assert do.RobotExecution([]) == {"done": 0, "of": 0, "failed": [], "clipped": 0}


def test_past_the_budget_an_action_is_rejected(table: Table) -> None:
    do = play(env := table("red block @0.5,0.0"))
    env.steps = env._max_episode_steps
    info = do.RobotExecution(do.PickPlace([0.5, 0.0], [0.4, 0.2]))
    assert info["done"] == 0 and "rejected: the budget of" in info["failed"][0]


def test_an_abort_goes_through_every_skill(table: Table) -> None:
    class Stop:
        def tick(self, phase: str, frame: object = None) -> None:
            raise Aborted("stop")

        def wants_frame(self) -> bool:
            return False

    do = play(table("red block @0.5,0.0"))
    do.ctx.monitor = Stop()
    with pytest.raises(Aborted):
        do.RobotExecution(do.PickPlace([0.5, 0.0], [0.4, 0.2]))


def test_an_unknown_outcome_is_a_failure(table: Table) -> None:
    class Unsure(SimRobot):
        def execute(self, action: Action, monitor: Monitor) -> Outcome:
            return replace(super().execute(action, monitor), status="unknown", error="no feedback")

    do = play(env := table("red block @0.5,0.0"))
    do.ctx.robot = Unsure(env)
    info = do.RobotExecution(do.PickPlace([0.5, 0.0], [0.4, 0.2]))
    assert info["done"] == 0 and info["failed"] == ["action 0 unknown: no feedback"]


def test_speed(table: Table) -> None:
    do = play(env := table("red block @0.5,0.0"))
    assert do.RobotSetting(speed=0.5) == {"speed": 0.5} and env.speed == 0.5
    for speed in (0.0, 1.5, math.nan):
        with pytest.raises(BadArgument, match=r"lies outside 0\.05\.\.1, fractions of full speed"):
            do.RobotSetting(speed)
    assert env.speed == 0.5
