"""One-shot imitation: frames of a motion, or of a pile that grows, to be done again."""

from __future__ import annotations

import numpy as np

from sim.goals import At, Goal
from sim.objects import SHAPES
from sim.scene import Scene, Thing
from sim.task import Setup, task
from sim.textures import TEXTURES
from skills.types import Instruction, Pose

CENTER, RADIUS, CORNERS = (0.5, 0.0), 0.19, 5


@task("follow_motion", budget=2)
def follow_motion(scene: Scene) -> Setup:
    """Follow this motion for {dragged_obj}: {frame_0} {frame_1} {frame_2}.

    The thing goes from corner to neighbouring corner of a pentagon round the table's middle, twice, and has to be at
    each in turn: within 4 cm and 30 degrees (VIMABench: 10 cm, any heading). Another thing stands in the middle, and a
    third one in the frames. Unlike VIMABench, the pentagon may be turned, a wrong step fails by its own rule only, and
    nothing fails before the first step.
    """
    rng = scene.rng
    first, yaw = float(rng.uniform(-np.pi, np.pi)), float(rng.uniform(-np.pi, np.pi))
    corners = np.cumsum([0, *rng.choice([-1, 1], 2)])
    angles = first + corners * (2 * np.pi / CORNERS)
    poses = [Pose(CENTER[0] + RADIUS * float(np.cos(a)), RADIUS * float(np.sin(a)), 0.0, yaw) for a in angles]
    moved = scene.dragged(at=poses[0])
    scene.dragged(at=Pose(*CENTER, 0.0, float(rng.uniform(-np.pi, np.pi))))
    spots = [scene.claim(moved, pose) for pose in poses[1:]]
    shown = scene.dragged(keep_free=spots)
    scene.clutter(keep_free=spots)
    still = {shown: Pose(*CENTER, 0.0, yaw)}
    frames = {f"frame_{k}": scene.arrangement({moved: pose, **still}, "frame") for k, pose in enumerate(poses)}
    return (
        Instruction(
            "Follow this motion for {dragged_obj}: {frame_0} {frame_1} {frame_2}.",
            {"dragged_obj": scene.picture(moved), **frames},
        ),
        Goal(tuple(At(moved.id, pose) for pose in poses[1:]), strict=True),
    )


@task("follow_order", budget=4)
def follow_order(scene: Scene) -> Setup:
    """Stack objects in this order {frame_0} {frame_1} {frame_2}.

    Three things of one shape and different textures stand in a row. One goes onto another; then the third one onto both
    or the upper one of the two onto the third one. Each has to rest on what the frame shows under it, within 4 cm of
    its place (VIMABench: within 10 cm of it, stacked or not, and its frames may show a thing beside the others again).
    One or two other things of other shapes stand around.
    """
    rng, split = scene.rng, scene.split
    shape, yaw = SHAPES[str(rng.choice(list(split.dragged)))], float(rng.uniform(-np.pi, np.pi))
    worn = rng.choice(list(split.dragged_textures), 3, replace=False)
    row = [scene.add(shape, TEXTURES[str(name)], Pose(0.5, y, 0.0, yaw)) for name, y in zip(worn, (-0.25, 0.0, 0.25))]
    scene.clutter(unlike=lambda other: other is shape, at_least=4)
    upper, lower, third = (row[k] for k in rng.permutation(3))
    moves = [(upper, lower), (third, upper) if rng.random() < 0.5 else (upper, third)]
    poses, on = {thing: thing.pose for thing in row}, dict[Thing, Thing]()
    frames, stages = {"frame_0": scene.arrangement(dict(poses), "frame")}, []
    for k, (moved, under) in enumerate(moves, 1):
        at = poses[under]
        poses[moved], on[moved] = Pose(at.x, at.y, at.z + shape.size[2], yaw), under
        frames[f"frame_{k}"] = scene.arrangement(dict(poses), "frame", dict(on))
        stages.append(At(moved.id, poses[moved], heading=None, on=under.id))
    return (
        Instruction("Stack objects in this order {frame_0} {frame_1} {frame_2}.", frames),
        Goal(tuple(stages), strict=True),
    )
