#!/usr/bin/env python3
"""The arm's side in ROS 2: PickPlace as action, stop, acknowledge, get_state, heartbeat.

Beside rosbridge: ``ros2 launch rosbridge_server rosbridge_websocket_launch.xml address:=127.0.0.1
send_action_goals_in_new_thread:=true call_services_in_new_thread:=true`` (on Humble a cancel waits without the former).
"""

from __future__ import annotations

import math

import rclpy
from arm_guard import Guard, carry
from geometry_msgs.msg import TransformStamped, Vector3
from instruct2act_msgs.action import PickPlace
from instruct2act_msgs.srv import GetState
from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from rehearsal_arm import RehearsalArm
from std_msgs.msg import String
from std_srvs.srv import Trigger
from tf2_ros import TransformBroadcaster

LOW, HIGH = (0.25, -0.5, 0.0), (0.75, 0.5, 0.3)
"""Your workspace, metres in the base frame."""


class ArmNode(Node):
    """Carries messages to the guard and the arm; every callback may run while the arm moves."""

    def __init__(self, arm: RehearsalArm) -> None:
        super().__init__("instruct2act_arm")
        self.arm = arm
        self.guard = Guard(LOW, HIGH, arm.grasped)
        group = ReentrantCallbackGroup()
        self.create_subscription(String, "/instruct2act/heartbeat", self.beat, 1, callback_group=group)
        self.create_service(Trigger, "/instruct2act/stop", self.stop, callback_group=group)
        self.create_service(Trigger, "/instruct2act/acknowledge", self.acknowledge, callback_group=group)
        self.create_service(GetState, "/instruct2act/get_state", self.state, callback_group=group)
        self.server = ActionServer(
            self, PickPlace, "/pick_place", self.act, cancel_callback=self.cancel, callback_group=group
        )
        if isinstance(arm, RehearsalArm):  # a real arm's driver publishes tf itself
            self._tf = TransformBroadcaster(self)
            self.create_timer(0.02, self.publish_tf, callback_group=group)

    def beat(self, _) -> None:
        """The client lives."""
        self.guard.beat()

    def act(self, handle):
        """One motion. A refused goal is aborted with its code, since a rejection says nothing through old bridges."""
        goal = handle.request
        pick, place = _pose(goal.pick), _pose(goal.place)
        timeout = goal.timeout.sec + goal.timeout.nanosec * 1e-9
        code = self.guard.take(goal.command_id, (pick[:3], place[:3]), timeout)
        if not code:

            def phase(name: str, share: float) -> None:
                handle.publish_feedback(PickPlace.Feedback(phase=name, progress=share))

            try:
                code = carry(self.arm, self.guard, pick, place, goal.width, goal.speed_scale, phase)
            except Exception as error:
                code = "ARM"
                self.get_logger().error(f"the arm failed: {error}")
            self.guard.ended(code)
        if code == "":
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return PickPlace.Result(success=code == "", error_code=code)

    def cancel(self, _):
        """A cancel is a stop."""
        self.guard.stop("CANCELED")
        return CancelResponse.ACCEPT

    def stop(self, _, answer):
        """Stops at once."""
        self.guard.stop()
        self.arm.halt()
        answer.success, answer.message = True, self.guard.state
        return answer

    def acknowledge(self, _, answer):
        """A person saw it."""
        answer.success, answer.message = self.guard.acknowledge(self.arm.well()), self.guard.state
        return answer

    def state(self, _, answer):
        """Everything that a client has to know."""
        for name, value in self.guard.told().items():
            setattr(answer, name, Vector3(**value) if isinstance(value, dict) else value)
        return answer

    def publish_tf(self) -> None:
        """Where the rehearsal's tool is."""
        moved = TransformStamped()
        moved.header.stamp = self.get_clock().now().to_msg()
        moved.header.frame_id, moved.child_frame_id = "base_link", "tool0"
        at, turn = moved.transform.translation, moved.transform.rotation
        at.x, at.y, at.z = self.arm.x, self.arm.y, self.arm.z
        turn.z, turn.w = math.sin(self.arm.yaw / 2), math.cos(self.arm.yaw / 2)
        self._tf.sendTransform(moved)


def _pose(stamped):
    at, turn = stamped.pose.position, stamped.pose.orientation
    return at.x, at.y, at.z, 2 * math.atan2(turn.z, turn.w)


def main() -> None:
    """Spins with several threads: stop must be heard while a goal is carried out."""
    rclpy.init()
    node = ArmNode(RehearsalArm())
    executor = MultiThreadedExecutor(num_threads=8)
    executor.add_node(node)
    executor.spin()


if __name__ == "__main__":
    main()
