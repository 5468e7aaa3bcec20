"""The table as a Gymnasium environment: one step is one primitive."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from sim import arm
from sim.cameras import CAMERAS, SIZE, STAGE, calibrated
from sim.goals import RULES, Goal, Rule
from sim.judging import Judge, Verdict, verdict
from sim.motion import FRAME_SIZE, execute
from sim.pictures import Studio
from sim.placement import WORKSPACE, NoRoom
from sim.saying import in_words
from sim.scene import Scene
from sim.situation import Situation, look_at
from sim.states import Snapshot
from sim.task import Recipe, TaskRecipe, find_task, streams
from sim.variation import Surroundings, find
from sim.window import FPS, Window
from sim.world import World
from skills.errors import Mistake, UnknownName
from skills.robots import Monitor, Silent
from skills.types import Action, Camera, Instruction, Moment, Outcome, Pose, View

Motion = Literal["fast", "arm"]

HOME = Pose(0.5, 0.0, 0.3)
"""Where the tool is before its first action."""

_LOW = np.array([*WORKSPACE.low[:2], -math.pi] * 2)
_HIGH = np.array([*WORKSPACE.high[:2], math.pi] * 2)
_MIDDLE, _HALF = (_LOW + _HIGH) / 2, (_HIGH - _LOW) / 2
_REACH = np.array([1.5, 1.5, 1.5, np.float32(math.pi)], dtype=np.float32)
"""Bounds of the tool's pose, which may end a motion a little outside the workspace."""
_FAR = 2000.0
"""Metres; the top and front cameras stand about a kilometre away."""
_ATTEMPTS = 40
_STAGE_SIZE = (480, 640)


@dataclass(frozen=True, eq=False)
class EnvSnapshot:
    """Everything that an episode's future depends on."""

    world: Snapshot
    judges: Mapping[Rule, Judge] | None
    history: tuple[Moment, ...]
    steps: int
    tool: Pose
    generators: tuple[Mapping[str, Any], Mapping[str, Any]]


