"""The three ways in which an arm takes a pick and place, by the robot file's ``profile``.

A profile turns an ``Order`` into legs: one for a PickPlace action or service, eight for MoveIt with a gripper. A leg is
started, watched and, if need be, cancelled; how it ended is for the caller to judge, never ``success`` alone.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from skills.robots.rosbridge.errors import BadMessage, BridgeError
from skills.robots.rosbridge.link import Bridge
from skills.robots.rosbridge.messages import Dialect, Feedback, GoalStatus, Result, read
from skills.robots.rosbridge.settings import Settings
from skills.types import Pose


@dataclass(frozen=True)
class Order:
    """One motion: where to where (on the table, our base frame), its id, how fast, how long at most, how wide.

    Attributes:
        pick, place: metres, yaw in radians.
        command_id: unique; the arm's node ignores one it knows.
        timeout_s: after which the node has to give up by itself.
        speed: fraction of full.
        stamp: now, on the robot's clock.
        width_m: of the thing, for a parallel gripper; None for suction.
    """

    pick: Pose
    place: Pose
    command_id: str
    timeout_s: float
    speed: float
    stamp: float
    width_m: float | None = None


@dataclass(frozen=True)
class Ending:
    """How a leg ended, as its server says: the goal's status and the result it gave."""

    status: GoalStatus
    result: Result


@dataclass
class Leg:
    """One goal under way. Written by the receiving thread, read by the motion's loop.

    Attributes:
        phase: the newest that was said.
        heard_s: when something was last heard of it (``time.monotonic``); 0.0 before.
        ending: how it ended; only the first counts.
        trouble: why nothing more will come: the link is lost, or what came can't be understood.
    """

    phase: str
    cancel: Callable[[], None]
    heard_s: float = 0.0
    ending: Ending | None = None
    trouble: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def feedback(self, values: Any) -> None:
        """A sign of life."""
        try:
            self.phase = read(Feedback, values).phase or self.phase
        except BadMessage as bad:
            self.trouble = self.trouble or str(bad)
        self.heard_s = time.monotonic()

    def ended(self, status: GoalStatus, read_result: Callable[[], Result]) -> None:
        """A result; duplicates and contradictions after it change nothing."""
        with self._lock:
            if self.ending is None and not self.trouble:
                try:
                    self.ending = Ending(status, read_result())
                except BadMessage as bad:
                    self.trouble = str(bad)
        self.heard_s = time.monotonic()


class Profile(Protocol):
    """How one kind of arm is asked."""

    follows_ids: bool
    """Whether the arm's node knows command ids, so that its state can be held against them."""

    def prepare(self) -> None:
        """Subscribes and advertises, once a connection."""

    def legs(self, order: Order) -> Iterator[Callable[[], Leg]]:
        """What is to be started, one after the other."""


# --- actions of either ROS ------------------------------------------------------------------------------------------


