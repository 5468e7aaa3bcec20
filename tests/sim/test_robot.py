"""The simulated arm keeps the contract of any arm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import sim
from sim.cameras import TOP
from sim.goals import Inside, carry
from sim.oracle import next_action, play
from sim.robot import SimRobot
from skills.errors import Aborted
from skills.robots import Clonable, Robot, Silent
from skills.types import Action, Instruction, Pose, Slot, UInt8


@pytest.fixture
def robot() -> Iterator[SimRobot]:
    with sim.make("visual_manipulation", seed=0) as env:
        yield SimRobot(env)


def right(robot: SimRobot) -> Action:
    action = next_action(robot.env)
    assert action is not None
    return action


def test_it_is_a_robot_and_can_go_back(robot: SimRobot) -> None:
    assert isinstance(robot, Robot) and isinstance(robot, Clonable)
    assert robot.info.simulated and robot.info.cameras == ("top", "front") and robot.info.tools == ("suction",)


def test_a_look_has_colour_depth_and_truth_that_agree(robot: SimRobot) -> None:
    seen = robot.observe()
    assert set(seen.views) == {"top", "front"} and seen.tool == "suction" and not seen.holding
    view = seen.views["top"]
    assert view.truth is not None and view.depth_m is not None
    for id, item in robot.env.situation().items.items():
        rows, columns = np.nonzero(view.truth.segmentation == id)
        points = view.camera.back_project(np.column_stack([columns, rows]), view.depth_m[rows, columns])
        ring = np.array(item.state.footprint[0])
        assert np.abs((points.min(axis=0) + points.max(axis=0))[:2] - ring.min(axis=0) - ring.max(axis=0)).max() < 0.012


def test_an_action_leaves_a_moment_with_its_events(robot: SimRobot) -> None:
    assert [moment.action for moment in robot.history] == [None]
    action = right(robot)
    outcome = robot.execute(action, Silent())
    assert outcome.status == "done" and not outcome.holding and outcome.seconds > 0
    assert robot.history[1].action == action
    goal = robot.env.goal
    assert goal is not None and isinstance(goal.stages[0], Inside)
    moved = next(state for state in robot.history[1].objects if state.id == goal.stages[0].thing)
    assert moved.on in (goal.stages[0].container, None)


@pytest.mark.parametrize("off", [Pose(0.2, 0.0), Pose(0.5, 0.51), Pose(0.5, 0.0, 0.4), Pose(float("nan"), 0.0)])
def test_the_workspace_gate_rejects_and_nothing_moves(robot: SimRobot, off: Pose) -> None:
    before = repr(robot.env.world.states())
    action = right(robot)
    for bad in (replace(action, start=off), replace(action, end=off)):
        outcome = robot.execute(bad, Silent())
        assert outcome.status == "rejected" and "outside the workspace x 0.25..0.75" in outcome.error
    assert repr(robot.env.world.states()) == before and len(robot.history) == 1 and robot.env.steps == 0


def test_an_action_past_the_budget_is_rejected(robot: SimRobot) -> None:
    nothing = Action("pick_place", Pose(0.26, -0.49), Pose(0.26, -0.49))
    statuses = [robot.execute(nothing, Silent()).status for _ in range(6)]
    assert statuses == ["missed"] * 5 + ["rejected"]
    assert "budget of 5 actions" in robot.execute(nothing, Silent()).error


def test_a_tool_that_is_not_on_the_arm_is_rejected(robot: SimRobot) -> None:
    push = Action("push", Pose(0.4, 0.0), Pose(0.5, 0.0), tool="spatula")
    assert "the suction is on the arm" in robot.execute(push, Silent()).error


def test_a_stop_ends_a_motion_and_latches_until_acknowledged(robot: SimRobot) -> None:
    class Stopping(Silent):
        ticks = 0

        def tick(self, phase: str, frame: UInt8 | None = None) -> None:
            self.ticks += 1
            if self.ticks == 5:
                robot.stop()
                robot.stop()

    action = right(robot)
    with pytest.raises(Aborted):
        robot.execute(action, Stopping())
    assert robot.env.situation().at_rest
    assert len(robot.history) == 2, "the moment after the stop is known"
    assert "acknowledge" in robot.execute(action, Silent()).error
    robot.acknowledge()
    robot.acknowledge()
    assert robot.execute(right(robot), Silent()).status == "done"
    verdict = robot.verdict()
    assert verdict is not None and verdict.success


def test_holding_ends_nothing(robot: SimRobot) -> None:
    robot.hold()
    robot.hold()
    assert robot.execute(right(robot), Silent()).status == "done"


def test_it_is_judged_when_asked_so_a_later_mistake_counts(robot: SimRobot) -> None:
    action = right(robot)
    robot.execute(action, Silent())
    verdict = robot.verdict()
    assert verdict is not None and verdict.success and verdict.progress == 1.0
    goal = robot.env.goal
    assert goal is not None
    (thing,) = goal.things
    robot.execute(carry(robot.env.situation()[thing], Pose(0.35, -0.35)), Silent())
    verdict = robot.verdict()
    assert verdict is not None
    assert not verdict.success and verdict.progress < 1.0 and verdict.by_rule == {"inside": False, "vima": True}


def test_going_back_undoes_a_mistake() -> None:
    with sim.make("pick_in_order_then_restore", seed=1) as env:
        robot = SimRobot(env)
        robot.execute(right(robot), Silent())
        kept = robot.snapshot()
        robot.execute(Action("pick_place", right(robot).start, Pose(0.3, 0.4, 0.05)), Silent())
        robot.restore(kept)
        assert len(robot.history) == 2
        list(play(env))
        verdict = robot.verdict()
        assert verdict is not None and verdict.success
        with pytest.raises(TypeError, match="EnvSnapshot"):
            robot.restore("yesterday")


def test_speed_is_a_fraction(robot: SimRobot) -> None:
    robot.configure(speed=0.5)
    slow = robot.execute(right(robot), Silent()).seconds
    robot.env.reset(seed=0)
    robot.configure(speed=1.0)
    assert slow > 1.3 * robot.execute(right(robot), Silent()).seconds
    with pytest.raises(ValueError, match=r"0\.05"):
        robot.configure(speed=2.0)


class TestSlots:
    def test_pictures_are_bound_to_the_scenes_own_ids(self, robot: SimRobot) -> None:
        goal = robot.env.goal
        assert goal is not None
        slots = sim.slots_for_reward(robot.env)
        assert slots == {"dragged_obj_1": list(goal.things), "base_obj": list(goal.anchors)}

    def test_a_scene_is_bound_to_states(self) -> None:
        with sim.make("rearrange", seed=0) as env:
            assert env.goal is not None
            (states,) = sim.slots_for_reward(env).values()
            assert {state.id for state in states} == env.goal.things

    def test_clicks_words_and_strange_pictures(self) -> None:
        with sim.make_objects("red heart @0.5,-0.3; blue bowl @0.5,0.2; green frame @0.4,0.4") as env:
            ids = {env.name_of(id): id for id in env.world.objects}
            points = {"red heart": (0.5, -0.3), "blue bowl": (0.5, 0.2), "green frame": (0.4, 0.4), "": (0.3, 0.0)}
            pixels, _ = TOP.camera(env.size).project([(x, y, 0.0) for x, y in points.values()])
            slots = {"noun": Slot("word", word="dax"), "dragged_obj": Slot("object")}
            asked = Instruction("Put it there.", slots, [(float(x), float(y)) for x, y in pixels])
            bound = sim.slots_for_reward(env, asked)
            assert bound.pop("noun") == "dax" and bound.pop("dragged_obj") == []
            assert list(bound.values()) == [[ids[name]] if name else [] for name in points]
