"""A robot's cameras: the newest picture wins, and it counts only when it is fresh, complete and of a known place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from skills.robots.rosbridge import clocks, images
from skills.robots.rosbridge.errors import BadMessage, NoPicture
from skills.robots.rosbridge.link import Bridge
from skills.robots.rosbridge.messages import Dialect
from skills.robots.rosbridge.settings import CameraSettings, Deadlines
from skills.robots.rosbridge.transforms import Transforms
from skills.types import Camera, Float, UInt8, View

PAIRED_S = 0.05
"""Colour and depth whose stamps are further apart are of two moments."""


class Feed:
    """One camera's topics. The receiving thread leaves the newest message here; decoding waits until somebody looks.

    Attributes:
        heard: messages by kind; for people.
        bridge_clock: the offset of the bridge's clock, kept up to date by the robot.
        last_age_s: of the newest picture when it was last asked for.
    """

    def __init__(self, name: str, given: CameraSettings, dialect: Dialect, deadlines: Deadlines) -> None:
        self.name, self.given = name, given
        self.heard = {"image": 0, "depth": 0, "info": 0}
        self.bridge_clock = clocks.Offset(0.0, 0.0)
        self.last_age_s = float("nan")
        self._dialect, self._deadlines = dialect, deadlines
        self._watched = clocks.Watched()
        self._info: images.CameraInfo | None = None
        self._why_no_info = "nothing came"
        self._new = threading.Condition()
        self._image: tuple[float, Mapping[str, Any]] | None = None
        self._depths: list[tuple[float, Mapping[str, Any]]] = []

    def subscribe(self, bridge: Bridge) -> None:
        """Begins to listen: pictures as CBOR, what the camera says of itself as JSON."""
        image = "sensor_msgs/CompressedImage" if self.given.image.endswith("/compressed") else "sensor_msgs/Image"
        type = self._dialect.type
        # CameraInfo has arrays of fixed length, which rosbridge's CBOR does not know in ROS 2: JSON.
        bridge.subscribe(self.given.info, type("sensor_msgs/CameraInfo"), self._hear_info)
        bridge.subscribe(self.given.image, type(image), self._hear_image, compression="cbor")
        if self.given.depth:
            bridge.subscribe(self.given.depth, type("sensor_msgs/Image"), self._hear_depth, compression="cbor")

    @property
    def info(self) -> images.CameraInfo | None:
        """What the camera says of itself, once it did."""
        return self._info

    @property
    def clock(self) -> clocks.Offset | None:
        """Of this camera's stamps, as far as it is known."""
        return self.bridge_clock if self.given.clock == "bridge" else self._watched.offset

    def look(self, newer_than: float, check: Callable[[], object] = lambda: None) -> tuple[View, float]:
        """The newest picture taken after a moment, by a camera that stands at the origin, and when it was taken.

        Args:
            newer_than: seconds of ``time.monotonic``.
            check: called while waiting; raises to end it (what it returns is of no interest).

        Raises:
            NoPicture: none that may be used came within ``first_image_s``; says what came instead.
        """
        until = time.monotonic() + self._deadlines.first_image_s
        with self._new:
            while True:
                check()
                ready, why = self._usable(newer_than)
                if ready is not None:
                    break
                left = until - time.monotonic()
                if left <= 0:
                    raise NoPicture(f"camera {self.name!r} gave no picture that may be used: {why}")
                self._new.wait(min(left, 0.05))
        return self._view(*ready)

    def glimpse(self) -> Any:
        """The newest picture whatever its age, (H, W, 3) uint8, for people to look at; None before one came."""
        newest = self._image
        try:
            return None if newest is None else images.colour(newest[1])
        except BadMessage:
            return None

    def _usable(
        self, newer_than: float
    ) -> tuple[tuple[float, float, Mapping[str, Any], Mapping[str, Any] | None] | None, str]:
        """(our time, stamp, image, depth) when they may be used, else why not. Holds the lock."""
        if self._info is None:
            return None, f"no camera_info on {self.given.info} ({self._why_no_info})"
        if self._image is None:
            return None, f"nothing came on {self.given.image}"
        offset = self.clock
        if offset is None:
            return None, "its clock is not known yet (ten pictures are needed)"
        stamp, image = self._image
        taken = offset.ours(stamp)
        age = time.monotonic() - taken
        self.last_age_s = age
        if age > self._deadlines.image_age_s:
            return None, (
                f"the newest is {age:.2f} s old, and {self._deadlines.image_age_s:g} s are allowed; a camera that "
                "stamps with a clock of its own needs `clock: own`"
            )
        if age < -clocks.AHEAD_S - offset.error_s:
            return None, f"its stamp lies {-age:.2f} s in the future: set `clock: own`, or the camera's clock right"
        if taken <= newer_than + offset.error_s:
            return None, "the newest is from before the last motion's end"
        if not self.given.depth:
            return (taken, stamp, image, None), ""
        near = min(self._depths, key=lambda one: abs(one[0] - stamp), default=None)
        if near is None or abs(near[0] - stamp) > PAIRED_S:
            return None, f"no depth of the same moment on {self.given.depth}"
        return (taken, stamp, image, near[1]), ""

    def _view(
        self, taken: float, stamp: float, image: Mapping[str, Any], depth: Mapping[str, Any] | None
    ) -> tuple[View, float]:
        info = self._info
        assert info is not None
        try:
            rgb = images.colour(image)
            depth_m = images.depth(depth) if depth is not None else None
        except BadMessage as bad:
            raise NoPicture(f"camera {self.name!r}: {bad}") from None
        for what, array in (("picture", rgb), ("depth", depth_m)):
            if array is not None and not info.same((array.shape[0], array.shape[1])):
                sizes = f"{array.shape[1]} x {array.shape[0]}, camera_info is about {info.width} x {info.height}"
                raise NoPicture(f"camera {self.name!r}: a {what} of {sizes}")
        intrinsics = info.p if self.given.rectified else info.k
        if not self.given.rectified and info.d.any():
            rgb, depth_m = _undistorted(rgb, depth_m, info)
        return View(rgb, Camera(self.name, info.width, info.height, intrinsics, np.eye(4)), depth_m), taken

    # --- the receiving thread -----------------------------------------------------------------------------------------

    def _hear_info(self, message: Any) -> None:
        try:
            info = images.camera_info(message if isinstance(message, Mapping) else {})
        except BadMessage as bad:
            self._why_no_info = str(bad)
            return
        with self._new:
            self.heard["info"] += 1
            self._info = info
            self._new.notify_all()

    def _hear_image(self, message: Any) -> None:
        stamp = self._stamp(message)
        if stamp is None:
            return
        self._watched.heard(stamp)
        with self._new:
            self.heard["image"] += 1
            last = self._image[0] if self._image else stamp
            if self._image is None or stamp > last or stamp < last - clocks.BACK_S:
                self._image = stamp, message
                self._new.notify_all()

    def _hear_depth(self, message: Any) -> None:
        stamp = self._stamp(message)
        if stamp is None:
            return
        with self._new:
            self.heard["depth"] += 1
            self._depths = [*self._depths[-3:], (stamp, message)]
            self._new.notify_all()

    def _stamp(self, message: Any) -> float | None:
        header = message.get("header") if isinstance(message, Mapping) else None
        try:
            return self._dialect.seconds(header.get("stamp") if isinstance(header, Mapping) else None)
        except BadMessage:
            return None

    def frame(self) -> str:
        """The optical frame's name: the file's, camera_info's or the picture's own."""
        if self.given.frame:
            return self.given.frame
        if self._info is not None and self._info.frame:
            return self._info.frame
        image = self._image
        header = image[1].get("header") if image else None
        return str(header.get("frame_id", "")).lstrip("/") if isinstance(header, Mapping) else ""


