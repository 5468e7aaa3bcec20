"""What a task builds with: things of its level's shapes and textures, placed where they fit, and their pictures.

Ids are shuffled, so that neither an id nor the order in which bodies came to be gives away what part a thing plays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sim.cameras import SIZE
from sim.objects import SHAPES, UPRIGHT, Shape
from sim.partitions import Partition
from sim.pictures import Pictures, Studio
from sim.placement import NoRoom, Spot, is_free, on_table, sample
from sim.polygons import rotated
from sim.states import STUDIO, Look
from sim.textures import GRAY, TEXTURES, Texture
from sim.world import World
from skills.types import TABLE, ObjectState, Pose, Slot

_TRIES = 100
_TOUCHING = 0.005
"""Metres that must lie between the outlines of things that are put at a pose asked for."""
_DROP = 0.002
"""Metres above a container's floor at which a thing is put into it before the world settles."""


@dataclass(eq=False)
class Thing:
    """An object of a scene, before there is a world. ``id`` is known once every thing was added."""

    scene: Scene
    shape: Shape
    texture: Texture
    pose: Pose
    fixed: bool = False
    scale: float = 1.0
    height_scale: float = 1.0

    @property
    def id(self) -> int:
        """Its id in the world, ``TABLE`` (-1) if only pictures show it. Asking for the first one closes the scene."""
        return self.scene.ids().get(self, TABLE)

    @property
    def name(self) -> str:
        """What a person calls it: "red heart"."""
        return f"{self.texture.name} {self.shape.name}"

    def spot(self, pose: Pose | None = None) -> Spot:
        """The place it takes where it is, or at another pose."""
        return Spot.of([ring * self.scale for ring in self.shape.outline], pose or self.pose)

    def state(self, pose: Pose | None = None, on: int | None = None) -> ObjectState:
        """As a reward function sees it where it is, or at another pose or on another thing."""
        at = pose or self.pose
        here = np.array([at.x, at.y])
        turned = [rotated(self.scale * ring, at.yaw) + here for ring in self.shape.outline]
        rings = tuple(tuple((float(x), float(y)) for x, y in ring) for ring in turned)
        x, y, z = (self.scale * length for length in self.shape.size)
        return ObjectState(self.id, self.shape.name, self.texture.name, at, (x, y, z * self.height_scale), rings, on)

    def put(self, world: World, pose: Pose | None = None) -> int:
        """Adds it to a world, where it is or at another pose; returns the world's id."""
        return world.add(
            self.shape,
            self.texture,
            pose or self.pose,
            fixed=self.fixed,
            scale=self.scale,
            height_scale=self.height_scale,
        )


