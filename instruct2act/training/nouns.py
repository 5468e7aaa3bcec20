"""Nouns for shapes, and how well they fit; fits are those of ``looks``."""

from __future__ import annotations

from instruct2act.training.looks import UNSURE
from sim.objects import SHAPES, Shape

NOUNS: dict[str, dict[str, float]] = {
    **{f"letter {c}": {f"letter {c}": 1.0} for c in "AEGMRTV"},
    **{f"{c} shape": {f"letter {c}": 1.0} for c in "AEGMRTV"},
    "letter": {f"letter {c}": 1.0 for c in "AEGMRTV"},
    "letter L": {"L-shaped block": 1.0},
    "L-shaped block": {"L-shaped block": 1.0},
    "L block": {"L-shaped block": 1.0},
    "L shape": {"L-shaped block": 1.0},
    "block": {"block": 1.0, "shorter block": 1.0, "small block": 0.7, "L-shaped block": UNSURE},
    "cube": {"block": 1.0, "shorter block": 0.7, "small block": 0.7},
    "shorter block": {"block": UNSURE, "shorter block": 1.0, "small block": UNSURE},
    "low block": {"block": UNSURE, "shorter block": 1.0, "small block": UNSURE},
    "short block": {"block": UNSURE, "shorter block": 1.0, "small block": UNSURE},
    "small block": {"block": 0.2, "shorter block": 0.2, "small block": 1.0},
    "small cube": {"block": 0.2, "shorter block": 0.2, "small block": 1.0},
    "box": {"container": 1.0, "block": 0.5, "shorter block": 0.5, "small block": 0.3, "pallet": UNSURE},
    "container": {"container": 1.0, "bowl": 0.2, "pallet": UNSURE},
    "bin": {"container": 1.0},
    "basket": {"container": 1.0, "bowl": 0.3},
    "plate": {"pallet": 1.0, "bowl": UNSURE, "round": UNSURE},
    "tray": {"container": 1.0, "pallet": 0.5},
    "bowl": {"bowl": 1.0},
    "dish": {"bowl": 1.0, "pan": UNSURE},
    "cup": {"bowl": 1.0},
    "pan": {"pan": 1.0},
    "frying pan": {"pan": 1.0},
    "frame": {"frame": 1.0, "square": 0.4},
    "pallet": {"pallet": 1.0, "container": UNSURE},
    "square": {"square": 1.0, "frame": 0.3, "block": UNSURE, "shorter block": UNSURE, "container": UNSURE},
    "three-sided rectangle": {"three-sided rectangle": 1.0},
    "three sided rectangle": {"three-sided rectangle": 1.0},
    "U shape": {"three-sided rectangle": 1.0},
    "line": {"line": 1.0},
    "bar": {"line": 1.0},
    "strip": {"line": 1.0},
    "flower": {"flower": 1.0},
    "heart": {"heart": 1.0},
    "cross": {"cross": 1.0},
    "plus": {"cross": 1.0},
    "plus sign": {"cross": 1.0},
    "diamond": {"diamond": 1.0},
    "rhombus": {"diamond": 1.0},
    "triangle": {"triangle": 1.0},
    "ring": {"ring": 1.0},
    "donut": {"ring": 1.0},
    "round": {"round": 1.0, "bowl": UNSURE, "ring": UNSURE},
    "disc": {"round": 1.0, "ring": UNSURE},
    "disk": {"round": 1.0, "ring": UNSURE},
    "circle": {"round": 1.0, "ring": 0.4, "bowl": UNSURE},
    "cylinder": {"round": 1.0},
    "round block": {"round": 1.0},
    **{f"{name} shape": {name: 1.0} for name in ("heart", "star", "flower", "cross", "diamond", "ring")},
    **{f"{name}-shaped block": {name: 1.0} for name in ("heart", "star", "flower", "cross", "diamond", "ring")},
    "hoop": {"ring": 1.0},
    "hexagon": {"hexagon": 1.0},
    "pentagon": {"pentagon": 1.0},
    "star": {"star": 1.0},
}
"""Nouns, and how well each fits the shapes it may stand for; the shapes left out it does not fit."""

ANYTHING = ("object", "thing", "one", "item", "shape", "objects", "things", "toy")
"""Nouns that say nothing of the shape."""

_FAMILIES: dict[str, tuple[str, ...]] = {
    "heart": ("heart",),
    "star": ("star",),
    "flower": ("flower",),
    "ring": ("ring",),
    "cross": ("cross",),
    "L": ("L-shaped block",),
    "letter": tuple(f"letter {c}" for c in "AEGMRTV"),
    "bowl": ("bowl",),
    "pan": ("pan",),
    "U": ("three-sided rectangle",),
    "bar": ("line",),
    "frame": ("frame", "square"),
    "opening": ("frame", "square"),
    "box": ("container", "pallet", "block"),
    "pallet": ("pallet", "container", "block"),
    "rectangle": ("block", "pallet", "container", "line"),
    "ellipse": ("round", "bowl"),
    "polygon": ("triangle", "diamond", "pentagon", "hexagon", "block", "round"),
    "wedge": ("triangle", "diamond", "pentagon", "hexagon", "block", "round"),
    "blob": ("heart", "flower", "round"),
    "gear": ("star", "flower", "round", "ring"),
}
"""Families of random shapes, and the named shapes that one of them may look like."""

_KINDS = frozenset({"heart", "star", "flower", "ring", "cross", "L", "letter", "bowl", "pan", "U", "bar"})
"""Families that are what they are called: a random heart is a heart."""


def is_named(shape: Shape) -> bool:
    """Whether it is one of the simulator's; random shapes bear their family's name, which may be the same."""
    return SHAPES.get(shape.name) is shape


def noun_fits(noun: str, shape: Shape) -> float:
    """In [0, 1], or NaN: how well a noun fits a shape, named or random."""
    if noun in ANYTHING:
        return 1.0
    if is_named(shape):
        return NOUNS[noun].get(shape.name, 0.0)
    fits = [NOUNS[noun].get(name, 0.0) for name in _FAMILIES[shape.name]]
    if shape.name in _KINDS and len(set(fits)) == 1:
        return fits[0]
    return UNSURE if any(fit != 0 for fit in fits) else 0.0


def may_be_alike(one: Shape, other: Shape) -> bool:
    """Whether nobody can say if two shapes are the same: a random one, and one that it may look like."""
    kinds = [{shape.name} if is_named(shape) else set(_FAMILIES[shape.name]) for shape in (one, other)]
    return not (is_named(one) and is_named(other)) and bool(kinds[0] & kinds[1])


def all_nouns() -> tuple[str, ...]:
    """Nouns that say something, then those that don't."""
    return (*NOUNS, *ANYTHING)