class ActionClient:
    """Goals of one action server: topics in ROS 1, operations of rosbridge in ROS 2."""

    def __init__(self, bridge: Bridge, dialect: Dialect, name: str, type: str) -> None:
        self._bridge, self._dialect, self._name, self._type = bridge, dialect, name.rstrip("/"), type
        self._legs: dict[str, tuple[Leg, Callable[[Any], Result]]] = {}

    def prepare(self) -> None:
        """ROS 1 only: listens to feedback and results before any goal is sent."""
        if self._dialect.version == 1:
            self._bridge.advertise(f"{self._name}/goal", f"{self._type}ActionGoal")
            self._bridge.advertise(f"{self._name}/cancel", "actionlib_msgs/GoalID")
            self._bridge.subscribe(f"{self._name}/feedback", f"{self._type}ActionFeedback", self._feedback)
            self._bridge.subscribe(f"{self._name}/result", f"{self._type}ActionResult", self._result)

    def start(self, id: str, phase: str, goal: Mapping[str, Any], stamp: float, reader: Callable[[Any], Result]) -> Leg:
        """Sends one goal.

        Raises:
            LinkLost: it was not sent, and is not kept for later.
        """
        if self._dialect.version == 1:
            leg = Leg(phase, lambda: self._bridge.publish(f"{self._name}/cancel", self._goal_id(id, stamp)))
            self._legs = {id: (leg, reader)}  # what comes of an older goal is late: nobody listens
            message = {
                "header": self._dialect.header("", stamp),
                "goal_id": self._goal_id(id, stamp),
                "goal": dict(goal),
            }
            self._bridge.publish(f"{self._name}/goal", message)
            return leg
        leg = Leg(phase, lambda: self._bridge.request({"op": "cancel_action_goal", **named}, hear))
        named = {"id": id, "action": self._name}

        def hear(message: Mapping[str, Any]) -> None:
            match message:
                case {"lost": reason}:
                    leg.trouble = leg.trouble or str(reason)
                case {"op": "action_feedback"}:
                    leg.feedback(message.get("values"))
                case {"op": "action_result"}:
                    said = self._dialect.status(message.get("status"))
                    status = said if message.get("result") is True else "unknown"
                    leg.ended(status, lambda: reader(message.get("values")))

        sent = {
            "op": "send_action_goal",
            **named,
            "action_type": self._dialect.type(self._type, "action"),
            "args": dict(goal),
            "feedback": True,
        }
        self._bridge.request(sent, hear)
        return leg

    def _goal_id(self, id: str, stamp: float) -> dict[str, Any]:
        return {"stamp": self._dialect.stamp(stamp), "id": id}

    def _mine(self, message: Any) -> tuple[Leg, Callable[[Any], Result], Mapping[str, Any]] | None:
        status = message.get("status") if isinstance(message, Mapping) else None
        goal_id = status.get("goal_id") if isinstance(status, Mapping) else None
        known = self._legs.get(str(goal_id.get("id"))) if isinstance(goal_id, Mapping) else None
        return (*known, message) if known is not None else None

    def _feedback(self, message: Any) -> None:
        mine = self._mine(message)
        if mine is not None:
            mine[0].feedback(mine[2].get("feedback"))

    def _result(self, message: Any) -> None:
        mine = self._mine(message)
        if mine is not None:
            leg, reader, message = mine
            status = self._dialect.status(message["status"].get("status"))
            leg.ended(status, lambda: reader(message.get("result")))


# --- profiles -------------------------------------------------------------------------------------------------------


def _pick_place(order: Order, settings: Settings, dialect: Dialect) -> dict[str, Any]:
    """instruct2act_msgs/PickPlace's goal or request; its poses are in the robot's own base frame."""
    pick, place = (
        dialect.pose_stamped(settings.base_frame, order.stamp, replace(pose, z=pose.z + settings.table_height_m))
        for pose in (order.pick, order.place)
    )
    return {
        "pick": pick,
        "place": place,
        "command_id": order.command_id,
        "timeout": dialect.stamp(order.timeout_s),
        "speed_scale": order.speed,
        "width": order.width_m or 0.0,
    }


class PickPlaceAction:
    """The default: one action server that picks and places."""

    follows_ids = True

    def __init__(self, bridge: Bridge, settings: Settings, dialect: Dialect) -> None:
        self._settings, self._dialect = settings, dialect
        self._client = ActionClient(bridge, dialect, settings.names.pick_place, settings.names.pick_place_type)

    def prepare(self) -> None:
        """Listens, where its ROS needs that."""
        self._client.prepare()

    def legs(self, order: Order) -> Iterator[Callable[[], Leg]]:
        """One."""
        goal = _pick_place(order, self._settings, self._dialect)
        yield lambda: self._client.start(order.command_id, "sent", goal, order.stamp, lambda v: read(Result, v))


class PickPlaceService:
    """One service that answers when it is done; what it does meanwhile is told by the state."""

    follows_ids = True

    def __init__(self, bridge: Bridge, settings: Settings, dialect: Dialect) -> None:
        self._bridge, self._settings, self._dialect = bridge, settings, dialect

    def prepare(self) -> None:
        """Nothing to prepare."""

    def legs(self, order: Order) -> Iterator[Callable[[], Leg]]:
        """One."""
        request = _pick_place(order, self._settings, self._dialect)

        def start() -> Leg:
            leg = Leg("sent", lambda: None)  # a service can't be cancelled: stop does

            def hear(message: Mapping[str, Any]) -> None:
                if "lost" in message:
                    leg.trouble = leg.trouble or str(message["lost"])
                elif message.get("op") == "service_response":
                    answered = message.get("result") is True
                    leg.ended("succeeded" if answered else "unknown", lambda: read(Result, message.get("values")))

            name = self._settings.names.pick_place
            self._bridge.request({"op": "call_service", "id": order.command_id, "service": name, "args": request}, hear)
            return leg

        yield start