class Scene:
    """The things of one episode.

    Attributes:
        rng: for everything that the table's content depends on.
        pictures_rng: for what only the instruction's pictures depend on.
        split: shapes and textures to draw from.
        things: what was added, in that order.
        more, more_rng: how many others there shall be besides, and where they are drawn from.
        size: (height, width) of the instruction's pictures.
    """

    def __init__(
        self,
        split: Partition,
        rng: np.random.Generator,
        pictures_rng: np.random.Generator,
        studio: Studio | None = None,
        size: tuple[int, int] = SIZE,
    ) -> None:
        self.split, self.rng, self.pictures_rng, self.size = split, rng, pictures_rng, size
        self.things: list[Thing] = []
        self.more, self.more_rng = 0, np.random.default_rng(0)
        self._added = 0
        self._studio = studio or Studio()
        self._ids: dict[Thing, int] | None = None

    # --- things -------------------------------------------------------------------------------------------------------

    def dragged(
        self,
        shapes: Sequence[str] | None = None,
        textures: Sequence[str] | None = None,
        at: Pose | None = None,
        *,
        twins: bool = False,
        keep_free: Sequence[Spot] = (),
    ) -> Thing:
        """Adds a thing to be moved, of the level's shapes and textures or of those given.

        It is unlike all others so far, unless they may be ``twins``, which play the same part.
        """
        shape, texture = self._draw(shapes or self.split.dragged, textures or self.split.dragged_textures, twins)
        return self.add(shape, texture, at, keep_free=keep_free)

    def base(
        self,
        shapes: Sequence[str] | None = None,
        textures: Sequence[str] | None = None,
        at: Pose | None = None,
        *,
        scale: float = 1.0,
    ) -> Thing:
        """Adds a container, which nothing moves; likewise."""
        shape, texture = self._draw(shapes or self.split.bases, textures or self.split.base_textures)
        return self.add(shape, texture, at, fixed=True, scale=scale)

    def inside(self, base: Thing) -> Thing:
        """Adds a thing to be moved that lies in the middle of a container, at the container's heading."""
        shape, texture = self._draw(self.split.dragged, self.split.dragged_textures)
        floor = base.pose.z + base.shape.floor * base.scale + _DROP
        dx, dy = rotated([shape.center_of_mass[:2]], base.pose.yaw)[0]
        pose = Pose(base.pose.x - float(dx), base.pose.y - float(dy), floor, base.pose.yaw)
        return self.add(shape, texture, pose, within=base)

    def clutter(
        self,
        without: Sequence[Texture] = (),
        keep_free: Sequence[Spot] = (),
        *,
        unlike: Callable[[Shape], bool] | None = None,
        at_least: int = 3,
    ) -> list[Thing]:
        """Adds other things, a third of them containers, until there are 3, 4 or 5 in all.

        Every task fills up to the same numbers of the same kinds, so that the table's content does not tell which task
        it is set for.

        Args:
            without: textures that no other thing may have.
            keep_free: places that the goal needs.
            unlike: says of a shape whether no other thing may have it.
            at_least: things in all, where fewer would ask nothing.
        """
        total = int(self.rng.integers(at_least, 6))
        added: list[Thing] = []
        while len(self.things) < total:
            added += self._other(self.rng, without, keep_free, unlike)
        return added + self.besides(without, keep_free, unlike=unlike)

    def besides(
        self,
        without: Sequence[Texture] = (),
        keep_free: Sequence[Spot] = (),
        *,
        unlike: Callable[[Shape], bool] | None = None,
    ) -> list[Thing]:
        """Adds ``more`` others, as ``clutter`` does, as far as they fit. They change no other draw."""
        added: list[Thing] = []
        for _ in range(_TRIES):
            if len(added) == self.more:
                break
            with suppress(NoRoom):
                added += self._other(self.more_rng, without, keep_free, unlike)
        self._added += len(added)
        return added

    def _other(
        self,
        rng: np.random.Generator,
        without: Sequence[Texture],
        keep_free: Sequence[Spot],
        unlike: Callable[[Shape], bool] | None,
    ) -> list[Thing]:
        """One other thing; none where a kind was drawn of which nothing may come."""
        banned = {texture.name for texture in without}
        box = bool(rng.random() < 1 / 3)
        shapes = self.split.other_bases if box else self.split.others
        textures = self.split.base_textures if box else self.split.dragged_textures
        fitting = [name for name in shapes if unlike is None or not unlike(SHAPES[name])]
        if not fitting:
            return []
        shape, texture = self._draw(fitting, [name for name in textures if name not in banned], rng=rng)
        return [self.add(shape, texture, fixed=box, keep_free=keep_free, rng=rng)]

    def shown(self, shape: Shape, texture: Texture, height_scale: float = 1.0) -> Thing:
        """A thing that is not on the table: only pictures show it."""
        return Thing(self, shape, texture, Pose(0.5, 0.0, 0.0, UPRIGHT), height_scale=height_scale)

    def add(
        self,
        shape: Shape,
        texture: Texture,
        at: Pose | None = None,
        *,
        fixed: bool = False,
        scale: float = 1.0,
        height_scale: float = 1.0,
        within: Thing | None = None,
        keep_free: Sequence[Spot] = (),
        rng: np.random.Generator | None = None,
    ) -> Thing:
        """Adds a thing at a pose, or at a random free one.

        Args:
            shape: what it is.
            texture: what it wears.
            at: where; drawn when left out.
            fixed: nothing moves it.
            scale: of the whole.
            height_scale: of the height on top of that.
            within: the container that it lies in.
            keep_free: places that a drawn one must not touch.
            rng: for a drawn one; the scene's own when left out.

        Raises:
            NoRoom: there is no free place, or the one asked for is taken.
            RuntimeError: an id was asked for already.
        """
        if self._ids is not None:
            raise RuntimeError("add every thing before asking for an id, a picture or a goal")
        taken = [thing.spot() for thing in self.things if thing is not within]
        if at is None:
            at = sample(rng or self.rng, [ring * scale for ring in shape.outline], [*taken, *keep_free])
        thing = Thing(self, shape, texture, at, fixed, scale, height_scale)
        if not is_free(thing.spot(), taken, _TOUCHING, apart=0.0) or not on_table(thing.spot().ring, 0.0):
            raise NoRoom(f"({at.x:.2f}, {at.y:.2f}) m is taken or too near the edge for a {shape.name}")
        self.things.append(thing)
        return thing

    def claim(self, thing: Thing, pose: Pose, taken: Sequence[Spot] = ()) -> Spot:
        """The place that a thing will take at a pose, free of every other thing where it is now and of ``taken``.

        Raises:
            NoRoom: it is not free, or not on the table.
        """
        spot = thing.spot(pose)
        others = [other.spot() for other in self.things if other is not thing]
        if not is_free(spot, [*others, *taken], _TOUCHING, apart=0.0) or not on_table(spot.ring, 0.0):
            raise NoRoom(f"({pose.x:.2f}, {pose.y:.2f}) m is taken or too near the edge for the {thing.name}")
        return spot

    def elsewhere(self, thing: Thing, taken: Sequence[Spot] = ()) -> Pose:
        """A random free pose for a thing, its heading kept; free of every thing where it is now and of ``taken``."""
        spots = [other.spot() for other in self.things]
        return sample(
            self.rng, [ring * thing.scale for ring in thing.shape.outline], [*spots, *taken], yaw=thing.pose.yaw
        )

    def scattered(self, things: Sequence[Thing]) -> dict[Thing, Pose]:
        """Random poses for a picture of some things; they have nothing to do with where those are on the table."""
        poses: dict[Thing, Pose] = {}
        for thing in things:
            taken = [other.spot(pose) for other, pose in poses.items()]
            poses[thing] = sample(self.pictures_rng, [ring * thing.scale for ring in thing.shape.outline], taken)
        return poses

    def _draw(
        self,
        shapes: Sequence[str],
        textures: Sequence[str],
        twins: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[Shape, Texture]:
        used = set() if twins else {thing.name for thing in self.things}
        for _ in range(_TRIES):
            shape, texture = (str((rng or self.rng).choice(list(names))) for names in (shapes, textures))
            if f"{texture} {shape}" not in used:
                return SHAPES[shape], TEXTURES[texture]
        raise NoRoom(f"every one of {len(shapes)} shapes in {len(textures)} textures is on the table already")

    def ids(self) -> Mapping[Thing, int]:
        """Each thing's id in the world, shuffled. Closes the scene."""
        if self._ids is None:
            order = self.rng.permutation(len(self.things) - self._added)
            if self._added:
                order = self.more_rng.permutation(len(self.things))
            self._ids = {thing: int(id) for thing, id in zip(self.things, order)}
        return self._ids

    def build(self, world: World) -> bool:
        """Puts every thing into an empty world and lets it settle; whether all came to rest where they were put."""
        ids = self.ids()
        for thing in sorted(self.things, key=ids.__getitem__):
            if thing.put(world) != ids[thing]:
                raise RuntimeError("a scene is built in an empty world")
        calm = world.settle()
        moved = (np.hypot(at.x - t.pose.x, at.y - t.pose.y) for t in self.things for at in [world.pose(t.id)])
        return calm and max(moved, default=0.0) < 0.005

    # --- pictures -----------------------------------------------------------------------------------------------------

    def picture(self, thing: Thing, *, plain: bool = False, scale: float = 1.0, also: Sequence[Thing] = ()) -> Slot:
        """A thing's picture: alone, upright, cut out.

        Args:
            thing: what is shown.
            plain: gray and of its shape's usual height, so that the picture tells its shape and no more.
            scale: enlarges it, and the pattern that it wears.
            also: other things that the picture stands for.
        """
        pose = Pose(0.5, 0.0, 0.0, UPRIGHT)
        worn = replace(thing.texture, tile=thing.texture.tile * scale)
        model = replace(thing, texture=worn, scale=thing.scale * scale)
        if plain:
            model = replace(model, texture=GRAY, height_scale=1.0)
        binding = tuple(sorted(one.id for one in (thing, *also) if one.id != TABLE))

        def fill(world: World) -> None:
            model.put(world, pose)

        pictures = Pictures(self._studio, STUDIO, fill, self.size, alone=True)
        return Slot("object", pictures, word=thing.shape.name if plain else "", binding=binding)

    def arrangement(
        self,
        poses: Mapping[Thing, Pose],
        kind: Literal["scene", "frame"] = "scene",
        on: Mapping[Thing, Thing] | None = None,
    ) -> Slot:
        """A picture of some things at some poses, on the table or ``on`` one another, without the robot."""

        def fill(world: World) -> None:
            for thing, pose in poses.items():
                thing.put(world, pose)

        under = {thing: other.id for thing, other in (on or {}).items()}
        states = tuple(thing.state(pose, under.get(thing)) for thing, pose in poses.items())
        return Slot(kind, Pictures(self._studio, Look(), fill, self.size), states=states)
