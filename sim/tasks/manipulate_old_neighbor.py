"""Visual memory: what stood beside a thing before that was moved."""

from __future__ import annotations

from itertools import product

import numpy as np

from sim.goals import All, Goal, Inside
from sim.placement import Spot
from sim.polygons import rectangle
from sim.scene import Scene
from sim.task import Setup, task
from sim.tasks.same import ROOM
from skills.types import Instruction, Pose

ROWS, COLUMNS = (0.375, 0.5, 0.625), (-0.25, 0.0)
GRID = Spot((0.5, -0.15), rectangle(0.6, 0.7, (0.5, -0.15)))
"""Where nothing may stand but what the sentence can mean: nearer to each other than to the rest."""
SIDES = {"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)}
"""Rows and columns away: north is up in the top view."""


@task("manipulate_old_neighbor", budget=4)
def manipulate_old_neighbor(scene: Scene) -> Setup:
    """First put {dragged_obj} into {base_obj} then put the object that was at its <side> into the same {base_obj}.

    The sides are north, south, west and east; north is up in the top view. Things stand in a grid of three rows by two
    columns, sides along the table's. Unlike VIMABench, where five of six cells hold a thing and the container has one
    place and room for one, three or four do, it stands anywhere beside the grid, and it is large enough for two.
    """
    rng = scene.rng
    cells = list(product(range(3), range(2)))
    row, column = cells[int(rng.integers(6))]
    pairs = [(side, (row + down, column + right)) for side, (down, right) in SIDES.items()]
    side, cell = [pair for pair in pairs if pair[1] in cells][int(rng.integers(3 if row == 1 else 2))]
    rest = [other for other in cells if other not in ((row, column), cell)]
    taken = [(row, column), cell, *(rest[k] for k in rng.permutation(4)[: int(rng.integers(1, 3))])]
    quarter = np.pi / 2 * rng.integers(4, size=len(taken))
    things = [scene.dragged(at=Pose(ROWS[r], COLUMNS[c], 0.0, float(yaw))) for (r, c), yaw in zip(taken, quarter)]
    base = scene.base(scale=ROOM)
    (dragged, neighbor), others = things[:2], things[2:] + scene.besides(keep_free=[GRID])
    first, second = (Inside(thing.id, base.id, share=(k, 2)) for k, thing in enumerate((dragged, neighbor)))
    return (
        Instruction(
            "First put {dragged_obj} into {base_obj} then put the object that was previously at its "
            f"{side} into the same {{base_obj}}.",
            {"dragged_obj": scene.picture(dragged), "base_obj": scene.picture(base)},
            words={"side": side},
        ),
        Goal((first, All((first, second))), never=tuple(Inside(other.id, base.id) for other in others)),
    )
