"""Novel concepts: nouns defined by a picture, adjectives by comparisons."""

from __future__ import annotations

import numpy as np

from sim.goals import Goal, Inside
from sim.objects import SHAPES
from sim.scene import Scene, Thing
from sim.task import Setup, task
from sim.textures import TEXTURES, Texture
from skills.types import Instruction

NOUNS = ("dax", "blicket", "wug", "zup")
ADJECTIVES = ("daxer", "blicker", "modier", "kobar")
MEANINGS = ("taller", "shorter", "lighter", "darker")
COMPARISONS = (1, 2, 3)

Look = tuple[Texture, float]
"""A texture, and a factor of the height."""


@task("novel_noun", budget=3)
def novel_noun(scene: Scene) -> Setup:
    """This is a <noun> {dragged_obj_1}. This is a <noun> {base_obj}. Put a <noun> into a <noun>.

    The pictures are gray: they tell shapes only, and no other thing has either shape. Unlike VIMABench, where there is
    one other thing, there are two or three of any other kind.
    """
    dragged, base = scene.dragged(), scene.base()
    others = scene.clutter(unlike=lambda shape: shape in (dragged.shape, base.shape), at_least=4)
    defined, (noun, box) = _definitions(scene, "dragged_obj_1")
    return (
        Instruction(
            f"{defined} Put a {noun} into a {box}.",
            {"dragged_obj_1": scene.picture(dragged, plain=True), "base_obj": scene.picture(base, plain=True)},
            words={"noun": noun, "box": box},
        ),
        _goal(dragged, base, others),
    )


@task("novel_adj", budget=3)
def novel_adj(scene: Scene) -> Setup:
    """Put the [less] <adjective> {dragged_obj} into the {base_obj}, after three comparisons.

    Three times it says "{demo_blicker_obj_1} is <adjective> than {demo_less_blicker_obj_1}."; the word means taller,
    shorter, lighter or darker. Two things of the pictured shape stand on the table, and only the word tells which is
    meant: its picture is gray and of the usual height. Unlike VIMABench, where nothing else is there, up to two other
    things may be.
    """
    return _compare(scene, at_least=3)


@task("novel_adj_and_noun", budget=3)
def novel_adj_and_noun(scene: Scene) -> Setup:
    """Put the [less] <adjective> <noun> into the <noun>, after two definitions and three comparisons.

    Definitions as in ``novel_noun``, comparisons as in ``novel_adj``. One or two other things stand around, of other
    shapes (VIMABench: always two).
    """
    return _compare(scene, at_least=4, nouns=True)


def _compare(scene: Scene, at_least: int, nouns: bool = False) -> Setup:
    rng, split = scene.rng, scene.split
    meaning, adjective, less = str(rng.choice(MEANINGS)), str(rng.choice(ADJECTIVES)), bool(rng.random() < 0.5)
    # VIMABench's heights, to the hundredth so that meshes are used again.
    low = round(float(rng.uniform(0.3, 0.4)), 2)
    shape, pair = SHAPES[str(rng.choice(list(split.dragged)))], _pair(scene, rng, meaning, low)
    wanted, spared = reversed(pair) if less else pair
    dragged = scene.add(shape, wanted[0], height_scale=wanted[1])
    twin = scene.add(shape, spared[0], height_scale=spared[1])
    base = scene.base()
    others = scene.clutter(unlike=lambda other: other in (shape, base.shape), at_least=at_least)
    said, slots = [], {}
    for k in COMPARISONS:
        shown = SHAPES[str(scene.pictures_rng.choice(list(split.dragged)))]
        names = f"demo_blicker_obj_{k}", f"demo_less_blicker_obj_{k}"
        for name, look in zip(names, _pair(scene, scene.pictures_rng, meaning, low)):
            slots[name] = scene.picture(scene.shown(shown, *look))
        said.append(f"{{{names[0]}}} is {adjective} than {{{names[1]}}}.")
    noun, box = "{dragged_obj}", "{base_obj}"
    words = {"adjective": adjective, "less": "less " if less else ""}
    if nouns:
        defined, (noun, box) = _definitions(scene, "dragged_obj")
        said.insert(0, defined)
        words |= {"noun": noun, "box": box}
    slots |= {"dragged_obj": scene.picture(dragged, plain=True), "base_obj": scene.picture(base, plain=True)}
    said.append(f"Put the {words['less']}{adjective} {noun} into the {box}.")
    return Instruction(" ".join(said), slots, words=words), _goal(dragged, base, [twin, *others])


def _pair(scene: Scene, rng: np.random.Generator, meaning: str, low: float) -> tuple[Look, Look]:
    """How the thing that has more of the meaning looks, and the one that has less."""
    light = str(rng.choice([name for name in scene.split.dragged_textures if not name.startswith("dark ")]))
    if meaning in ("lighter", "darker"):
        more, less = (TEXTURES[light], 1.0), (TEXTURES[f"dark {light}"], 1.0)
    else:
        more, less = (TEXTURES[light], low + 2.0), (TEXTURES[light], low)
    return (more, less) if meaning in ("lighter", "taller") else (less, more)


def _definitions(scene: Scene, dragged: str) -> tuple[str, tuple[str, str]]:
    """The two definitions in either order, and the nouns of what is moved and of the container."""
    noun, box = (str(name) for name in scene.rng.choice(NOUNS, 2, replace=False))
    said = [f"This is a {noun} {{{dragged}}}.", f"This is a {box} {{base_obj}}."]
    return " ".join(said if scene.rng.random() < 0.5 else reversed(said)), (noun, box)


def _goal(dragged: Thing, base: Thing, others: list[Thing]) -> Goal:
    return Goal((Inside(dragged.id, base.id),), never=tuple(Inside(other.id, base.id) for other in others))
