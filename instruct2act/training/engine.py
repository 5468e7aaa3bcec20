"""The data engine for segmentation: pictures of random tables with the truth about every pixel.

A scene draws its objects, textures, sizes, surfaces, light, clutter and cameras at random, widely enough that a real
table is one more draw. Objects lie apart, touch, hide one another, stand in containers and on each other. They are only
drawn, never simulated, so a picture costs some 20 ms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from instruct2act.training.floor import Floor
from sim import objects
from sim.cameras import FRONT, SIZE, TOP, CameraSpec
from sim.objects import SHAPES, Shape
from sim.states import Look
from sim.textures import TEXTURES, Texture, random_color, random_surface, random_texture
from sim.world import World
from skills.backends.sam.depth.relief import relief
from skills.types import Float, Image, Int, Pose, UInt8, View, Workspace

Split = Literal["train", "unseen"]
"""``train`` draws what the models learn from; ``unseen`` only what that never draws (other seeds of ``train`` are the
held-out scenes of the same kind)."""

UNSEEN_PATTERNS = ("zigzag", "patches", "lattice")
"""Object patterns that only ``unseen`` draws; of surfaces, likewise ``UNSEEN_SURFACES``."""

UNSEEN_SURFACES = ("brick", "tiles", "lattice")
UNSEEN_FAMILIES = ("gear", "cross")
"""Families of random shapes that only ``unseen`` draws; of crosses, ``train`` has the tasks' own."""

_PLAIN_TABLES = (24.0, 235.0)
_ALONE = 0.05
_LADEN = 0.3
"""Share of scenes whose containers nearly all hold something."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What a camera saw and what was there.

    Attributes:
        rgb: (H, W, 3) uint8.
        segmentation: (H, W) int16, the object of each pixel; -1 is the table and whatever else is no object.
        whole: object -> pixels that it would show if nothing stood before it; empty unless asked for.
        view: the same picture with its depth and camera, without the truth; None unless ``whole`` is asked for.
        height: (H, W) float16 metres above the plane under everything, NaN where nothing was measured; None where no
            plane is seen, or heights are not asked for.
    """

    rgb: UInt8
    segmentation: Int
    whole: Mapping[int, int] = field(default_factory=dict)
    view: View | None = None
    height: Float | None = None


def pictures(
    rng: np.random.Generator,
    split: Split = "train",
    views: int = 2,
    whole: bool = False,
    laden: float = _LADEN,
    height: bool = False,
) -> Iterator[Picture]:
    """Endless pictures; each scene is seen by ``views`` cameras, under another light each time.

    Args:
        rng: decides everything.
        split: which textures, surfaces and shapes may come.
        views: pictures a scene.
        whole: also measure depth, and what each object would show by itself.
        laden: share of scenes whose containers nearly all hold something.
        height: also measure heights.
    """
    with World() as world, World() as bare:
        while True:
            world.clear()
            alone = rng.random() < _ALONE
            full = not alone and rng.random() < laden
            _furnish(world, rng, split, 1 if alone else int(rng.integers(2, 9)) if full else _count(rng), full)
            for _ in range(views):
                world.look = Look(table=None, ground=None) if alone else random_look(rng, split)
                camera, size = random_camera(rng)
                yield take(world, camera, size, bare if whole else None, height)


def take(
    world: World, camera: CameraSpec, size: tuple[int, int] = SIZE, bare: World | None = None, height: bool = False
) -> Picture:
    """A picture of a world, on request with heights.

    With another, empty world at hand also its depth, and what each object would show alone.
    """
    seen = world.render(camera, segmentation=True, depth=height or bare is not None, size=size)
    areas = {id: _shown_alone(world, bare, id, camera, size) for id in world.objects} if bare else {}
    ids = _ids(seen).astype(np.int16)
    view = seen.without_truth()
    return Picture(seen.rgb, ids, areas, view if bare else None, _heights(view) if height else None)


def _heights(view: View) -> Float | None:
    seen = relief(Image(view.rgb, view=view))
    return None if seen is None else seen.raw.astype(np.float16)


def _shown_alone(world: World, bare: World, id: int, camera: CameraSpec, size: tuple[int, int]) -> int:
    bare.clear()
    it = world.objects[id]
    bare.add(it.shape, it.texture, world.pose(id), fixed=True, scale=it.scale, height_scale=it.height_scale)
    return int(np.count_nonzero(_ids(bare.render(camera, segmentation=True, size=size)) >= 0))


def _ids(view: View) -> Int:
    if view.truth is None:
        raise ValueError("what a pixel belongs to is known from the view's truth; render with segmentation=True")
    return view.truth.segmentation


def random_look(rng: np.random.Generator, split: Split = "train") -> Look:
    """The table as it is by default, a plain one of any grey, or anything; with any light."""
    kind = rng.random()
    if split == "train" and kind < 0.25:
        return Look()
    if split == "train" and kind < 0.45:
        grey = int(rng.uniform(*_PLAIN_TABLES))
        table: Texture | tuple[int, int, int] = (grey, grey, grey)
    else:
        table = _surface(rng, split)
    ambient = float(rng.uniform(0.4, 0.75))
    slant = rng.uniform(0.0, 0.9)
    turn = rng.uniform(-np.pi, np.pi)
    return Look(
        table=table,
        ground=_surface(rng, split) if rng.random() < 0.5 else random_color(rng),
        light_direction=(float(slant * np.cos(turn)), float(slant * np.sin(turn)), 1.0),
        light_color=tuple(rng.uniform(0.85, 1.0, 3).tolist()),
        ambient=ambient,
        diffuse=float(rng.uniform(0.8, 1.15) - ambient),
        specular=float(rng.uniform(0.0, 0.25)) if rng.random() < 0.3 else 0.0,
        shadow=bool(rng.random() < 0.25),
    )


