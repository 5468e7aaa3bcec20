"""A robot's file: where its bridge is, what it is, what it may do. Unknown keys are refused."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from skills.errors import Mistake
from skills.types import Workspace

Vector = tuple[float, float, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


class Deadlines(_Part):
    """Seconds. Whatever misses one counts as failed."""

    connect_s: float = Field(5.0, gt=0, description="a connection")
    ping_s: float = Field(0.5, gt=0, description="between two pings")
    silence_s: float = Field(1.0, gt=0, description="an unanswered ping after which a link counts as lost")
    call_s: float = Field(1.0, gt=0, description="a service's answer")
    stop_s: float = Field(0.5, gt=0, description="the stop service's answer")
    first_image_s: float = Field(2.0, gt=0, description="a usable picture")
    image_age_s: float = Field(0.5, gt=0, description="age of a picture when it is used")
    tf_age_s: float = Field(0.3, gt=0, description="age of a measured pose")
    accept_s: float = Field(2.0, gt=0, description="a sign that a goal was taken on")
    feedback_s: float = Field(1.5, gt=0, description="silence of a motion that goes on")
    motion_factor: float = Field(2.0, ge=1, description="times the planned duration")
    motion_slack_s: float = Field(5.0, ge=0, description="and so much more, for one motion")
    beat_s: float = Field(0.1, gt=0, description="between two heartbeats; the robot stops after 0.5 s without")


class Box(_Part):
    """Where the tool may touch things, metres from the table's top under the robot's base."""

    low: Vector = (0.25, -0.5, 0.0)
    high: Vector = (0.75, 0.5, 0.3)

    @model_validator(mode="after")
    def _ordered(self) -> Box:
        if not all(a < b for a, b in zip(self.low, self.high)):
            raise ValueError("each number of low must be smaller than that of high")
        return self


class Names(_Part):
    """What things are called on the robot."""

    pick_place: str = Field("/pick_place", description="action or service of the profile")
    pick_place_type: str = Field("instruct2act_msgs/PickPlace", description="its type, ROS 1's way to write it")
    stop: str = Field("/instruct2act/stop", description="std_srvs/Trigger: stops at once, and latches")
    acknowledge: str = Field("/instruct2act/acknowledge", description="std_srvs/Trigger: a person lets it move again")
    get_state: str = Field("/instruct2act/get_state", description="instruct2act_msgs/GetState")
    heartbeat: str = Field("/instruct2act/heartbeat", description="std_msgs/String, ten a second")
    time: str = Field("/rosapi/get_time", description="the bridge's clock")
    move: str = Field("/move_action", description="MoveIt's action (ROS 1: /move_group)")
    planning_group: str = Field("manipulator", description="MoveIt's group")
    gripper: str = Field("/gripper_controller/gripper_cmd", description="control_msgs/GripperCommand action")


class CameraSettings(_Part):
    """One camera. Without ``calibration`` its pose comes from tf."""

    image: str = Field("/camera/color/image_raw/compressed", description="sensor_msgs/Image, or CompressedImage")
    info: str = Field("/camera/color/camera_info", description="sensor_msgs/CameraInfo")
    depth: str | None = Field(
        "/camera/aligned_depth_to_color/image_raw", description="aligned depth, 16UC1 mm or 32FC1 m; null without"
    )
    calibration: str | None = Field(None, description="easy_handeye YAML or 4x4 text file; null: live tf")
    mount: Literal["fixed", "tool"] = Field("fixed", description="eye to hand, or eye in hand")
    frame: str = Field("", description="optical frame; the picture's own frame_id when empty")
    rectified: bool = Field(False, description="pictures are free of distortion already")
    clock: Literal["bridge", "own"] = Field(
        "bridge", description="own: stamps are of another clock; its offset is taken from the fastest picture"
    )


class Settings(_Part):
    """A robot, complete."""

    name: str = "arm"
    url: str = "ws://127.0.0.1:9090"
    insecure: bool = Field(False, description="allow ws:// to another machine; the bridge has no authentication")
    transport: Literal["websockets", "roslibpy"] = Field("websockets", description="what carries messages")
    ros: Literal[1, 2] = 2
    profile: Literal["pick_place_action", "pick_place_service", "moveit"] = "pick_place_action"
    names: Names = Names()
    base_frame: str = "base_link"
    tool_frame: str = "tool0"
    table_height_m: float = Field(0.0, ge=-2, le=2, description="of the table's top, in base_frame")
    workspace: Box = Box()
    reach_m: tuple[float, float] = Field((0.2, 0.85), description="from base_frame's origin to the tool: least, most")
    gripper: Literal["suction", "parallel"] = "suction"
    jaw_m: float = Field(0.08, gt=0, le=0.5, description="widest opening of a parallel gripper")
    clearance_m: float = Field(0.12, ge=0.02, le=0.5, description="height above things on the way (MoveIt profile)")
    tool_speed_m_s: float = Field(0.25, gt=0, le=3, description="of the tool at full speed; plans deadlines")
    handling_s: float = Field(4.0, ge=0, le=60, description="of grasping and letting go; plans deadlines")
    speed: float = Field(0.3, gt=0, le=1, description="fraction of full speed at the start")
    top_speed: float = Field(0.5, gt=0, le=1, description="fraction of full speed that a program may set")
    motions: int = Field(20, ge=1, le=1000, description="motions until a person acknowledges again")
    tolerance_m: float = Field(0.03, gt=0, le=0.2, description="how close the measured tool must have come")
    leash_m: float = Field(0.25, ge=0, le=1, description="how far out of the workspace the measured tool may be")
    cameras: dict[str, CameraSettings] = {"camera": CameraSettings()}
    top: str = Field("made", description="made: a view from above out of the first camera; or a camera's name")
    top_size: tuple[int, int] = Field((256, 512), description="(height, width) of a made view, pixels")
    deadlines: Deadlines = Deadlines()

    @model_validator(mode="after")
    def _coherent(self) -> Settings:
        if not self.cameras:
            raise ValueError("a robot needs a camera")
        if self.top != "made" and self.top not in self.cameras:
            raise ValueError(f"top is 'made' or one of {sorted(self.cameras)}, not {self.top!r}")
        if self.speed > self.top_speed:
            raise ValueError("speed is more than top_speed")
        if not all(16 <= side <= 4096 for side in self.top_size):
            raise ValueError("top_size must lie in 16..4096 pixels")
        if self.workspace.low[2] < -0.02:
            raise ValueError("the workspace must not reach more than 2 cm below the table's top")
        return self

    @property
    def limits(self) -> Workspace:
        """The workspace, as programs know it."""
        return Workspace(self.workspace.low, self.workspace.high)

    def planned_s(self, way_m: float, speed: float) -> float:
        """How long a motion over ``way_m`` metres is planned to take."""
        return way_m / (self.tool_speed_m_s * speed) + self.handling_s / math.sqrt(speed)


def settings(values: dict[str, Any]) -> Settings:
    """Reads a robot's file.

    Raises:
        Mistake: an unknown key or an impossible value, with its place.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        told = (f"{'.'.join(map(str, e['loc'])) or 'robot'}: {e['msg']}" for e in error.errors())
        raise Mistake("; ".join(told)) from None
