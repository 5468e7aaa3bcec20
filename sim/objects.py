"""Everything that can lie on the table, by VIMA's names and at the sizes measured there; ``sim.shapes`` says how."""

from __future__ import annotations

import numpy as np

from sim import drawings as draw
from sim.polygons import circle, outline, rectangle
from sim.random_shapes import random_shape
from sim.shapes import UPRIGHT, Shape, bowl, box, frame, line, mark, pan, slab, solid, three_sided_rectangle

__all__ = ["CONTAINERS", "DRAGGABLE", "SHAPES", "UPRIGHT", "Shape", "line", "random_shape", "three_sided_rectangle"]


def _vima() -> dict[str, Shape]:
    kit = 0.032
    square = draw.frame((0.24, 0.24), 0.04)
    letters = {"A": (0.090, 0.103), "E": (0.058, 0.102), "G": (0.082, 0.105), "M": (0.092, 0.097)}
    letters |= {"R": (0.073, 0.102), "T": (0.108, 0.108), "V": (0.085, 0.102)}
    shapes = [
        *(solid(f"letter {name}", draw.letter(name, size), kit) for name, size in letters.items()),
        solid("flower", draw.flower(0.054), kit, coarse=draw.flower(0.054, count=24)),
        solid("heart", draw.heart((0.103, 0.095)), kit, coarse=draw.heart((0.103, 0.095), 18)),
        solid("cross", draw.cross((0.096, 0.096), (0.034, 0.034)), kit),
        solid("diamond", outline([(0, -0.048), (0.06, 0), (0, 0.048), (-0.06, 0)]), kit),
        solid("triangle", outline(circle(0.06, 3, phase=np.pi / 2)), kit),
        solid("L-shaped block", draw.l_shape((0.096, 0.096), 0.036), kit),
        solid("ring", draw.ring(0.048, 0.026), kit, coarse=draw.ring(0.048, 0.026, 12), profile="circle"),
        solid("round", outline(circle(0.048, 32)), kit, coarse=outline(circle(0.048, 16)), profile="circle"),
        solid("hexagon", outline(circle(0.054, 6, phase=np.pi / 2)), kit),
        solid("pentagon", outline(circle(0.054, 5, phase=np.pi / 2)), kit),
        solid("star", draw.star(0.0565), kit),
        solid("block", outline(rectangle(0.07, 0.07)), 0.07, 0.05, profile="square"),
        solid("shorter block", outline(rectangle(0.07, 0.07)), 0.03, 0.03, profile="square"),
        solid("small block", outline(rectangle(0.03, 0.03)), 0.03, 0.01),
        bowl("bowl", 0.1, 0.064, 0.045, 0.006),
        pan("pan", 0.0845, 0.041, 0.125, 0.006),
        box("container", 0.17, 0.17, 0.05, 0.005, 0.004),
        frame("frame", 0.18, 0.18, 0.02, 0.0015),
        slab("pallet", 0.21, 0.175, 0.035),
        mark("square", square, inner=square[1][::-1].copy()),
        three_sided_rectangle(0.24, 0.24),
        line(),
    ]
    return {shape.name: shape for shape in shapes}


SHAPES: dict[str, Shape] = _vima()
"""Every object by VIMA's name."""

DRAGGABLE = tuple(name for name, shape in SHAPES.items() if shape.draggable)
CONTAINERS = tuple(name for name, shape in SHAPES.items() if shape.container)


def _random_outline(rng: np.random.Generator, family: str) -> Outline:
    """An outline of about unit size; see ``FAMILIES``."""
    bar = float(rng.uniform(0.15, 0.4))
    long = float(rng.uniform(0.4, 1.0))
    match family:
        case "polygon":
            return outline(circle(0.5, int(rng.integers(3, 9)), phase=float(rng.uniform(0, np.pi))))
        case "wedge":
            gaps = np.cumsum(rng.uniform(0.5, 1.5, int(rng.integers(3, 7))))
            angles = gaps / gaps[-1] * 2 * np.pi
            return outline(np.column_stack([np.cos(angles), long * np.sin(angles)]) / 2)
        case "rectangle":
            return outline(rectangle(1.0, long))
        case "bar":
            return outline(rectangle(1.0, float(rng.uniform(0.1, 0.3))))
        case "blob":
            return outline(draw.blob(rng.uniform(0.25, 0.6, int(rng.integers(4, 9)))))
        case "star":
            return draw.star(0.5, int(rng.integers(4, 9)), float(rng.uniform(0.35, 0.7)))
        case "flower":
            return draw.flower(0.5, int(rng.integers(3, 8)), float(rng.uniform(0.1, 0.35)))
        case "heart":
            return draw.heart((1.0, float(rng.uniform(0.75, 1.2))), 24)
        case "ring":
            return draw.ring(0.5, float(rng.uniform(0.2, 0.42)))
        case "ellipse":
            return outline(circle(0.5, 32) * np.array([1.0, long]))
        case "L":
            return draw.l_shape((1.0, float(rng.uniform(0.6, 1.2))), bar)
        case "U":
            return draw.u_shape((1.0, float(rng.uniform(0.6, 1.2))), bar * 0.8)
        case "letter":
            name = str(rng.choice(list(draw.LETTERS)))
            return draw.letter(name, (float(rng.uniform(0.6, 1.0)), 1.0))
        case "gear":
            return draw.gear(0.5, int(rng.integers(6, 13)), bore=float(rng.choice([0.0, 0.18])))
        case "cross":
            return draw.cross((1.0, float(rng.uniform(0.7, 1.0))), (bar, bar))
        case "opening":
            return draw.frame((1.0, long + 0.2), float(rng.uniform(0.08, 0.2)))
        case unknown:
            raise ValueError(f"no family of shapes is called {unknown!r}; there are {', '.join(FAMILIES)}")


FAMILIES = (
    "polygon", "wedge", "rectangle", "bar", "blob", "star", "flower", "heart", "ring", "ellipse", "L", "U", "letter",
    "gear", "cross", "opening", "box", "bowl", "pan", "frame", "pallet",
)  # fmt: skip
"""Families that ``random_shape`` draws from, by the names its shapes have."""


def random_shape(rng: np.random.Generator) -> Shape:
    """A shape that is in no task, for training data: a family's name, and proportions of its own; 3 to 25 cm."""
    family = str(rng.choice(FAMILIES))
    size = float(np.exp(rng.uniform(np.log(0.03), np.log(0.2))))
    wide = float(np.exp(rng.uniform(np.log(0.09), np.log(0.25))))
    deep, height, wall = wide * float(rng.uniform(0.6, 1.0)), wide * float(rng.uniform(0.15, 0.5)), 0.006
    match family:
        case "box":
            return box(family, wide, deep, height, wall * float(rng.uniform(0.6, 2.0)), 0.004)
        case "bowl":
            return bowl(family, wide / 2, height, wide * float(rng.uniform(0.15, 0.4)), wall)
        case "pan":
            return pan(family, wide / 2.6, 0.5 * height, wide * float(rng.uniform(0.3, 0.7)), wall)
        case "frame":
            return frame(family, wide, deep, wide * float(rng.uniform(0.06, 0.16)), float(rng.uniform(0.001, 0.03)))
        case "pallet":
            return slab(family, wide, deep, 0.5 * height)
    rings = tuple(ring * size for ring in _random_outline(rng, family))
    if rng.random() < 0.15:
        return mark(family, rings)
    return solid(family, rings, size * float(rng.uniform(0.1, 0.9)))
