"""Actions: things come to where they were sent, whatever is held and wherever; what fails says why and leaves order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from sim import arm
from sim.measured import STEP_S
from sim.motion import FRAME_SIZE, Mode, execute, pick_place, push
from sim.objects import DRAGGABLE, SHAPES
from sim.polygons import rotated
from sim.textures import TEXTURES
from sim.world import World
from skills.errors import Aborted
from skills.robots import Silent
from skills.types import Action, Pose, UInt8

MODES: tuple[Mode, ...] = ("fast", "arm")
RED, BLUE = TEXTURES["red"], TEXTURES["blue"]


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def world(shared: World) -> World:
    shared.clear()
    shared.events()
    return shared


class Watching:
    """Keeps every tick; stops the motion after ``limit`` of them."""

    def __init__(self, world: World, frames: bool = False, limit: int = 10**9) -> None:
        self.world, self.frames, self.limit = world, frames, limit
        self.phases: list[str] = []
        self.steps: list[int] = []
        self.seen: list[UInt8] = []

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        self.phases.append(phase)
        self.steps.append(self.world.steps)
        if frame is not None:
            self.seen.append(frame)
        if len(self.phases) >= self.limit:
            raise Aborted("enough")

    def wants_frame(self) -> bool:
        return self.frames and len(self.phases) % 8 == 0


def point_on(world: World, id: int, local: tuple[float, float]) -> tuple[float, float]:
    pose = world.pose(id)
    x, y = rotated([local], pose.yaw)[0] + (pose.x, pose.y)
    return float(x), float(y)


def turned(first: float, second: float) -> float:
    return float(np.angle(np.exp(1j * (second - first))))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [*DRAGGABLE, "pan"])
def test_the_point_picked_comes_to_the_end_pose(world: World, name: str, mode: Mode) -> None:
    shape = SHAPES[name]
    # The pan by the end of its handle: nothing may swing.
    hold = (0.17, 0.0) if name == "pan" else shape.grasp
    rng = np.random.default_rng(len(name))
    id = world.add(shape, RED, Pose(0.5, -0.2, 0.0, rng.uniform(-3, 3)))
    world.settle()
    before = world.pose(id)
    turn = float(rng.uniform(-3, 3))
    end = Pose(0.45, 0.2, 0.0, 1.0 + turn)
    outcome = pick_place(world, Action("pick_place", Pose(*point_on(world, id, hold), 0.0, 1.0), end), Silent(), mode)
    assert (outcome.status, outcome.error, outcome.holding) == ("done", "", False)
    assert outcome.end is not None
    np.testing.assert_allclose([outcome.end.x, outcome.end.y], [0.45, 0.2], atol=1e-6)
    x, y = point_on(world, id, hold)
    assert np.hypot(x - 0.45, y - 0.2) < 1e-3
    assert abs(np.degrees(turned(before.yaw + turn, world.pose(id).yaw))) < 1
    assert world.height(id)[0] == pytest.approx(0.0, abs=1e-3)
    assert world.at_rest()


@pytest.mark.parametrize("mode", MODES)
def test_stacking_releases_on_contact(world: World, mode: Mode) -> None:
    low = world.add(SHAPES["block"], RED, Pose(0.5, -0.2))
    high = world.add(SHAPES["block"], BLUE, Pose(0.5, 0.2))
    world.settle()
    pick_place(world, Action("pick_place", Pose(0.5, 0.2), Pose(0.5, -0.2)), Silent(), mode)
    assert world.state(high).on == low
    assert world.pose(high).z == pytest.approx(0.07, abs=1e-3)


@pytest.mark.parametrize("mode", MODES)
def test_nothing_to_pick_is_missed(world: World, mode: Mode) -> None:
    world.add(SHAPES["ring"], RED, Pose(0.5, -0.2))
    world.add(SHAPES["bowl"], RED, Pose(0.5, 0.2), fixed=True)
    world.settle()
    for x, y, why in ((0.4, 0.0, "the table"), (0.5, -0.2, "the table"), (0.5, 0.2, "bowl, which can't be moved")):
        outcome = execute(world, Action("pick_place", Pose(x, y), Pose(0.6, 0.0)), Silent(), mode)
        assert outcome.status == "missed"
        assert why in outcome.error


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (Action("pick_place", Pose(float("nan"), 0.0), Pose(0.5, 0.0)), "not finite"),
        (Action("push", Pose(0.5, 0.0), Pose(0.5, 0.0), "spatula"), "two different points"),
        (Action("push", Pose(0.5, 0.0), Pose(0.6, 0.0), "suction"), "needs the spatula"),
        (Action("pick_place", Pose(0.5, 0.0), Pose(0.6, 0.0), "spatula"), "needs the suction"),
    ],
)
def test_impossible_actions_are_rejected_before_anything_moves(world: World, action: Action, why: str) -> None:
    world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    world.settle()
    before = world.pose(0)
    outcome = execute(world, action, Silent())
    assert outcome.status == "rejected"
    assert why in outcome.error
    assert world.pose(0).x == pytest.approx(before.x, abs=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_a_push_moves_what_is_in_its_way(world: World, mode: Mode) -> None:
    swept = world.add(SHAPES["small block"], RED, Pose(0.45, 0.1))
    other = world.add(SHAPES["small block"], BLUE, Pose(0.45, -0.2))
    world.settle()
    before = world.pose(other)
    outcome = push(world, Action("push", Pose(0.4, 0.1), Pose(0.6, 0.1), "spatula"), Silent(), mode)
    assert outcome.status == "done"
    assert outcome.end is not None and outcome.end.x == pytest.approx(0.6)
    # The blade's half thickness and the block's half side ahead of the end.
    assert world.pose(swept).x == pytest.approx(0.618, abs=0.008)
    assert world.pose(swept).y == pytest.approx(0.1, abs=0.01)
    assert world.pose(other).x == pytest.approx(before.x, abs=1e-4)


def test_a_push_does_not_begin_on_top_of_something(world: World) -> None:
    block = world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    world.settle()
    outcome = push(world, Action("push", Pose(0.5, 0.0), Pose(0.6, 0.0), "spatula"), Silent())
    assert outcome.status == "aborted"
    assert "came down on something" in outcome.error
    assert world.pose(block).x == pytest.approx(0.5, abs=2e-3)


@pytest.mark.parametrize("mode", MODES)
def test_the_monitor_hears_of_every_fiftieth_of_a_second(world: World, mode: Mode) -> None:
    world.add(SHAPES["heart"], RED, Pose(0.4, -0.2))
    world.settle()
    x, y = point_on(world, 0, SHAPES["heart"].grasp)
    monitor = Watching(world, frames=True)
    first = world.steps
    outcome = execute(world, Action("pick_place", Pose(x, y), Pose(0.6, 0.2)), monitor, mode)
    gaps = np.diff([first, *monitor.steps, world.steps]) * STEP_S
    assert gaps.max() <= 0.05 + 1e-9
    assert list(dict.fromkeys(monitor.phases))[-4:] == ["lift", "carry", "place", "release"]
    assert outcome.seconds == pytest.approx((world.steps - first) * STEP_S)
    assert all(frame.shape == (*FRAME_SIZE, 3) for frame in monitor.seen)
    assert len(monitor.seen) >= 3
    assert (monitor.seen[0] != monitor.seen[-1]).any()


def carried(
    world: World, monkeypatch: pytest.MonkeyPatch, *, glides: bool, on_top: bool
) -> tuple[list[Pose], float, int]:
    """A ring is put into a bowl over a neighbour: where things end, simulated seconds, steps that the engine made."""
    world.clear()
    ring = world.add(SHAPES["ring"], RED, Pose(0.4, -0.3))
    world.add(SHAPES["bowl"], BLUE, Pose(0.55, 0.25), fixed=True)
    world.add(SHAPES["block"], BLUE, Pose(0.5, 0.0))
    if on_top:
        world.add(SHAPES["small block"], BLUE, Pose(0.4, -0.262, world.height(ring)[1] + 0.001))
    world.settle()
    made = 0

    def step(n: int = 1) -> None:
        nonlocal made
        made += n
        World.step(world, n)

    x, y = point_on(world, ring, SHAPES["ring"].grasp)
    with monkeypatch.context() as patch:
        patch.setattr(world, "step", step)
        patch.setattr(world._hook, "_step", step)
        if not glides:
            patch.setattr(world, "unhindered", lambda: False)
        outcome = pick_place(world, Action("pick_place", Pose(x, y), Pose(0.55, 0.25, 0.0, 0.5)), Silent())
    assert outcome.status == "done"
    return [world.pose(id) for id in world.objects], outcome.seconds, made


def test_gliding_ends_where_simulating_does_with_a_third_of_the_steps(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated, seconds, all_steps = carried(world, monkeypatch, glides=False, on_top=False)
    glided, same_seconds, steps = carried(world, monkeypatch, glides=True, on_top=False)
    for one, other in zip(simulated, glided):
        assert np.hypot(one.x - other.x, one.y - other.y) < 5e-4 and abs(turned(one.yaw, other.yaw)) < 0.01
    assert same_seconds == pytest.approx(seconds, abs=0.1) and steps < 0.4 * all_steps


def test_nothing_glides_while_something_else_moves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    simulated, _, _ = carried(world, monkeypatch, glides=False, on_top=True)
    glided, _, steps = carried(world, monkeypatch, glides=True, on_top=True)
    # What lay on the ring is thrown up when the lift ends, and falls back on the table meanwhile.
    assert simulated[3].z < 0.01 and np.hypot(glided[3].x - simulated[3].x, glided[3].y - simulated[3].y) < 0.01
    assert steps > 1.3 * carried(world, monkeypatch, glides=True, on_top=False)[2]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("limit", [1, 6, 12, 20])
def test_aborting_lets_go_and_leaves_a_world_at_rest(world: World, mode: Mode, limit: int) -> None:
    world.add(SHAPES["heart"], RED, Pose(0.4, -0.2))
    world.settle()
    x, y = point_on(world, 0, SHAPES["heart"].grasp)
    action = Action("pick_place", Pose(x, y), Pose(0.6, 0.2))
    with pytest.raises(Aborted):
        execute(world, action, Watching(world, limit=limit), mode)
    assert world.held is None and not world.watchers
    assert world.at_rest()
    assert world.height(0)[0] == pytest.approx(0.0, abs=2e-3)
    x, y = point_on(world, 0, SHAPES["heart"].grasp)
    assert execute(world, Action("pick_place", Pose(x, y), Pose(0.6, 0.2)), Silent(), mode).status == "done"


def test_a_budget_of_steps_ends_a_motion(world: World) -> None:
    world.add(SHAPES["block"], RED, Pose(0.4, -0.2))
    world.settle()
    outcome = execute(world, Action("pick_place", Pose(0.4, -0.2), Pose(0.6, 0.2)), Silent(), budget=120)
    assert outcome.status == "aborted"
    assert "budget" in outcome.error
    assert [event.kind for event in world.events()] == ["dropped"]
    assert world.at_rest() and world.held is None


def test_speed_changes_seconds_and_not_the_result(world: World) -> None:
    ends, seconds = [], []
    for speed in (1.0, 0.25):
        world.clear()
        world.add(SHAPES["block"], RED, Pose(0.4, -0.2))
        world.settle()
        outcome = execute(world, Action("pick_place", Pose(0.4, -0.2), Pose(0.6, 0.2)), Silent(), speed=speed)
        ends.append((world.pose(0).x, world.pose(0).y))
        seconds.append(outcome.seconds)
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-3)
    assert seconds[1] > 2 * seconds[0]


def test_an_action_repeats_to_the_bit_after_a_snapshot(world: World) -> None:
    for mode in MODES:
        world.clear()
        world.add(SHAPES["bowl"], RED, Pose(0.5, 0.2), fixed=True)
        world.add(SHAPES["letter G"], BLUE, Pose(0.4, -0.2))
        world.settle()
        kept = world.snapshot()
        results = []
        for _ in range(2):
            x, y = point_on(world, 1, SHAPES["letter G"].grasp)
            execute(world, Action("pick_place", Pose(x, y), Pose(0.5, 0.2, 0.0, 1.0)), Silent(), mode)
            results.append((repr(vars(world.body(1))), world.steps))
            world.restore(kept)
        assert results[0] == results[1]


def test_snapshots_need_an_empty_tool(world: World) -> None:
    id = world.add(SHAPES["block"], RED, Pose(0.5, 0.0))
    world.grip(id, Pose(0.5, 0.0, 0.07))
    with pytest.raises(ValueError, match="between actions"):
        world.snapshot()
    world.put_tool_away()
    world.snapshot()


def test_inverse_kinematics_is_the_forward_ones() -> None:
    rng = np.random.default_rng(0)
    corners = [(x, y, z) for x in (0.25, 0.75) for y in (-0.5, 0.5) for z in (0.0, 0.33)]
    places = [*corners, *rng.uniform((0.25, -0.5, 0.0), (0.75, 0.5, 0.33), (300, 3)).tolist()]
    for x, y, z in places:
        yaw = float(rng.uniform(-3, 3))
        joints = arm.inverse(Pose(x, y, z, yaw))
        assert joints is not None and (np.abs(joints) <= arm.LIMITS).all()
        tip = arm.tip(joints)
        np.testing.assert_allclose([tip.x, tip.y, tip.z, turned(yaw, tip.yaw)], [x, y, z, 0.0], atol=1e-9)
        down = arm.forward(joints)[-1][:3, 2]
        np.testing.assert_allclose(down, [0, 0, 1], atol=1e-9)
    assert arm.inverse(Pose(2.0, 0.0, 0.1)) is None


def test_the_arm_keeps_above_the_table_on_its_way(world: World) -> None:
    world.add(SHAPES["block"], RED, Pose(0.3, -0.45))
    world.settle()
    lowest: list[float] = []

    class Low(Silent):
        def tick(self, phase: str, frame: UInt8 | None = None) -> None:
            if phase == "carry":
                lowest.append(world.height(0)[0])

    outcome = execute(world, Action("pick_place", Pose(0.3, -0.45), Pose(0.7, 0.45)), Low(), "arm")
    assert outcome.status == "done"
    assert min(lowest) > 0.2
