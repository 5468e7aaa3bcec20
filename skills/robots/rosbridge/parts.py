"""Everything that belongs to one connection with an arm; thrown away and made anew after a loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skills.errors import Mistake
from skills.robots.rosbridge.cameras import Eyes, Feed
from skills.robots.rosbridge.clocks import Offset, ask
from skills.robots.rosbridge.latch import Latch
from skills.robots.rosbridge.link import Bridge
from skills.robots.rosbridge.messages import Dialect
from skills.robots.rosbridge.profiles import PROFILES, Profile
from skills.robots.rosbridge.safety import Safety
from skills.robots.rosbridge.settings import Deadlines, Settings
from skills.robots.rosbridge.transforms import Transforms
from skills.types import Float

Connect = Callable[[str, str, Deadlines, Callable[[str], None]], Bridge]
"""Makes a connection: (address, purpose, deadlines, what hears of its loss)."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Three links and what hears them."""

    control: Bridge
    safety: Safety
    cameras: Bridge
    transforms: Transforms
    profile: Profile
    eyes: Eyes

    @property
    def lost(self) -> str:
        """Why a link is gone; "" while all hold."""
        return self.control.lost or self.cameras.lost or self.safety.lost

    def ask_time(self, settings: Settings) -> Offset:
        """The bridge's clock, told to the cameras too.

        Raises:
            BridgeError: it does not say.
        """
        dialect = Dialect(settings.ros)

        def theirs() -> float:
            values = self.control.call(settings.names.time, {}, settings.deadlines.call_s)
            return dialect.seconds(values.get("time"))

        offset = ask(theirs)
        for feed in self.eyes.feeds.values():
            feed.bridge_clock = offset
        return offset

    def close(self) -> None:
        """Ends all of it; the heart stops first."""
        for one in (self.safety, self.control, self.cameras):
            one.close()


def connected(settings: Settings, hand_eye: Mapping[str, Float], latch: Latch, connect: Connect) -> Parts:
    """Connects, listens and begins to beat; whatever fails leaves nothing open.

    Args:
        settings: the robot's file.
        hand_eye: by camera: (4, 4) parent from camera, for those that have a calibration file.
        latch: closed with LINK_LOST when any link goes.
        connect: makes one link.

    Raises:
        LinkLost: there is no bridge.
    """
    dialect = Dialect(settings.ros)
    made: list[Any] = []

    def lost(reason: str) -> None:
        latch.trip("LINK_LOST", reason)

    def link(purpose: str) -> Bridge:
        made.append(connect(settings.url, purpose, settings.deadlines, lost))
        bridge: Bridge = made[-1]
        return bridge

    try:
        control, watch, cameras = (link(purpose) for purpose in ("control", "safety", "cameras"))
        transforms = Transforms(dialect)
        tf = dialect.type("tf2_msgs/TFMessage")
        control.subscribe("/tf", tf, transforms.hear)
        control.subscribe("/tf_static", tf, lambda message: transforms.hear(message, static=True))
        profile = PROFILES[settings.profile](control, settings, dialect)
        profile.prepare()
        feeds = {name: Feed(name, one, dialect, settings.deadlines) for name, one in settings.cameras.items()}
        for feed in feeds.values():
            feed.subscribe(cameras)
        table_from_base = np.eye(4)
        table_from_base[2, 3] = -settings.table_height_m
        eyes = Eyes(feeds, transforms, settings.base_frame, settings.tool_frame, table_from_base, hand_eye)
        return Parts(control, Safety(watch, settings, latch, control), cameras, transforms, profile, eyes)
    except BaseException:
        for one in reversed(made):
            one.close()
        raise


def transport(settings: Settings) -> Connect:
    """What makes connections.

    Raises:
        Mistake: it is not installed.
    """
    try:
        if settings.transport == "roslibpy":
            from skills.robots.rosbridge.roslib import RosLink

            return RosLink
        import cbor2  # noqa: F401
        import websockets  # noqa: F401
    except ImportError as missing:
        raise Mistake(f"{missing.name} is missing: pip install 'instruct2act[robot]'") from None
    from skills.robots.rosbridge.link import Link

    return Link
