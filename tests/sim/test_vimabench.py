"""VIMABench's process behind our interface: against a stand-in for a checkout, also one that misbehaves."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.vimabench import VimaBenchEnv, VimaBenchRobot
from sim.vimabench.actions import SWEPT, from_published, published
from sim.vimabench.link import Limits
from skills.errors import Aborted, Mistake, RobotLost, UnknownName
from skills.robots import Robot, Silent
from skills.types import TABLE, Action, Image, Pose, UInt8

DOUBLE = Path(__file__).parents[1] / "doubles" / "vimabench"
Begin = Callable[..., VimaBenchEnv]


@pytest.fixture
def begin() -> Iterator[Begin]:
    envs: list[VimaBenchEnv] = []

    def build(
        task: str = "visual_manipulation", seed: int = 0, checkout: Path = DOUBLE, **more: object
    ) -> VimaBenchEnv:
        envs.append(VimaBenchEnv(task, checkout=checkout, **more))
        envs[-1].reset(seed=seed)
        return envs[-1]

    yield build
    for env in envs:
        env.close()


def carry(start: tuple[float, float], end: tuple[float, float], yaw: float = 0.0) -> Action:
    return Action("pick_place", Pose(*start), Pose(*end, 0.0, yaw))


def block(env: VimaBenchEnv) -> Pose:
    return next(state.pose for state in env.history[-1].objects if state.name == "block")


class Impatient(Silent):
    """Stops a motion at its third tick."""

    ticks = 0

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        self.ticks += 1
        if self.ticks == 3:
            raise Aborted("stop was asked for")


# --- an episode -------------------------------------------------------------------------------------------------------


def test_an_episode_is_seen_where_it_is_and_ends_as_vimabench_says(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "not for a checkout")
    env = begin(seed=3)
    robot = VimaBenchRobot(env)
    assert isinstance(robot, Robot) and robot.info.tools == ("suction",) and env.steps_left == 5
    assert env.inventory() == ["blue bowl", "red block"], "by size, not in VIMABench's order"
    seen = robot.observe().views["top"]
    assert seen.depth_m is not None and seen.truth is not None
    for state, (x, y) in zip(env.history[0].objects, ((0.6, 0.13), (0.35, -0.3))):
        assert (state.pose.x, state.pose.y) == pytest.approx((x, y), abs=0.003)
        rows, columns = np.nonzero(seen.truth.segmentation == state.id)
        assert seen.camera.meet_plane([[columns.mean(), rows.mean()]])[0, :2] == pytest.approx((x, y), abs=0.003)

    missed = robot.execute(carry((0.5, 0.4), (0.6, 0.1)), Silent())
    assert missed.status == "missed" and robot.verdict().progress == 0.0
    assert robot.execute(carry((0.35, -0.3), (0.6, 0.1)), Silent()).status == "done"
    verdict = robot.verdict()
    assert verdict.success and verdict.progress == 1.0 and verdict.by_rule == {"vima": True}
    assert len(robot.history) == 3
    over = robot.execute(carry((0.35, -0.3), (0.6, 0.1)), Silent())
    assert over.status == "rejected" and "success" in over.error


def test_depth_is_what_is_rendered_beside_the_colours(begin: Begin) -> None:
    env = begin(seed=1)
    for view in env.look().values():
        assert view.truth is not None and view.depth_m is not None
        above = 1000.0 - view.depth_m
        for state in env.history[-1].objects:
            tall = {"block": 0.05, "bowl": 0.07}[state.name]
            assert np.allclose(above[view.truth.segmentation == state.id], tall, atol=1e-4)
        assert np.allclose(above[view.truth.segmentation == TABLE], 0.0, atol=1e-4)
    before = env.look()["top"].depth_m
    env.carry_out(carry((block(env).x, block(env).y), (0.4, 0.3)), Silent())
    after = env.look()["top"].depth_m
    assert before is not None and after is not None and not np.array_equal(before, after), "of each look its own"
    assert all(picture.view is None or picture.view.depth_m is None for picture in _pictures(env))


def _pictures(env: VimaBenchEnv) -> list[Image]:
    return [picture for slot in env.instruction.slots.values() for picture in slot.pictures.values()]


def test_the_prompts_pictures_are_cut_out_and_bound(begin: Begin) -> None:
    slots = begin().instruction.slots
    assert {name: slot.binding for name, slot in slots.items()} == {"dragged_obj_1": (1,), "base_obj": (0,)}
    for slot, name in ((slots["dragged_obj_1"], "block"), (slots["base_obj"], "bowl")):
        assert list(slot.pictures) == ["top", "front"]
        picture = slot.pictures["top"]
        assert picture.truth is not None and picture.truth.name == name
        assert picture.mask is not None and picture.mask.all() and picture.shape == (17, 17)


def test_a_turn_goes_the_same_way_round(begin: Begin) -> None:
    env = begin()
    env.carry_out(carry((0.35, -0.28), (0.45, 0.0), yaw=math.pi / 2), Silent())
    assert (block(env).x, block(env).y) == pytest.approx((0.47, 0.0), abs=0.004), "R(90 degrees) (0, -0.02) = (0.02, 0)"


def test_a_push_moves_the_blade_from_start_to_end(begin: Begin) -> None:
    env = begin("sweep_without_exceeding")
    assert VimaBenchRobot(env).info.tools == ("spatula",) and VimaBenchRobot(env).info.workspace == SWEPT
    outcome = env.carry_out(Action("push", Pose(0.35, -0.4), Pose(0.35, -0.2), "spatula"), Silent())
    assert outcome.status == "done" and not outcome.action.clipped
    assert (block(env).x, block(env).y) == pytest.approx((0.35, -0.2 + 0.032), abs=0.004), "its back is at the end"


def test_pushes_are_asked_for_farther_on_and_come_out_shorter_at_the_border() -> None:
    whole = Action("push", Pose(0.4, 0.0), Pose(0.6, 0.0), "spatula")
    theirs, ours = published(whole)
    assert theirs["pose0_position"] == pytest.approx([0.42, 0.0]) and theirs["pose1_position"] == pytest.approx(
        [0.65, 0.0]
    )
    assert ours == whole
    theirs, ours = published(replace(whole, end=Pose(0.74, 0.0)))
    assert theirs["pose1_position"] == pytest.approx([0.75, 0.0])
    assert ours.clipped and ours.end.x == pytest.approx(0.70)
    behind = Action("push", Pose(0.765, 0.1), Pose(0.5, 0.1), "spatula")
    assert published(behind)[0]["pose0_position"] == pytest.approx([0.745, 0.1])


def test_actions_survive_the_way_there_and_back() -> None:
    for yaw in np.linspace(-3.1, 3.1, 7):
        there = published(Action("pick_place", Pose(0.3, -0.2, 0.0, 0.3), Pose(0.6, 0.4, 0.0, 0.3 + yaw)))[0]
        back = from_published(there, "suction")
        assert back.end.yaw - back.start.yaw == pytest.approx(yaw) and back.end.x == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (carry((0.2, 0.0), (0.6, 0.1)), "outside the workspace"),
        (carry((0.3, 0.0), (0.6, 0.1), math.nan), "outside the workspace"),
        (Action("push", Pose(0.3, 0.0), Pose(0.4, 0.0), "spatula"), "needs the spatula"),
    ],
)
def test_what_cannot_be_is_rejected(begin: Begin, action: Action, why: str) -> None:
    env = begin()
    outcome = env.carry_out(action, Silent())
    assert outcome.status == "rejected" and why in outcome.error and env.steps == 0


def test_the_budget_is_the_oracles_and_two_more(begin: Begin) -> None:
    env = begin()
    for _ in range(5):
        assert env.carry_out(carry((0.35, -0.3), (0.35, -0.3)), Silent()).status == "done"
    assert "budget of 5" in env.carry_out(carry((0.35, -0.3), (0.35, -0.3)), Silent()).error


def test_the_oracle_solves_it_through_our_actions(begin: Begin) -> None:
    for task in ("visual_manipulation", "sweep_without_exceeding"):
        env = begin(task)
        action = env.oracle_action()
        assert action is not None
        env.carry_out(action, Silent())
        assert env.verdict().success and env.oracle_action() is None


def test_an_episode_that_failed_stays_failed(begin: Begin) -> None:
    env = begin()
    env.carry_out(carry((0.35, -0.3), (0.3, -0.49)), Silent())
    assert env.verdict().failed and "failure" in env.verdict().reason
    assert env.carry_out(carry((0.3, -0.49), (0.6, 0.1)), Silent()).status == "rejected"


def test_a_new_episode_has_a_new_process_and_leaves_nothing(begin: Begin) -> None:
    env = begin(seed=1)
    first, link = env.look()["top"], env._link
    assert link is not None and (link._scratch.path / "left-behind.urdf").is_file()
    env.carry_out(carry((0.35, -0.3), (0.6, 0.1)), Silent())
    env.reset(seed=1)
    assert not link._scratch.path.exists() and link._process.returncode is not None
    assert np.array_equal(env.look()["top"].rgb, first.rgb) and len(env.history) == 1 and env.steps_left == 5


# --- misdeeds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("crowded", "no room"),
        ("garbage", "nonsense: a header of"),
        ("wordless", "nonsense: text is None"),
        ("tiny", "nonsense: no dragged_obj_1.top picture"),
        ("nameless", "nonsense: .* is not an id with a name"),
    ],
)
def test_an_episode_that_cannot_begin_is_lost(begin: Begin, task: str, why: str) -> None:
    with pytest.raises(RobotLost, match=why):
        begin(task)


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("dies", "status 3; the last it said: 'out of memory, or so'"),
        ("breaks", "TypeError: unhashable type"),
        ("hangs", "did not answer within 0.4 s"),
        ("overtaxed", "120 simulated steps.*too busy"),
    ],
)
def test_an_action_that_loses_the_process_says_nothing_of_the_system(begin: Begin, task: str, why: str) -> None:
    env = begin(task, limits=Limits(action_s=0.4 if task == "hangs" else 30.0))
    with pytest.raises(RobotLost, match=why):
        env.carry_out(carry((0.35, -0.3), (0.6, 0.1)), Silent())
    link = env._link
    assert link is not None and (task == "overtaxed" or link._process.returncode is not None)
    if task != "overtaxed":
        with pytest.raises(RobotLost):
            env.carry_out(carry((0.35, -0.3), (0.6, 0.1)), Silent())


def test_a_motion_that_no_machine_would_end_is_a_failure(begin: Begin) -> None:
    env = begin("stuck")
    outcome = env.carry_out(carry((0.35, -0.3), (0.6, 0.1)), Silent())
    assert outcome.status == "aborted" and "40000 simulated steps" in outcome.error
    assert env.verdict().failed and not env.verdict().success


def test_a_stop_ends_the_process_within_a_tick(begin: Begin) -> None:
    env = begin("hangs")
    began = time.monotonic()
    with pytest.raises(Aborted, match="stop was asked for"):
        env.carry_out(carry((0.35, -0.3), (0.6, 0.1)), Impatient())
    assert time.monotonic() - began < 20  # it would hang for ten minutes
    assert env._link is not None and env._link._process.returncode is not None
    assert env.look()["top"].truth is not None, "the last look stays"


# --- advice -----------------------------------------------------------------------------------------------------------


def test_a_person_is_told_what_is_missing(begin: Begin, tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"no VIMABench at .*git clone .*--vimabench"):
        begin(checkout=tmp_path)
    with pytest.raises(Mistake, match=r"no Python to run at .*--vimabench-python"):
        begin(python=tmp_path / "python9")
    (tmp_path / "not-python").write_text("#!/nowhere\n", encoding="utf-8")
    (tmp_path / "not-python").chmod(0o755)
    with pytest.raises(Mistake, match="can't be run as a Python"):
        begin(python=tmp_path / "not-python")
    (tmp_path / "vima_bench").mkdir()
    (tmp_path / "vima_bench" / "__init__.py").write_text("import gym_that_is_not_there", encoding="utf-8")
    with pytest.raises(Mistake, match=r"No module named 'gym_that_is_not_there'.*-m pip install gym==0.26.2"):
        begin(checkout=tmp_path)
    with pytest.raises(Mistake, match=r"lacks assets.*/nowhere/bowl.urdf"):
        begin("unloadable")


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(UnknownName, match="L1, L2, L3, L4"):
        VimaBenchEnv("rotate", "L9", checkout=DOUBLE)
    env = VimaBenchEnv("visual_manipulations", checkout=DOUBLE)
    with pytest.raises(UnknownName, match="did you mean 'visual_manipulation'"):
        env.reset(seed=0)


# --- the published one ------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.needs("vimabench")
@pytest.mark.parametrize(
    "task", ["visual_manipulation", "rotate", "sweep_without_exceeding", "pick_in_order_then_restore"]
)
def test_the_published_oracle_solves_its_tasks_through_our_actions(begin: Begin, task: str) -> None:
    python = os.environ.get("INSTRUCT2ACT_VIMABENCH_PYTHON")
    given = {"checkout": Path(os.environ["INSTRUCT2ACT_VIMABENCH"]), "python": Path(python) if python else None}
    env = begin(task, seed=3, **given)
    first = env.look()["front"]
    assert first.truth is not None and set(np.unique(first.truth.segmentation)) > {TABLE}
    env.reset(seed=3)
    assert np.array_equal(env.look()["front"].rgb, first.rgb)
    while (action := env.oracle_action()) is not None and env.steps_left:
        assert env.carry_out(action, Silent()).status == "done"
    assert env.verdict().success, env.verdict()
