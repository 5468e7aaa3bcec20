"""A rosbridge server with an arm behind it, in this process, for ROS 1 and 2; misbehaves on demand.

`server` speaks the protocol, `relay` is the wire that can be cut or frozen, `node` is the arm's side by the contract in
docs/robot_side, `arms` are a kinematic arm and the simulated table, `faults` lists what can go wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from doubles.rosbridge.arms import OVERHEAD, KinematicArm, SimArm
from doubles.rosbridge.faults import Faults
from doubles.rosbridge.robots_file import PATIENT, QUICK, robots_file
from doubles.rosbridge.server import CLOCK_S, COMPRESSED, IMAGE, Double
from skills.robots.rosbridge.robot import RosRobot
from skills.types import Action, Pose

Make = Callable[..., tuple[RosRobot, Double]]
"""What the fixture ``bridged`` is: settings -> a robot, opened, and the double that it is connected with."""

PICK = Action("pick_place", Pose(0.4, -0.2, 0.05), Pose(0.5, 0.2, 0.05, 0.5))
"""An action that every arm can carry out."""

__all__ = [
    "CLOCK_S",
    "COMPRESSED",
    "IMAGE",
    "OVERHEAD",
    "PATIENT",
    "PICK",
    "QUICK",
    "Double",
    "Faults",
    "KinematicArm",
    "Make",
    "SimArm",
    "robots_file",
]
