"""The four clocks, on a clock of the test's own."""

from __future__ import annotations

import pytest

from instruct2act.sandbox import Limits, StopFlag, Watch
from skills.errors import Aborted
from skills.robots import Monitor


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_watch_is_a_monitor(clock: Clock) -> None:
    monitor: Monitor = Watch(now=clock)
    monitor.tick("move")
    assert not monitor.wants_frame()


def test_seconds_go_to_the_clock_they_belong_to(clock: Clock) -> None:
    watch = Watch(now=clock)
    with watch.computing():
        clock.now += 1
    with watch.calling():
        clock.now += 2  # seeing
        watch.planned(3)
        for _ in range(6):
            clock.now += 0.5
            watch.tick("move")
        with watch.waiting():
            clock.now += 100
        clock.now += 4  # seeing again
    assert watch.seconds == {"program": 1, "skills": 6, "motion": 3, "waiting": 100, "wall": 110}
    watch.check()


@pytest.mark.parametrize("planned, allowed", [(0.0, 5.0), (1.0, 7.0), (10.0, 25.0)])
def test_a_motion_may_take_twice_its_plan_and_five_seconds(planned: float, allowed: float, clock: Clock) -> None:
    watch = Watch(now=clock)
    with watch.calling():
        watch.planned(planned)
        clock.now = allowed
        watch.tick("move")
        clock.now += 0.01
        with pytest.raises(Aborted, match="longer than"):
            watch.tick("move")
    assert watch.expired == "motion"


def test_waiting_for_a_person_stretches_a_motion(clock: Clock) -> None:
    watch = Watch(now=clock)
    with watch.calling():
        watch.planned(1)
        with watch.waiting():
            clock.now += 1000
        clock.now += 1
        watch.tick("move")
    assert (watch.motion_s, watch.skills_s) == (1, 0)


def test_each_motion_has_a_clock_of_its_own(clock: Clock) -> None:
    watch = Watch(now=clock)
    with watch.calling():
        for _ in range(10):
            watch.planned(1)
            clock.now += 6
            watch.tick("move")
    assert watch.motion_s == 60


@pytest.mark.parametrize(
    "limits, said",
    [(Limits(skills_s=1), "skills"), (Limits(episode_s=1), "episode")],
)
def test_limits_end_a_skill_that_asks(limits: Limits, said: str, clock: Clock) -> None:
    watch = Watch(limits, now=clock)
    with watch.calling():
        clock.now += 1
        watch.check()
        clock.now += 0.1
        with pytest.raises(Aborted, match=said):
            watch.check()


def test_computing_is_limited_in_all(clock: Clock) -> None:
    watch = Watch(Limits(program_s=1), now=clock)
    for _ in range(2):
        watch.check()
        with watch.computing():
            clock.now += 0.6
    with pytest.raises(Aborted, match="computed"):
        watch.check()
    assert watch.expired == "program"


def test_the_first_reason_stays_and_everyone_hears_once() -> None:
    stop, heard = StopFlag(), []
    with stop.calls(lambda: heard.append("a")):
        stop.set("first")
        stop.set("second")
    assert (stop.reason, heard) == ("first", ["a"])
    with stop.calls(lambda: heard.append("late")):
        pass
    assert heard == ["a", "late"]
    stop.clear()
    assert not stop.is_set()


def test_ticks_are_passed_on(clock: Clock) -> None:
    heard: list[str] = []
    watch = Watch(now=clock, on_tick=lambda phase, frame: heard.append(phase), wants_frame=lambda: True)
    watch.tick("approach")
    assert heard == ["approach"] and watch.wants_frame()
