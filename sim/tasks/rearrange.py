"""Goal reaching: make the table look like a picture; and back again."""

from collections.abc import Mapping

import numpy as np

from sim.goals import All, At, Goal
from sim.scene import Scene, Thing
from sim.task import Setup, task
from skills.types import Instruction, Pose


@task("rearrange", budget=5)
def rearrange(scene: Scene) -> Setup:
    """Rearrange to this {scene}.

    One, two or three things (40, 40, 20 %) go where the picture shows them: within 4 cm, about half a thing (VIMABench:
    10 cm), standing on the table and not on whatever was there. When there is one, another thing stands on its place
    half of the time and has to be moved out of the way first. Unlike VIMABench, which draws new headings and never
    looks at them, things keep their heading, and one turned by over 30 degrees is not where it should be.
    """
    places = _places(scene)
    return (
        Instruction("Rearrange to this {scene}.", {"scene": scene.arrangement(places)}),
        Goal((_all_at(places),)),
    )


@task("rearrange_then_restore", budget=8)
def rearrange_then_restore(scene: Scene) -> Setup:
    """Rearrange objects to this setup {scene} and then restore.

    As ``rearrange``; then every thing of the picture goes back to where it stood, to the same tolerance. What had to be
    moved out of the way need not be put back.
    """
    places = _places(scene)
    return (
        Instruction("Rearrange objects to this setup {scene} and then restore.", {"scene": scene.arrangement(places)}),
        Goal((_all_at(places), _all_at({thing: thing.pose for thing in places}))),
    )


def _places(scene: Scene) -> Mapping[Thing, Pose]:
    """Adds the things to be moved, what stands in the way, and others; says where the first shall go."""
    count = int(scene.rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2]))
    moved = [scene.dragged() for _ in range(count)]
    places = {thing: Pose(0, 0) for thing in moved}
    taken = [thing.spot() for thing in moved]
    for thing in moved:
        places[thing] = scene.elsewhere(thing, taken)
        taken.append(thing.spot(places[thing]))
    if count == 1 and scene.rng.random() < 0.5:
        target = places[moved[0]]
        scene.dragged(at=Pose(target.x, target.y, 0.0, float(scene.rng.uniform(-np.pi, np.pi))))
    scene.clutter(keep_free=taken)
    return places


def _all_at(places: Mapping[Thing, Pose]) -> All:
    return All(tuple(At(thing.id, pose) for thing, pose in places.items()))
