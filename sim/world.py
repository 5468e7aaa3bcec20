"""The table and what lies on it.

Objects have ids of our own, which count from 0 in the order of adding; the engine's never leave this file. Every call
carries the client it is meant for, so that several worlds live in one process without disturbing each other. Nothing
here reads a clock: time is counted in simulated steps, and the same calls give the same numbers to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.cameras import SIZE, CameraSpec, calibrated
from sim.engine import Client
from sim.hulls import Hulls
from sim.measured import STEP_S, WATCH_STEPS, Measured
from sim.rendering import Prop, Renderer
from sim.shapes import Shape
from sim.states import Body, Look, Placed, Quaternion, Snapshot, body_frame, truth_of
from sim.textures import Texture
from sim.tools import Hook
from sim.witness import Witness
from skills.scratch import Scratch
from skills.types import TABLE, Event, Pose, View, Workspace

GRAVITY = 9.8

_APART, _STILL = 0.002, 0.02  # metres, metres a second: nearer, or faster, and the tool does not glide

_LOADED = 600  # textures and shapes in memory beyond which clearing starts the engine anew


class World(Measured):
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
        self._p = Client()
        self._scratch = Scratch("world")
        self._renderer = Renderer(self._p, Client, self._scratch.path, self.workspace)
        self._hook = Hook(self._p, self.step, STEP_S, GRAVITY)
        self._witness = Witness(self)
        self._closed = False
        self._reset()
        self._forget()

    # --- life ---------------------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        """An empty engine: also the only way to make it forget textures."""
        p = self._p
        p.resetSimulation(p.RESET_USE_SIMPLE_BROADPHASE)
        p.setGravity(0, 0, -GRAVITY)
        p.setTimeStep(STEP_S)
        # Caching by file name would hand out an earlier object's parts, and pairs in no order another result.
        p.setPhysicsEngineParameter(enableFileCaching=0, deterministicOverlappingPairs=1)
        self._hulls = Hulls(p, self._scratch.path)
        self._renderer.reset()
        ground = p.createCollisionShape(p.GEOM_BOX, halfExtents=[3, 3, 0.05])
        body = p.createMultiBody(0, ground, self._renderer.nothing, [0.5, 0, -0.05], useMaximalCoordinates=1)
        p.changeDynamics(body, -1, lateralFriction=1.0)
        self._placed: dict[int, Placed] = {}
        self._body: dict[int, int] = {}
        self._id: dict[int, int] = {}
        self._gap_in_numbers = False

    def _forget(self) -> None:
        self._next = 0
        self.steps = 0
        self._witness.forget()
        self._changed()
        self.joints: npt.NDArray[np.float64] | None = None

    def clear(self) -> None:
        """Removes every object and event and starts ids and steps from 0; meshes and textures stay loaded."""
        self._hook.let_go()
        self._empty()
        self._forget()

    def _empty(self) -> None:
        """Takes every body off, so that the engine numbers the next ones as it would in a new world.

        It hands numbers out again in the reverse order of their return, and results depend on the order of numbers.
        """
        if self._gap_in_numbers or self._renderer.loaded > _LOADED:
            self._reset()
        for body in sorted(self._id, reverse=True):
            self._p.removeBody(body)
        self._placed, self._body, self._id = {}, {}, {}

    def close(self) -> None:
        """Gives the engine back. The world is of no use afterwards; closing twice is fine."""
        if not self._closed:
            self._closed = True
            self._p.disconnect()
            self._renderer.close()
            self._scratch.close()

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
        still = fixed or shape.flat
        placed = Placed(self._next, name or shape.name, shape, texture, scale, height_scale, still, visible)
        self._create(placed, *body_frame(placed, pose))
        return placed.id

    def _create(self, placed: Placed, position: Sequence[float], quaternion: Quaternion) -> None:
        p = self._p
        body = p.createMultiBody(
            0.0 if placed.fixed else placed.shape.mass * placed.scale**3 * placed.height_scale,
            self._hulls.shape(placed),
            self._renderer.visual(placed) if placed.visible else self._renderer.nothing,
            position,
            quaternion,
            useMaximalCoordinates=1,
        )
        if not placed.shape.flat:
            p.changeDynamics(body, -1, lateralFriction=1.0, rollingFriction=3e-4, spinningFriction=3e-4)
        self._placed[placed.id], self._body[placed.id], self._id[body] = placed, body, placed.id
        self._next = max(self._next, placed.id + 1)
        self._changed()
        if placed.visible:
            self._renderer.paint(body, placed.texture)

    def remove(self, id: int) -> None:
        """Takes an object away; its id is not given again before the world is cleared."""
        body = self._engine_body(id)
        self._p.removeBody(body)
        del self._placed[id], self._body[id], self._id[body]
        self._gap_in_numbers = True
        self._changed()

    def retexture(self, id: int, texture: Texture) -> None:
        """Gives an object another texture."""
        self._renderer.paint(self._engine_body(id), texture)
        self._placed[id] = replace(self._placed[id], texture=texture)

    def set_pose(self, id: int, pose: Pose) -> None:
        """Puts an object upright at a pose of its frame, at rest."""
        body = self._engine_body(id)
        self._p.resetBasePositionAndOrientation(body, *body_frame(self._placed[id], pose))
        self._p.resetBaseVelocity(body, [0, 0, 0], [0, 0, 0])
        self._changed()

    def _changed(self) -> None:
        """Something was moved by hand: contacts and paces of before don't hold."""
        self._stale, self._pace = True, None

    def _engine_body(self, id: int) -> int:
        if id not in self._body:
            raise KeyError(f"no object {id} on the table; there are {sorted(self._body)}")
        return self._body[id]

    # --- where things are ---------------------------------------------------------------------------------------------

    def body(self, id: int) -> Body:
        """Centre of mass, orientation and velocities as the engine has them."""
        at = self._engine_body(id)
        position, quaternion = self._p.getBasePositionAndOrientation(at)
        return Body(position, quaternion, *self._p.getBaseVelocity(at))

    # --- touching -----------------------------------------------------------------------------------------------------

    def _contact_points(self, body: int | None = None) -> list[tuple[Any, ...]]:
        self._look_again()
        points = self._p.getContactPoints() if body is None else self._p.getContactPoints(bodyA=body)
        return [point for point in points if point[8] < 1e-4]

    def _look_again(self) -> None:
        """Contacts as things lie now."""
        if self._stale:
            self._p.performCollisionDetection()
            self._stale = False

    def _name(self, body: int) -> int:
        return self._id.get(body, TABLE)

    def contacts(self, id: int) -> frozenset[int]:
        """Ids of what an object touches; ``TABLE`` (-1) for the table."""
        return frozenset(self._name(point[2]) for point in self._contact_points(self._engine_body(id)))

    def supports(self, id: int) -> frozenset[int]:
        """Those of the contacts that carry it: they push it upwards."""
        found = self._contact_points(self._engine_body(id))
        return frozenset(self._name(point[2]) for point in found if point[7][2] > 0.3)

    def touching(self) -> set[tuple[int, int]]:
        """Pairs (lower id, higher id) of objects that touch each other."""
        pairs = {(self._name(point[1]), self._name(point[2])) for point in self._contact_points()}
        return {(min(a, b), max(a, b)) for a, b in pairs if TABLE not in (a, b)}

    def events(self) -> list[Event]:
        """What happened since the last call: touched (a mark, when it is covered), dropped, left_table."""
        events, self._witness.events = self._witness.events, []
        return events

    def report(self, event: Event) -> None:
        """Adds an event that only the tool knows of."""
        self._witness.events.append(event)

    # --- time ---------------------------------------------------------------------------------------------------------

    def step(self, n: int = 1) -> None:
        """Simulates ``n`` steps of 1/240 s."""
        for _ in range(n):
            self._p.stepSimulation()
            self._stale, self._pace = False, None
            self.steps += 1
            if self.steps % WATCH_STEPS == 0:
                self._witness.look()
                for watcher in self.watchers:
                    watcher()

    # --- going back ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Everything that the future depends on, taken between actions: from here on, going back is exact.

        The engine remembers forces of earlier contacts and doesn't give them away. Taking a snapshot makes it forget.

        Raises:
            ValueError: something hangs on the tool.
        """
        if self._hook.body is not None:
            raise ValueError("a snapshot is taken between actions; something hangs on the tool")
        placed = tuple(self._placed.values())
        bodies = tuple(self.body(one.id) for one in placed)
        self._put(placed, bodies)
        return Snapshot(placed, bodies, self._next, self.steps, self.joints)

    def restore(self, snapshot: Snapshot) -> None:
        """Back to a snapshot; of another world, or of other objects than there are now, by building it anew."""
        self.put_tool_away()
        self._put(snapshot.objects, snapshot.bodies)
        self._next, self.steps, self.joints = snapshot.next_id, snapshot.steps, snapshot.joints
        self._witness.forget()

    def _put(self, objects: Sequence[Placed], bodies: Sequence[Body]) -> None:
        """Every object made anew where it was: nothing of what the engine remembered is left."""
        self._empty()
        for placed, body in zip(objects, bodies):
            self._create(placed, body.position, body.quaternion)
            self._p.resetBaseVelocity(self._body[placed.id], body.linear, body.angular)

    # --- the tool -----------------------------------------------------------------------------------------------------

    def probe(self, x: float, y: float, high: float, low: float) -> tuple[float, int] | None:
        """What a thin tip meets on its way straight down from z = high to low: (z, id), ``TABLE`` for the table."""
        [(body, _, _, at, _)] = self._p.rayTestBatch([[x, y, high]], [[x, y, low]])
        return None if body < 0 else (float(at[2]), self._name(body))

    @property
    def held(self) -> int | None:
        """The id of what suction holds."""
        return None if self._hook.body is None else self._id.get(self._hook.body)

    def grip(self, id: int, tool: Pose) -> None:
        """Suction holds an object from now on, at the tool's pose.

        Raises:
            ValueError: the object is fixed, or something is held already.
        """
        if self._placed[id].fixed or self._hook.body is not None:
            raise ValueError(f"object {id} can't be gripped: it is fixed, or the tool holds something")
        self._hook.take(self._body[id], tool)

    def lower_blade(self, tool: Pose, size: tuple[float, float, float]) -> None:
        """Brings a spatula's blade, a box of ``size`` (x, y, z) whose lower edge's middle is at the tool's pose."""
        self._hook.bring_blade(tool, size, self._renderer.nothing)
        self._changed()

    def put_tool_away(self) -> None:
        """Nothing is held any more and there is no blade. What was held is left at rest where it is."""
        if self._hook.body is not None:
            self._hook.let_go()
            self._changed()

    @property
    def tool(self) -> Pose | None:
        """Where the tool was taken last; None before it was."""
        return self._hook.at

    def drive(self, tool: Pose) -> float:
        """One step in which what hangs on the tool goes with it; how far it lagged behind, metres, if blocked."""
        return self._hook.drive(tool)

    def gap(self) -> float:
        """Metres between what hangs on the tool and the nearest thing; infinite beyond a few millimetres."""
        self._look_again()
        return self._hook.gap()

    def clearance(self, limit: float) -> float:
        """The same, as far as ``limit`` metres."""
        return self._hook.clearance(limit)

    def unhindered(self) -> bool:
        """Whether nothing is near what hangs on the tool, and everything else lies still."""
        if self.gap() < _APART:
            return False
        held = self.held
        return all(placed.fixed or id == held or self.speed(id) < _STILL for id, placed in self._placed.items())

    def glide(self, tool: Pose, steps: int) -> None:
        """What hangs on the tool goes with it to a pose, in so many steps' time, and nothing is simulated.

        It is for ways on which nothing can be met, and makes of them what simulating would: see ``unhindered``.
        """
        self._hook.put(tool)
        if self._hook.body is not None:
            self._stale = True
            self._witness.lifted(self.held)
        self.steps += steps
        if self.steps % WATCH_STEPS == 0:
            for watcher in self.watchers:
                watcher()

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
        rgb, metres, bodies = self._renderer.shoot(camera, size, self.look, props, depth)
        truth = truth_of(bodies, self._id, self._placed) if segmentation else None
        return View(rgb, calibrated(camera, size), metres, truth)