class Eyes:
    """All cameras of a robot, with their poses at the moment of each picture.

    Args:
        feeds: by name, in the robot file's order.
        transforms: tf.
        base_frame, tool_frame: as the robot calls them.
        table_from_base: (4, 4) this project's base frame, on the table's top, from the robot's own.
        hand_eye: by camera: (4, 4) parent from camera, where calibrated; the parent is the base or the tool.
    """

    def __init__(
        self,
        feeds: Mapping[str, Feed],
        transforms: Transforms,
        base_frame: str,
        tool_frame: str,
        table_from_base: Float,
        hand_eye: Mapping[str, Float],
    ) -> None:
        self.feeds, self._transforms = feeds, transforms
        self._base, self._tool, self._table_from_base = base_frame, tool_frame, table_from_base
        self._hand_eye = hand_eye

    def look(self, newer_than: float, check: Callable[[], object] = lambda: None) -> tuple[dict[str, View], float]:
        """A view of every camera, and the time of the oldest (``time.monotonic``)."""
        views: dict[str, View] = {}
        oldest = np.inf
        for name, feed in self.feeds.items():
            view, taken = feed.look(newer_than, check)
            camera = replace(view.camera, base_from_camera=self.pose(name, feed.bridge_clock.theirs(taken)))
            views[name], oldest = replace(view, camera=camera), min(oldest, taken)
        return views, float(oldest)

    def glimpse(self) -> UInt8 | None:
        """The first camera's newest picture whatever its age, for people to look at; None before one came."""
        frame: UInt8 | None = next(iter(self.feeds.values())).glimpse()
        return frame

    def pose(self, name: str, stamp: float) -> Float:
        """(4, 4) base from camera at a time of the robot's clock.

        Raises:
            NoPicture: tf does not say.
        """
        feed = self.feeds[name]
        calibrated = self._hand_eye.get(name)
        if calibrated is not None and feed.given.mount == "fixed":
            return np.asarray(self._table_from_base @ calibrated)
        if calibrated is not None:
            tool = self._transforms.at(self._base, self._tool, stamp)
            return np.asarray(self._table_from_base @ tool @ calibrated)
        frame = feed.frame()
        if not frame:
            raise NoPicture(f"camera {name!r} has neither a calibration nor a frame_id to look up in tf")
        return np.asarray(self._table_from_base @ self._transforms.at(self._base, frame, stamp))


def _undistorted(rgb: Any, depth_m: Any, info: images.CameraInfo) -> tuple[Any, Any]:
    """Without the lens's distortion, intrinsics unchanged; depth takes the nearest pixel, never a mean."""
    import cv2

    size = (info.width, info.height)
    maps = cv2.initUndistortRectifyMap(info.k, info.d, None, info.k, size, cv2.CV_32FC1)
    straight = cv2.remap(rgb, *maps, cv2.INTER_LINEAR)
    return straight, None if depth_m is None else cv2.remap(depth_m, *maps, cv2.INTER_NEAREST)
