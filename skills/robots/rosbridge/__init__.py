"""A real arm through a ROS bridge: the same ``Robot`` protocol as the simulator's, over rosbridge's websocket.

``settings`` reads a robot's file, ``robot`` is the arm, ``link`` and ``wire`` carry bytes, ``messages`` and ``images``
read what comes, ``cameras``, ``transforms`` and ``calibration`` know where things are seen from, ``profiles`` are the
three ways to ask for a pick and place, ``safety``, ``latch``, ``checks``, ``witness`` and ``motion`` decide whether it
moves and what is believed of it. Importing this loads no network library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skills.robots.rosbridge.robot import RosRobot


def build(**options: Any) -> RosRobot:
    """A robot from the values of its file (``settings.Settings``); not opened yet.

    Raises:
        Mistake: an unknown key, an impossible value, or the extra ``robot`` is not installed.
    """
    from skills.robots.rosbridge.robot import build as built

    return built(**options)
