"""Whatever goes wrong on the wire or at the arm: the motion ends by its deadline, the arm stops, nothing more moves."""

from __future__ import annotations

import threading
import time

import pytest
from doubles.rosbridge import PICK, QUICK, Faults, Make
from tiers import others_slow

from skills.errors import Aborted
from skills.robots import Silent
from skills.robots.rosbridge.errors import BridgeError, LinkLost

PHASES = ("approach", "grasp", "transfer", "release")
DEADLINE_S = 12.0
"""Of any call here: a motion planned for about 2 s, doubled, and 2 s; and a busy machine."""


def closed_and_still(robot, double) -> None:  # type: ignore[no-untyped-def]
    """The latch is closed, nothing is sent any more, and the arm comes to rest within its watchdog's time."""
    assert robot.state != "READY" and robot.trouble
    begun = len(double.node.motions)
    assert robot.execute(PICK, Silent()).status == "rejected"
    until = time.monotonic() + 3
    while double.node.state == "MOVING" and time.monotonic() < until:
        time.sleep(0.02)
    assert double.node.state != "MOVING" and len(double.node.motions) == begun


def back(robot, double) -> None:  # type: ignore[no-untyped-def]
    """After an acknowledgement it works as before."""
    robot.acknowledge()
    assert robot.state == "READY"
    outcome = robot.execute(PICK, Silent())
    assert outcome.status == "done", outcome


EITHER = others_slow([1, 2], fast=[2])


@pytest.mark.parametrize("phase", others_slow(PHASES, fast=PHASES[-1:]))
@pytest.mark.parametrize("ros", EITHER)
def test_a_link_that_is_cut_in_any_phase(bridged: Make, phase: str, ros: int) -> None:
    robot, double = bridged(ros, Faults(cut_at=phase))
    began = time.monotonic()
    outcome = robot.execute(PICK, Silent())
    assert outcome.status == "unknown" and time.monotonic() - began < DEADLINE_S
    assert robot.state in ("LINK_LOST", "FAULT")
    closed_and_still(robot, double)
    with pytest.raises(LinkLost):
        robot.observe()
    back(robot, double)
    assert robot.resolved is not None and robot.resolved[0] == double.node.motions[0][0]


@pytest.mark.slow
@pytest.mark.parametrize("link", ["control", "safety", "cameras"])
def test_any_one_link_that_is_cut_stops_the_arm(bridged: Make, link: str) -> None:
    robot, double = bridged(faults=Faults(cut_at="lift", links=(link,)))
    assert robot.execute(PICK, Silent()).status == "unknown"
    closed_and_still(robot, double)
    assert double.node.last[2] in ("STOPPED", "WATCHDOG", "CANCELED")
    assert double.node.stops, "stop went over a link that still holds"
    back(robot, double)


@pytest.mark.slow
@pytest.mark.parametrize("link", ["control", "safety"])
def test_a_frozen_link_is_noticed(bridged: Make, link: str) -> None:
    robot, double = bridged(faults=Faults(freeze_at="lift", links=(link,)))
    double.arm._round_s = 0.1  # type: ignore[attr-defined]
    began = time.monotonic()
    outcome = robot.execute(PICK, Silent())
    assert outcome.status in ("unknown", "aborted"), outcome  # on a machine that stalls the watchdog comes first
    assert time.monotonic() - began < DEADLINE_S
    closed_and_still(robot, double)


UNCLEAR = [
    (Faults(result="lies"), "unknown"),
    (Faults(result="never"), "unknown"),
    (Faults(state="nan"), "rejected"),
    (Faults(reject_silently=True), "unknown"),
    (Faults(result="aborted_true"), "unknown"),
    (Faults(result="wrong_type"), "unknown"),
    (Faults(result="nan"), "unknown"),
    (Faults(result="other_id"), "unknown"),
    (Faults(result="unknown_code"), "unknown"),
    (Faults(state="never"), "rejected"),
    (Faults(state="wrong_type"), "rejected"),
    (Faults(tf="strays"), "unknown"),
]


