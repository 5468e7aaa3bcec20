"""Everything that can lie on the table, by VIMA's names and at the sizes measured there; ``sim.shapes`` says how."""

from __future__ import annotations

import numpy as np

from sim import drawings as draw
from sim.polygons import circle, outline, rectangle
from sim.random_shapes import FAMILIES, random_shape
from sim.shapes import UPRIGHT, Shape, bowl, box, frame, line, mark, pan, slab, solid, three_sided_rectangle

__all__ = [
    "CONTAINERS",
    "DRAGGABLE",
    "FAMILIES",
    "SHAPES",
    "UPRIGHT",
    "Shape",
    "line",
    "random_shape",
    "three_sided_rectangle",
]


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
