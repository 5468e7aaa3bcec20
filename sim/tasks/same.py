"""Reasoning: everything that has something in common with a container, put into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.goals import All, Goal, Inside
from sim.objects import SHAPES
from sim.scene import Scene, Thing
from sim.shapes import Shape
from sim.task import Setup, task
from sim.textures import Texture
from skills.types import Instruction

ROOM = 1.4
"""By which a container of two things is larger than one of one."""
REACH, REACH_BOWL = 0.125, 0.0875


@task("same_texture", budget=4)
def same_texture(scene: Scene) -> Setup:
    """Put all objects with the same texture as {base_obj} into it.

    Two things wear the container's texture; one to two others, of any kind, do not. Both have to be in it in the end.
    Unlike VIMABench, the container is large enough for two, and its tolerance does not shrink for good once a bowl was
    drawn.
    """
    base = scene.base(scale=ROOM)
    alike = [scene.dragged(textures=[base.texture.name]) for _ in range(2)]
    return _into(scene, base, alike, "texture", without=[base.texture])


@task("same_shape", budget=4)
def same_shape(scene: Scene) -> Setup:
    """Put all objects with the same profile as {base_obj} into it.

    Profiles are round (bowl, ring, round, pan), square (block, shorter block, pallet, frame, container, square) and
    neither. Two things have the container's; the others do not. As ``same_texture`` otherwise.
    """
    base = scene.base(scale=ROOM)
    profile = base.shape.profile
    fitting = [name for name in scene.split.dragged if SHAPES[name].profile == profile]
    alike = [scene.dragged(fitting) for _ in range(2)]
    return _into(scene, base, alike, "profile", unlike=lambda shape: shape.profile == profile)


def _into(
    scene: Scene,
    base: Thing,
    alike: list[Thing],
    aspect: str,
    without: Sequence[Texture] = (),
    unlike: Callable[[Shape], bool] | None = None,
) -> Setup:
    others = scene.clutter(without, unlike=unlike, at_least=4)
    reach = REACH_BOWL if base.shape.name == "bowl" else REACH
    return (
        Instruction(
            f"Put all objects with the same {aspect} as {{base_obj}} into it.", {"base_obj": scene.picture(base)}
        ),
        Goal(
            (All(tuple(Inside(thing.id, base.id, reach, (k, 2)) for k, thing in enumerate(alike))),),
            never=tuple(Inside(other.id, base.id) for other in others),
        ),
    )
