"""Over any sequence of faults, stops and acknowledgements, what must never happen never does."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace

import pytest
from doubles.rosbridge import PICK, Double, Faults, KinematicArm, robots_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skills.errors import Aborted
from skills.robots import Silent
from skills.robots.rosbridge import build
from skills.robots.rosbridge.errors import BridgeError, NoPicture
from skills.types import Pose

FAULTS = st.one_of(
    st.builds(Faults, cut_at=st.sampled_from(["", "grasp", "transfer"]), links=st.sampled_from(
        [("control",), ("safety",), ("control", "safety", "cameras")])),
    st.builds(Faults, freeze_at=st.sampled_from(["grasp", "transfer"]), links=st.sampled_from(
        [("control",), ("safety",), ("cameras",)])),
    st.builds(Faults, images=st.sampled_from(["none", "stale", "half", "slow"])),
    st.builds(Faults, result=st.sampled_from(["never", "lies", "aborted_true", "twice", "wrong_type", "unknown_code"])),
    st.builds(Faults, state=st.sampled_from(["never", "nan", "moving"])),
    st.builds(Faults, tf=st.sampled_from(["none", "nan", "strays"])),
    st.builds(Faults, stop=st.sampled_from(["never", "refuses"]), reject_silently=st.booleans()),
)  # fmt: skip
STEPS = st.one_of(
    st.just("execute"),
    st.just("stop"),
    st.just("acknowledge"),
    st.just("look"),
    st.just("two at once"),
    st.tuples(st.just("stop in"), st.sampled_from(["approach", "lift", "release"])),
    st.tuples(st.just("wild"), st.floats(allow_nan=True, allow_infinity=True), st.floats(-2, 2)),
    st.tuples(st.just("faults"), FAULTS),
    st.tuples(st.just("cut"), st.sampled_from(["control", "safety", "cameras"])),
)
LONGEST_S = 15.0


class Stopping(Silent):
    def __init__(self, robot, phase: str) -> None:  # type: ignore[no-untyped-def]
        self.robot, self.phase = robot, phase

    def tick(self, phase: str, frame: object = None) -> None:
        if phase == self.phase:
            self.phase = ""
            threading.Thread(target=self.robot.stop).start()


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(STEPS, min_size=3, max_size=7))
def test_over_any_sequence_of_faults(steps: list[object]) -> None:
    with Double(KinematicArm()) as double:
        robot = build(**robots_file(double))
        robot.open()
        try:
            for step in steps:
                _play(robot, double, step)
        finally:
            robot.close()
        box = robot.info.workspace
        assert all(box.holds(pick) and box.holds(place) for _, pick, place in double.node.motions)
        assert len({id for id, _, _ in double.node.motions}) == len(double.node.motions)


def _status(robot) -> str:  # type: ignore[no-untyped-def]
    status: str = robot.execute(PICK, Silent()).status
    return status


def _play(robot, double, step) -> None:  # type: ignore[no-untyped-def]
    ready, begun, began = robot.state == "READY", len(double.node.motions), time.monotonic()
    match step:
        case "execute":
            outcome = robot.execute(PICK, Silent())
            assert ready or outcome.status == "rejected"
            assert outcome.status in ("done", "missed", "rejected") or robot.state != "READY"
        case "two at once":
            both: list[str] = []
            other = threading.Thread(target=lambda: both.append(_status(robot)))
            other.start()
            both.append(_status(robot))
            other.join(LONGEST_S)
            assert len(both) == 2 and "rejected" in both
        case "look":
            with contextlib.suppress(NoPicture, BridgeError):
                assert time.monotonic() - robot.observe().stamp_s < 2.0
        case ("stop in", phase):
            with contextlib.suppress(Aborted):
                robot.execute(PICK, Stopping(robot, phase))
        case ("wild", x, y):
            outcome = robot.execute(replace(PICK, end=Pose(x, y, 0.1)), Silent())
            assert outcome.status != "done" or robot.info.workspace.holds(Pose(x, y, 0.1))
        case "stop":
            robot.stop()
            assert robot.state != "READY"
        case "acknowledge":
            with contextlib.suppress(BridgeError):
                robot.acknowledge()
        case ("faults", faults):
            vars(double.faults).update(vars(faults))
        case ("cut", link):
            double.relay.cut(link)
            time.sleep(0.1)
    assert time.monotonic() - began < LONGEST_S, step
    # Never a motion after a stop, a loss or a fault without an acknowledgement, and never two at once.
    assert ready or len(double.node.motions) == begun
    assert len(double.node.motions) <= begun + 1