class TabletopEnv(gymnasium.Env[dict[str, Any], npt.NDArray[np.float32]]):
    """A table with objects, an instruction and, for a task, a goal.

    Observation: ``{"pixels": {"top", "front"}, "agent_pos"}``: (H, W, 3) uint8 pictures, and (4,) float32 x, y, z
    (metres) and yaw (radians) of the tool; with ``depth`` also ``"depth"`` (H, W) float32 metres, with ``segmentation``
    also ``"segmentation"`` (H, W) int32 object ids, -1 elsewhere, by camera.

    Action: (6,) float32, two poses (x, y, yaw), each number in [-1, 1] over the workspace and a full turn: ``encode``
    makes one of poses in metres and radians, ``decode`` goes back. Suction picks at the first and places at the second,
    turning what it holds by the difference of the yaws; the spatula pushes from the first to the second. Values outside
    the space are clipped to it.

    Reward: the increase of the goal's progress, in [0, 1] over an episode. Terminates when the goal first holds at
    rest, or when something forbidden happened; truncates when the budget is used. A free scene has no goal: reward 0,
    no end but the budget's.

    Args:
        task: a task's name, or a recipe for other scenes.
        level: of a task; the first at which it is played when left out.
        motion: "fast" moves a free gripper, "arm" a six-axis arm.
        success_rule: which verdict counts; both are recorded.
        size: (height, width) of the pictures.
        variation: what is drawn otherwise than the seed says, by a name in ``sim.variation.VARIATIONS``.
        depth: also observe depth.
        segmentation: also observe object ids.
        render_mode: "rgb_array": ``render`` returns a picture. "human": a window shows the table and every motion.

    Raises:
        UnknownName: no such task, or not at that level.
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": FPS}  # noqa: RUF012

    def __init__(
        self,
        task: str | Recipe = "visual_manipulation",
        level: str | None = None,
        *,
        motion: Motion = "fast",
        success_rule: Rule = "inside",
        size: tuple[int, int] = SIZE,
        variation: str = "",
        depth: bool = False,
        segmentation: bool = False,
        render_mode: str | None = None,
    ) -> None:
        self.recipe: Recipe
        self.variation = find(variation)
        if isinstance(task, str):
            found = find_task(task, level)
            self.recipe = TaskRecipe(found, level or found.levels[0], self.variation)
        elif self.variation.of_objects:
            raise Mistake(f"{variation!r} changes what is on the table, which a task's scene can; this one is free")
        else:
            self.recipe = task
        self.task, self.level, self.tool = self.recipe.name, self.recipe.level, self.recipe.tool
        self.motion, self.success_rule, self.size = motion, success_rule, size
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise UnknownName("render mode", str(render_mode), self.metadata["render_modes"])
        self.render_mode = render_mode
        self._window = Window(f"{self.task} {self.level}".strip()) if render_mode == "human" else None
        self._max_episode_steps = self.recipe.budget
        self._more = tuple(name for name, wanted in (("depth", depth), ("segmentation", segmentation)) if wanted)
        self.world, self._studio, self.surroundings = World(), Studio(), Surroundings()
        self.observation_space = self._observation_space()
        self.action_space = spaces.Box(-1.0, 1.0, (6,), np.float32)
        self.scene: Scene | None = None
        self.instruction = Instruction("")
        self.goal: Goal | None = None
        self.judges: dict[Rule, Judge] | None = None
        self.history: list[Moment] = []
        self.steps = 0
        self.tool_pose = HOME
        self.speed = 1.0
        self.frame_camera, self.frame_size = STAGE, FRAME_SIZE
        self.generator = np.random.default_rng(0)

    def _observation_space(self) -> spaces.Dict:
        height, width = self.size
        pictures: dict[str, spaces.Space[Any]] = {
            "pixels": spaces.Box(0, 255, (height, width, 3), np.uint8),
            "depth": spaces.Box(0.0, _FAR, (height, width), np.float32),
            "segmentation": spaces.Box(-1, 2**31 - 1, (height, width), np.int32),
        }
        seen = {kind: spaces.Dict(dict.fromkeys(CAMERAS, pictures[kind])) for kind in ("pixels", *self._more)}
        return spaces.Dict({**seen, "agent_pos": spaces.Box(-_REACH, _REACH, dtype=np.float32)})

    # --- Gymnasium ----------------------------------------------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sets up the episode of a seed.

        Args:
            seed: names the episode for ever; drawn from the environment's own generator when left out.
            options: {"trial": n} names another run of the same episode: same scene, another ``generator``.
        """
        super().reset(seed=seed)
        episode = int(self.np_random.integers(2**31)) if seed is None else seed
        self._set_up(episode)
        trial = int((options or {}).get("trial", 0))
        self.generator = streams(f"{self.task} {self.level}", episode, trial)["trial"]
        self._show()
        return self._observation(), {**self._info(), "instruction": self.instruction}

    def _set_up(self, seed: int) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                draft = self.recipe.draft(seed, attempt, self._studio, self.size)
            except NoRoom:
                continue
            self.world.clear()
            if draft.scene.build(self.world):
                break
        else:
            raise Mistake(
                f"{self.task} {self.level} seed {seed}: the things do not fit on the table in {_ATTEMPTS} attempts; "
                "name fewer or smaller ones"
            )
        self.world.events()
        around = streams(f"{self.task} {self.level}", seed)["variation"]
        self.surroundings = Surroundings.draw(self.variation, around)
        self.world.look = self.surroundings.look
        self.scene, self.instruction, self.goal = draft.scene, draft.instruction, draft.goal
        self.steps, self.tool_pose = 0, HOME
        start = self.situation()
        self.judges = None if self.goal is None else {rule: Judge(self.goal, start, rule) for rule in RULES}
        self.history = [Moment(None, start.states())]

    def step(self, action: npt.NDArray[np.float32]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Carries one primitive out."""
        before = self._progress()
        self.carry_out(self.decode(action), self._window or Silent())
        self._show()
        judge = self._judge()
        terminated = judge is not None and (judge.success or judge.failed)
        truncated = not terminated and self.steps_left == 0
        return self._observation(), self._progress() - before, terminated, truncated, self._info()

    def render(self) -> npt.NDArray[np.uint8] | None:
        """A perspective picture of the table, (480, 640, 3) uint8, as "rgb_array"; "human" shows it by itself."""
        return self.world.render(STAGE, size=_STAGE_SIZE).rgb if self.render_mode == "rgb_array" else None

    def portrait(self) -> npt.NDArray[np.uint8]:
        """The table with the arm where it is, as a motion's frames show it: (*frame_size, 3) uint8."""
        joints = None if self.motion == "fast" else arm.HOME if self.world.joints is None else self.world.joints
        shown = arm.props(joints, self.tool, self.tool_pose if joints is None else arm.tip(joints))
        return self.world.render(self.frame_camera, size=self.frame_size, props=shown).rgb

    def _show(self) -> None:
        if self._window is not None and self._window.works:
            self._window.show(self.world.render(STAGE, size=_STAGE_SIZE).rgb)

    def close(self) -> None:
        """Gives the engine back; closing twice is fine."""
        if self._window is not None:
            self._window.close()
        self.world.close()
        self._studio.close()

    # --- what programs, oracle and robot use --------------------------------------------------------------------------

    @property
    def task_description(self) -> str:
        """The instruction in words alone: pictured things are named, a pictured scene is called "the picture"."""
        return in_words(self.instruction, self.name_of)

    @property
    def steps_left(self) -> int:
        """Actions that the budget still allows."""
        return max(0, self._max_episode_steps - self.steps)

    def name_of(self, id: int) -> str:
        """What a person calls an object: "red heart"."""
        placed = self.world.objects[id]
        return f"{placed.texture.name} {placed.name}"

    def inventory(self) -> list[str]:
        """What is on the table, "red heart", in the order of ids."""
        return [self.name_of(id) for id in self.world.objects]

    def situation(self) -> Situation:
        """What a goal judges, now."""
        return look_at(self.world)

    def verdict(self) -> Verdict | None:
        """The verdict as things stand, by the success rule; None in a free scene."""
        return None if self.judges is None else verdict(self.judges, self.success_rule, self.situation())

    def carry_out(self, action: Action, monitor: Monitor) -> Outcome:
        """Carries one primitive out, unless the budget is used or it leaves the workspace (then it is ``rejected``).

        Raises:
            Aborted: the monitor said so; the action counts as used, and history and judges know how things stand.
        """
        problem = self._problem(action)
        if problem:
            return Outcome(action, "rejected", self.tool_pose, error=problem)
        self.steps += 1
        try:
            outcome = execute(
                self.world,
                action,
                monitor,
                mode=self.motion,
                speed=self.speed,
                camera=self.frame_camera,
                frame_size=self.frame_size,
            )
            self.tool_pose = outcome.end or self.tool_pose
        finally:
            events = tuple(self.world.events())
            now = look_at(self.world, events)
            self.history.append(Moment(action, now.states(), events))
            for judge in (self.judges or {}).values():
                judge.update(now)
        return outcome

    def _problem(self, action: Action) -> str:
        if not self.steps_left:
            return f"the budget of {self._max_episode_steps} actions is used"
        for name, pose in (("start", action.start), ("end", action.end)):
            if not WORKSPACE.holds(pose):
                (x0, y0, z0), (x1, y1, z1) = WORKSPACE.low, WORKSPACE.high
                return (
                    f"{name} ({pose.x:.3f}, {pose.y:.3f}, {pose.z:.3f}) m lies outside the workspace "
                    f"x {x0:.2f}..{x1:.2f}, y {y0:.2f}..{y1:.2f}, z {z0:.2f}..{z1:.2f} m"
                )
        return ""

    def decode(self, action: npt.ArrayLike) -> Action:
        """An action vector as a primitive of the task's tool; values outside the action space are clipped to it."""
        asked = np.asarray(action, dtype=np.float64).reshape(6)
        values = np.clip(asked, -1.0, 1.0)
        poses = np.clip(_MIDDLE + _HALF * values, _LOW, _HIGH).reshape(2, 3)
        start, end = (Pose(float(x), float(y), 0.0, float(yaw)) for x, y, yaw in poses)
        primitive: Literal["pick_place", "push"] = "pick_place" if self.tool == "suction" else "push"
        return Action(primitive, start, end, self.tool, clipped=bool(np.abs(values - asked).max() > 1e-6))

    def encode(self, action: Action) -> npt.NDArray[np.float32]:
        """The action vector of a primitive, (6,) float32; the inverse of ``decode`` but for heights."""
        poses = [(pose.x, pose.y, _wrap(pose.yaw)) for pose in (action.start, action.end)]
        return np.array((np.ravel(poses) - _MIDDLE) / _HALF, dtype=np.float32)

    def look(self, depth: bool = True, segmentation: bool = True) -> dict[str, View]:
        """A view of every camera."""
        around, steps = self.surroundings, self.world.steps
        return {
            name: around.sensed(self.world.render(spec, depth=depth, segmentation=segmentation, size=self.size), steps)
            for name, spec in around.cameras.items()
        }

    def camera(self, name: str) -> Camera:
        """A calibrated camera of this episode."""
        return calibrated(self.surroundings.cameras[name], self.size)

    def snapshot(self) -> EnvSnapshot:
        """Everything that the future depends on; take it between actions, at rest, with nothing held."""
        judges = None if self.judges is None else {rule: judge.copy() for rule, judge in self.judges.items()}
        generators = (self.np_random.bit_generator.state, self.generator.bit_generator.state)
        return EnvSnapshot(self.world.snapshot(), judges, tuple(self.history), self.steps, self.tool_pose, generators)

    def restore(self, snapshot: EnvSnapshot) -> None:
        """Back to a snapshot of the same episode."""
        self.world.restore(snapshot.world)
        self.judges = None if snapshot.judges is None else {rule: j.copy() for rule, j in snapshot.judges.items()}
        self.history, self.steps, self.tool_pose = list(snapshot.history), snapshot.steps, snapshot.tool
        self.np_random.bit_generator.state, self.generator.bit_generator.state = snapshot.generators

    # --- inside -------------------------------------------------------------------------------------------------------

    def _judge(self) -> Judge | None:
        return None if self.judges is None else self.judges[self.success_rule]

    def _progress(self) -> float:
        judge = self._judge()
        return 0.0 if judge is None else judge.progress

    def _observation(self) -> dict[str, Any]:
        views = self.look("depth" in self._more, "segmentation" in self._more)
        seen: dict[str, Any] = {"pixels": {name: view.rgb for name, view in views.items()}}
        if "depth" in self._more:
            seen["depth"] = {name: view.depth_m for name, view in views.items()}
        if "segmentation" in self._more:
            seen["segmentation"] = {name: view.truth.segmentation for name, view in views.items() if view.truth}
        at = np.array([self.tool_pose.x, self.tool_pose.y, self.tool_pose.z, _wrap(self.tool_pose.yaw)])
        return {**seen, "agent_pos": np.clip(at, -_REACH, _REACH).astype(np.float32)}

    def _info(self) -> dict[str, Any]:
        judge = self._judge()
        if judge is None:
            return {"is_success": False, "progress": 0.0, "failed": ""}
        return {"is_success": judge.success, "progress": judge.progress, "failed": judge.reason}


def _wrap(yaw: float) -> float:
    """Into [-pi, pi)."""
    return (yaw + math.pi) % (2 * math.pi) - math.pi
