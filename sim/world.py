"""The table and what lies on it: the one file that imports pybullet.

Objects have ids of our own, which count from 0 in the order of adding; the engine's never leave this file. Every call
carries the client it is meant for, so that several worlds live in one process without disturbing each other. Nothing
here reads a clock: time is counted in simulated steps, and the same calls give the same numbers to the last bit.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.cameras import SIZE, CameraSpec
from sim.meshes import Hull
from sim.objects import Shape
from sim.polygons import Outline, Polygon, contains
from sim.rendering import Prop, Renderer
from sim.states import Body, Look, Placed, Snapshot, footprint, matrix, moved, overlap, pose_of
from sim.textures import Texture
from skills.types import TABLE, Event, ObjectState, ObjectTruth, Pose, Truth, View, Workspace

STEP_S = 1 / 240
"""Seconds of one simulated step."""

WATCH_STEPS = 12
"""Steps between two looks at what touches what, and two calls of the watchers: 50 ms."""

GRAVITY = 9.8

MARGIN = 0.001
"""The engine adds this shell around convex parts, metres; they are built thinner by as much."""

_CACHED_TEXTURES = 400
_KEPT_STATES = 32
_tokens = itertools.count(1)

Quaternion = tuple[float, float, float, float]


@lru_cache(maxsize=1)
def _engine() -> ModuleType:
    """Imports pybullet without the line about its build that it writes to standard error."""
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        import pybullet
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
    return pybullet  # type: ignore[no-any-return]


class _Client:
    """The engine's functions, bound to one client."""

    def __init__(self) -> None:
        self.id: int = _engine().connect(_engine().DIRECT)

    def __getattr__(self, name: str) -> Any:
        member = getattr(_engine(), name)
        bound = partial(member, physicsClientId=self.id) if callable(member) else member
        setattr(self, name, bound)
        return bound


