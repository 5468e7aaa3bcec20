"""Robots around robots: planning only, asking first, recording and playing again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.oracle import next_action
from sim.robot import SimRobot
from skills.errors import Aborted, Mistake
from skills.robots import Robot, Silent
from skills.robots.recording import LINES, Recorded, Replayed
from skills.robots.wrappers import Approved, DryRun
from skills.types import Action, Pose


@pytest.fixture
def table() -> Iterator[SimRobot]:
    with sim.make("visual_manipulation", seed=1) as env:
        yield SimRobot(env)


def right(robot: SimRobot) -> Action:
    action = next_action(robot.env)
    assert action is not None
    return action


def test_a_dry_run_looks_and_never_moves(table: SimRobot) -> None:
    robot, before = DryRun(table), repr(table.env.world.states())
    assert isinstance(robot, Robot)
    outcome = robot.execute(right(table), Silent())
    assert outcome.status == "rejected" and "nothing was sent" in outcome.error
    assert robot.planned == [right(table)] and repr(table.env.world.states()) == before and robot.observe().views


class TestApproved:
    def test_only_a_yes_moves(self, table: SimRobot) -> None:
        answers = iter(["no", "yes"])
        asked: list[Action] = []

        def ask(action: Action):  # type: ignore[no-untyped-def]
            asked.append(action)
            return next(answers)

        robot, action = Approved(table, ask), right(table)
        refused = robot.execute(action, Silent())
        assert refused.status == "rejected" and "said no" in refused.error and table.env.steps == 0
        assert robot.execute(action, Silent()).status == "done" and asked == [action, action]

    def test_one_yes_may_be_enough_and_a_no_never_is(self, table: SimRobot) -> None:
        answers = iter(["no", "yes"])
        robot, action = Approved(table, lambda _: next(answers), first_only=True), right(table)  # type: ignore[arg-type, return-value]
        statuses = [robot.execute(action, Silent()).status for _ in range(3)]
        assert statuses[:2] == ["rejected", "done"] and statuses[2] in ("done", "missed")

    def test_stop_stops(self, table: SimRobot) -> None:
        robot = Approved(table, lambda _: "stop")
        with pytest.raises(Aborted):
            robot.execute(right(table), Silent())
        assert "acknowledge" in table.execute(right(table), Silent()).error

    def test_no_clock_runs_while_a_person_thinks(self, table: SimRobot) -> None:
        inside: list[bool] = []

        class Waiting(Silent):
            waits = False

            def waiting(self) -> AbstractContextManager[None]:
                self.waits = True
                return nullcontext()

        watch = Waiting()
        Approved(table, lambda _: inside.append(watch.waits) or "no").execute(right(table), watch)  # type: ignore[arg-type, return-value, func-returns-value]
        assert inside == [True]


class TestSessions:
    def test_what_was_seen_and_done_is_there_again(self, table: SimRobot, tmp_path: Path) -> None:
        kept = Recorded(table, tmp_path / "s", {"text": "do it"})
        first = kept.observe()
        action = right(table)
        done = kept.execute(action, Silent())
        last = kept.observe()
        again = Replayed(tmp_path / "s")
        assert isinstance(again, Robot) and again.facts["text"] == "do it"
        assert again.info.workspace == table.info.workspace and again.info.tools == table.info.tools
        for seen in (first, last):
            if seen is last:
                assert again.execute(replace(action, start=_near(action.start)), Silent()).status == done.status
            now = again.observe()
            for name, view in seen.views.items():
                other = now.views[name]
                assert (other.rgb == view.rgb).all() and np.array_equal(other.depth_m, view.depth_m)  # type: ignore[arg-type]
                assert (other.camera.base_from_camera == view.camera.base_from_camera).all() and other.truth is None
                assert other.camera.projection == view.camera.projection
        assert (again.observe().views["top"].rgb == last.views["top"].rgb).all() and not again.strayed

    def test_another_action_is_not_given_its_outcome(self, table: SimRobot, tmp_path: Path) -> None:
        kept = Recorded(table, tmp_path / "s")
        kept.observe()
        action = right(table)
        kept.execute(action, Silent())
        again = Replayed(tmp_path / "s")
        for other in (replace(action, start=Pose(0.3, 0.4)), replace(action, end=replace(action.end, yaw=1.0))):
            outcome = again.execute(other, Silent())
            assert outcome.status == "rejected" and "not what the arm carried out" in outcome.error
        assert len(again.strayed) == 2

    def test_an_aborted_motion_is_kept_too(self, table: SimRobot, tmp_path: Path) -> None:
        table.stop()
        kept = Recorded(table, tmp_path / "s")

        class Ending(Silent):
            def tick(self, phase: str, frame: object = None) -> None:
                raise Aborted("enough")

        table.acknowledge()
        with pytest.raises(Aborted):
            kept.execute(right(table), Ending())
        lines = [json.loads(line) for line in (tmp_path / "s" / LINES).read_text(encoding="utf-8").splitlines()]
        assert lines[-1]["kind"] == "motion" and lines[-1]["outcome"]["status"] == "aborted"

    def test_a_session_is_never_written_over_nor_is_nonsense_read(self, table: SimRobot, tmp_path: Path) -> None:
        Recorded(table, tmp_path / "s")
        with pytest.raises(Mistake, match="holds a session already"):
            Recorded(table, tmp_path / "s")
        with pytest.raises(Mistake, match="holds no look"):
            Replayed(tmp_path / "s")
        with pytest.raises(Mistake, match="no session"):
            Replayed(tmp_path)

    def test_a_look_is_read_from_its_own_folder_and_without_pickle(self, table: SimRobot, tmp_path: Path) -> None:
        Recorded(table, tmp_path / "s").observe()
        file = tmp_path / "s" / LINES
        file.write_text(file.read_text(encoding="utf-8").replace("0000.npz", "../../0000.npz"), encoding="utf-8")
        assert Replayed(tmp_path / "s").observe().views
        np.savez(tmp_path / "s" / "0000.npz", **{"top/rgb": np.array([{}], dtype=object)})
        with pytest.raises(Mistake, match="can't be read"):
            Replayed(tmp_path / "s").observe()


def _near(pose: Pose) -> Pose:
    return replace(pose, x=pose.x + 0.005)
