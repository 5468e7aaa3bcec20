"""How an action is carried out on the simulated table: every phase simulated, nothing read off the truth but contacts.

Two modes share everything but the way between poses. ``fast`` has a free tool that starts above the pick and moves
along straight lines; ``arm`` moves the six joints of ``sim.arm`` and is drawn. Budgets count simulated steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from sim import arm
from sim.cameras import STAGE, CameraSpec
from sim.measured import STEP_S, WATCH_STEPS
from sim.world import World
from skills.robots import Monitor
from skills.types import TABLE, Action, Event, Outcome, Pose, Status, Tool

Mode = Literal["fast", "arm"]

HOVER = 0.32
"""Height at which the tool crosses the table, metres (VIMABench)."""

BUDGET = 6000
"""Simulated steps that a motion may take, 25 s; an ordinary one takes some 400."""

FRAME_SIZE = (270, 360)
"""(height, width) of a monitor's frames."""

BLADE = (0.006, 0.05, 0.05)
"""The spatula's blade: thickness along the motion, width, height, metres."""

# Metres a step at full speed.
_TRAVEL, _CARRY, _FEEL, _PUSH = 0.01, 0.005, 0.0006, 0.001
_YAW_STEP = 0.04
_TOUCH = 2e-4
_LOST = 0.02
_BLADE_Z = 0.003
_CLEAR = 0.0025


class _Failed(Exception):
    """A motion that ends before its end, and how it is to be reported."""

    def __init__(self, status: Status, why: str) -> None:
        super().__init__(why)
        self.status: Status = status


def execute(
    world: World,
    action: Action,
    monitor: Monitor,
    mode: Mode = "fast",
    *,
    speed: float = 1.0,
    camera: CameraSpec = STAGE,
    frame_size: tuple[int, int] = FRAME_SIZE,
    budget: int = BUDGET,
) -> Outcome:
    """Carries one action out and waits until everything rests.

    ``pick_place``: the tool goes down at ``start`` until its tip touches something, holds it if it is movable, and
    carries it so that the point it holds comes to ``end``, turned by ``end.yaw - start.yaw``; it lowers it until it
    touches something and lets go. ``push``: the blade is set down at ``start``, across the motion, and moves on to
    ``end``.

    Args:
        world: where.
        action: what; both poses in the base frame.
        monitor: ticked every 50 ms of simulated time, with a frame when it wants one.
        mode: "fast" or "arm".
        speed: fraction of full speed, (0, 1].
        camera: where frames are seen from.
        frame_size: (height, width) of frames.
        budget: simulated steps after which the motion is given up.

    Returns:
        What became of it. ``end`` is the tool's pose when it let go.

    Raises:
        Aborted: the monitor stopped the motion; what was held was let go, and the world is at rest.
    """
    motion = _Motion(world, action.tool, monitor, mode, speed, camera, frame_size, budget)
    carry_out = {"pick_place": _pick_place, "push": _push}[action.primitive]
    first = world.steps
    world.watchers.append(motion.tick)
    status: Status = "done"
    error = ""
    end: Pose | None = None
    rested = False
    try:
        _check(action)
        end = carry_out(motion, action)
        rested = motion.finish()
    except _Failed as failure:
        status, error = failure.status, str(failure)
    finally:
        world.watchers.remove(motion.tick)
        if world.held is not None:
            world.report(Event("dropped", world.held))
        world.put_tool_away()
        rested = rested or world.settle()
    if status == "done" and not rested:
        status, error = "unknown", "things were still moving 8 s after the tool let go"
    return Outcome(action, status, end, False, error, (world.steps - first) * STEP_S)


def pick_place(world: World, action: Action, monitor: Monitor, mode: Mode = "fast") -> Outcome:
    """``execute`` at full speed, for an action that picks and places."""
    return execute(world, replace(action, primitive="pick_place"), monitor, mode)


def push(world: World, action: Action, monitor: Monitor, mode: Mode = "fast") -> Outcome:
    """``execute`` at full speed, for an action that pushes."""
    return execute(world, replace(action, primitive="push", tool="spatula"), monitor, mode)


def _check(action: Action) -> None:
    numbers = [v for pose in (action.start, action.end) for v in (pose.x, pose.y, pose.z, pose.yaw)]
    if not np.isfinite(numbers).all():
        raise _Failed("rejected", f"a pose is not finite: start {action.start}, end {action.end}")
    if action.primitive == "push" and np.hypot(action.end.x - action.start.x, action.end.y - action.start.y) < 1e-3:
        raise _Failed("rejected", "a push needs two different points; start and end are less than 1 mm apart")
    needed = "suction" if action.primitive == "pick_place" else "spatula"
    if action.tool != needed:
        raise _Failed("rejected", f"{action.primitive} needs the {needed}, and the tool on the arm is {action.tool}")