def random_camera(rng: np.random.Generator) -> tuple[CameraSpec, tuple[int, int]]:
    """The robot's own cameras more often than not, else any camera over the table; with a picture size."""
    kind = rng.random()
    if kind < 0.5:
        return TOP, SIZE
    if kind < 0.65:
        return FRONT, SIZE
    size = SIZE if rng.random() < 0.6 else (192, 256)
    tilt = abs(rng.normal(0.0, 0.15)) if kind < 0.8 else rng.uniform(0.1, 1.0)
    turn = rng.normal(0.0, 0.3) if rng.random() < 0.5 else rng.uniform(-np.pi, np.pi)
    far = rng.uniform(0.6, 1.5)
    target = np.array([rng.uniform(0.4, 0.6), rng.uniform(-0.2, 0.2), 0.0])
    eye = target + far * np.array([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)])
    up = (-float(np.cos(turn)), -float(np.sin(turn)), 0.1)
    spec = CameraSpec("any", tuple(eye.tolist()), tuple(target.tolist()), up, fov_y=float(rng.uniform(0.4, 0.9)))
    return spec, size


def _count(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 7) if rng.random() < 0.4 else rng.integers(5, 16))


def _surface(rng: np.random.Generator, split: Split) -> Texture:
    while True:
        surface = random_surface(rng)
        if (surface.pattern in UNSEEN_SURFACES) == (split == "unseen"):
            return surface


def _texture(rng: np.random.Generator, split: Split) -> Texture:
    if split == "train" and rng.random() < 0.4:
        return TEXTURES[str(rng.choice(list(TEXTURES)))]
    while True:
        texture = random_texture(rng)
        if (texture.pattern in UNSEEN_PATTERNS) == (split == "unseen"):
            return texture


def _shape(rng: np.random.Generator, split: Split) -> Shape:
    if split == "train" and rng.random() < 0.55:
        return SHAPES[str(rng.choice(list(SHAPES)))]
    while True:
        shape = objects.random_shape(rng)
        if (shape.name in UNSEEN_FAMILIES) == (split == "unseen"):
            return shape


def _scale(rng: np.random.Generator, shape: Shape) -> float:
    """Sizes as they are, a little off, or anything from 3 to 25 cm."""
    kind = rng.random()
    if kind < 0.4:
        return 1.0
    if kind < 0.7:
        return float(rng.uniform(0.7, 1.3))
    return float(np.exp(rng.uniform(np.log(0.03), np.log(0.25))) / max(shape.size[:2]))


def _furnish(world: World, rng: np.random.Generator, split: Split, count: int, laden: bool) -> None:
    """Puts objects on the table: mostly apart, in crowded scenes side by side, now and then in or on one another."""
    area = Workspace()
    crowded = not laden and rng.random() < 0.3
    wear = [_texture(rng, split) for _ in range(int(rng.integers(1, count + 1)))]
    floor = Floor()
    standing: list[tuple[float, float, float]] = []
    for _ in range(count):
        shape = _shape(rng, split)
        while laden and not shape.container and rng.random() < 0.8:
            shape = _shape(rng, split)
        scale = _scale(rng, shape)
        reach = scale * float(np.hypot(*shape.size[:2])) / 2
        for _attempt in range(20):
            x = float(rng.uniform(area.low[0] - 0.02, area.high[0] + 0.02))
            y = float(rng.uniform(area.low[1] - 0.02, area.high[1] + 0.02))
            pose = Pose(x, y, 0.0, float(rng.uniform(-np.pi, np.pi)))
            apart = crowded or all(np.hypot(x - a, y - b) > 0.85 * (reach + r) for a, b, r in standing)
            if apart and floor.free(shape, pose, scale):
                break
        else:
            continue
        if crowded and standing and rng.random() < 0.6:
            pose = floor.against(shape, pose, scale, standing[int(rng.integers(len(standing)))][:2])
        floor.take(shape, pose, scale)
        standing.append((pose.x, pose.y, reach))
        height = float(rng.uniform(0.5, 1.6)) if rng.random() < 0.4 else 1.0
        texture = wear[int(rng.integers(len(wear)))]
        world.add(shape, texture, pose, fixed=True, scale=scale, height_scale=height)
        room = scale * min(shape.size[:2]) * (0.6 if shape.container else 0.4)
        if rng.random() < ((0.9 if laden else 0.5) if shape.container else 0.06):
            top = scale * height * (shape.floor if shape.container else shape.size[2])
            _put_on(world, rng, split, Pose(pose.x, pose.y, top, pose.yaw), room)


def _put_on(world: World, rng: np.random.Generator, split: Split, at: Pose, room: float) -> None:
    """One object (three at most) in a container or on top of something."""
    floor = Floor()
    for _ in range(1 if rng.random() < 0.8 else 3):
        shape = _shape(rng, split)
        scale = min(_scale(rng, shape), 1.2 * room / max(shape.size[:2]))
        x, y = (float(v) for v in rng.normal(0.0, 0.15 * room, 2))
        pose = Pose(at.x + x, at.y + y, at.z, float(rng.uniform(-np.pi, np.pi)))
        if floor.free(shape, pose, scale):
            floor.take(shape, pose, scale)
            world.add(shape, _texture(rng, split), pose, fixed=True, scale=scale)
