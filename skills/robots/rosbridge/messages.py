"""ROS messages as rosbridge shows them: the shapes of ROS 1 and 2, and strict readers for what an arm says.

A reader takes a mapping from the wire and either returns a checked value or raises ``BadMessage``: nothing that is not
finite, of the right type and of a sane size gets past here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from skills.robots.rosbridge.errors import BadMessage
from skills.types import Float, Pose

RobotState = Literal["IDLE", "MOVING", "HOLDING", "FAULT", "ESTOP"]
GoalStatus = Literal["succeeded", "canceled", "aborted", "rejected", "unknown"]

_ROS1_STATUS: Mapping[int, GoalStatus] = {
    2: "canceled", 3: "succeeded", 4: "aborted", 5: "rejected", 8: "canceled",
}  # fmt: skip
_ROS2_STATUS: Mapping[int, GoalStatus] = {4: "succeeded", 5: "canceled", 6: "aborted"}


class Dialect:
    """How one ROS writes things.

    Args:
        version: 1 or 2.
    """

    def __init__(self, version: Literal[1, 2]) -> None:
        self.version = version
        self._names = ("secs", "nsecs") if version == 1 else ("sec", "nanosec")

    def type(self, name: str, kind: Literal["msg", "srv", "action"] = "msg") -> str:
        """``std_msgs/String`` as this ROS writes it: ROS 2 puts the kind between."""
        package, _, last = name.partition("/")
        return name if self.version == 1 else f"{package}/{kind}/{last}"

    def stamp(self, seconds: float) -> dict[str, int]:
        """A time or a duration."""
        whole = math.floor(seconds)
        return dict(zip(self._names, (whole, min(int((seconds - whole) * 1e9), 999_999_999))))

    def seconds(self, stamp: Any) -> float:
        """A time in seconds.

        Raises:
            BadMessage: it is none.
        """
        names = self._names if isinstance(stamp, Mapping) and self._names[0] in stamp else ("secs", "nsecs")
        names = names if isinstance(stamp, Mapping) and names[0] in stamp else ("sec", "nanosec")
        try:
            whole, part = (int(stamp[name]) for name in names)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise BadMessage(f"not a time: {str(stamp)[:80]}") from None
        if not (0 <= whole < 2**33 and 0 <= part < 10**9):
            raise BadMessage(f"not a time: {whole} s and {part} ns")
        return whole + part * 1e-9

    def header(self, frame: str, seconds: float) -> dict[str, Any]:
        """A header; ROS 1's has a number that its publishers fill in."""
        header: dict[str, Any] = {"stamp": self.stamp(seconds), "frame_id": frame}
        return {"seq": 0, **header} if self.version == 1 else header

    def pose_stamped(self, frame: str, seconds: float, pose: Pose) -> dict[str, Any]:
        """A pose on the table as a PoseStamped: position in metres, a turn about +z."""
        x, y, z, w = pose.quaternion()
        return {
            "header": self.header(frame, seconds),
            "pose": {
                "position": {"x": pose.x, "y": pose.y, "z": pose.z},
                "orientation": {"x": x, "y": y, "z": z, "w": w},
            },
        }

    def status(self, number: Any) -> GoalStatus:
        """A goal's status by number; whatever is not known is ``unknown``."""
        known = _ROS1_STATUS if self.version == 1 else _ROS2_STATUS
        return known.get(number, "unknown") if isinstance(number, int) else "unknown"


class _Read(BaseModel):
    """Strict: no bool as a number, no text as a number, nothing that is not finite; unknown fields are let be."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class Vector3(_Read):
    """geometry_msgs/Vector3 or Point."""

    x: float
    y: float
    z: float


class Quaternion(_Read):
    """geometry_msgs/Quaternion; must be of unit length."""

    x: float
    y: float
    z: float
    w: float

    @model_validator(mode="after")
    def _unit(self) -> Quaternion:
        length = math.sqrt(self.x**2 + self.y**2 + self.z**2 + self.w**2)
        if abs(length - 1) > 0.01:
            raise ValueError(f"a quaternion of length {length:.3f} is no rotation")
        return self


class Transform(_Read):
    """geometry_msgs/Transform."""

    translation: Vector3
    rotation: Quaternion

    def matrix(self) -> Float:
        """(4, 4) float64."""
        t, r = self.translation, self.rotation
        return matrix_of((t.x, t.y, t.z), (r.x, r.y, r.z, r.w))


class TransformStamped(_Read):
    """geometry_msgs/TransformStamped: parent (header.frame_id) from child."""

    header: dict[str, Any]
    child_frame_id: str = Field(min_length=1, max_length=200)
    transform: Transform

    @property
    def parent(self) -> str:
        """The frame that the transform is given in."""
        return str(self.header.get("frame_id", "")).lstrip("/")


class State(_Read):
    """instruct2act_msgs/GetState's answer.

    Attributes:
        state: what the arm's node is in. HOLDING: stopped by request or watchdog, until it is acknowledged.
        error_code: why, in one word.
        grasped: whether something is in the gripper, by its own sensor.
        last_command_id: of the last motion taken on; "" when there was none.
        last_success, last_error_code, last_message: how that one ended; not yet meaningful while MOVING.
        workspace_low, workspace_high: the node's own box, metres in the base frame.
        heartbeat: whether the node heard a heartbeat within its watchdog's time; None where it does not say.
    """

    state: RobotState
    error_code: str = Field("", max_length=200)
    grasped: bool = False
    last_command_id: str = Field("", max_length=200)
    last_success: bool = False
    last_error_code: str = Field("", max_length=200)
    last_message: str = Field("", max_length=2000)
    workspace_low: Vector3
    workspace_high: Vector3
    heartbeat: bool | None = None


class Result(_Read):
    """PickPlace's result; ``success`` alone decides nothing."""

    success: bool
    error_code: str = Field("", max_length=200)
    message: str = Field("", max_length=2000)


class Feedback(_Read):
    """PickPlace's feedback."""

    phase: str = Field("", max_length=100)
    progress: float = Field(0.0, ge=0, le=1)


Some = TypeVar("Some", bound=_Read)


def read(kind: type[Some], values: Any) -> Some:
    """A checked value of a kind.

    Raises:
        BadMessage: the values are not of that kind; says which and why.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise BadMessage(f"a {kind.__name__} whose {where} can't be used: {first['msg']}") from None


def matrix_of(xyz: tuple[float, float, float], quaternion: tuple[float, float, float, float]) -> Float:
    """(4, 4) float64 of a translation (metres) and a rotation (x, y, z, w)."""
    x, y, z, w = np.asarray(quaternion, np.float64) / np.linalg.norm(quaternion)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = xyz
    return matrix


def quaternion_of(matrix: Float) -> tuple[float, float, float, float]:
    """(x, y, z, w) of the rotation of a (4, 4) or (3, 3) matrix, w >= 0."""
    from scipy.spatial.transform import Rotation

    x, y, z, w = (float(v) for v in Rotation.from_matrix(np.asarray(matrix)[:3, :3]).as_quat())
    return (-x, -y, -z, -w) if w < 0 else (x, y, z, w)
