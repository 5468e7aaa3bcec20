"""A robot behind a bridge keeps the contract of any arm, in either ROS and by each profile."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from doubles.rosbridge import PICK, Faults, Make

from skills.errors import Aborted, Mistake
from skills.robots import Robot, Silent
from skills.robots.rosbridge import build
from skills.robots.rosbridge.errors import LinkLost, NoAnswer, NoPicture
from skills.robots.rosbridge.grasps import Grip
from skills.robots.rosbridge.profiles import ActionClient, Leg
from skills.types import Action, Pose, UInt8


class Ticking(Silent):
    """Counts ticks and the longest time between two; raises or calls at a phase."""

    def __init__(self, phase: str = "", act=None) -> None:  # type: ignore[no-untyped-def]
        self.phases: list[str] = []
        self.gap_s, self._last, self._phase, self._act = 0.0, 0.0, phase, act
        self.planned_s = 0.0

    def planned(self, seconds: float) -> None:
        self.planned_s = seconds

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        now = time.monotonic()
        self.gap_s = max(self.gap_s, now - self._last if self._last else 0.0)
        self._last = now
        if phase not in self.phases:
            self.phases.append(phase)
            if phase == self._phase and self._act:
                self._act()


@pytest.mark.parametrize("ros", [1, 2])
def test_it_is_a_robot_that_sees_moves_and_says_what_it_measured(bridged: Make, ros: int) -> None:
    robot, double = bridged(ros)
    assert isinstance(robot, Robot) and not robot.info.simulated and robot.info.tools == ("suction",)
    seen = robot.observe()
    assert set(seen.views) == {"top", "camera"} and time.monotonic() - seen.stamp_s < 0.5
    assert (seen.views["camera"].rgb == 90).all() and seen.views["camera"].depth_m is not None
    assert seen.views["top"].camera.projection == "orthographic" and seen.views["camera"].truth is None
    watching = Ticking()
    outcome = robot.execute(PICK, watching)
    assert (outcome.status, outcome.error, outcome.holding) == ("done", "", False)
    assert outcome.end is not None and np.hypot(outcome.end.x - PICK.end.x, outcome.end.y - PICK.end.y) < 0.03
    assert abs(outcome.end.yaw - PICK.end.yaw) < 1e-6
    assert watching.planned_s > 0.3 and {"approach", "grasp", "transfer", "release"} <= set(watching.phases)
    (id, pick, place), *more = double.node.motions
    assert not more and len(id) == 32 and pick == PICK.start and abs(place.yaw - PICK.end.yaw) < 1e-9
    after = robot.observe()
    assert after.stamp_s > seen.stamp_s
    robot.hold()
    assert robot.state == "READY"


@pytest.mark.parametrize("ros", [1, 2])
def test_by_a_service_too(bridged: Make, ros: int) -> None:
    robot, double = bridged(ros, profile="pick_place_service")
    assert robot.execute(PICK, Ticking()).status == "done" and len(double.node.motions) == 1


class TestMoveIt:
    @pytest.mark.parametrize("ros", [1, 2])
    def test_phase_by_phase(self, bridged: Make, ros: int) -> None:
        names = {"move": "/move_group"} if ros == 1 else {}
        robot, double = bridged(ros, profile="moveit", gripper="parallel", names=names)
        robot.grips[PICK.id] = Grip(0.03, 0.4)
        watching = Ticking()
        outcome = robot.execute(PICK, watching)
        assert outcome.status == "done", outcome
        assert len(double.moveit) == 9 and len({id.split(".")[0] for id in double.moveit}) == 1
        assert outcome.end is not None and abs(outcome.end.yaw - PICK.end.yaw - 0.4) < 0.01
        assert {"approach", "grasp", "lift", "transfer", "release", "retreat"} <= set(watching.phases)

    def test_a_leg_that_is_over_when_first_looked_at_is_told(
        self, bridged: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        start = ActionClient.start

        def over(self: ActionClient, *given: Any) -> Leg:
            leg, until = start(self, *given), time.monotonic() + 2
            while leg.phase == "release" and leg.ending is None and time.monotonic() < until:
                time.sleep(0.005)
            return leg

        monkeypatch.setattr(ActionClient, "start", over)
        robot, _ = bridged(profile="moveit", gripper="parallel")
        robot.grips[PICK.id] = Grip(0.03, 0.0)
        watching = Ticking()
        assert robot.execute(PICK, watching).status == "done" and "release" in watching.phases

    @pytest.mark.parametrize(("goal", "status", "state"), [(2, "rejected", "READY"), (5, "unknown", "FAULT")])
    def test_a_plan_that_fails(self, bridged: Make, goal: int, status: str, state: str) -> None:
        robot, double = bridged(profile="moveit")
        double.moveit_fails_at = goal
        outcome = robot.execute(PICK, Ticking())
        assert (outcome.status, robot.state) == (status, state) and "MOVEIT_-1" in outcome.error
        assert len(double.moveit) == goal, "nothing is sent after a failure"
        assert bool(double.node.stops) == (state == "FAULT")

    def test_it_stops_between_goals(self, bridged: Make) -> None:
        robot, double = bridged(profile="moveit")
        with pytest.raises(Aborted):
            robot.execute(PICK, Ticking("lift", lambda: threading.Thread(target=robot.stop).start()))
        assert robot.state == "STOPPED" and double.node.state == "HOLDING" and len(double.moveit) <= 6


def test_a_miss_is_a_miss_and_it_goes_on(bridged: Make) -> None:
    faults = Faults(misses=True)
    robot, _ = bridged(faults=faults)
    outcome = robot.execute(PICK, Ticking())
    assert outcome.status == "missed" and "MISSED" in outcome.error and robot.state == "READY"
    faults.misses = False
    outcome = robot.execute(PICK, Ticking())
    assert outcome.status == "done", outcome


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (replace(PICK, start=Pose(0.1, 0.0)), "outside the workspace"),
        (replace(PICK, end=Pose(0.5, 0.0, 0.9)), "outside the workspace"),
        (replace(PICK, start=Pose(0.5, 0.0, -0.02)), "20 mm below the table"),
        (replace(PICK, start=Pose(float("nan"), 0.0)), "not finite"),
        (replace(PICK, end=Pose(0.5, 0.0, 0.0, float("inf"))), "not finite"),
        (replace(PICK, end=Pose(0.5, 0.0, 0.0, 7.0)), "full turn"),
        (replace(PICK, end=Pose(0.74, 0.49, 0.0)), "from the robot's base"),
        (replace(PICK, primitive="push"), "can't push"),
        (replace(PICK, tool="spatula"), "spatula"),
    ],
)
def test_what_is_out_of_bounds_is_not_sent(bridged: Make, action: Action, said: str) -> None:
    robot, double = bridged()
    outcome = robot.execute(action, Ticking())
    assert outcome.status == "rejected" and said in outcome.error, outcome.error
    assert not double.node.motions and robot.state == "READY"


def test_the_box_is_what_both_sides_allow(bridged: Make) -> None:
    robot, _ = bridged(workspace={"low": (0.4, -1.0, 0.0), "high": (1.0, 0.3, 0.2)}, table_height_m=0.05)
    assert np.allclose([robot.info.workspace.low, robot.info.workspace.high], [(0.4, -0.5, 0.0), (0.75, 0.3, 0.2)])


def test_the_tables_height_is_added_on_the_way_and_taken_off_what_is_measured(bridged: Make) -> None:
    robot, double = bridged(table_height_m=0.1)
    outcome = robot.execute(PICK, Ticking())
    assert outcome.status == "done" and outcome.end is not None and abs(outcome.end.z - PICK.end.z) < 0.03
    assert abs(double.node.motions[0][1].z - PICK.start.z - 0.1) < 1e-9


def test_speed_and_the_number_of_motions_are_limited(bridged: Make) -> None:
    robot, _ = bridged(motions=1, top_speed=0.6)
    with pytest.raises(ValueError, match=r"0\.6"):
        robot.configure(speed=0.7)
    robot.configure(speed=0.6)
    outcome = robot.execute(PICK, Ticking())
    assert outcome.status == "done", outcome
    assert "are used" in robot.execute(PICK, Ticking()).error
    robot.stop()
    robot.acknowledge()
    outcome = robot.execute(PICK, Ticking())
    assert outcome.status == "done", outcome


def test_a_parallel_gripper_needs_a_width_and_turns_with_the_thing(bridged: Make) -> None:
    robot, double = bridged(gripper="parallel", jaw_m=0.08)
    assert "how wide" in robot.execute(PICK, Ticking()).error
    robot.grips[PICK.id] = Grip(0.2, 0.0)
    assert "opens to 80 mm" in robot.execute(PICK, Ticking()).error
    robot.grips[PICK.id] = Grip(0.05, 0.7)
    outcome = robot.execute(PICK, Ticking())
    assert outcome.status == "done", outcome
    _, pick, place = double.node.motions[0]
    assert abs(pick.yaw - 0.7) < 1e-9 and abs(place.yaw - pick.yaw - PICK.end.yaw) < 1e-9


class TestStopping:
    @pytest.mark.parametrize("phase", ["approach", "transfer"])
    @pytest.mark.parametrize("ros", [1, 2])
    def test_a_stop_from_another_thread_ends_a_motion_and_latches(self, bridged: Make, phase: str, ros: int) -> None:
        robot, double = bridged(ros)
        watching = Ticking(phase, lambda: threading.Thread(target=robot.stop).start())
        with pytest.raises(Aborted):
            robot.execute(PICK, watching)
        assert robot.state == "STOPPED" and double.node.state in ("HOLDING", "MOVING")
        rejected = robot.execute(PICK, Ticking())
        assert rejected.status == "rejected" and "acknowledge" in rejected.error
        time.sleep(0.1)
        robot.acknowledge()
        assert robot.state == "READY" and robot.execute(PICK, Ticking()).status == "done"
        assert len(double.node.motions) == 2

    def test_an_aborting_monitor_stops_the_arm(self, bridged: Make) -> None:
        robot, double = bridged()

        def abort() -> None:
            raise Aborted("a limit passed")

        with pytest.raises(Aborted, match="a limit passed"):
            robot.execute(PICK, Ticking("lift", abort))
        assert robot.state == "STOPPED" and double.node.stops

    def test_any_end_of_the_program_stops_the_arm(self, bridged: Make) -> None:
        robot, double = bridged()

        def interrupt() -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            robot.execute(PICK, Ticking("lift", interrupt))
        assert robot.state == "STOPPED" and double.node.stops

    def test_stop_may_come_at_any_time_any_number_of_times(self, bridged: Make) -> None:
        robot, double = bridged(opened=False)
        robot.stop()
        robot.open()
        for _ in range(3):
            robot.stop()
        assert robot.state == "STOPPED" and double.node.state == "HOLDING"
        robot.acknowledge()
        robot.acknowledge()
        assert robot.state == "READY" and double.node.state == "IDLE"
        robot.close()
        robot.stop()
        robot.close()

    @pytest.mark.parametrize("kind", ["never", "refuses"])
    def test_a_stop_that_is_not_confirmed_is_a_fault_and_says_press_the_button(self, bridged: Make, kind: str) -> None:
        robot, _ = bridged(faults=Faults(stop=kind))  # type: ignore[arg-type]
        began = time.monotonic()
        robot.stop()
        assert time.monotonic() - began < 2.0  # twice `stop_s`: over either link
        assert robot.state == "FAULT" and "press its emergency stop" in robot.trouble

    def test_when_the_stop_service_is_gone_the_heart_stops_and_the_watchdog_acts(self, bridged: Make) -> None:
        robot, double = bridged(faults=Faults(stop="never"))
        double.arm._round_s = 0.1  # type: ignore[attr-defined]
        asked: list[float] = []

        def abort() -> None:
            asked.append(time.monotonic())
            raise Aborted("enough")

        # Nor does a cancel arrive.
        double._cancel = lambda id: None  # type: ignore[method-assign]
        with pytest.raises(Aborted):
            robot.execute(PICK, Ticking("grasp", abort))
        until = time.monotonic() + 2
        while not double.node.last[2] and time.monotonic() < until:
            time.sleep(0.01)
        assert double.node.last[2] == "WATCHDOG" and double.node.stopped_s - asked[0] < 1.0

    @pytest.mark.slow
    def test_a_loop_that_hangs_during_a_motion_stops_the_heart(self, bridged: Make) -> None:
        robot, double = bridged()
        double.arm._round_s = 0.05  # type: ignore[attr-defined]
        outcome = robot.execute(PICK, Ticking("grasp", lambda: time.sleep(1.5)))
        assert outcome.status in ("unknown", "aborted") and robot.state in ("FAULT", "STOPPED")
        assert double.node.last[2] == "WATCHDOG"

    def test_an_emergency_stop_needs_more_than_an_acknowledgement(self, bridged: Make) -> None:
        robot, double = bridged()
        outcome = robot.execute(PICK, Ticking("lift", double.node.estop))
        assert outcome.status in ("aborted", "unknown") and robot.state == "ESTOP"
        with pytest.raises(Exception, match="release the emergency stop"):
            robot.acknowledge()
        assert robot.state == "ESTOP" and robot.execute(PICK, Ticking()).status == "rejected"
        double.node.state = "IDLE"  # released at the arm
        robot.acknowledge()
        assert robot.state == "READY"

    def test_only_one_motion_at_a_time(self, bridged: Make) -> None:
        robot, double = bridged()
        others: list[str] = []

        def another() -> None:
            others.append(robot.execute(PICK, Silent()).error)

        watching = Ticking("lift", lambda: threading.Thread(target=another).start())
        assert robot.execute(PICK, watching).status == "done"
        assert others == ["another motion is under way"] and len(double.node.motions) == 1


class TestOpening:
    def test_no_bridge_is_said_in_time(self) -> None:
        robot = build(url="ws://127.0.0.1:1", deadlines={"connect_s": 0.5})
        with pytest.raises(LinkLost, match="is rosbridge_server running"):
            robot.open()
        assert robot.execute(PICK, Silent()).status == "rejected"
        with pytest.raises(LinkLost):
            robot.observe()

    def test_an_arm_that_is_not_idle_is_not_moved(self, bridged: Make) -> None:
        robot, double = bridged(opened=False)
        double.node.stop("WATCHDOG")
        robot.open()
        assert robot.state == "STOPPED" and "HOLDING (WATCHDOG)" in robot.trouble
        robot.acknowledge()
        assert robot.execute(PICK, Ticking()).status == "done"

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"worckspace": {}}, "worckspace"),
            ({"url": "ws://10.0.0.5:9090"}, "in the open"),
            ({"speed": 0.9}, "more than top_speed"),
            ({"workspace": {"low": (0, 0, 0), "high": (0, 1, 1)}}, "smaller"),
            ({"table_height_m": float("nan")}, "finite"),
            ({"top": "wrist"}, "'made' or one of"),
            ({"cameras": {"a": {"calibration": "nowhere.yaml"}}}, "nowhere.yaml"),
        ],
    )
    def test_a_robots_file_is_checked(self, values: dict[str, object], said: str) -> None:
        with pytest.raises(Mistake, match=said):
            build(**values)


class TestLooking:
    def test_a_picture_from_before_the_motions_end_does_not_count(self, bridged: Make) -> None:
        faults = Faults()
        robot, double = bridged(faults=faults)
        robot.observe()
        robot.execute(PICK, Ticking())
        end = time.monotonic()
        assert robot.observe().stamp_s >= end - 0.01
        faults.images = "none"
        time.sleep(0.1)
        now = time.monotonic()
        with pytest.raises(NoPicture):
            robot.observe(newer_than=now)
        assert time.monotonic() - now < 3.0 and double.node.motions

    @pytest.mark.parametrize(
        ("images", "said"),
        [
            ("none", "nothing came"), ("stale", r"5\.\d\d s old"), ("future", "in the future"),
            ("wrong_type", "a picture in '7'"), ("half", "bytes in rows"),
        ],
    )  # fmt: skip
    def test_a_picture_that_may_not_be_used_says_why(self, bridged: Make, images: str, said: str) -> None:
        robot, _ = bridged(faults=Faults(images=images))  # type: ignore[arg-type]
        with pytest.raises(NoPicture, match=said):
            robot.observe()

    @pytest.mark.slow
    def test_a_cameras_own_clock(self, bridged: Make) -> None:
        robot, _ = bridged(faults=Faults(camera_skew_s=-300.0), opened=False)
        robot.open()
        with pytest.raises(NoPicture, match="clock: own"):
            robot.observe()
        robot.close()
        other, _ = bridged(
            faults=Faults(camera_skew_s=-300.0),
            cameras={"camera": {**robot.settings.cameras["camera"].model_dump(), "clock": "own"}},
        )
        assert time.monotonic() - other.observe().stamp_s < 0.5

    def test_fragments_with_float_totals_are_put_together(self, bridged: Make) -> None:
        robot, double = bridged(opened=False, faults=Faults(fragments=True))
        if robot.settings.transport == "roslibpy":  # which can't: nothing is believed and nothing moves
            with pytest.raises(NoAnswer):
                robot.open()
            assert robot.state == "LINK_LOST" and robot.execute(PICK, Ticking()).status == "rejected"
            assert not double.node.motions
            return
        robot.open()
        assert robot.observe().views and robot.execute(PICK, Ticking()).status == "done"
