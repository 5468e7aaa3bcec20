"""What a person does before and after the first motion: the robot's file, check, calibration, approval."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from doubles.rosbridge import OVERHEAD, PICK, Faults, Make, robots_file
from doubles.rosbridge.robots_file import CAMERAS
from scipy.spatial.transform import Rotation

from instruct2act import config
from instruct2act.robot import calibrating, checking, files, plans, touching
from skills.errors import Mistake
from skills.robots import Silent
from skills.robots.rosbridge import calibration
from skills.types import Camera, Pose, View, Workspace


class TestFiles:
    def test_the_one_to_copy_is_whole(self) -> None:
        given = files.read(Path("configs/robots/arm.yaml"))
        assert given.profile == "pick_place_action" and given.speed <= 0.3 and files.name(given).startswith("arm ")
        assert config.load("robot").reward.state == "perceived"

    def test_a_calibration_lies_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "arm.yaml").write_text("cameras: {eye: {calibration: eye.yaml}}", encoding="utf-8")
        assert files.read(tmp_path / "arm.yaml").cameras["eye"].calibration == str(tmp_path / "eye.yaml")
        with pytest.raises(Mistake, match=r"eye\.yaml"):
            files.robot(tmp_path / "arm.yaml")

    @pytest.mark.parametrize(
        ("text", "said"), [("a: [", "not YAML"), ("[1]", "keys and values"), ("sped: 1", "sped"), ("ros: 3", "ros")]
    )
    def test_what_is_wrong_with_it_is_said(self, text: str, said: str, tmp_path: Path) -> None:
        (tmp_path / "arm.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(Mistake, match=said):
            files.read(tmp_path / "arm.yaml")
        with pytest.raises(Mistake, match=r"did you mean 'arm\.yaml'"):
            files.read(tmp_path / "arn.yaml")


class TestCheck:
    def test_a_good_arm_passes_and_is_not_moved(self, bridged: Make, tmp_path: Path) -> None:
        robot, double = bridged(opened=False)
        found = {check.name: check for check in checking.findings(robot, tmp_path)}
        broken = {name: check.found for name, check in found.items() if check.state != "ok"}
        assert set(broken) == {"sideways"} and found["sideways"].state == "missing", broken
        assert {"link", "arm", "workspace", "clock", "tf", "camera camera", "top view", "watchdog", "stop"} <= set(
            found
        )
        assert not double.node.motions and robot.state == "READY"
        assert (tmp_path / "check_camera.png").is_file() and (tmp_path / "check_top.png").is_file()

    @pytest.mark.parametrize(
        ("faults", "name"),
        [
            (Faults(images="stale"), "cameras"),
            (Faults(tf="none"), "tf"),
            (Faults(stop="never"), "stop"),
            (Faults(state="wrong_type"), "link"),
        ],
        ids=["stale pictures", "no tf", "no stop", "no state"],
    )
    @pytest.mark.slow
    def test_what_is_amiss_is_named_with_what_to_do(
        self, bridged: Make, faults: Faults, name: str, tmp_path: Path
    ) -> None:
        robot, double = bridged(faults=faults, opened=False)
        broken = [check for check in checking.findings(robot, tmp_path) if check.state == "broken"]
        assert broken and broken[0].name == name and broken[0].advice and not double.node.motions

    def test_a_topic_of_another_type_is_found(self, bridged: Make, tmp_path: Path) -> None:
        robot, _ = bridged(opened=False, ros=1)
        robot._dialect.version = 1
        wanted = checking.expected(robot.settings)
        assert set(wanted.values()) == {"tf2_msgs/TFMessage", "sensor_msgs/Image", "sensor_msgs/CameraInfo"}

    @pytest.mark.slow
    def test_a_camera_off_by_five_centimetres_in_height_is_found(self, bridged: Make, tmp_path: Path) -> None:
        robot, double = bridged(opened=False, table_height_m=0.05)
        del double
        found = {check.name: check for check in checking.findings(robot, tmp_path)}
        assert found["calibration"].state == "broken" and "-0.050 m" in found["calibration"].found

    def test_a_person_acknowledges_and_nobody_else(self, bridged: Make, tmp_path: Path) -> None:
        _, double = bridged(opened=False)
        file = tmp_path / "arm.yaml"
        file.write_text(yaml.safe_dump(robots_file(double)), encoding="utf-8")
        double.node.stop("WATCHDOG")
        assert checking.acknowledge(file, lambda _: "no") == 1 and double.node.state == "HOLDING"
        shown: list[str] = []
        assert checking.acknowledge(file, lambda text: shown.append(text) or "y") == 0  # type: ignore[func-returns-value]
        assert "WATCHDOG" in shown[0] and double.node.state == "IDLE"
        double.node.estop()
        assert checking.acknowledge(file, lambda _: "y") == 1 and double.node.state == "ESTOP"

    def test_no_bridge(self, tmp_path: Path) -> None:
        (tmp_path / "arm.yaml").write_text("url: ws://127.0.0.1:1", encoding="utf-8")
        command = [sys.executable, "-m", "instruct2act.cli", "robot", "check", "--robot", str(tmp_path / "arm.yaml")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
        assert done.returncode == 1 and "no rosbridge at" in done.stdout and "Traceback" not in done.stderr


BOARD = (8, 5, 0.03)


def board_seen(camera: Camera, camera_from_board: np.ndarray) -> View:  # type: ignore[type-arg]
    """A picture of the board at a pose, drawn large and laid into the camera's view."""
    columns, rows, side = BOARD
    cell = 40
    flat = np.full(((rows + 3) * cell, (columns + 3) * cell), 255, np.uint8)
    for row in range(rows + 1):
        for column in range(columns + 1):
            if (row + column) % 2 == 1:  # the finder begins at the lighter end
                flat[(row + 1) * cell : (row + 2) * cell, (column + 1) * cell : (column + 2) * cell] = 0
    corners = np.array([(0, 0), (columns + 3, 0), (columns + 3, rows + 3), (0, rows + 3)], np.float64)
    points = np.column_stack([(corners - 2) * side, np.zeros(4), np.ones(4)]) @ camera_from_board.T
    there = points[:, :2] / points[:, 2:3] * camera.intrinsics[0, 0] + camera.intrinsics[:2, 2]
    # pixel centres: the corner of a drawn cell lies half a pixel before its first pixel's centre
    warp = cv2.getPerspectiveTransform((corners * cell - 0.5).astype(np.float32), there.astype(np.float32))
    size = (camera.width, camera.height)
    grey = cv2.warpPerspective(flat, warp, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_CONSTANT, borderValue=128)
    return View(np.repeat(grey[..., None], 3, axis=2), camera)


