"""Which objects and textures each task uses at each level of generalisation (VIMABench's splits).

L1 places known things anew, L2 combines known objects with textures known from the other role, L3 brings new objects
(and lifts the limits on textures), L4 is the level of whole tasks that training never saw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.textures import LIGHT, TEXTURES

LEVELS = ("L1", "L2", "L3", "L4")

LETTERS = tuple(f"letter {name}" for name in "AEGMTV")
KNOWN_DRAGGED = (
    *LETTERS, "block", "cross", "triangle", "flower", "heart", "ring", "pentagon", "L-shaped block",
)  # fmt: skip
KNOWN_BASES = ("bowl", "frame", "container", "square")
NEW_DRAGGED = ("letter R", "diamond", "hexagon", "round", "star")
NEW_BASES = ("pallet", "pan")

NO_SYMMETRY_KNOWN = (*LETTERS, "heart", "L-shaped block")
"""Shapes whose every turn can be told; what ``rotate`` and ``twist`` need."""
NO_SYMMETRY_NEW = ("letter R",)


def _named(kind: str, words: str) -> tuple[str, ...]:
    return tuple(f"{word.replace('-', ' and ')} {kind}" for word in words.split())


SET_A = (
    "red", "green", "yellow", "granite", "polka-dot", "tiger", "rainbow",
    *_named("stripe", "red-yellow yellow-green"),
    *_named("polka dot", "red-yellow red-green red-blue yellow-blue green-blue"),
    *_named("swirl", "red green"),
    *_named("paisley", "red yellow green"),
)  # fmt: skip
"""Dragged objects' textures at L1, containers' at L2."""

SET_B = (
    "blue", "purple", "cyan", "olive", "tiles", "wooden", "plastic", "checkerboard",
    *_named("stripe", "red-blue yellow-blue red-purple yellow-purple green-purple blue-purple"),
    *_named("polka dot", "yellow-purple green-purple blue-purple"),
    *_named("swirl", "purple blue"),
    *_named("paisley", "blue"),
)  # fmt: skip
"""Containers' textures at L1, dragged objects' at L2."""

HELD_OUT = tuple(name for name in LIGHT if name not in SET_A and name not in SET_B)
"""Textures that neither L1 nor L2 shows."""


@dataclass(frozen=True)
class Partition:
    """What a task draws from at one level: names of shapes and of textures, by role.

    ``others`` and ``other_bases`` are the shapes of whatever else lies around: the level's own, whatever the task
    narrows its roles down to, so that they do not tell which task it is.
    """

    dragged: tuple[str, ...]
    bases: tuple[str, ...]
    dragged_textures: tuple[str, ...]
    base_textures: tuple[str, ...]
    others: tuple[str, ...]
    other_bases: tuple[str, ...]


def _split(
    dragged: tuple[str, ...], bases: tuple[str, ...], dragged_textures: tuple[str, ...], base_textures: tuple[str, ...]
) -> Partition:
    return Partition(dragged, bases, dragged_textures, base_textures, others=dragged, other_bases=bases)


_COMMON = {
    "L1": _split(KNOWN_DRAGGED, KNOWN_BASES, SET_A, SET_B),
    "L2": _split(KNOWN_DRAGGED, KNOWN_BASES, SET_B, SET_A),
    # VIMABench's class defaults: every object; the first 24 light textures for what is dragged, the other 25 for
    # containers.
    "L3": _split(NEW_DRAGGED, NEW_BASES, LIGHT[:24], LIGHT[24:]),
    "L4": _split((*KNOWN_DRAGGED, *NEW_DRAGGED), (*KNOWN_BASES, *NEW_BASES), LIGHT[:24], LIGHT[24:]),
}

_WITHOUT_CONTAINER = ("rotate", "rearrange", "rearrange_then_restore", "twist", "follow_motion", "follow_order")
_SWEEP = ("sweep_without_exceeding", "sweep_without_touching")
_ADJECTIVE = ("novel_adj", "novel_adj_and_noun")
_ALIKE = ("same_texture", "same_shape")

LEVELS_OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "visual_manipulation", "scene_understanding", "rotate", "rearrange", "rearrange_then_restore", "novel_adj",
            "novel_noun", "twist", "follow_order", "same_shape", "manipulate_old_neighbor",
            "pick_in_order_then_restore",
        ),
        ("L1", "L2", "L3"),
    ),
    "sweep_without_exceeding": ("L1", "L2"),
    **dict.fromkeys(("novel_adj_and_noun", "follow_motion", "sweep_without_touching", "same_texture"), ("L4",)),
}  # fmt: skip
"""The levels at which VIMABench plays each of its seventeen tasks."""


def partition(task: str, level: str) -> Partition:
    """What a task draws from at a level.

    Raises:
        KeyError: no such task, or the task is not played at that level.
    """
    if level not in LEVELS_OF[task]:
        raise KeyError(level)
    return _drawn(task, level)


def unseen(task: str) -> Partition:
    """What a task draws from when its objects are to be new: level L3's, also of a task that is not played there."""
    return _drawn(task, "L3")


def _drawn(task: str, level: str) -> Partition:
    split = _COMMON[level]
    if task in _WITHOUT_CONTAINER and level in ("L3", "L4"):
        split = replace(split, dragged_textures=LIGHT, base_textures=LIGHT)
    if task in ("rotate", "twist"):
        split = replace(split, dragged=NO_SYMMETRY_NEW if level == "L3" else NO_SYMMETRY_KNOWN)
    if task == "pick_in_order_then_restore" and level == "L3":
        split = replace(split, bases=("pallet",))
    if task in _SWEEP:
        split = replace(split, dragged=("small block",), bases=("three-sided rectangle", "line"))
    if task in _ADJECTIVE:
        everything = level in ("L3", "L4")
        split = replace(
            split,
            dragged=tuple(name for name in split.dragged if name != "block"),
            dragged_textures=_with_dark(LIGHT if everything else split.dragged_textures),
        )
    if task in _ALIKE:
        # The one square thing that fits into a container beside another one.
        kept = tuple(name for name in split.dragged if name != "block")
        split = replace(split, dragged=("shorter block", *kept))
    return split


def _with_dark(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those that have a dark variant, then the variants."""
    light = tuple(name for name in names if f"dark {name}" in TEXTURES)
    return light + tuple(f"dark {name}" for name in light)
