"""Instruction following: one object into one container, both shown in pictures."""

from sim.goals import Goal, Inside
from sim.scene import Scene
from sim.task import Setup, task
from skills.types import Instruction


@task("visual_manipulation", budget=3)
def visual_manipulation(scene: Scene) -> Setup:
    """Put the {dragged_obj_1} into the {base_obj}.

    A thing to be moved, a container, and one to three other things of any kind (VIMABench: always one), none of which
    may end up in the container. Unlike VIMABench, a container's place is its visible centre, "into" means held by it
    and not ten centimetres from it at any height, and ids are shuffled.
    """
    dragged, base = scene.dragged(), scene.base()
    others = scene.clutter()
    return (
        Instruction(
            "Put the {dragged_obj_1} into the {base_obj}.",
            {"dragged_obj_1": scene.picture(dragged), "base_obj": scene.picture(base)},
        ),
        Goal((Inside(dragged.id, base.id),), never=tuple(Inside(other.id, base.id) for other in others)),
    )
