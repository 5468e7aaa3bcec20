"""Visual memory: an object visits containers in order and returns to the one it came from."""

from itertools import product

from sim.goals import Goal, Inside
from sim.scene import Scene
from sim.task import Setup, task
from skills.types import Instruction, Pose

GRID = tuple(product((0.375, 0.625), (-0.25, 0.0, 0.25)))
REACH = 0.05


@task("pick_in_order_then_restore", budget=4)
def pick_in_order_then_restore(scene: Scene) -> Setup:
    """Put {dragged_obj} into {base_obj_1} then {base_obj_2}. Finally restore it into its original container.

    Containers of one kind and different textures stand in a grid of two by three; the thing starts in one of them. It
    has to rest in each of the others named, in that order, and in the first one when all is over. Unlike VIMABench,
    where six containers always fill the grid, three to five of its places hold one, and "in" means held by it.
    """
    rng, split = scene.rng, scene.split
    shape = str(rng.choice(list(split.bases)))
    cells = rng.permutation(len(GRID))[: int(rng.integers(3, 6))]
    bases = [scene.base([shape], at=Pose(*GRID[cell])) for cell in cells]
    home, first, second = bases[:3]
    dragged = scene.inside(home)
    scene.besides()
    stages = tuple(Inside(dragged.id, base.id, REACH) for base in (first, second, home))
    return (
        Instruction(
            "Put {dragged_obj} into {base_obj_1} then {base_obj_2}. Finally restore it into its original container.",
            {
                "dragged_obj": scene.picture(dragged),
                "base_obj_1": scene.picture(first),
                "base_obj_2": scene.picture(second),
            },
        ),
        Goal(stages),
    )
