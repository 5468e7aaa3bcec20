"""A table made of what perception saw: a real one's stand-in, to try things on. Nothing in it is measured exactly.

Each thing is the known shape and texture that it was called, at the size and heading at which that covers what was
seen. What was called nothing known is a block of its size; what lay on or in another thing lies there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim.free import BUDGET
from sim.objects import SHAPES, Shape
from sim.partitions import Partition
from sim.pictures import Studio
from sim.placement import WORKSPACE
from sim.polygons import Polygon, area, centroid, contains, rotated
from sim.scene import Scene, Thing
from sim.task import Draft, streams
from sim.textures import GRAY, TEXTURES
from skills.types import Instruction, ObjectState, Pose, Tool

_SIZES = (0.6, 1.6)
"""By how much a thing may be smaller or larger than its shape usually is."""
_HEADINGS = 24
_JITTER, _FARTHEST = 0.004, 6
"""Metres by which things are moved in each further attempt, so many times, where what was seen overlaps."""
_NOTHING = Partition((), (), (), (), (), ())


@dataclass(frozen=True)
class PerceivedRecipe:
    """The one scene of some perceived states; it has no instruction and no goal.

    Attributes:
        states: what was seen, base frame of this table.
    """

    states: tuple[ObjectState, ...]
    tool: Tool = "suction"
    name: str = "perceived"
    level: str = ""
    budget: int = BUDGET

    def draft(self, seed: int, attempt: int, studio: Studio, size: tuple[int, int]) -> Draft:
        """The scene; each further attempt moves things by a few millimetres more.

        Raises:
            NoRoom: things overlap, or hang over the table's edge.
        """
        rngs = streams(self.name, seed, attempt)
        scene, rng = Scene(_NOTHING, rngs["scene"], rngs["pictures"], studio, size), rngs["scene"]
        placed: dict[int, Thing] = {}
        for state in _lowest_first(self.states):
            away = rng.uniform(-_JITTER, _JITTER, 2) * min(attempt, _FARTHEST)
            pose = replace(state.pose, x=state.pose.x + float(away[0]), y=state.pose.y + float(away[1]), z=0.0)
            placed[state.id] = _add(scene, state, pose, None if state.on is None else placed.get(state.on))
        return Draft(scene, Instruction(""), None)


def centred(states: Sequence[ObjectState], low: Sequence[float], high: Sequence[float]) -> tuple[ObjectState, ...]:
    """States of a workspace (its corners' x, y in metres) as they lie about the middle of this table."""
    by = np.array(WORKSPACE.low[:2]) + np.array(WORKSPACE.high[:2]) - np.array(low[:2]) - np.array(high[:2])
    dx, dy = (by / 2).tolist()
    return tuple(
        replace(
            state,
            pose=replace(state.pose, x=state.pose.x + dx, y=state.pose.y + dy),
            footprint=tuple(tuple((x + dx, y + dy) for x, y in ring) for ring in state.footprint),
        )
        for state in states
    )


def _lowest_first(states: Sequence[ObjectState]) -> list[ObjectState]:
    """What others lie on comes before them."""
    known = {state.id: state for state in states}

    def depth(state: ObjectState, seen: frozenset[int] = frozenset()) -> int:
        under = known.get(-1 if state.on is None else state.on)
        return 0 if under is None or under.id in seen else 1 + depth(under, seen | {under.id})

    return sorted(states, key=depth)


def _add(scene: Scene, state: ObjectState, pose: Pose, under: Thing | None) -> Thing:
    shape = SHAPES.get(state.name) or SHAPES["block"]
    texture = TEXTURES.get(state.texture) or GRAY
    outline = shape.outline[0]
    if state.footprint and len(state.footprint[0]) > 2:
        ring = np.array(state.footprint[0])
        scale = float(np.clip(np.sqrt(abs(area(ring) / area(outline))), *_SIZES))
        # Middles of surfaces are laid over each other: what counts as the centre of an odd shape may differ.
        yaw = _heading(shape, scale, ring - centroid([ring]))
        x, y = centroid([ring]) - rotated([centroid([outline]) * scale], yaw)[0] - (state.pose.x, state.pose.y)
        pose = replace(pose, x=pose.x + float(x), y=pose.y + float(y))
    else:
        scale, yaw = float(np.clip(max(state.size[:2]) / max(shape.size[:2]), *_SIZES)), 0.0
    tall = state.size[2] / (shape.size[2] * scale) if state.name not in SHAPES and shape.size[2] else 1.0
    if under is not None:
        pose = replace(pose, z=under.pose.z + _floor(under))
    fixed = shape.kind == "container" or shape.flat
    height = float(np.clip(tall, 0.2, 3.0))
    return scene.add(
        shape, texture, replace(pose, yaw=yaw), fixed=fixed, scale=scale, height_scale=height, within=under
    )


def _floor(under: Thing) -> float:
    """Height above a thing's underside at which what lies on or in it lies."""
    shape = under.shape
    return shape.floor * under.scale if shape.kind == "container" else shape.size[2] * under.scale * under.height_scale


def _heading(shape: Shape, scale: float, ring: Polygon) -> float:
    """The yaw at which a shape covers an outline best, both about the middles of their surfaces."""
    low, high = ring.min(axis=0), ring.max(axis=0)
    points = np.stack(np.meshgrid(*(np.linspace(a, b, 16) for a, b in zip(low, high))), axis=-1).reshape(-1, 2)
    seen = contains([ring], points)

    def agreeing(yaw: float) -> int:
        outline = rotated((shape.outline[0] - centroid(shape.outline[:1])) * scale, yaw)
        return int((contains([outline], points) == seen).sum())

    step = (shape.period or 1.0) / _HEADINGS
    return max((k * step for k in range(_HEADINGS)), key=agreeing)
