"""The simulated table behind the bridge: what holds on the simulator holds over the wire."""

from __future__ import annotations

import numpy as np
import pytest
from doubles.rosbridge import Double, SimArm, robots_file
from doubles.rosbridge.arms import OVERHEAD

import sim
from sim.oracle import next_action
from skills.robots import Silent
from skills.robots.rosbridge import build


@pytest.mark.parametrize("ros", [1, 2])
def test_the_very_same_pictures_and_the_very_same_end(ros: int) -> None:
    with sim.make("visual_manipulation", seed=3) as direct, sim.make("visual_manipulation", seed=3) as env:
        with (
            Double(SimArm(env), ros, depth="32FC1") as double,
            build(**robots_file(double, top="camera", reach_m=(0.1, 1.2))) as robot,
        ):
            seen, meant = robot.observe().views["top"], direct.look()["top"]
            assert (seen.rgb == meant.rgb).all() and seen.depth_m is not None and meant.depth_m is not None
            assert np.abs(seen.depth_m - meant.depth_m).max() < 1e-4
            assert np.allclose(seen.camera.base_from_camera, meant.camera.base_from_camera, atol=1e-6)
            pixels = [(10, 10), (200, 100)]
            assert np.allclose(seen.camera.meet_plane(pixels), meant.camera.meet_plane(pixels), atol=1e-4)
            action = next_action(direct)
            assert action is not None
            outcome = robot.execute(action, Silent())
            there = robot.observe().views["top"]
        expected = direct.carry_out(action, Silent())
        assert (outcome.status, expected.status) == ("done", "done"), outcome
        assert outcome.end is not None and expected.end is not None
        assert np.hypot(outcome.end.x - expected.end.x, outcome.end.y - expected.end.y) < 0.01
        assert (there.rgb == direct.look()["top"].rgb).all()
        verdict = env.verdict()
        assert verdict is not None and verdict.success


def test_a_thing_that_is_not_there_is_missed_and_the_next_picture_is_new() -> None:
    with sim.make_objects("red block @0.4,-0.2") as env:
        camera = {"camera": (OVERHEAD, (240, 320))}
        with Double(SimArm(env, camera)) as double, build(**robots_file(double)) as robot:
            before = robot.observe()
            action = _carry((0.5, 0.3), (0.5, 0.1))
            assert robot.execute(action, Silent()).status == "missed"
            assert robot.execute(_carry((0.4, -0.2), (0.6, 0.2)), Silent()).status == "done"
            after = robot.observe()
            assert after.stamp_s > before.stamp_s
            seen = [_red(view.views["top"]) for view in (before, after)]
    assert np.hypot(*(seen[0] - (0.4, -0.2))) < 0.02 and np.hypot(*(seen[1] - (0.6, 0.2))) < 0.02


def _carry(start: tuple[float, float], end: tuple[float, float]):  # type: ignore[no-untyped-def]
    from skills.types import Action, Pose

    return Action("pick_place", Pose(*start, 0.07), Pose(*end, 0.07))


def _red(view):  # type: ignore[no-untyped-def]
    """(x, y) of the middle of what is red and high."""
    high = (view.depth_m > 0) & (view.depth_m < 1.46) & (view.rgb.argmax(axis=2) == 0)
    rows, columns = np.nonzero(high)
    points = view.camera.back_project(np.column_stack([columns, rows]), view.depth_m[rows, columns])
    return (points.min(axis=0) + points.max(axis=0))[:2] / 2


@pytest.mark.parametrize("yaw", [0.0, 0.6, -1.2])
def test_a_grip_closes_on_the_narrower_side(yaw: float) -> None:
    """A made picture of a bar, 0.12 by 0.03 m, lying along ``yaw``."""
    from skills.robots.rosbridge.grasps import grip_of
    from skills.robots.rosbridge.topdown import above
    from skills.types import Mask, View, Workspace

    camera = above(Workspace(), (512, 1024))
    rows, columns = np.mgrid[: camera.height, : camera.width]
    at = camera.meet_plane(np.column_stack([columns.ravel(), rows.ravel()]))[:, :2] - (0.5, 0.0)
    along, across = at @ (np.cos(yaw), np.sin(yaw)), at @ (-np.sin(yaw), np.cos(yaw))
    mask = Mask.of(((np.abs(along) < 0.06) & (np.abs(across) < 0.015)).reshape(rows.shape))
    grip = grip_of(mask, View(np.zeros((*rows.shape, 3), np.uint8), camera))
    assert abs(grip.width_m - 0.03) < 0.005 and abs(np.sin(grip.yaw - yaw)) < 0.03
