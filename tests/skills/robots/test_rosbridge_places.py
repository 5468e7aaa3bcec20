"""Where things are seen from: tf, calibrations, the made view from above."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from doubles.rosbridge.arms import OVERHEAD
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

import sim
from sim.cameras import CameraSpec
from skills.errors import Mistake
from skills.robots.rosbridge import calibration, topdown
from skills.robots.rosbridge.errors import NoPicture
from skills.robots.rosbridge.messages import Dialect
from skills.robots.rosbridge.transforms import Transforms
from skills.types import Workspace


def rigid(rng: np.random.Generator, far: float = 1.0, turn: float = 1.0) -> np.ndarray:  # type: ignore[type-arg]
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(turn * rng.normal(size=3)).as_matrix()
    pose[:3, 3] = far * rng.normal(size=3)
    return pose


class TestTransforms:
    @settings(deadline=None)
    @given(st.integers(0, 10**6))
    def test_any_two_frames_of_a_tree_are_composed(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        heard, world = Transforms(Dialect(2)), {"base": np.eye(4)}
        for child, parent in (("a", "base"), ("b", "a"), ("c", "base"), ("d", "c")):
            step = rigid(rng)
            world[child] = world[parent] @ step
            heard.add(parent, child, 1.0, step, static=child in ("b", "c"))
        for one in world:
            for other in world:
                assert np.allclose(heard.newest(one, other)[0], np.linalg.inv(world[one]) @ world[other], atol=1e-9)

    def test_between_two_samples_it_is_in_between(self) -> None:
        heard = Transforms(Dialect(2))
        first, last = np.eye(4), np.eye(4)
        last[:3, :3], last[:3, 3] = Rotation.from_euler("z", 90, degrees=True).as_matrix(), (1, 0, 0)
        heard.add("base", "tool", 10.0, first)
        heard.add("base", "tool", 10.1, last)
        heard.add("base", "tool", 9.0, last)  # late: left out
        middle = heard.at("base", "tool", 10.05)
        assert np.allclose(middle[:3, 3], (0.5, 0, 0)) and np.isclose(
            np.degrees(np.arctan2(middle[1, 0], middle[0, 0])), 45
        )
        for unknown in (9.0, 11.0):
            with pytest.raises(NoPicture, match="off"):
                heard.at("base", "tool", unknown)
        heard.add("base", "tool", 11.0, first)
        with pytest.raises(NoPicture, match="gap"):
            heard.at("base", "tool", 10.5)
        with pytest.raises(NoPicture, match="does not connect"):
            heard.newest("base", "camera")

    def test_who_asks_late_misses_nothing(self) -> None:
        heard = Transforms(Dialect(2))
        for step in range(5):
            shift = np.eye(4)
            shift[0, 3] = step
            heard.add("base", "arm", 10.0 + 0.1 * step, shift)
            heard.add("arm", "tool", 10.05 + 0.1 * step, np.eye(4))
        told = heard.since("base", "tool", 10.15)
        assert [round(stamp, 2) for _, stamp in told] == [10.2, 10.25, 10.3, 10.35, 10.4]
        assert np.allclose([matrix[0, 3] for matrix, _ in told], [2.0, 2.5, 3.0, 3.5, 4.0])
        assert not heard.since("base", "tool", 11.0)
        heard.add("map", "base", 3.0, np.eye(4))  # above both: what it does is of no interest
        assert len(heard.since("base", "tool", 10.15)) == 5

    def test_a_clock_that_was_set_back_begins_anew(self) -> None:
        heard = Transforms(Dialect(2))
        first, last = np.eye(4), np.eye(4)
        last[0, 3] = 1.0
        heard.add("base", "tool", 3600.0, first)
        heard.add("base", "tool", 10.0, last)
        matrix, stamp = heard.newest("base", "tool")
        assert stamp == 10.0 and matrix[0, 3] == 1.0
        with pytest.raises(NoPicture, match="off"):
            heard.at("base", "tool", 3600.0)

    def test_a_circle_is_no_endless_loop(self) -> None:
        heard = Transforms(Dialect(2))
        heard.add("a", "b", 1.0, np.eye(4))
        heard.add("b", "a", 1.0, np.eye(4))
        with pytest.raises(NoPicture):
            heard.newest("base", "a")

    def test_what_is_no_transform_is_counted_and_left_out(self) -> None:
        heard = Transforms(Dialect(2))
        for message in (None, {}, {"transforms": 3}, {"transforms": [None, {"child_frame_id": "x"}]}):
            heard.hear(message)
        assert heard.bad == 2


class TestCalibration:
    @pytest.mark.parametrize("mount", ["fixed", "tool"])
    @pytest.mark.parametrize("method", calibration.METHODS)
    def test_it_is_solved_from_pairs_of_either_mount(self, mount: calibration.Mount, method: str) -> None:
        rng = np.random.default_rng(4)
        truth, target = rigid(rng, 0.3), rigid(rng, 0.3)
        tools = [rigid(rng, 0.2, 0.6) for _ in range(15)]
        seen = [np.linalg.inv(truth) @ (tool if mount == "fixed" else np.linalg.inv(tool)) @ target for tool in tools]
        found, metres, degrees = calibration.solve(tools, seen, mount, method)
        assert np.allclose(found, truth, atol=1e-3) and metres < 1e-3 and degrees < 0.1

    def test_noise_shows_in_the_scatter(self) -> None:
        rng = np.random.default_rng(5)
        truth, target = rigid(rng, 0.3), rigid(rng, 0.3)
        tools = [rigid(rng, 0.2, 0.6) for _ in range(15)]
        seen = [np.linalg.inv(tool @ truth) @ target @ rigid(rng, 0.003, 0.005) for tool in tools]
        found, metres, _ = calibration.solve(tools, seen, "tool")
        assert 1e-3 < metres < 0.02 and np.abs(found - truth)[:3, 3].max() < 0.01

    def test_pairs_that_say_too_little_are_refused(self) -> None:
        same = [np.eye(4)] * 8
        with pytest.raises(Mistake, match="turned by 0 degrees"):
            calibration.solve(same, same, "tool")
        with pytest.raises(Mistake, match="at least five"):
            calibration.solve(same[:3], same[:3], "tool")
        with pytest.raises(Mistake, match="did you mean 'park'"):
            calibration.solve(same, same, "tool", "parc")

    def test_files_go_there_and_back(self, tmp_path: Path) -> None:
        truth = rigid(np.random.default_rng(1))
        file = tmp_path / "eye.yaml"
        file.write_text(calibration.dump(calibration.HandEye(truth, "tool", camera_frame="lens")), encoding="utf-8")
        read = calibration.load(file, "tool")
        assert np.allclose(read.matrix, truth, atol=1e-9) and read.camera_frame == "lens"
        with pytest.raises(Mistake, match="in the hand"):
            calibration.load(file, "fixed")
        numbers = tmp_path / "eye.txt"
        numbers.write_text("\n".join(" ".join(map(str, row)) for row in truth.tolist()), encoding="utf-8")
        assert np.allclose(calibration.load(numbers, "fixed").matrix, truth)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "1 2 3",
            "a b",
            " ".join(["nan"] * 16),
            "2 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
            "1 0 0 99 0 1 0 0 0 0 1 0 0 0 0 1",
        ],
    )
    def test_what_is_no_calibration_is_refused(self, text: str, tmp_path: Path) -> None:
        file = tmp_path / "eye.txt"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(Mistake, match=r"eye\.txt"):
            calibration.load(file, "fixed")


class TestSeenFromAbove:
    def test_its_picture_is_oriented_as_the_top_view(self) -> None:
        camera = topdown.above(Workspace(), (256, 512))
        at, depth = camera.project([(0.3, 0.0, 0.0), (0.7, 0.0, 0.0), (0.5, -0.4, 0.0), (0.5, 0.4, 0.1)])
        assert at[0, 1] < at[1, 1] and at[2, 0] < at[3, 0] and np.allclose(depth, [1.5, 1.5, 1.5, 1.4])

    @pytest.mark.parametrize("eye", [(1.15, -0.5, 0.8), (0.5, 0.0, 1.1)])
    def test_things_are_where_they_are(self, eye: tuple[float, float, float]) -> None:
        """Seen by a slanted camera with depth in whole millimetres, as by the simulator's own top view."""
        spec = CameraSpec("lens", eye, (0.5, 0.0, 0.0), (-1.0, 0.0, 0.0), fov_y=1.0)
        with sim.make_objects("red block @0.4,-0.3; blue block @0.6,0.25") as env:
            view = env.world.render(spec, depth=True, segmentation=False, size=(480, 640))
            view = type(view)(view.rgb, view.camera, (np.rint(view.depth_m * 1000) / 1000).astype(np.float32))
            made = topdown.seen_from_above(view, topdown.above(Workspace(), (256, 512)))
            states = {env.name_of(state.id): state for state in env.situation().states()}
        for name, channel in (("red block", 0), ("blue block", 2)):
            high = (made.depth_m > 0) & (made.depth_m < topdown.EYE_M - 0.02)
            mask = high & (made.rgb.argmax(axis=2) == channel)
            rows, columns = np.nonzero(mask)
            points = made.camera.back_project(np.column_stack([columns, rows]), made.depth_m[rows, columns])
            middle = (points.min(axis=0) + points.max(axis=0)) / 2
            pose = states[name].pose
            assert np.hypot(middle[0] - pose.x, middle[1] - pose.y) < 0.012, (name, middle, pose)

    def test_without_depth_the_table_is_where_it_is(self) -> None:
        camera = OVERHEAD.camera((480, 640))
        at, _ = camera.project([(0.45, 0.2, 0.0)])
        rgb = np.zeros((480, 640, 3), np.uint8)
        x, y = np.rint(at[0]).astype(int)
        rgb[y - 6 : y + 7, x - 6 : x + 7] = 255
        made = topdown.seen_from_above(
            type("V", (), {"rgb": rgb, "camera": camera, "depth_m": None})(),  # type: ignore[arg-type]
            topdown.above(Workspace(), (256, 512)),
        )
        rows, columns = np.nonzero(made.rgb[..., 0] > 128)
        point = made.camera.meet_plane([(columns.mean(), rows.mean())])[0]
        assert np.hypot(point[0] - 0.45, point[1] - 0.2) < 0.005
