"""Which picture is used, and from where it was taken: the newest, fresh, by the tool's pose at its own moment."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles.rosbridge import COMPRESSED, PICK, Faults, Make

from skills.robots import Silent
from skills.robots.rosbridge import clocks
from skills.robots.rosbridge.cameras import Eyes, Feed
from skills.robots.rosbridge.errors import NoPicture
from skills.robots.rosbridge.messages import Dialect
from skills.robots.rosbridge.settings import CameraSettings, Deadlines
from skills.robots.rosbridge.transforms import Transforms

TWO = Dialect(2)
K = [40.0, 0.0, 15.5, 0.0, 40.0, 11.5, 0.0, 0.0, 1.0]
NOW_S = 500.0
"""What the made camera's clock shows when a test begins."""


def info(d: list[float] | None = None) -> dict[str, Any]:
    rectified = [20.0, 0.0, 15.5, 0.0, 0.0, 20.0, 11.5, 0.0, 0.0, 0.0, 1.0, 0.0]
    return {
        "header": {},
        "width": 32,
        "height": 24,
        "k": K,
        "d": d or [],
        "p": rectified,
        "distortion_model": "plumb_bob",
    }


def picture(stamp: float, value: int, encoding: str = "rgb8") -> dict[str, Any]:
    kind, channels = (np.uint8, 3) if encoding == "rgb8" else (np.uint16, 1)
    data = np.full((24, 32 * channels), value, kind).tobytes()
    size = {"height": 24, "width": 32, "step": len(data) // 24, "is_bigendian": 0}
    return {"header": {"stamp": TWO.stamp(stamp), "frame_id": "lens"}, "encoding": encoding, "data": data, **size}


def fed(**given: Any) -> Feed:
    """A camera whose messages the test hands over itself; without depth unless it says so."""
    made = Feed(
        "camera", CameraSettings(**{"depth": None, **given}), TWO, Deadlines(first_image_s=0.2, image_age_s=30.0)
    )
    made.bridge_clock = clocks.Offset(NOW_S - time.monotonic(), 0.0)
    made._hear_info(info())
    return made


class TestTheNewestWins:
    def test_one_is_kept_and_a_late_one_changes_nothing(self) -> None:
        feed = fed()
        for stamp, value in ((NOW_S - 3, 1), (NOW_S - 1, 2), (NOW_S - 2, 3)):
            feed._hear_image(picture(stamp, value))
        view, taken = feed.look(-math.inf)
        assert (view.rgb == 2).all() and abs(feed.bridge_clock.theirs(taken) - (NOW_S - 1)) < 1e-3

    @pytest.mark.slow
    def test_who_was_busy_sees_what_is_there_now(self, bridged: Make) -> None:
        robot, _ = bridged()
        robot.observe()
        time.sleep(1.0)  # some fifteen pictures came meanwhile
        assert time.monotonic() - robot.observe().stamp_s < 0.5

    def test_colour_and_depth_are_of_one_moment(self) -> None:
        both = fed(depth="/depth")
        for stamp, millimetres in ((NOW_S - 3, 700), (NOW_S - 2, 800), (NOW_S - 1, 900)):
            both._hear_depth(picture(stamp, millimetres, "16UC1"))
        both._hear_image(picture(NOW_S - 2.01, 1))
        view, _ = both.look(-math.inf)
        assert view.depth_m is not None and np.allclose(view.depth_m, 0.8)
        both._hear_image(picture(NOW_S - 1.5, 1))
        with pytest.raises(NoPicture, match="no depth of the same moment"):
            both.look(-math.inf)


class TestWhereItWasTakenFrom:
    def test_a_camera_in_the_hand_stands_where_the_tool_was_at_the_pictures_stamp(self) -> None:
        in_hand = fed(mount="tool", calibration="kept elsewhere")
        moving = Transforms(TWO)
        for stamp, x in ((NOW_S - 1.2, 0.2), (NOW_S - 1.1, 0.3), (NOW_S - 1.0, 0.4)):
            tool = np.eye(4)
            tool[0, 3] = x
            moving.add("base", "tool", stamp, tool)
        table, lens = np.eye(4), np.eye(4)
        table[2, 3], lens[2, 3] = -0.2, 0.05
        eyes = Eyes({"camera": in_hand}, moving, "base", "tool", table, {"camera": lens})
        in_hand._hear_image(picture(NOW_S - 1.05, 1))
        views, _ = eyes.look(-math.inf)
        assert np.allclose(views["camera"].camera.base_from_camera[:3, 3], (0.35, 0.0, -0.15), atol=1e-3)
        in_hand._hear_image(picture(NOW_S - 0.5, 1))  # the tool was not measured then
        with pytest.raises(NoPicture, match="off"):
            eyes.look(-math.inf)

    def test_a_calibration_file_of_a_fixed_camera(self, bridged: Make, tmp_path: Path) -> None:
        file = tmp_path / "eye.txt"
        file.write_text("1 0 0 0.5  0 -1 0 0.1  0 0 -1 0.9  0 0 0 1", encoding="utf-8")
        given = {"image": "/camera/image", "depth": "/camera/depth", "info": "/camera/info", "calibration": str(file)}
        robot, _ = bridged(cameras={"camera": given}, table_height_m=0.1)
        pose = robot.observe().views["camera"].camera.base_from_camera
        assert np.allclose(pose[:3, 3], (0.5, 0.1, 0.8)) and np.allclose(np.diag(pose[:3, :3]), (1, -1, -1))


class TestPixels:
    @pytest.mark.parametrize("ros", [1, 2])
    def test_compressed_ones_come_over_the_bridge(self, bridged: Make, ros: int) -> None:
        robot, _ = bridged(ros, cameras={"camera": {"image": COMPRESSED, "depth": None, "info": "/camera/info"}})
        view = robot.observe().views["camera"]
        assert view.depth_m is None and np.abs(view.rgb.astype(int) - 90).max() <= 3

    def test_a_lens_is_made_straight_unless_it_is_already(self) -> None:
        bent, straight = fed(), fed(rectified=True)
        striped = picture(NOW_S - 1, 0)
        rgb = np.zeros((24, 32, 3), np.uint8)
        rgb[:, 2] = 255
        for one in (bent, straight):
            one._hear_info(info([0.5, 0.0, 0.0, 0.0, 0.0]))
            one._hear_image({**striped, "data": rgb.tobytes()})
        (seen, _), (left, _) = bent.look(-math.inf), straight.look(-math.inf)
        assert (left.rgb == rgb).all() and left.camera.intrinsics[0, 0] == 20.0
        assert not (seen.rgb == rgb).all() and seen.camera.intrinsics[0, 0] == 40.0


class TestClocks:
    @pytest.mark.slow
    def test_slow_pictures_are_waited_for_after_a_motion(self, bridged: Make) -> None:
        robot, _ = bridged(faults=Faults(images="slow"))
        assert robot.execute(PICK, Silent()).status == "done"
        end = time.monotonic()
        assert robot.observe().stamp_s >= end - 0.05

    @pytest.mark.parametrize("skew", [-900.0, 86_400.0])
    def test_a_bridge_whose_clock_is_another(self, bridged: Make, skew: float) -> None:
        robot, _ = bridged(faults=Faults(clock_skew_s=skew))
        assert time.monotonic() - robot.observe().stamp_s < 0.5
        assert robot.execute(PICK, Silent()).status == "done"

    @pytest.mark.slow
    def test_a_clock_that_jumps_is_noticed_and_asked_anew(self, bridged: Make) -> None:
        robot, double = bridged()
        double.faults.clock_skew_s = 60.0
        time.sleep(0.3)
        with pytest.raises(NoPicture, match="in the future"):
            robot.observe()
        outcome = robot.execute(PICK, Silent())
        assert outcome.status == "rejected" and "ahead of its clock" in outcome.error and not double.node.motions
        for skew in (60.0, 0.0):  # and when it is set right again
            double.faults.clock_skew_s = skew
            time.sleep(0.3)
            robot.acknowledge()
            assert robot.observe().views and robot.execute(PICK, Silent()).status == "done"

    def test_one_picture_from_the_future_does_not_hide_those_after_it(self) -> None:
        feed = fed()
        for stamp in (NOW_S - 1, NOW_S + 3600, NOW_S - 0.5):
            feed._hear_image(picture(stamp, 1))
        view, taken = feed.look(-math.inf)
        assert view.rgb.any() and abs(feed.bridge_clock.theirs(taken) - (NOW_S - 0.5)) < 1e-3

    def test_a_clock_that_jumps_while_the_arm_moves_stops_it(self, bridged: Make) -> None:
        robot, double = bridged()

        class Jumping(Silent):
            def tick(self, phase: str, frame: object = None) -> None:
                if phase == "lift":
                    double.faults.clock_skew_s = 3600.0

        double.arm._round_s = 0.02  # type: ignore[attr-defined]
        outcome = robot.execute(PICK, Jumping())
        assert outcome.status == "unknown" and "ahead of its clock" in outcome.error and robot.state == "FAULT"
