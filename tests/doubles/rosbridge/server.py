"""rosbridge's protocol, version 2, over websockets, for ROS 1 and ROS 2, with a node and an arm behind it."""

from __future__ import annotations

import base64
import json
import math
import struct
import threading
import time
from contextlib import suppress
from typing import Any

import cbor2
import cv2  # loaded before deadlines begin
import numpy as np
import scipy.spatial.transform  # noqa: F401
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from doubles.rosbridge.arms import Arm, quaternion
from doubles.rosbridge.faults import Faults
from doubles.rosbridge.node import Goal, Node, goal_of
from doubles.rosbridge.relay import PURPOSES, Relay
from skills.robots.rosbridge.messages import Dialect, quaternion_of
from skills.types import Camera, Pose, View

IMAGE, DEPTH, INFO = "/camera/image", "/camera/depth", "/camera/info"
COMPRESSED = f"{IMAGE}/compressed"
CLOCK_S = 1000.0
"""The double's clock is so far ahead of ours to begin with."""


class Client:
    """One connection: what it subscribed to, and how it wants it."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket, self.topics, self.lock = socket, dict[str, str](), threading.Lock()

    def send(self, message: dict[str, Any], compression: str = "none", fragments: bool = False) -> None:
        with self.lock, suppress(ConnectionClosed, OSError):
            if compression == "cbor":
                self.socket.send(cbor2.dumps(message))
                return
            text = json.dumps(_plain(message))
            if not fragments or len(text) < 40:
                self.socket.send(text)
                return
            size = len(text) // 3
            for number, start in enumerate(range(0, len(text), size)):
                total = (len(text) - 1) / size + 1  # as rosbridge writes it: a float
                part = {"op": "fragment", "id": "f", "data": text[start : start + size], "num": number, "total": total}
                self.socket.send(json.dumps(part))


class Double:
    """`with Double(arm) as double:` serves on `double.url`; `relay` is the wire, `node` the arm's side.

    Args:
        arm: stood behind it.
        ros: 1 or 2.
        depth: "16UC1" or "32FC1".
        rate_hz: of pictures.
        service: PickPlace as a service and not as an action.
    """

    def __init__(
        self,
        arm: Arm,
        ros: int = 2,
        faults: Faults | None = None,
        *,
        depth: str = "16UC1",
        rate_hz: float = 15.0,
        service: bool = False,
    ) -> None:
        self.arm, self.ros, self.faults = arm, ros, faults or Faults()
        self.dialect = Dialect(1 if ros == 1 else 2)
        self._depth, self._rate_hz, self._service = depth, rate_hz, service
        self.node = Node(arm, self.faults)
        self.node.on_phase = self._phase
        self.clients: list[Client] = []
        self._goals: dict[str, Goal] = {}
        self.moveit: list[str] = []
        self.moveit_fails_at = 0
        self._end = threading.Event()
        self._server = serve(self._talk, "127.0.0.1", 0, compression=None, max_size=None, close_timeout=0.2)
        self.relay = Relay(self._server.socket.getsockname()[1])
        self.url = f"ws://127.0.0.1:{self.relay.port}"
        for work in (self._server.serve_forever, self._publish_tf, self._publish_images):
            threading.Thread(target=work, daemon=True).start()

    def __enter__(self) -> Double:
        assert self.node.ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.node.close()
        self.relay.close()
        self._server.shutdown()

    @property
    def now(self) -> float:
        """Its own clock."""
        return time.monotonic() + CLOCK_S + self.faults.clock_skew_s

    # --- topics -------------------------------------------------------------------------------------------------------

    def _send(self, topic: str, message: dict[str, Any], packed: dict[str, Any] | None = None) -> None:
        for client in list(self.clients):
            wanted = client.topics.get(topic)
            if wanted is not None:
                body = packed if packed is not None and wanted == "cbor" else message
                client.send({"op": "publish", "topic": topic, "msg": body}, wanted, self.faults.fragments)

    def _publish_tf(self) -> None:
        frozen = None
        while not self._end.wait(0.015):
            kind = self.faults.tf
            if kind == "none":
                continue
            pose = self.arm.tool
            if kind == "strays" and self.node.state == "MOVING":
                pose = type(pose)(pose.x + 1.0, pose.y, pose.z)
            frozen = (pose, self.now) if kind != "frozen" or frozen is None else frozen
            pose, stamp = frozen if kind == "frozen" else (pose, self.now)
            x: float | None = None if kind == "nan" else pose.x
            self._send(
                "/tf", {"transforms": [self._transform(stamp, "tool0", (x, pose.y, pose.z), quaternion(pose.yaw))]}
            )

    def _transform(self, stamp: float, child: str, at: tuple[Any, ...], turn: dict[str, float]) -> dict[str, Any]:
        transform = {"translation": dict(zip("xyz", at)), "rotation": turn}
        return {"header": self.dialect.header("base_link", stamp), "child_frame_id": child, "transform": transform}

    def _static(self) -> dict[str, Any]:
        """Where the cameras stand, latched."""
        views = self.node.views or self.arm.pictures()
        listed = []
        for name, view in views.items():
            pose = view.camera.base_from_camera
            turn = dict(zip("xyzw", quaternion_of(pose)))
            listed.append(self._transform(self.now, f"{name}_optical", tuple(map(float, pose[:3, 3])), turn))
        return {"transforms": listed}

    def _publish_images(self) -> None:
        while not self._end.wait((8 if self.faults.images == "slow" else 1) / self._rate_hz):
            views, kind = dict(self.node.views), self.faults.images
            if kind == "none" or not views:
                continue
            offset = {"stale": -5.0, "future": 5.0}.get(kind, 0.0) + self.faults.camera_skew_s
            header = self.dialect.header("camera_optical", self.now + offset)
            view = views["camera"]
            self._send(INFO, self._info(header, view.camera))
            self._send(IMAGE, *self._image(header, view))
            if any(COMPRESSED in client.topics for client in self.clients):
                self._send(COMPRESSED, *self._jpeg(header, view))
            self._send(DEPTH, *self._image(header, view, self._depth))

    def _info(self, header: dict[str, Any], camera: Camera) -> dict[str, Any]:
        k = camera.intrinsics
        numbers = {"k": k.ravel().tolist(), "d": [], "p": np.hstack([k, np.zeros((3, 1))]).ravel().tolist()}
        if self.ros == 1:
            numbers = {name.upper(): values for name, values in numbers.items()}
        size = {"width": camera.width, "height": camera.height}
        return {"header": header, **size, "distortion_model": "plumb_bob", **numbers}

    def _image(self, header: dict[str, Any], view: View, depth: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
        """The message in plain JSON and packed for CBOR."""
        pixels: Any = view.rgb
        if depth == "32FC1":
            pixels = np.asarray(view.depth_m, "<f4")
        elif depth:
            pixels = np.rint(np.asarray(view.depth_m) * 1000).clip(0, 65535).astype("<u2")
        height, width = pixels.shape[:2]
        data = pixels.tobytes()
        if self.faults.images == "half":
            data = data[: len(data) // 2]
        encoding: Any = 7 if self.faults.images == "wrong_type" else depth or "rgb8"
        whole = {
            "header": header, "height": height, "width": width, "encoding": encoding, "is_bigendian": 0,
            "step": len(pixels.tobytes()) // height,
        }  # fmt: skip
        return {**whole, "data": base64.b64encode(data).decode()}, {**whole, "data": data}

    def _jpeg(self, header: dict[str, Any], view: View) -> tuple[dict[str, Any], dict[str, Any]]:
        """As image_transport compresses, in plain JSON and packed for CBOR."""
        data = cv2.imencode(".jpg", np.ascontiguousarray(view.rgb[..., ::-1]))[1].tobytes()
        whole = {"header": header, "format": "rgb8; jpeg compressed bgr8"}
        return {**whole, "data": base64.b64encode(data).decode()}, {**whole, "data": data}

    # --- a connection -------------------------------------------------------------------------------------------------

    def _talk(self, socket: ServerConnection) -> None:
        client = Client(socket)
        self.clients.append(client)
        try:
            for data in socket:
                self._hear(client, json.loads(data))
        except (ConnectionClosed, OSError):
            pass
        finally:
            self.clients.remove(client)

    def _hear(self, client: Client, message: dict[str, Any]) -> None:
        match message["op"]:
            case "subscribe":
                client.topics[message["topic"]] = message.get("compression", "none")
                if message["topic"] == "/tf_static":
                    client.send({"op": "publish", "topic": "/tf_static", "msg": self._static()})
            case "publish" if message["topic"].endswith("/heartbeat"):
                if not self.faults.deaf:
                    self.node.guard.beat()
            case "publish" if message["topic"] == "/pick_place/goal":
                id = message["msg"]["goal_id"]["id"]
                self._begin(client, id, message["msg"]["goal"])
            case "publish" if message["topic"] == "/pick_place/cancel":
                self._cancel(message["msg"]["id"])
            case "publish" if message["topic"].endswith("/goal"):
                goal = message["msg"]
                sent = {"id": goal["goal_id"]["id"], "action": message["topic"][: -len("/goal")], "args": goal["goal"]}
                threading.Thread(target=self._moveit, args=(client, sent), daemon=True).start()
            case "send_action_goal" if message["action"] != "/pick_place":
                threading.Thread(target=self._moveit, args=(client, message), daemon=True).start()
            case "send_action_goal":
                self._begin(client, message["id"], message["args"])
            case "cancel_action_goal":
                self._cancel(message["id"])
            case "call_service":
                # rosbridge answers each call in a thread of its own
                threading.Thread(target=self._serve, args=(client, message), daemon=True).start()

    def _serve(self, client: Client, message: dict[str, Any]) -> None:
        service, values, result = message["service"], {}, True
        match service.rsplit("/", 1)[-1]:
            case "get_time":
                values = {"time": self.dialect.stamp(self.now)}
            case "get_state" if self.faults.state != "never":
                values = self.node.told()
            case "stop" if self.faults.stop != "never":
                if self.faults.stop != "refuses":
                    self.node.stop()
                values = {"success": self.faults.stop != "refuses", "message": ""}
            case "acknowledge":
                values = {"success": self.node.acknowledge(), "message": ""}
            case "topic_type":
                values = {"type": self.types().get(message["args"]["topic"], "")}
            case "pick_place" if self._service:
                self._begin(client, message["id"], message["args"])
                return
            case "get_state" | "stop":
                return
            case _:
                values, result = f"service {service} does not exist", False  # type: ignore[assignment]
        answer = {"op": "service_response", "id": message["id"], "service": service, "values": values, "result": result}
        client.send(answer, fragments=self.faults.fragments)

    def types(self) -> dict[str, str]:
        """Topic -> type."""
        names = {IMAGE: "sensor_msgs/Image", DEPTH: "sensor_msgs/Image", INFO: "sensor_msgs/CameraInfo",
                 COMPRESSED: "sensor_msgs/CompressedImage", "/tf": "tf2_msgs/TFMessage"}  # fmt: skip
        return {topic: self.dialect.type(name) for topic, name in names.items()}

    # --- goals --------------------------------------------------------------------------------------------------------

    def _phase(self, phase: str) -> None:
        if self.faults.cut_at == phase:
            self.faults.cut_at = ""
            self.relay.cut(*self.faults.links)
        if self.faults.freeze_at == phase:
            self.faults.freeze_at = ""
            self.relay.freeze(*self.faults.links)

    def _cancel(self, id: str) -> None:
        if id in self._goals:
            self.node.stop("CANCELED")

    def _begin(self, client: Client, id: str, args: dict[str, Any]) -> None:
        if self.faults.reject_silently:
            return
        goal = Goal(
            *goal_of(args),
            lambda phase, progress: self._feedback(client, id, {"phase": phase, "progress": progress}),
            lambda status, values: self._end_goal(client, id, status, values),
        )
        self._goals[id] = goal
        code = self.node.accept(goal)
        if code:
            self._answer(client, id, "aborted", {"success": False, "error_code": code, "message": ""})

    def _moveit(self, client: Client, message: dict[str, Any]) -> None:
        """MoveIt's pose goals and a gripper, as far as a client sees them; fails at the goal that a test names."""
        goal, values = message["args"], {"stalled": False, "reached_goal": True}
        self.moveit.append(message["id"])
        fails = len(self.moveit) == self.moveit_fails_at
        if "command" in goal:
            self.arm.grasped = goal["command"]["position"] < 0.03
        else:
            wanted = goal["request"]["goal_constraints"][0]
            at = wanted["position_constraints"][0]["constraint_region"]["primitive_poses"][0]["position"]
            turn = wanted["orientation_constraints"][0]["orientation"]
            to = Pose(at["x"], at["y"], at["z"], 2 * math.atan2(turn["y"], turn["x"]))
            begin = self.arm.tool
            for share in () if fails else np.linspace(0.1, 1, 10):
                a, b = (np.array([pose.x, pose.y, pose.z, pose.yaw]) for pose in (begin, to))
                self.arm.tool = Pose(*(a + share * (b - a)).tolist())
                time.sleep(0.01)
            time.sleep(0.05)
            values = {"error_code": {"val": -1 if fails else 1}}
        if self.ros == 1:
            status = {"goal_id": {"id": message["id"]}, "status": 4 if fails else 3}
            self._send(f"{message['action']}/result", {"header": {}, "status": status, "result": values})
            return
        answer = {"op": "action_result", "id": message["id"], "action": message["action"], "values": values}
        client.send({**answer, "status": 6 if fails else 4, "result": True})

    def _feedback(self, client: Client, id: str, values: dict[str, Any]) -> None:
        if self._service:
            return
        if self.ros == 2:
            client.send({"op": "action_feedback", "id": id, "action": "/pick_place", "values": values})
        else:
            message = {"header": {}, "status": {"goal_id": {"id": id}, "status": 1}, "feedback": values}
            self._send("/pick_place/feedback", message)

    def _end_goal(self, client: Client, id: str, status: str, values: dict[str, Any]) -> None:
        self._goals.pop(id, None)  # as in ROS, a goal that is over can't be cancelled any more
        match self.faults.result:
            case "never":
                return
            case "aborted_true":
                status, values = "aborted", {**values, "success": True}
            case "wrong_type":
                values = {"success": "yes", "error_code": 0}
            case "nan":
                values = {"success": None}
            case "unknown_code":
                values = {"success": False, "error_code": "E4711", "message": "?"}
            case "late":
                time.sleep(0.8)
            case "other_id":
                id = "somebody-else"
        self._answer(client, id, status, values)
        if self.faults.result == "twice":
            self._answer(client, id, "aborted", {"success": False, "error_code": "E1", "message": ""})

    def _answer(self, client: Client, id: str, status: str, values: dict[str, Any]) -> None:
        if self._service:
            client.send(
                {"op": "service_response", "id": id, "service": "/pick_place", "values": values, "result": True}
            )
        elif self.ros == 2:
            number = {"succeeded": 4, "canceled": 5, "aborted": 6}[status]
            said = {"op": "action_result", "id": id, "action": "/pick_place", "values": values}
            # also an aborted or cancelled goal comes with result: true
            client.send({**said, "status": number, "result": True}, fragments=self.faults.fragments)
        else:
            number = {"succeeded": 3, "canceled": 2, "aborted": 4}[status]
            message = {"header": {}, "status": {"goal_id": {"id": id}, "status": number}, "result": values}
            self._send("/pick_place/result", message)


def _plain(value: Any) -> Any:
    """As rosbridge's JSON has it: NaN becomes null."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def packed(values: list[float]) -> cbor2.CBORTag:
    """A float64 array as rosbridge packs it."""
    return cbor2.CBORTag(86, struct.pack(f"<{len(values)}d", *values))


__all__ = ["COMPRESSED", "DEPTH", "IMAGE", "INFO", "PURPOSES", "Double"]