class World:
    """A table, objects, gravity, cameras and one tool at a time.

    Attributes:
        look: how table, ground and light look; may be changed at any time.
        steps: simulated steps so far, 240 a second.
        watchers: called every ``WATCH_STEPS`` steps while the world moves, after contacts were looked at.
        workspace: outside of it an object has left the table.
        joints: where the arm stopped after its last action, radians; None: at home, or there is none.
    """

    def __init__(self, look: Look | None = None, workspace: Workspace | None = None) -> None:
        self.look = look or Look()
        self.workspace = workspace or Workspace()
        self.watchers: list[Callable[[], None]] = []
        self._p = _Client()
        self._files = tempfile.TemporaryDirectory(prefix="instruct2act-")
        self._renderer = Renderer(self._p, _Client, Path(self._files.name), self.workspace)
        self._closed = False
        self._reset()

    # --- life ---------------------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        """An empty engine: also the only way to make it forget textures."""
        p = self._p
        p.resetSimulation(p.RESET_USE_SIMPLE_BROADPHASE)
        p.setGravity(0, 0, -GRAVITY)
        p.setTimeStep(STEP_S)
        p.setPhysicsEngineParameter(enableFileCaching=0, deterministicOverlappingPairs=1)
        self._hulls: dict[tuple[Shape, float, float], int] = {}
        self._renderer.reset()
        ground = p.createCollisionShape(p.GEOM_BOX, halfExtents=[3, 3, 0.05])
        self._ground: int = p.createMultiBody(
            0, ground, self._renderer.nothing, [0.5, 0, -0.05], useMaximalCoordinates=1
        )
        p.changeDynamics(self._ground, -1, lateralFriction=1.0)
        self._token = next(_tokens)
        self._states: dict[int, int] = {}
        self._forget()

    def _forget(self) -> None:
        self._placed: dict[int, Placed] = {}
        self._body: dict[int, int] = {}
        self._id: dict[int, int] = {}
        self._next = 0
        self.steps = 0
        self._events: list[Event] = []
        self._touching: set[tuple[int, int]] = set()
        self._off: set[int] = set()
        self._stale = True
        self._grip: _Grip | None = None
        self._blade: int | None = None
        self.joints: npt.NDArray[np.float64] | None = None

    def clear(self) -> None:
        """Removes every object and event and starts ids and steps from 0; meshes and textures stay loaded."""
        if self._renderer.texture_count > _CACHED_TEXTURES:
            self._reset()
            return
        self._drop_states()
        self.put_tool_away()
        for body in reversed(list(self._body.values())):
            self._p.removeBody(body)
        self._token = next(_tokens)
        self._forget()

    def close(self) -> None:
        """Gives the engine back. The world is of no use afterwards; closing twice is fine."""
        if not self._closed:
            self._closed = True
            self._p.disconnect()
            self._renderer.close()
            self._files.cleanup()

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- objects ------------------------------------------------------------------------------------------------------

    @property
    def objects(self) -> Mapping[int, Placed]:
        """What there is, by id, in the order of adding."""
        return MappingProxyType(self._placed)

    @property
    def seconds(self) -> float:
        """Simulated seconds so far."""
        return self.steps * STEP_S

    def add(
        self,
        shape: Shape,
        texture: Texture,
        pose: Pose,
        *,
        fixed: bool = False,
        scale: float = 1.0,
        height_scale: float = 1.0,
        visible: bool = True,
        name: str | None = None,
    ) -> int:
        """Puts an object upright at a pose of its frame (``Pose(x, y)`` stands on the table).

        Args:
            shape: what it is. A mark, which nothing touches, is always fixed.
            texture: what it wears.
            pose: of the object's frame, base frame.
            fixed: nothing moves it.
            scale: multiplies its size; textures keep theirs.
            height_scale: multiplies its height on top of that.
            visible: whether pictures show it.
            name: what states and truth call it; the shape's name when left out.

        Returns:
            The object's id.
        """
        placed = Placed(
            self._next, name or shape.name, shape, texture, scale, height_scale, fixed or shape.flat, visible
        )
        return self._create(placed, pose)

    def _create(self, placed: Placed, pose: Pose) -> int:
        p = self._p
        position, quaternion = self._frame(placed, pose)
        body = p.createMultiBody(
            0.0 if placed.fixed else placed.shape.mass * placed.scale**3 * placed.height_scale,
            self._collision(placed),
            self._renderer.visual(placed) if placed.visible else self._renderer.nothing,
            position,
            quaternion,
            useMaximalCoordinates=1,
        )
        if not placed.shape.flat:
            p.changeDynamics(
                body, -1, lateralFriction=1.0, rollingFriction=0.0, linearDamping=0.04, angularDamping=0.04
            )
        self._placed[placed.id], self._body[placed.id], self._id[body] = placed, body, placed.id
        self._next = max(self._next, placed.id + 1)
        self._stale = True
        if placed.visible:
            self._renderer.paint(body, placed.texture)
        return placed.id

    def remove(self, id: int) -> None:
        """Takes an object away; its id is not given again before the world is cleared."""
        body = self._engine_body(id)
        self._drop_states()
        self._p.removeBody(body)
        del self._placed[id], self._body[id], self._id[body]
        self._token, self._stale = next(_tokens), True

    def retexture(self, id: int, texture: Texture) -> None:
        """Gives an object another texture."""
        old = self._placed[id]
        self._renderer.paint(self._engine_body(id), texture)
        self._placed[id] = Placed(id, old.name, old.shape, texture, old.scale, old.height_scale, old.fixed, old.visible)

    def set_pose(self, id: int, pose: Pose) -> None:
        """Puts an object upright at a pose of its frame, at rest."""
        body = self._engine_body(id)
        self._p.resetBasePositionAndOrientation(body, *self._frame(self._placed[id], pose))
        self._p.resetBaseVelocity(body, [0, 0, 0], [0, 0, 0])
        self._stale = True

    def _engine_body(self, id: int) -> int:
        if id not in self._body:
            raise KeyError(f"no object {id} on the table; there are {sorted(self._body)}")
        return self._body[id]

    @staticmethod
    def _frame(placed: Placed, pose: Pose) -> tuple[list[float], tuple[float, float, float, float]]:
        quaternion = pose.quaternion()
        return (matrix(quaternion) @ placed.center_of_mass + (pose.x, pose.y, pose.z)).tolist(), quaternion

    # --- where things are ---------------------------------------------------------------------------------------------

    def body(self, id: int) -> Body:
        """Centre of mass, orientation and velocities as the engine has them."""
        at = self._engine_body(id)
        position, quaternion = self._p.getBasePositionAndOrientation(at)
        return Body(position, quaternion, *self._p.getBaseVelocity(at))

    def pose(self, id: int) -> Pose:
        """The object's frame in the base frame."""
        return pose_of(self._placed[id], self.body(id))

    def center_of_mass(self, id: int) -> tuple[float, float, float]:
        """(x, y, z) metres, base frame."""
        return self.body(id).position

    def footprint(self, id: int) -> Outline:
        """What an object covers seen from above, base frame: the outer ring, then holes."""
        return footprint(self._placed[id], self.body(id))

    def inner(self, id: int) -> Polygon | None:
        """(K, 2) ring inside which a thing counts as inside a container, base frame; None for other things."""
        placed = self._placed[id]
        return None if placed.shape.inner is None else moved([placed.shape.inner], placed.scale, self.pose(id))[0]

    def height(self, id: int) -> tuple[float, float]:
        """(lowest, highest) z of an object, metres."""
        placed, body = self._placed[id], self.body(id)
        z = (placed.shape.mesh.vertices * placed.factors - placed.center_of_mass) @ matrix(body.quaternion)[2]
        return float(z.min() + body.position[2]), float(z.max() + body.position[2])

    def speed(self, id: int) -> float:
        """Metres a second: of the centre of mass, or of the object's end turning about it, whichever is faster."""
        linear, angular = self._p.getBaseVelocity(self._engine_body(id))
        radius = 0.5 * max(self._placed[id].size)
        return float(
            max(np.hypot(np.hypot(*linear[:2]), linear[2]), np.hypot(np.hypot(*angular[:2]), angular[2]) * radius)
        )

    def at_rest(self, speed: float = 5e-3) -> bool:
        """Whether nothing moves faster than ``speed`` metres a second."""
        return all(placed.fixed or self.speed(id) < speed for id, placed in self._placed.items())

    def state(self, id: int) -> ObjectState:
        """One object as a reward function sees it."""
        placed = self._placed[id]
        rings = tuple(tuple((float(x), float(y)) for x, y in ring) for ring in self.footprint(id))
        return ObjectState(id, placed.name, placed.texture.name, self.pose(id), placed.size, rings, self._on(id))

    def states(self) -> tuple[ObjectState, ...]:
        """Every object, in the order of ids."""
        return tuple(self.state(id) for id in self._placed)

    # --- touching -----------------------------------------------------------------------------------------------------

    def _contact_points(self, body: int | None = None) -> list[tuple[Any, ...]]:
        if self._stale:
            self._p.performCollisionDetection()
            self._stale = False
        points = self._p.getContactPoints() if body is None else self._p.getContactPoints(bodyA=body)
        return [point for point in points if point[8] < 1e-4]

    def _name(self, body: int) -> int:
        return self._id.get(body, TABLE)

    def contacts(self, id: int) -> frozenset[int]:
        """Ids of what an object touches; ``TABLE`` (-1) for the table."""
        return frozenset(self._name(point[2]) for point in self._contact_points(self._engine_body(id)))

    def supports(self, id: int) -> frozenset[int]:
        """Those of the contacts that carry it: they push it upwards."""
        points = self._contact_points(self._engine_body(id))
        return frozenset(self._name(point[2]) for point in points if point[7][2] > 0.3)

    def _on(self, id: int) -> int | None:
        """What an object rests on or in: a container before other things; a mark or frame that it lies within."""
        under = sorted(self.supports(id))
        held = [other for other in under if other != TABLE]
        boxes = [other for other in held if self._placed[other].shape.container]
        if boxes or held:
            return (boxes or held)[0]
        if TABLE not in under:
            return None
        at = [self.center_of_mass(id)[:2]]
        for other, placed in self._placed.items():
            ring = self.inner(other) if other != id and placed.shape.floor == 0.0 else None
            if ring is not None and contains([ring], at)[0]:
                return other
        return None

    def events(self) -> list[Event]:
        """What happened since the last call: who came to touch whom (a mark is touched when covered), what was dropped,
        what left the workspace."""
        events, self._events = self._events, []
        return events

    def report(self, event: Event) -> None:
        """Adds an event that only the tool knows of."""
        self._events.append(event)

    def _look_around(self) -> None:
        pairs = {(self._name(point[1]), self._name(point[2])) for point in self._contact_points()}
        now = {(min(a, b), max(a, b)) for a, b in pairs if TABLE not in (a, b) and a != b}
        marks = [(id, self.footprint(id)) for id, placed in self._placed.items() if placed.shape.flat]
        for id, placed in self._placed.items() if marks else ():
            if not placed.fixed and self.body(id).position[2] < 0.02 + placed.center_of_mass[2]:
                covered = self.footprint(id)
                now |= {(min(id, mark), max(id, mark)) for mark, rings in marks if overlap(covered, rings)}
        self._events += [Event("touched", a, b) for a, b in sorted(now - self._touching)]
        self._touching = now
        low, high = self.workspace.low, self.workspace.high
        for id, placed in self._placed.items():
            if not placed.fixed:
                x, y, _ = self.body(id).position
                out = not (low[0] <= x <= high[0] and low[1] <= y <= high[1])
                if out and id not in self._off:
                    self._events.append(Event("left_table", id))
                (self._off.add if out else self._off.discard)(id)

    # --- time ---------------------------------------------------------------------------------------------------------

    def step(self, n: int = 1) -> None:
        """Simulates ``n`` steps of 1/240 s."""
        for _ in range(n):
            self._p.stepSimulation()
            self._stale = False
            self.steps += 1
            if self.steps % WATCH_STEPS == 0:
                self._look_around()
                for watcher in self.watchers:
                    watcher()

    def settle(self, max_steps: int = 1000, speed: float = 5e-3, seconds: float = 0.25) -> bool:
        """Simulates until everything was slower than ``speed`` for ``seconds``; False if ``max_steps`` came first."""
        calm, needed = 0, round(seconds / STEP_S)
        for _ in range(max_steps):
            self.step()
            calm = calm + 1 if self.at_rest(speed) else 0
            if calm >= needed:
                return True
        return False

    # --- going back ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Everything that the future depends on. Take it at rest, between actions: then going back is exact."""
        token = next(_tokens)
        self._states[token] = self._p.saveState()
        while len(self._states) > _KEPT_STATES:
            self._p.removeState(self._states.pop(next(iter(self._states))))
        placed = tuple(self._placed.values())
        return Snapshot(placed, tuple(self.body(one.id) for one in placed), self._next, self.steps, token)

    def restore(self, snapshot: Snapshot) -> None:
        """Back to a snapshot; of another world, or of other objects than there are now, by building it anew."""
        self.put_tool_away()
        if snapshot.token in self._states:
            self._p.restoreState(stateId=self._states[snapshot.token])
            for placed in snapshot.objects:
                if self._placed[placed.id].texture != placed.texture:
                    self.retexture(placed.id, placed.texture)
        else:
            if [placed.id for placed in snapshot.objects] != list(self._placed):
                self.clear()
                for placed in snapshot.objects:
                    self._create(placed, Pose(0, 0))
            for placed, body in zip(snapshot.objects, snapshot.bodies):
                self._p.resetBasePositionAndOrientation(self._body[placed.id], body.position, body.quaternion)
                self._p.resetBaseVelocity(self._body[placed.id], body.linear, body.angular)
        self._next, self.steps, self._events = snapshot.next_id, snapshot.steps, []
        self._touching, self._off, self._stale = set(), set(), True

    def _drop_states(self) -> None:
        for state in self._states.values():
            self._p.removeState(state)
        self._states = {}

    # --- the tool -----------------------------------------------------------------------------------------------------
    # Suction holds an object rigidly: before each step the held object is given the velocity that takes it to where the
    # cup is then, and contacts may push back. A spatula's blade is a body driven in the same way. Neither outlives an
    # action, so that snapshots know nothing of tools.

    def probe(self, x: float, y: float, high: float, low: float) -> tuple[float, int] | None:
        """What a thin tip meets on its way straight down from z = high to low: (z, id), ``TABLE`` for the table."""
        [(body, _, _, at, _)] = self._p.rayTestBatch([[x, y, high]], [[x, y, low]])
        return None if body < 0 else (float(at[2]), self._name(body))

    @property
    def held(self) -> int | None:
        """The id of what suction holds."""
        return self._grip.id if self._grip else None

    def grip(self, id: int, tool: Pose) -> None:
        """Suction holds an object from now on, at the tool's pose.

        Raises:
            ValueError: the object is fixed, or something is held already.
        """
        if self._placed[id].fixed or self._grip:
            raise ValueError(f"object {id} can't be gripped: it is fixed, or the tool holds something")
        body = self.body(id)
        turn = matrix(tool.quaternion()).T
        offset = turn @ (np.asarray(body.position) - (tool.x, tool.y, tool.z))
        self._grip = _Grip(id, offset, _product(_conjugate(tool.quaternion()), body.quaternion))

    def release(self) -> None:
        """Suction lets go; the object is left at rest where it is."""
        if self._grip:
            self._p.resetBaseVelocity(self._body[self._grip.id], [0, 0, 0], [0, 0, 0])
            self._grip = None

    def lower_blade(self, tool: Pose, size: tuple[float, float, float]) -> None:
        """Brings a spatula's blade, a box of ``size`` (x, y, z) whose lower edge's middle is at the tool's pose."""
        shape = self._p.createCollisionShape(self._p.GEOM_BOX, halfExtents=[side / 2 for side in size])
        position = [tool.x, tool.y, tool.z + size[2] / 2]
        self._drop_states()
        self._blade = self._p.createMultiBody(
            5.0, shape, self._renderer.nothing, position, tool.quaternion(), useMaximalCoordinates=1
        )
        self._p.changeDynamics(self._blade, -1, lateralFriction=0.3)
        self._blade_rise = size[2] / 2
        self._stale = True

    def put_tool_away(self) -> None:
        """Nothing is held any more and there is no blade."""
        self.release()
        if self._blade is not None:
            self._p.removeBody(self._blade)
            self._blade, self._stale = None, True

    def drive(self, tool: Pose) -> float:
        """One step in which what the tool holds, or its blade, goes with it.

        Returns:
            How far it lagged behind, metres: it does when something solid is in the way.
        """
        where = np.array([tool.x, tool.y, tool.z])
        if self._grip:
            body = self._body[self._grip.id]
            target = where + matrix(tool.quaternion()) @ self._grip.offset
            orientation = _product(tool.quaternion(), self._grip.quaternion)
        elif self._blade is not None:
            body, target, orientation = self._blade, where + (0, 0, self._blade_rise), tool.quaternion()
        else:
            self.step()
            return 0.0
        position, quaternion = self._p.getBasePositionAndOrientation(body)
        linear = (target - position) / STEP_S + (0, 0, GRAVITY * STEP_S)
        x, y, z, w = _product(orientation, _conjugate(quaternion))
        angular = np.array([x, y, z]) * (2 * np.sign(w or 1.0) / STEP_S)
        self._p.resetBaseVelocity(body, linear.tolist(), angular.tolist())
        self.step()
        return float(np.linalg.norm(target - self._p.getBasePositionAndOrientation(body)[0]))

    def gap(self) -> float:
        """Metres between what is held, or the blade, and the nearest thing; at most a few millimetres are seen."""
        body = self._body[self._grip.id] if self._grip else self._blade
        points = [] if body is None else self._p.getContactPoints(bodyA=body)
        return min((float(point[8]) for point in points), default=float("inf"))

    # --- seeing -------------------------------------------------------------------------------------------------------

    def render(
        self,
        camera: CameraSpec,
        *,
        depth: bool = False,
        segmentation: bool = False,
        size: tuple[int, int] = SIZE,
        props: Sequence[Prop] = (),
    ) -> View:
        """Takes a picture.

        Args:
            camera: where from.
            depth: also metric depth along the optical axis.
            segmentation: also the truth about each pixel.
            size: (height, width) pixels.
            props: what is drawn besides, and takes part in nothing: the arm, the tool.
        """
        rgb, metres, bodies = self._renderer.shoot(camera, size, self.look, props)
        truth = None
        if segmentation:
            names = np.full(max([0, *self._id, int(bodies.max())]) + 2, TABLE, dtype=np.int32)
            for body, id in self._id.items():
                names[body] = id
            shown = {id: ObjectTruth(placed.name, placed.texture.name) for id, placed in self._placed.items()}
            truth = Truth(names[bodies], shown)
        return View(rgb, camera.camera(size), metres if depth else None, truth)

    def _collision(self, placed: Placed) -> int:
        if placed.shape.flat:
            return -1
        key = (placed.shape, placed.scale, placed.height_scale)
        if key not in self._hulls:
            path = Path(self._files.name) / "hulls.obj"
            parts = [_thinner(hull * placed.factors) - placed.center_of_mass for hull in placed.shape.hulls]
            path.write_text(_obj(parts), encoding="ascii")
            self._hulls[key] = self._p.createCollisionShape(self._p.GEOM_MESH, fileName=str(path))
            path.unlink()
        return self._hulls[key]


@dataclass(frozen=True, eq=False)
class _Grip:
    """What is held, and where: centre of mass and orientation in the tool's frame."""

    id: int
    offset: npt.NDArray[np.float64]
    quaternion: Quaternion


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation b, then a; (x, y, z, w)."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def _conjugate(a: Quaternion) -> Quaternion:
    return -a[0], -a[1], -a[2], a[3]


def _thinner(hull: Hull) -> Hull:
    """A convex part without the shell that the engine adds below and above."""
    low, high = hull[:, 2].min(), hull[:, 2].max()
    shell = min(MARGIN, 0.45 * float(high - low))
    thin = hull.copy()
    thin[:, 2] = np.clip(hull[:, 2], low + shell, high - shell)
    return thin


def _obj(parts: Sequence[Hull]) -> str:
    """A Wavefront file with one group for each convex part; the engine takes the corners and ignores the faces."""
    lines: list[str] = []
    count = 0
    for i, part in enumerate(parts):
        lines.append(f"o part{i}")
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in part]
        lines += [f"f {count + 1} {count + k} {count + k + 1}" for k in range(2, len(part))]
        count += len(part)
    return "\n".join(lines) + "\n"
