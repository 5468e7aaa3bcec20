"""What roslibpy does by itself and must not do here."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time

import pytest
from doubles.rosbridge import Double, KinematicArm, robots_file

from skills.errors import Mistake
from skills.robots.rosbridge import build
from skills.robots.rosbridge.errors import BadMessage, LinkLost
from skills.robots.rosbridge.settings import Deadlines

pytestmark = pytest.mark.slow


def linked(double: Double, **more: float):  # type: ignore[no-untyped-def]
    from skills.robots.rosbridge.roslib import RosLink

    return RosLink(double.url, "control", Deadlines(**more))


def test_what_was_published_while_the_link_was_down_never_arrives_and_it_stays_down() -> None:
    with Double(KinematicArm()) as double:
        link = linked(double)
        assert link.call("/rosapi/get_time", {}, 2.0)["time"]
        double.relay.cut("control")
        until = time.monotonic() + 5
        while not link.lost and time.monotonic() < until:
            time.sleep(0.01)
        for _ in range(3):
            with pytest.raises(LinkLost):
                link.publish("/pick_place/goal", {"x": 1})
        time.sleep(2.5)  # roslibpy would connect again after one
        assert len(double.relay.wires) == 0 and not double.clients
        link.close()


def test_a_call_ends_when_the_bridge_is_gone_and_a_frozen_one_is_noticed() -> None:
    with Double(KinematicArm()) as double:
        link = linked(double, ping_s=0.3, silence_s=1.0)
        double.faults.state = "never"
        double.relay.freeze("control")
        began = time.monotonic()
        with pytest.raises(LinkLost, match="pings"):
            link.call("/instruct2act/get_state", {}, 60.0)
        assert time.monotonic() - began < 30
        link.close()


def test_an_idle_link_is_pinged_as_often_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autobahn's own pings, on timers of whole seconds, would go out thousands of times a second."""
    from skills.robots.rosbridge import roslib

    pings: list[float] = []
    ping = roslib._Watched.sendPing

    def counted(self: roslib._Watched) -> None:
        pings.append(time.monotonic())
        ping(self)

    monkeypatch.setattr(roslib._Watched, "sendPing", counted)
    with Double(KinematicArm()) as double:
        link = linked(double, ping_s=0.3, silence_s=20.0)
        time.sleep(2.0)
        assert 2 <= len(pings) <= 8 and not link.lost
        link.close()


def test_a_reader_that_was_kept_waiting_reads_before_it_gives_up() -> None:
    from twisted.internet import reactor

    with Double(KinematicArm()) as double:
        link = linked(double, ping_s=0.05, silence_s=0.5)
        for _ in range(3):
            time.sleep(0.12)  # not always in the same moment between two pings
            done = threading.Event()
            reactor.callFromThread(lambda: (time.sleep(1.0), done.set()))  # noqa: B023  # as a large picture's parsing
            assert done.wait(30)
        assert not link.lost and link.call("/rosapi/get_time", {}, 20.0)["time"]
        link.close()


def test_no_number_that_is_none_is_sent_and_a_missing_bridge_is_said() -> None:
    with Double(KinematicArm()) as double:
        link = linked(double)
        with pytest.raises(BadMessage):
            link.publish("/a", {"x": float("nan")})
        assert not link.lost
        link.close()
        with pytest.raises(LinkLost, match="closed"):
            link.publish("/a", {"x": 1})
        file = robots_file(double, transport="roslibpy")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        robot = build(**{**file, "url": f"ws://127.0.0.1:{free.getsockname()[1]}", "deadlines": {"connect_s": 0.5}})
        with pytest.raises(LinkLost, match="no rosbridge"):
            robot.open()


def test_only_who_asks_for_it_loads_it_and_an_unknown_one_is_refused() -> None:
    code = (
        "import sys; from skills.robots.rosbridge import build; build();"
        "assert not {'roslibpy', 'twisted', 'autobahn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(Mistake, match="transport"):
        build(transport="roslib")