def _pick_place(motion: _Motion, action: Action) -> Pose:
    world, start, end = motion.world, action.start, action.end
    motion.phase = "approach"
    motion.travel(replace(start, z=HOVER))
    motion.phase = "pick"
    met = motion.feel(lambda low: world.probe(start.x, start.y, motion.at.z, low))
    if met is None or met == TABLE:
        raise _Failed("missed", f"nothing to pick at ({start.x:.3f}, {start.y:.3f}) m: the tip met the table")
    if world.objects[met].fixed:
        name = world.objects[met].name
        raise _Failed("missed", f"at ({start.x:.3f}, {start.y:.3f}) m the tip met the {name}, which can't be moved")
    world.grip(met, motion.at)
    depth = motion.at.z - world.height(met)[0]
    motion.phase = "lift"
    motion.travel(replace(motion.at, z=HOVER), _CARRY)
    motion.phase = "carry"
    turn = float((end.yaw - start.yaw + np.pi) % (2 * np.pi) - np.pi)
    motion.travel(Pose(end.x, end.y, HOVER, start.yaw + turn), _CARRY)
    motion.phase = "place"
    motion.travel(replace(motion.at, z=min(HOVER, motion.top_near(met) + depth + 0.004)), _CARRY)
    motion.lower(depth)
    motion.phase = "release"
    world.put_tool_away()
    return motion.at


def _push(motion: _Motion, action: Action) -> Pose:
    world, start, end = motion.world, action.start, action.end
    yaw = float(np.arctan2(end.y - start.y, end.x - start.x))
    motion.phase = "approach"
    motion.travel(Pose(start.x, start.y, HOVER, yaw))
    world.lower_blade(motion.at, BLADE)
    motion.phase = "lower"
    motion.travel(replace(motion.at, z=min(HOVER, motion.top_near(None) + _BLADE_Z)), _CARRY)
    if motion.lower(-_BLADE_Z):
        raise _Failed(
            "aborted", f"the blade came down on something at ({start.x:.3f}, {start.y:.3f}) m; start beside it"
        )
    motion.phase = "push"
    motion.travel(Pose(end.x, end.y, motion.at.z, yaw), _PUSH, straight=True)
    reached = motion.at
    motion.phase = "lift"
    motion.travel(replace(motion.at, z=HOVER), _CARRY)
    world.put_tool_away()
    return reached


