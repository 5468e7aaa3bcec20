#!/usr/bin/env python3
"""The arm's side in ROS 1: PickPlace as action and service, stop, acknowledge, get_state, heartbeat.

Beside rosbridge: ``roslaunch rosbridge_server rosbridge_websocket.launch address:=127.0.0.1``, rosapi comes with it.
"""

from __future__ import annotations

import math
import threading

import actionlib
import rospy
import tf2_ros
from arm_guard import Guard, carry
from geometry_msgs.msg import TransformStamped, Vector3
from instruct2act_msgs.msg import PickPlaceAction, PickPlaceFeedback, PickPlaceResult
from instruct2act_msgs.srv import GetState, GetStateResponse, PickPlace, PickPlaceResponse
from rehearsal_arm import RehearsalArm
from std_msgs.msg import String
from std_srvs.srv import Trigger, TriggerResponse

LOW, HIGH = (0.25, -0.5, 0.0), (0.75, 0.5, 0.3)
"""Your workspace, metres in the base frame."""


class Node:
    """Carries messages to the guard and the arm."""

    def __init__(self, arm: RehearsalArm) -> None:
        self.arm = arm
        self.guard = Guard(LOW, HIGH, arm.grasped)
        self._one = threading.Lock()
        rospy.Subscriber("/instruct2act/heartbeat", String, lambda _: self.guard.beat(), queue_size=1)
        rospy.Service("/instruct2act/stop", Trigger, self.stop)
        rospy.Service("/instruct2act/acknowledge", Trigger, self.acknowledge)
        rospy.Service("/instruct2act/get_state", GetState, self.state)
        rospy.Service("/pick_place_service", PickPlace, self.serve)
        self.server = actionlib.SimpleActionServer("/pick_place", PickPlaceAction, self.act, auto_start=False)
        self.server.register_preempt_callback(lambda: self.guard.stop("CANCELED"))
        self.server.start()
        if isinstance(arm, RehearsalArm):  # a real arm's driver publishes tf itself
            self._tf = tf2_ros.TransformBroadcaster()
            rospy.Timer(rospy.Duration(0.02), self.publish_tf)

    def act(self, goal) -> None:
        """The action's thread."""
        code = self.carried(goal, lambda name, share: self.server.publish_feedback(PickPlaceFeedback(name, share)))
        result = PickPlaceResult(success=code == "", error_code=code)
        if code == "":
            self.server.set_succeeded(result)
        elif code in ("STOPPED", "WATCHDOG", "CANCELED"):
            self.server.set_preempted(result)
        else:
            self.server.set_aborted(result)

    def serve(self, request) -> PickPlaceResponse:
        """The same as a service."""
        code = self.carried(request, lambda name, share: None)
        return PickPlaceResponse(success=code == "", error_code=code)

    def carried(self, goal, phase) -> str:
        """One motion; its error code."""
        pick, place = _pose(goal.pick), _pose(goal.place)
        code = self.guard.take(goal.command_id, (pick[:3], place[:3]), goal.timeout.to_sec())
        if code:
            return code
        try:
            with self._one:
                code = carry(self.arm, self.guard, pick, place, goal.width, goal.speed_scale, phase)
        except Exception as error:
            code = "ARM"
            rospy.logerr("the arm failed: %s", error)
        self.guard.ended(code)
        return code

    def stop(self, _) -> TriggerResponse:
        """Stops at once."""
        self.guard.stop()
        self.arm.halt()
        return TriggerResponse(success=True, message=self.guard.state)

    def acknowledge(self, _) -> TriggerResponse:
        """A person saw it."""
        return TriggerResponse(success=self.guard.acknowledge(self.arm.well()), message=self.guard.state)

    def state(self, _) -> GetStateResponse:
        """Everything that a client has to know."""
        told = self.guard.told()
        boxes = {name: Vector3(**told.pop(name)) for name in ("workspace_low", "workspace_high")}
        return GetStateResponse(**told, **boxes)

    def publish_tf(self, _) -> None:
        """Where the rehearsal's tool is."""
        moved = TransformStamped()
        moved.header.stamp, moved.header.frame_id, moved.child_frame_id = rospy.Time.now(), "base_link", "tool0"
        at, turn = moved.transform.translation, moved.transform.rotation
        at.x, at.y, at.z = self.arm.x, self.arm.y, self.arm.z
        turn.z, turn.w = math.sin(self.arm.yaw / 2), math.cos(self.arm.yaw / 2)
        self._tf.sendTransform(moved)


def _pose(stamped):
    at, turn = stamped.pose.position, stamped.pose.orientation
    return at.x, at.y, at.z, 2 * math.atan2(turn.z, turn.w)


if __name__ == "__main__":
    rospy.init_node("instruct2act_arm")
    Node(RehearsalArm())
    rospy.spin()
