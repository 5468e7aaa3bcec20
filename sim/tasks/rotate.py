"""Instruction following: turn an object by an angle."""

from dataclasses import replace

import numpy as np

from sim.goals import Goal, turned
from sim.scene import Scene
from sim.task import Setup, task
from skills.types import Instruction

DEGREES = (30, 60, 90, 120, 150)


@task("rotate", budget=3)
def rotate(scene: Scene) -> Setup:
    """Rotate the {dragged_obj} <30, 60, 90, 120 or 150> degrees.

    Clockwise as seen from above, where it stands: within 15 degrees, as in VIMABench, and 5 cm (there: 10). The thing
    has a shape whose every turn can be told. Unlike VIMABench, where there is one other thing and never a container,
    two to four other things of any kind stand around.
    """
    dragged = scene.dragged()
    degrees = int(scene.rng.choice(DEGREES))
    by = -float(np.radians(degrees))
    scene.clutter(keep_free=[dragged.spot(replace(dragged.pose, yaw=dragged.pose.yaw + by))])
    return (
        Instruction(
            f"Rotate the {{dragged_obj}} {degrees} degrees.",
            {"dragged_obj": scene.picture(dragged)},
            words={"degrees": str(degrees)},
        ),
        Goal((turned(dragged.id, dragged.pose, by),)),
    )
