"""Tables to judge a retriever on: three to seven objects each, many sharing a texture or a shape with another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from instruct2act.training.crops import HELD_OUT, shape_bank, texture_bank
from instruct2act.training.engine import random_look
from instruct2act.training.nouns import is_named
from sim.cameras import TOP
from sim.objects import SHAPES, Shape
from sim.states import STUDIO, Look
from sim.textures import TEXTURES, Texture
from sim.world import World
from skills.types import Bool, Float, Image, Pose, View, Workspace

_BLOCKS = {"block", "shorter block", "small block"}
SEEN, UNSEEN = "named", "never trained on"
"""Kinds of tables: the simulator's usual look with named objects; or any look, with half the objects of other banks."""


@dataclass(frozen=True, eq=False)
class Thing:
    """An object of a table.

    Attributes:
        shape, texture: what it is.
        mask: (H, W) bool, its visible pixels.
        crop: cut out by that mask.
        picture: alone before white, at another turn.
    """

    shape: Shape
    texture: Texture
    mask: Bool
    crop: Image
    picture: Image

    @property
    def kind(self) -> str:
        """Its shape as seen from above: blocks of any height are blocks, and a random shape is its own."""
        if self.shape.name in _BLOCKS:
            return "block"
        return self.shape.name if is_named(self.shape) else f"{self.shape.name} {id(self.shape)}"


@dataclass(frozen=True, eq=False)
class Table:
    """A view and the objects on it."""

    view: View
    things: Sequence[Thing]


def crop_of(view: View, mask: Bool, margin: int = 2) -> Image:
    """The box around a mask as a picture of its own."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = max(rows[0] - margin, 0), max(columns[0] - margin, 0)
    box = (slice(top, rows[-1] + 1 + margin), slice(left, columns[-1] + 1 + margin))
    return Image(view.rgb[box], mask[box], view.without_truth(), (int(left), int(top)))


def tables(seed: int, count: int, kind: str) -> Iterator[Table]:
    """Tables with objects and the picture of each."""
    rng = np.random.default_rng([seed, len(kind)])
    with World() as world, World(STUDIO) as studio:
        made = 0
        while made < count:
            look = Look() if kind == SEEN else random_look(rng, "unseen")
            table = _table(world, studio, look, _choose(rng, kind), rng)
            if len(table.things) >= 3:
                made += 1
                yield table


def _choose(rng: np.random.Generator, kind: str) -> list[tuple[Shape, Texture]]:
    share = 1.0 if kind == SEEN else 0.5

    def shape() -> Shape:
        if rng.random() < share:
            return list(SHAPES.values())[int(rng.integers(len(SHAPES)))]
        drawn = shape_bank(HELD_OUT)[len(SHAPES) :]
        return drawn[int(rng.integers(len(drawn)))]

    def texture() -> Texture:
        if rng.random() < share:
            return list(TEXTURES.values())[int(rng.integers(len(TEXTURES)))]
        drawn = texture_bank(HELD_OUT)[len(TEXTURES) :]
        return drawn[int(rng.integers(len(drawn)))]

    chosen = [(shape(), texture())]
    for _ in range(int(rng.integers(2, 7))):
        how = rng.random()
        new = (shape(), chosen[0][1]) if how < 0.3 else (chosen[0][0], texture()) if how < 0.6 else (shape(), texture())
        chosen.append(new)
    return chosen


def _table(
    world: World, studio: World, look: Look, chosen: Sequence[tuple[Shape, Texture]], rng: np.random.Generator
) -> Table:
    world.clear()
    world.look = look
    bounds, ids = Workspace(), {}
    placed: list[tuple[Float, float]] = []
    for shape, texture in chosen:
        radius = float(np.hypot(*shape.size[:2])) / 2
        for _ in range(30):
            spot = rng.uniform(np.add(bounds.low[:2], radius), np.subtract(bounds.high[:2], radius))
            if all(np.hypot(*(spot - other)) > radius + reach + 0.01 for other, reach in placed):
                placed.append((spot, radius))
                pose = Pose(float(spot[0]), float(spot[1]), 0.0, float(rng.uniform(0, 2 * np.pi)))
                ids[world.add(shape, texture, pose, fixed=True)] = (shape, texture)
                break
    view = world.render(TOP, segmentation=True)
    things, seen = [], set()
    for id, (shape, texture) in ids.items():
        mask: Bool = view.truth.segmentation == id if view.truth else np.zeros(0, dtype=np.bool_)
        if mask.sum() < 20:
            continue
        thing = Thing(shape, texture, mask, crop_of(view, mask), _picture(studio, shape, texture, rng))
        if (thing.kind, texture.name) not in seen:
            seen.add((thing.kind, texture.name))
            things.append(thing)
    return Table(view, things)


def _picture(studio: World, shape: Shape, texture: Texture, rng: np.random.Generator) -> Image:
    studio.clear()
    id = studio.add(shape, texture, Pose(0.5, 0.0, 0.0, float(rng.uniform(0, 2 * np.pi))), fixed=True)
    view = studio.render(TOP, segmentation=True)
    mask: Bool = view.truth.segmentation == id if view.truth else np.zeros(0, dtype=np.bool_)
    return crop_of(view, mask)