class _Motion:
    """Where the tool is, and how it gets elsewhere."""

    def __init__(
        self,
        world: World,
        tool: Tool,
        monitor: Monitor,
        mode: Mode,
        speed: float,
        camera: CameraSpec,
        frame_size: tuple[int, int],
        budget: int,
    ) -> None:
        self.world, self.tool, self.monitor, self.mode = world, tool, monitor, mode
        self.speed, self.camera, self.frame_size = speed, camera, frame_size
        self.phase = "start"
        self._last = world.steps + budget
        self._joints = None if mode == "fast" else (arm.HOME if world.joints is None else world.joints)
        self._placed = self._joints is not None
        self.at = arm.tip(self._joints) if self._joints is not None else Pose(0, 0, HOVER)

    def tick(self) -> None:
        """Tells the monitor, at most 50 ms after the last time."""
        frame = None
        if self.monitor.wants_frame():
            shown = arm.props(self._joints, self.tool, self.at)
            frame = self.world.render(self.camera, size=self.frame_size, props=shown).rgb
        self.monitor.tick(self.phase, frame)

    def _step(self, to: Pose) -> None:
        self._within_budget(1)
        self.at = to
        lag = self.world.drive(to)
        if lag > _LOST and self.world.held is not None:
            name = self.world.objects[self.world.held].name
            raise _Failed("aborted", f"the {name} was lost in phase {self.phase!r}: something solid is in its way")

    def _within_budget(self, steps: int) -> None:
        if self.world.steps + steps > self._last:
            raise _Failed("aborted", f"the motion was given up in phase {self.phase!r}: it used its budget of steps")

    def travel(self, to: Pose, stride: float = _TRAVEL, straight: bool = False) -> None:
        """Goes to a pose: along a straight line, or with the arm, by its joints."""
        if self._joints is None and not self._placed:
            # The free tool comes from nowhere: it begins where it is wanted first.
            self.at, self._placed = to, True
            return
        level = abs(to.x - self.at.x) + abs(to.y - self.at.y) < 1e-9
        if self._joints is not None and not straight and not level:
            self._swing(to)
            return
        begin, gone = self.at, np.array([to.x - self.at.x, to.y - self.at.y, to.z - self.at.z, to.yaw - self.at.yaw])
        strides = max(float(np.linalg.norm(gone[:3])) / stride, abs(float(gone[3])) / _YAW_STEP)
        count = int(np.ceil(strides / self.speed))
        shares = np.arange(1, count + 1)[:, None] / count
        way = np.array([begin.x, begin.y, begin.z, begin.yaw]) + gone * shares
        self._follow([Pose(*at) for at in way.tolist()], level)

    def _follow(self, poses: Sequence[Pose], upright: bool) -> None:
        """Goes along poses, one a step. The free tool glides, unsimulated, where it is too high to meet anything."""
        high = self._high(poses, upright)
        k = 0
        while k < len(poses):
            if high[k] and self.world.unhindered():
                free = next((n for n in range(k, len(poses)) if not high[n]), len(poses))
                self._glide(poses[k:free])
                k = free
            else:
                self._reach(poses[k])
                k += 1

    def _high(self, poses: Sequence[Pose], upright: bool) -> list[bool]:
        """Whether what hangs on the free tool is above everything that it may meet, at each pose."""
        held = self.world.held
        if self._joints is not None or (held is None and self.tool == "suction"):
            return [False] * len(poses)
        depth = 0.0 if held is None else self.at.z - self.world.height(held)[0]
        # Straight up or down it stays away from what is beside it.
        others = [self.world.height(id)[1] for id in self.world.objects if id != held and not upright]
        ceiling = self.top_near(held) if upright else max(others, default=0.0)
        return [pose.z - depth > ceiling + _CLEAR for pose in poses]

    def _glide(self, poses: Sequence[Pose]) -> None:
        """Goes along poses on which nothing is met; takes as much time as simulating them would."""
        while poses:
            count = min(len(poses), WATCH_STEPS - self.world.steps % WATCH_STEPS)
            self._within_budget(count)
            self.at, poses = poses[count - 1], poses[count:]
            self.world.glide(self.at, count)

    def _reach(self, to: Pose) -> None:
        if self._joints is not None:
            self._joints = self._solve(to)
        self._step(to)

    def _swing(self, to: Pose) -> None:
        begin, goal = self._joints, self._solve(to)
        assert begin is not None
        # The last joint turns without end; the short way keeps a held object's yaw as asked, give or take full turns.
        way = goal - begin
        way[[0, 5]] = (way[[0, 5]] + np.pi) % (2 * np.pi) - np.pi
        count = max(1, int(np.ceil(np.abs(way).max() / (arm.JOINT_SPEED * STEP_S * self.speed))))
        for k in range(1, count + 1):
            self._joints = begin + way * (k / count)
            self._step(arm.tip(self._joints))
        self._joints, self.at = goal, to

    def _solve(self, to: Pose) -> arm.Joints:
        joints = arm.inverse(to)
        if joints is None:
            raise _Failed("rejected", f"the arm can't reach ({to.x:.3f}, {to.y:.3f}, {to.z:.3f}) m")
        return joints

    def feel(self, probe: Callable[[float], tuple[float, int] | None]) -> int | None:
        """Goes down until the tip touches something; its id."""
        clear = max((self.world.height(id)[1] for id in self.world.objects), default=0.0) + 0.01
        still = self._joints is None and self.world.unhindered()
        while self.at.z > -0.01:
            stride = (_TRAVEL if self.at.z > clear else 4 * _FEEL) * self.speed
            met = probe(self.at.z - stride)
            to = replace(self.at, z=self.at.z - stride if met is None else met[0])
            if still:
                self._glide([to])
            else:
                self._reach(to)
            if met is not None:
                return met[1]
        return None

    def lower(self, depth: float) -> bool:
        """Goes down until what hangs on the tool, ``depth`` below it, touches something; False if nothing did."""
        self._sink(depth)
        while self.at.z > depth - 0.002 if depth > 0 else self.at.z > -depth:
            gap = self.world.gap()
            if gap <= _TOUCH:
                return True
            stride = min(_FEEL * self.speed, max(gap / 2, _TOUCH / 2))
            self._reach(replace(self.at, z=max(self.at.z - stride, -depth if depth < 0 else -1.0)))
        return False

    def _sink(self, depth: float) -> None:
        """The free tool glides down to where feeling the way has to begin."""
        stride = _FEEL * self.speed
        while self._joints is None and self.world.unhindered():
            room = min(self.world.clearance(0.1) - _CLEAR, self.at.z - abs(depth))
            if room < 2 * stride:
                return
            top = self.at.z
            self._glide([replace(self.at, z=top - k * stride) for k in range(1, int(room / stride) + 1)])

    def top_near(self, held: int | None) -> float:
        """Height of the highest thing that what hangs on the tool may meet on its way down."""
        reach = BLADE[1] if held is None else float(np.hypot(*self.world.objects[held].size[:2]))
        tops = [0.0]
        for id, placed in self.world.objects.items():
            if id != held and not placed.shape.flat:
                x, y, _ = self.world.center_of_mass(id)
                if np.hypot(x - self.at.x, y - self.at.y) < reach + 0.5 * float(np.hypot(*placed.size[:2])) + 0.05:
                    tops.append(self.world.height(id)[1])
        return max(tops)

    def finish(self) -> bool:
        """Leaves, and waits for rest; whether it came."""
        if self._joints is not None:
            self.travel(replace(self.at, z=HOVER))
            self.world.joints = self._joints
        return self.world.settle()
