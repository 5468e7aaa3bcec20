"""Instruction following: an object named by its texture, its shape seen in a picture of a scene."""

from sim.goals import Goal, Inside
from sim.scene import Scene
from sim.task import Setup, task
from skills.types import Instruction


@task("scene_understanding", budget=3)
def scene_understanding(scene: Scene) -> Setup:
    """Put the <texture> object in {scene} into the <texture> object.

    The picture shows the thing to be moved and one of another texture, elsewhere than on the table. In half of the
    episodes a thing on the table has the first one's texture and another shape, so that the picture has to be looked
    at; in the other half one has the container's shape and another texture. Unlike VIMABench, the container is the only
    thing of its texture, so that the sentence has one meaning, and the table holds four or five things.
    """
    dragged, base = scene.dragged(), scene.base()
    split, rng = scene.split, scene.rng
    named = {dragged.texture.name, base.texture.name}
    if rng.random() < 0.5:
        shapes = [name for name in split.dragged if name != dragged.shape.name]
        decoy = scene.dragged(shapes, [dragged.texture.name])
    else:
        decoy = scene.base([base.shape.name], [name for name in split.base_textures if name not in named])
    shown = scene.dragged(textures=[name for name in split.dragged_textures if name not in named])
    others = [decoy, shown, *scene.clutter(without=[dragged.texture, base.texture])]
    poses = scene.scattered([dragged, shown])
    return (
        Instruction(
            f"Put the {dragged.texture.name} object in {{scene}} into the {base.texture.name} object.",
            {"scene": scene.arrangement(poses)},
            words={"first": dragged.texture.name, "second": base.texture.name},
        ),
        Goal((Inside(dragged.id, base.id),), never=tuple(Inside(other.id, base.id) for other in others)),
    )
