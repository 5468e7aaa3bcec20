"""What a robot's file says of a double."""

from __future__ import annotations

from typing import Any

from doubles.rosbridge.server import DEPTH, IMAGE, INFO, Double

CAMERAS = {"camera": {"image": IMAGE, "depth": DEPTH, "info": INFO}}
QUICK = {
    "connect_s": 4.0, "ping_s": 0.3, "silence_s": 1.5, "call_s": 1.5, "stop_s": 0.5, "first_image_s": 1.5,
    "accept_s": 1.0, "feedback_s": 1.5, "motion_slack_s": 2.0, "tf_age_s": 1.0,
}  # fmt: skip
"""Deadlines for an arm that moves in a third of a second, in a process whose threads wait for each other."""

PATIENT = {
    "silence_s": 20.0, "ping_s": 2.0, "call_s": 10.0, "tf_age_s": 3.0, "image_age_s": 3.0, "first_image_s": 15.0,
    "accept_s": 10.0, "feedback_s": 10.0, "stop_s": 3.0,
}  # fmt: skip
"""For machines that are busy with other tests."""


def robots_file(double: Double, **more: Any) -> dict[str, Any]:
    """A robot's file for a double."""
    given = {"url": double.url, "ros": double.ros, "cameras": CAMERAS, "handling_s": 0.3, "tool_speed_m_s": 1.0}
    return {**given, "speed": 0.5, "deadlines": QUICK, **more}
