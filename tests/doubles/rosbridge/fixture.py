"""The fixture ``bridged``: an arm behind a bridge, opened and closed for the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from doubles.rosbridge import Double, Faults, KinematicArm, robots_file
from skills.robots.rosbridge import build
from skills.robots.rosbridge.robot import RosRobot

Pair = tuple[RosRobot, Double]


@pytest.fixture(params=["websockets", pytest.param("roslibpy", marks=pytest.mark.slow)])
def bridged(request: pytest.FixtureRequest) -> Iterator[Callable[..., Pair]]:
    """Makes a robot and the double that it is connected with, by either transport; `opened=False` leaves it closed."""
    with ExitStack() as stack:

        def make(ros: int = 2, faults: Faults | None = None, opened: bool = True, **more: Any) -> Pair:
            service = more.get("profile") == "pick_place_service"
            double = stack.enter_context(Double(KinematicArm(), ros, faults, service=service))
            robot = build(**robots_file(double, **{"transport": request.param, **more}))
            stack.callback(robot.close)
            return (robot.open() if opened else robot), double

        yield make
