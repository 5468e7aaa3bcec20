"""Novel concept: an angle learnt from pictures of before and after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.goals import All, Goal, turned
from sim.objects import SHAPES
from sim.placement import Spot
from sim.scene import Scene
from sim.task import Setup, task
from sim.tasks.rotate import DEGREES
from sim.textures import TEXTURES
from skills.types import Instruction, Pose, Slot

REACH = 0.05
EXAMPLES = (1, 2, 3)


@task("twist", budget=5)
def twist(scene: Scene) -> Setup:
    """Now twist all <texture> objects, after three examples: from {before_twist_1} to {after_twist_1}.

    One or two things of a texture turn where they stand by the angle that the pairs of pictures show, 30 to 150 degrees
    clockwise: within 15 degrees and 5 cm, as in VIMABench. Unlike there, what else stands around may be any
    kind of thing, and each pair shows another thing.
    """
    rng, names = scene.rng, list(scene.split.dragged_textures)
    by = -float(np.radians(int(rng.choice(DEGREES))))
    texture = str(rng.choice(names))
    twisted, spots = [], list[Spot]()
    for _ in range(int(rng.integers(1, 3))):
        thing = scene.dragged(textures=[texture], twins=True, keep_free=spots)
        spots.append(scene.claim(thing, replace(thing.pose, yaw=thing.pose.yaw + by), spots))
        twisted.append(thing)
    scene.clutter(without=[TEXTURES[texture]], keep_free=spots)
    shown = " ".join(f"From {{before_twist_{k}}} to {{after_twist_{k}}}." for k in EXAMPLES)
    return (
        Instruction(
            f'"Twist" is defined as rotating object a specific angle. For examples: {shown} '
            f"Now twist all {texture} objects.",
            _examples(scene, by, [name for name in names if name != texture]),
            words={"texture": texture},
        ),
        Goal((All(tuple(turned(thing.id, thing.pose, by, REACH) for thing in twisted)),)),
    )


def _examples(scene: Scene, by: float, textures: list[str]) -> dict[str, Slot]:
    """Pairs of pictures of a thing that is not on the table, before and after it was turned."""
    rng, slots = scene.pictures_rng, {}
    for k in EXAMPLES:
        thing = scene.shown(SHAPES[str(rng.choice(list(scene.split.dragged)))], TEXTURES[str(rng.choice(textures))])
        x, y, yaw = rng.uniform((0.4375, -0.375, -np.pi), (0.5625, 0.375, np.pi)).tolist()
        slots[f"before_twist_{k}"] = scene.arrangement({thing: Pose(x, y, 0.0, yaw)})
        slots[f"after_twist_{k}"] = scene.arrangement({thing: Pose(x, y, 0.0, yaw + by)})
    return slots