class TestCalibrate:
    @pytest.mark.slow
    def test_the_board_is_found_where_it_is_and_the_camera_too(self, tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
        rng = np.random.default_rng(2)
        k = np.array([[600.0, 0, 319.5], [0, 600.0, 239.5], [0, 0, 1]])
        camera = Camera("eye", 640, 480, k, np.eye(4))
        truth = np.eye(4)  # tool from camera
        truth[:3, :3], truth[:3, 3] = (
            Rotation.from_euler("xyz", (5, -10, 90), degrees=True).as_matrix(),
            (0.05, 0, 0.03),
        )
        base_from_board = np.eye(4)
        base_from_board[:3, 3] = (0.5, 0.0, 0.0)
        tools, targets = [], []
        for _ in range(9):
            seen = np.eye(4)  # camera from board
            turn = Rotation.from_euler("xyz", rng.uniform(-25, 25, 3), degrees=True) * Rotation.from_euler("x", 0)
            seen[:3, :3], seen[:3, 3] = turn.as_matrix(), (rng.uniform(-0.15, -0.05), rng.uniform(-0.1, 0), 0.6)
            found = calibrating.target_in(board_seen(camera, seen), BOARD)
            assert found is not None and np.abs(found - seen)[:3, 3].max() < 0.003
            targets.append(found)
            tools.append(base_from_board @ np.linalg.inv(seen) @ np.linalg.inv(truth))
        pairs = tmp_path / "pairs.npz"
        np.savez(pairs, base_from_tool=np.array(tools), camera_from_target=np.array(targets))
        (tmp_path / "arm.yaml").write_text("cameras: {eye: {mount: tool}}", encoding="utf-8")
        out = tmp_path / "eye.yaml"
        assert calibrating.calibrate(tmp_path / "arm.yaml", None, "8x5x0.03", "park", pairs, out) == 0
        assert "9 pairs by park" in capsys.readouterr().out
        read = calibration.load(out, "tool")
        assert np.abs(read.matrix - truth)[:3, 3].max() < 0.004 and np.abs(read.matrix - truth)[:3, :3].max() < 0.01
        parameters = yaml.safe_load(out.read_text(encoding="utf-8"))["parameters"]
        assert parameters["eye_on_hand"] is True and parameters["robot_effector_frame"] == "tool0"

    def test_pairs_are_taken_from_the_arm_and_kept(self, bridged: Make, tmp_path: Path) -> None:
        robot, double = bridged()
        k = np.array([[300.0, 0, 159.5], [0, 300.0, 119.5], [0, 0, 1]])
        seen = np.eye(4)
        seen[:3, 3] = (-0.12, -0.06, 0.5)
        view = board_seen(Camera("camera", 320, 240, k, np.eye(4)), seen)
        double.node.views = {"camera": View(view.rgb, view.camera, np.full((240, 320), 0.5, np.float32))}
        answers = iter(["", "", "q"])
        tools, targets = calibrating.collect(robot, "camera", BOARD, tmp_path / "p.npz", lambda _: next(answers))
        assert len(tools) == 2 and np.abs(targets[0] - seen)[:3, 3].max() < 0.01
        assert np.allclose(tools[0][:3, 3], (0.4, 0.0, 0.3)) and (tmp_path / "p.npz").is_file()

    @pytest.mark.parametrize(("text", "said"), [("8x5", "COLUMNS"), ("8x6x0.03", "upside down"), ("8x5x9", "500 mm")])
    def test_a_board_is_checked(self, text: str, said: str) -> None:
        with pytest.raises(Mistake, match=said):
            calibrating.read_board(text)


class TestTouching:
    """A camera a metre above the table, a board that lies on it, and a tool that was brought onto its first corner."""

    @pytest.mark.parametrize(("off", "state"), [((0, 0, 0), "ok"), ((0, 0.05, 0), "broken"), ((-0.05, 0, 0), "broken")])
    @pytest.mark.slow
    def test_a_calibration_that_is_off_sideways_is_found(
        self, bridged: Make, tmp_path: Path, off: tuple[float, float, float], state: str
    ) -> None:
        stands = OVERHEAD.base_from_camera()
        seen = np.eye(4)
        seen[:3, 3] = (-0.12, -0.06, 1.0)
        told = stands.copy()
        told[:3, 3] += off
        file = tmp_path / "eye.yaml"
        file.write_text(calibration.dump(calibration.HandEye(told, "fixed")), encoding="utf-8")
        cameras = {"camera": {**CAMERAS["camera"], "calibration": str(file)}}
        robot, double = bridged(opened=False, cameras=cameras)
        k = np.array([[900.0, 0, 319.5], [0, 900.0, 239.5], [0, 0, 1]])
        view = board_seen(Camera("camera", 640, 480, k, stands), seen)
        double.node.views = {"camera": View(view.rgb, view.camera, np.full((480, 640), 1.0, np.float32))}
        x, y, z = (stands @ seen[:, 3])[:3].tolist()
        double.arm.tool = Pose(x, y, z)
        asked: list[str] = []
        found = list(checking.findings(robot, tmp_path, BOARD, lambda text: asked.append(text) or ""))  # type: ignore[func-returns-value]
        (sideways,) = (check for check in found if check.name == "sideways")
        assert sideways.state == state, sideways
        assert len(asked) == 2 and not double.node.motions
        if any(off):
            (others,) = (check for check in found if check.name == "calibration")
            assert others.state == "ok", "by height alone it is not noticed"
            axis = "+50 in y" if off[1] else "-50 in x"
            assert axis in sideways.found and "calibrate anew" in sideways.advice

    def test_who_leaves_it_out_and_a_board_that_is_not_seen(self, bridged: Make, tmp_path: Path) -> None:
        robot, double = bridged()
        for answers, said in ((["q"], "left out"), (["", "q"], "left out"), (["", ""], "does not see the board")):
            given = iter(answers)
            (found,) = touching.compared(robot, BOARD, lambda _, given=given: next(given))  # type: ignore[misc]
            assert (found.state, said in found.found) == ("missing", True), found
            assert not double.node.motions


class TestAsking:
    def test_the_plan_is_drawn_on_a_new_picture_and_the_answer_counts(self, bridged: Make, tmp_path: Path) -> None:
        robot, _ = bridged()
        answers = iter(["y", " No", "what?", ""])
        ask = plans.asker(robot, tmp_path, lambda _: next(answers))
        assert [ask(PICK) for _ in range(4)] == ["yes", "no", "stop", "stop"]
        assert len(list(tmp_path.glob("approve_*.png"))) == 4

    @pytest.mark.slow
    def test_without_a_picture_nothing_is_approved(self, bridged: Make, tmp_path: Path) -> None:
        robot, _ = bridged(faults=Faults(images="none"))
        assert plans.asker(robot, tmp_path, lambda _: "y")(PICK) == "stop"

    def test_nobody_at_the_terminal_is_no_approval(self, bridged: Make, tmp_path: Path) -> None:
        robot, double = bridged(opened=False)
        del double
        with pytest.raises(Mistake, match="nobody is at this terminal"):
            plans.asker(robot, tmp_path)

    def test_a_plan_is_told_in_centimetres(self) -> None:
        assert (
            plans.words(PICK) == "pick at (40.0, -20.0, 5.0) cm to (50.0, 20.0, 5.0) cm, turned -29 degrees clockwise"
        )

    def test_arrow_and_outline_are_where_they_belong(self) -> None:
        from skills.robots.rosbridge.topdown import above

        camera = above(Workspace(), (256, 512))
        blank = View(np.zeros((camera.height, camera.width, 3), np.uint8), camera)
        shown = plans.drawn(blank, [PICK], Workspace()).astype(int)
        plain = plans.drawn(blank, [], Workspace()).astype(int)
        scale = shown.shape[1] / camera.width
        middle, _ = camera.project([(0.45, 0.0, 0.05)])
        x, y = np.rint((middle[0] + 0.5) * scale).astype(int)
        changed = np.abs(shown - plain).sum(axis=2)
        assert changed[y - 4 : y + 5, x - 4 : x + 5].max() > 100 and changed[:, : int(60 * scale)].max() == 0
        edge, _ = camera.project([(0.25, 0.0, 0.0)])
        assert plain[round((edge[0, 1] + 0.5) * scale) - 1 :][:3].max() > 100


def test_a_robots_file_of_a_double_is_a_robots_file(bridged: Make, tmp_path: Path) -> None:
    _, double = bridged(opened=False)
    (tmp_path / "arm.yaml").write_text(yaml.safe_dump(robots_file(double)), encoding="utf-8")
    with files.robot(tmp_path / "arm.yaml") as robot:
        assert robot.execute(PICK, Silent()).end is not None
    assert isinstance(PICK.start, Pose)


@pytest.mark.parametrize("command", ["run", "record", "replay", "check", "calibrate", "acknowledge"])
def test_help_teaches(command: str) -> None:
    from typer.testing import CliRunner

    from instruct2act.cli import app

    shown = CliRunner().invoke(app, ["robot", command, "--help"])
    assert shown.exit_code == 0 and "Usage" in shown.output
