"""Scenes of plain shapes, and how well what depth makes of them fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.cameras import TOP, CameraSpec
from sim.shapes import Shape, slab
from sim.textures import TEXTURES
from sim.world import World
from skills.backends.sam.agreement.account import agreed
from skills.backends.sam.depth.relief import Relief, relief
from skills.backends.sam.depth.solids import solids
from skills.types import Bool, Image, Pose, View

SLANTED = CameraSpec("any", (-0.2, 0.1, 1.1), (0.5, 0.0, 0.0), fov_y=0.5)

OBLIQUE = CameraSpec("any", (0.0, 0.3, 0.8), (0.5, 0.0, 0.0), fov_y=0.6)
CLOSE = CameraSpec("any", (0.45, 0.0, 0.5), (0.5, 0.0, 0.0), fov_y=1.2)

Placed = tuple[Any, ...]
"""A shape, where it is (x, y and, by default 0, z in metres), and its texture, red by default."""
_DEFAULTS = (0.0, "red")


@dataclass(frozen=True, eq=False)
class Seen:
    """A picture of a scene: its depth, and the mask of each thing."""

    view: View
    relief: Relief
    truths: list[Bool]


def look(world: World, *placed: Placed, camera: CameraSpec = TOP) -> Seen:
    """A picture of a world that holds nothing but these."""
    world.clear()
    ids = []
    for shape, x, y, z, texture in ((*it, *_DEFAULTS[len(it) - 3 :]) for it in placed):
        ids.append(world.add(shape, TEXTURES[texture], Pose(x, y, z), fixed=True))
    view = world.render(camera, depth=True, segmentation=True)
    seen = relief(Image(view.rgb, view=view))
    assert seen is not None and view.truth is not None
    return Seen(view.without_truth(), seen, [view.truth.segmentation == id for id in ids])


def fits(masks: list[Bool], truths: list[Bool]) -> list[float]:
    """IoU of the best mask for each thing."""
    return [max(np.count_nonzero(mask & t) / np.count_nonzero(mask | t) for mask in masks) for t in truths]


def parted(
    world: World, *placed: Placed, camera: CameraSpec = TOP, by_color: Callable[[Seen], list[Bool]] | None = None
) -> tuple[list[float], int]:
    """How well the best mask fits each thing, and how many masks there are.

    Args:
        world, placed, camera: what is seen.
        by_color: masks that colours tell; one for everything by default.
    """
    seen = look(world, *placed, camera=camera)
    told = by_color(seen) if by_color else [np.logical_or.reduce(seen.truths)]
    pieces = [(mask, (i,)) for i, mask in enumerate(told)]
    found = agreed(seen.view.rgb, seen.relief, solids(seen.relief, seen.view), pieces)
    masks = [mask for mask, _ in found]
    return fits(masks, seen.truths), len(masks)


def block(height: float, width: float = 0.1, depth: float = 0.1) -> Shape:
    """A slab by its sizes in metres."""
    return slab(f"block {height} {width} {depth}", width, depth, height)
