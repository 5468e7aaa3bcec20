"""Constraint satisfaction: small blocks swept into bounds, past or up to a line."""

from __future__ import annotations

import numpy as np

from sim.goals import All, Goal, Strayed, Swept, Touched, Zone
from sim.objects import SHAPES, line, three_sided_rectangle
from sim.placement import NoRoom, Spot
from sim.polygons import rectangle
from sim.scene import Scene, Thing
from sim.shapes import Shape
from sim.task import Setup, task
from sim.textures import TEXTURES, Texture
from skills.types import Instruction, Pose

COUNTS = {"any": 1, "one": 1, "two": 2, "three": 3}
FACING_OUT = -float(np.pi / 2)
"""Yaw at which the rectangle is open towards +x, down in the top view."""
_BAR = 0.04
_PAINT = 0.0005
"""Metres by which the line lies above the rectangle's bars that it crosses: it is seen whole, as in VIMABench."""
_WIDE, _NARROW = three_sided_rectangle(0.27, 0.27), three_sided_rectangle(0.30, 0.172)
_LONG, _SHORT = line(0.3375, _BAR), line(0.1875, _BAR)
_CORNERS = ((0.57, -0.22), (0.58, 0.03))
"""(x, y) metres: lower corners of the squares in which blocks start."""
_SPREAD = 0.18
_APART = 0.06
_SWEPT = Spot((0.5, 0.0), rectangle(0.6, 0.66, (0.5, 0.0)))
"""The part of the table on which blocks lie, go and end."""
_NEAREST, _FARTHEST = 0.585, 0.70
"""x in metres between which a block is clear of VIMABench's zone and leaves room for the spatula behind it."""


@task("sweep_without_exceeding", budget=8, tool="spatula")
def sweep_without_exceeding(scene: Scene) -> Setup:
    """Sweep <any, one, two, three or all> {swept_obj} into {bounds} without exceeding {constraint}.

    One, two or three small blocks of a texture (50, 25, 25 %), as many of another. Exactly as many as the word says
    (any: one) end up between the line and the open side of a three-sided rectangle, all of each; no block of the first
    texture may come onto the line at any time, none of the other into the zone. Unlike VIMABench, the zone ends where
    the rectangle does and not 1.5 cm beside it, touching is looked for every 50 ms, blocks start apart and where there
    is room behind them, and the other blocks have other colours.
    """
    x = 0.41
    across = x + float(scene.rng.uniform(-0.25, 0.10)) * _WIDE.size[1]
    zone = Zone((across + _BAR / 2, -_WIDE.size[0] / 2), (x + _WIDE.size[1] / 2, _WIDE.size[0] / 2), vima_shift=0.015)
    return _sweep(scene, (_WIDE, x), (_LONG, across), zone, "exceeding", spread=0.09)


@task("sweep_without_touching", budget=14, tool="spatula")
def sweep_without_touching(scene: Scene) -> Setup:
    """Sweep <any, one, two, three or all> {swept_obj} into {bounds} without touching {constraint}.

    As ``sweep_without_exceeding``, but the line lies across the middle of the rectangle's mouth, and the way in leads
    round its ends; the zone is the whole rectangle.
    """
    x, (width, depth, _) = 0.39, _NARROW.size
    zone = Zone((x - depth / 2, -width / 2), (x + depth / 2, width / 2))
    return _sweep(scene, (_NARROW, x), (_SHORT, x + depth / 2 + _BAR / 2), zone, "touching", spread=_SPREAD)


def _sweep(
    scene: Scene, bounds: tuple[Shape, float], constraint: tuple[Shape, float], zone: Zone, verb: str, spread: float
) -> Setup:
    """Both tasks: marks as (shape, x in metres); ``spread``: side of the square in which other blocks start."""
    rng, split = scene.rng, scene.split
    worn = [TEXTURES[str(name)] for name in rng.choice(list(split.base_textures), 2, replace=False)]
    around = scene.add(bounds[0], worn[0], Pose(bounds[1], 0.0, 0.0, FACING_OUT), fixed=True)
    across = scene.add(constraint[0], worn[1], Pose(constraint[1], 0.0, _PAINT, FACING_OUT), fixed=True, within=around)
    count = int(rng.choice([1, 2, 3], p=[0.5, 0.25, 0.25]))
    texture = TEXTURES[str(rng.choice(list(split.dragged_textures)))]
    # Seven pixels of a red paisley may be red: the other blocks have other colours.
    differing = [name for name in split.dragged_textures if set(TEXTURES[name].colors) != set(texture.colors)]
    other = TEXTURES[str(rng.choice(differing))]
    corners = [_CORNERS[k] for k in rng.permutation(2)]
    swept = _blocks(scene, texture, corners[0], count, _SPREAD)
    others = _blocks(scene, other, corners[1], count, spread)
    scene.besides([texture, other], [_SWEPT])
    word = str(rng.choice([*(word for word, number in COUNTS.items() if number <= count), "all"]))
    return (
        Instruction(
            f"Sweep {word} {{swept_obj}} into {{bounds}} without {verb} {{constraint}}.",
            {
                "swept_obj": scene.picture(swept[0], scale=7.0, also=swept[1:]),
                "bounds": scene.picture(around),
                "constraint": scene.picture(across),
            },
            words={"count": word},
        ),
        Goal(
            (All(tuple(Swept(one.id, around.id, zone, across.id) for one in swept), COUNTS.get(word, count)),),
            never=(
                *(Touched(one.id, across.id) for one in swept),
                *(Strayed(one.id, around.id, zone) for one in others),
            ),
        ),
    )


def _blocks(scene: Scene, texture: Texture, corner: tuple[float, float], count: int, side: float) -> list[Thing]:
    """Small blocks in a square of the table, apart from each other and from every other block."""
    placed: list[Thing] = []
    solid = [thing for thing in scene.things if not thing.shape.flat]
    for _ in range(200):
        x, y = (float(low + scene.rng.uniform(0, side)) for low in corner)
        yaw = float(scene.rng.uniform(-np.pi, np.pi))
        apart = all(np.hypot(x - one.pose.x, y - one.pose.y) > _APART for one in (*placed, *solid))
        if apart and _NEAREST < x < _FARTHEST and len(placed) < count:
            placed.append(scene.add(SHAPES["small block"], texture, Pose(x, y, 0.0, yaw)))
    if len(placed) < count:
        raise NoRoom(f"{count} blocks do not fit into a square of {side} m")
    return placed