@pytest.mark.parametrize(
    ("faults", "status"),
    others_slow(UNCLEAR, fast=UNCLEAR[:3]),
    ids=lambda one: str(one) if isinstance(one, str) else next(v for v in vars(one).values() if v and v != one.links),
)
@pytest.mark.parametrize("ros", EITHER)
def test_what_is_unclear_is_a_failure_and_stops_the_arm(bridged: Make, faults: Faults, status: str, ros: int) -> None:
    robot, double = bridged(ros)
    vars(double.faults).update(vars(faults))
    began = time.monotonic()
    outcome = robot.execute(PICK, Silent())
    assert outcome.status == status, outcome
    assert outcome.error and time.monotonic() - began < DEADLINE_S
    closed_and_still(robot, double)
    vars(double.faults).update(vars(Faults()))
    back(robot, double)


@pytest.mark.parametrize("kind", ["none", "nan", "frozen"])
def test_without_a_measured_pose_nothing_moves(bridged: Make, kind: str) -> None:
    robot, double = bridged(faults=Faults(tf=kind), deadlines={**QUICK, "tf_age_s": 0.3})  # type: ignore[arg-type]
    time.sleep(0.4)
    outcome = robot.execute(PICK, Silent())
    assert outcome.status == "rejected" and "without a measured pose" in outcome.error and not double.node.motions


@pytest.mark.slow
def test_the_first_heartbeats_may_be_late_and_without_any_nothing_moves(bridged: Make) -> None:
    robot, double = bridged(faults=Faults(deaf=True))
    hears = threading.Timer(1.5, lambda: setattr(double.faults, "deaf", False))
    hears.start()
    assert robot.execute(PICK, Silent()).status == "done"
    hears.join()
    double.faults.deaf = True
    time.sleep(0.6)
    robot.settings = robot.settings.model_copy(
        update={"deadlines": robot.settings.deadlines.model_copy(update={"connect_s": 0.3})}
    )
    outcome = robot.execute(PICK, Silent())
    assert outcome.status == "rejected" and "does not hear a heartbeat" in outcome.error
    assert len(double.node.motions) == 1 and robot.state == "READY"


@pytest.mark.parametrize("state", ["moving", "grasped"])
def test_an_arm_that_is_busy_or_full_is_left_alone(bridged: Make, state: str) -> None:
    robot, double = bridged()
    double.faults.state = state  # type: ignore[assignment]
    assert robot.execute(PICK, Silent()).status == "rejected" and not double.node.motions


@pytest.mark.slow
def test_a_second_result_changes_nothing_and_a_late_one_is_waited_for(bridged: Make) -> None:
    robot, double = bridged(faults=Faults(result="twice"))
    assert robot.execute(PICK, Silent()).status == "done"
    double.faults.result = "late"
    assert robot.execute(PICK, Silent()).status == "done"
    assert robot.state == "READY" and len(double.node.motions) == 2


def test_nothing_that_was_asked_while_the_link_was_down_is_carried_out_later(bridged: Make) -> None:
    robot, double = bridged()
    double.relay.refuses = True
    double.relay.cut("control", "safety", "cameras")
    time.sleep(0.2)
    for _ in range(3):
        assert robot.execute(PICK, Silent()).status == "rejected"
    with pytest.raises(BridgeError):
        robot.acknowledge()
    double.relay.refuses = False
    robot.acknowledge()
    time.sleep(0.3)
    assert not double.node.motions and robot.execute(PICK, Silent()).status == "done"
    assert len(double.node.motions) == 1


def test_a_duplicate_command_is_ignored_by_the_arm(bridged: Make) -> None:
    robot, double = bridged()
    assert robot.execute(PICK, Silent()).status == "done"
    leg = next(iter(robot.parts.profile.legs(double_of(robot, double))))()
    until = time.monotonic() + 2
    while leg.ending is None and time.monotonic() < until:
        time.sleep(0.01)
    assert leg.ending is not None and leg.ending.result.error_code == "DUPLICATE" and len(double.node.motions) == 1


def double_of(robot, double):  # type: ignore[no-untyped-def]
    """The order that was just carried out, once more."""
    from skills.robots.rosbridge.profiles import Order

    return Order(PICK.start, PICK.end, double.node.motions[0][0], 5.0, 0.5, double.now)


@pytest.mark.slow
def test_a_monitor_that_ends_it_wins_over_any_fault(bridged: Make) -> None:
    robot, double = bridged(faults=Faults(result="never", stop="never"))

    class Ending(Silent):
        def tick(self, phase: str, frame: object = None) -> None:
            if phase == "transfer":
                raise Aborted("enough")

    with pytest.raises(Aborted):
        robot.execute(PICK, Ending())
    assert robot.state == "FAULT" and "press its emergency stop" in robot.trouble
    closed_and_still(robot, double)
