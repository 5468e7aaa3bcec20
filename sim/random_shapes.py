"""Shapes that no task uses: training data for perception, wider than the table's own objects."""

from __future__ import annotations

import numpy as np

from sim import drawings as draw
from sim.polygons import Outline, circle, outline, rectangle
from sim.shapes import Shape, bowl, box, frame, mark, pan, slab, solid


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
