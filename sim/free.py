"""Scenes without a task: generated ones, for sentences of one's own, and ones of the objects that somebody names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.objects import SHAPES, Shape
from sim.partitions import KNOWN_BASES, KNOWN_DRAGGED, NEW_BASES, NEW_DRAGGED, Partition
from sim.pictures import Studio
from sim.placement import NoRoom
from sim.scene import Scene
from sim.task import Draft, streams
from sim.textures import COLORS, LIGHT, TEXTURES, Texture
from sim.words import Wanted
from skills.errors import Mistake
from skills.types import Instruction, Pose, Tool

BUDGET = 20
"""Actions in a free scene."""

_SOLIDS, _BASES = (*KNOWN_DRAGGED, *NEW_DRAGGED), (*KNOWN_BASES, *NEW_BASES)
_EVERYTHING = Partition(_SOLIDS, _BASES, LIGHT, LIGHT, _SOLIDS, _BASES)
_HEADINGS = 30
_SOLID = 0.6
"""Share of things in a plain colour, which people name most easily."""


@dataclass(frozen=True)
class GeneratedRecipe:
    """Free scenes by seed: two containers and three to five things, no two of which look alike to a sentence.

    No two things share a shape and no two a texture, so that "the heart" and "the red thing" mean one thing each.
    """

    name: str = "scene"
    level: str = ""
    budget: int = BUDGET
    tool: Tool = "suction"

    def draft(self, seed: int, attempt: int, studio: Studio, size: tuple[int, int]) -> Draft:
        """The scene of a seed; the instruction is empty, there is no goal."""
        rngs = streams(self.name, seed, attempt)
        scene, rng = Scene(_EVERYTHING, rngs["scene"], rngs["pictures"], studio, size), rngs["scene"]
        boxes = rng.permutation(list(_EVERYTHING.bases))[:2]
        solids = rng.permutation(list(_EVERYTHING.dragged))[: int(rng.integers(3, 6))]
        used: set[str] = set()
        for name in (*boxes, *solids):
            texture = _texture(rng, used)
            used.add(texture.name)
            scene.add(SHAPES[str(name)], texture)
        return Draft(scene, Instruction(""), None)


@dataclass(frozen=True)
class ListedRecipe:
    """Scenes of the objects named; what has no texture or place of its own gets one by seed."""

    wanted: tuple[Wanted, ...]
    name: str = "objects"
    level: str = ""
    budget: int = BUDGET
    tool: Tool = "suction"

    def draft(self, seed: int, attempt: int, studio: Studio, size: tuple[int, int]) -> Draft:
        """The scene of a seed; the instruction is empty, there is no goal.

        Raises:
            Mistake: two things are to stand at one place, or one hangs over the edge.
        """
        rngs = streams(self.name, seed, attempt)
        scene, rng = Scene(_EVERYTHING, rngs["scene"], rngs["pictures"], studio, size), rngs["scene"]
        used = {one.texture.name for one in self.wanted if one.texture}
        # Those with a place of their own first; the others find room around them.
        for one in sorted(self.wanted, key=lambda one: one.at is None):
            texture = one.texture or _texture(rng, used)
            used.add(texture.name)
            if one.at is None:
                scene.add(one.shape, texture)
            else:
                _put(scene, one.shape, texture, one.at)
        return Draft(scene, Instruction(""), None)


def _put(scene: Scene, shape: Shape, texture: Texture, at: tuple[float, float]) -> None:
    """Adds a thing at a place, with some heading with which it fits there."""
    for left in reversed(range(_HEADINGS)):
        try:
            scene.add(shape, texture, Pose(*at, 0.0, float(scene.rng.uniform(-np.pi, np.pi))))
            return
        except NoRoom as full:
            if not left:
                raise Mistake(f"the {texture.name} {shape.name} does not fit: {full}") from None


def _texture(rng: np.random.Generator, used: set[str]) -> Texture:
    """One that nothing wears yet; mostly plain colours."""
    plain = [name for name in COLORS if name not in used]
    others = [name for name in LIGHT if name not in COLORS and name not in used]
    names: Sequence[str] = plain if plain and rng.random() < _SOLID else others
    return TEXTURES[str(rng.choice(list(names)))]