class MoveIt:
    """MoveIt's pose goals and a gripper command: approach, grasp, lift, transfer, release, retreat."""

    follows_ids = False

    def __init__(self, bridge: Bridge, settings: Settings, dialect: Dialect) -> None:
        self._settings, self._dialect = settings, dialect
        move = "moveit_msgs/MoveGroup"
        self._move = ActionClient(bridge, dialect, settings.names.move, move)
        self._grip = ActionClient(bridge, dialect, settings.names.gripper, "control_msgs/GripperCommand")

    def prepare(self) -> None:
        """Listens, where its ROS needs that."""
        self._move.prepare()
        self._grip.prepare()

    def legs(self, order: Order) -> Iterator[Callable[[], Leg]]:
        """Eight: open above the thing, down, close, up, across, down, open, up."""
        up = self._settings.clearance_m
        wide = self._settings.jaw_m if order.width_m is None else min(self._settings.jaw_m, order.width_m + 0.02)
        closed = 0.0 if order.width_m is None else max(0.0, order.width_m - 0.005)
        high = max(order.pick.z, order.place.z) + up
        at_pick, at_place = replace(order.pick, z=high), replace(order.place, z=high)
        steps: Sequence[tuple[str, Pose | float]] = (
            ("approach", wide),
            ("approach", at_pick),
            ("grasp", order.pick),
            ("grasp", closed),
            ("lift", at_pick),
            ("transfer", at_place),
            ("transfer", order.place),
            ("release", wide),
            ("retreat", at_place),
        )
        for number, (phase, what) in enumerate(steps):
            id = f"{order.command_id}.{number}"
            if isinstance(what, Pose):
                goal, client, reader = self._motion(what, order), self._move, _moveit_result
            else:
                goal, client, reader = {"command": {"position": what, "max_effort": 0.0}}, self._grip, _gripper_result
            yield lambda id=id, phase=phase, goal=goal, client=client, reader=reader: client.start(  # type: ignore[misc]
                id, phase, goal, order.stamp, reader
            )

    def _motion(self, pose: Pose, order: Order) -> dict[str, Any]:
        """A MoveGroup goal: the tool at a pose, pointing down, turned about the vertical."""
        given = self._settings
        header = self._dialect.header(given.base_frame, 0.0)
        position = {"x": pose.x, "y": pose.y, "z": pose.z + given.table_height_m}
        half = pose.yaw / 2
        down = {"x": math.cos(half), "y": math.sin(half), "z": 0.0, "w": 0.0}  # Rz(yaw) Rx(180 degrees)
        region = {
            "primitives": [{"type": 2, "dimensions": [0.003]}],
            "primitive_poses": [{"position": position, "orientation": {"x": 0.0, "y": 0.0, "z": 0.0, "w": 1.0}}],
        }
        constraints = {
            "position_constraints": [
                {"header": header, "link_name": given.tool_frame, "constraint_region": region, "weight": 1.0}
            ],
            "orientation_constraints": [
                {
                    "header": header,
                    "link_name": given.tool_frame,
                    "orientation": down,
                    "absolute_x_axis_tolerance": 0.05,
                    "absolute_y_axis_tolerance": 0.05,
                    "absolute_z_axis_tolerance": 0.05,
                    "weight": 1.0,
                }
            ],
        }
        request = {
            "group_name": given.names.planning_group,
            "num_planning_attempts": 3,
            "allowed_planning_time": 3.0,
            "max_velocity_scaling_factor": order.speed,
            "max_acceleration_scaling_factor": order.speed,
            "goal_constraints": [constraints],
        }
        return {"request": request, "planning_options": {"plan_only": False}}


def _moveit_result(values: Any) -> Result:
    code = values.get("error_code") if isinstance(values, Mapping) else None
    number = code.get("val") if isinstance(code, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise BadMessage("a MoveGroup result without error_code.val")
    return Result(success=number == 1, error_code="" if number == 1 else f"MOVEIT_{number}")


def _gripper_result(values: Any) -> Result:
    """Closing ends in ``stalled`` when something is held, opening in ``reached_goal``: either is an end."""
    flags = [values.get(name) for name in ("stalled", "reached_goal")] if isinstance(values, Mapping) else []
    if len(flags) != 2 or not all(isinstance(flag, bool) for flag in flags):
        raise BadMessage("a GripperCommand result without stalled and reached_goal")
    return Result(success=any(flags), error_code="" if any(flags) else "GRIPPER")


PROFILES: Mapping[str, Callable[[Bridge, Settings, Dialect], Profile]] = {
    "pick_place_action": PickPlaceAction,
    "pick_place_service": PickPlaceService,
    "moveit": MoveIt,
}


def cancelled(leg: Leg) -> None:
    """Cancels a leg as far as that goes; what comes of it is for ``stop`` to make sure."""
    try:
        leg.cancel()
    except BridgeError:
        return
