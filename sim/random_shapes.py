"""Shapes that no task uses: training data for perception, wider than the table's own objects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim import drawings as draw
from sim.polygons import Outline, Polygon, area, circle, outline, rectangle
from sim.shapes import Shape, bowl, box, frame, pan, solid

Draw = Callable[[np.random.Generator, float], Outline]
"""An outline of about the radius given, metres."""


def _polygon(rng: np.random.Generator, radius: float) -> Outline:
    corners = int(rng.integers(3, 9))
    angles = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * (2 * np.pi / corners)
    radii = radius * rng.uniform(0.7, 1.0, corners)
    return outline(np.column_stack([radii * np.cos(angles), radii * np.sin(angles)]))


def _polyomino(rng: np.random.Generator, radius: float) -> Outline:
    """Squares joined edge to edge, without holes: letters' relatives."""
    while True:
        cells = {(0, 0)}
        for _ in range(int(rng.integers(2, 8))):
            x, y = list(cells)[int(rng.integers(len(cells)))]
            dx, dy = ((1, 0), (-1, 0), (0, 1), (0, -1))[int(rng.integers(4))]
            if max(abs(x + dx), abs(y + dy)) <= 2:
                cells.add((x + dx, y + dy))
        ring = _boundary(cells)
        if ring is not None and len(cells) > 2:
            return draw.centred(outline(ring * (0.9 * radius / np.abs(ring - ring.mean(axis=0)).max())))


def _boundary(cells: set[tuple[int, int]]) -> Polygon | None:
    """The edge around cells, counter-clockwise; None where it is not one simple ring."""
    after: dict[tuple[int, int], tuple[int, int]] = {}
    for x, y in sorted(cells):
        corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]
        sides = [(x, y - 1), (x + 1, y), (x, y + 1), (x - 1, y)]
        for k, side in enumerate(sides):
            if side not in cells:
                if corners[k] in after:
                    return None
                after[corners[k]] = corners[(k + 1) % 4]
    start = min(after)
    ring = [start]
    while after[ring[-1]] != start:
        ring.append(after[ring[-1]])
    if len(ring) != len(after):
        return None
    # Corners only: straight runs lose their inner points.
    kept = [
        p
        for p, q, r in zip(ring, ring[-1:] + ring[:-1], ring[1:] + ring[:1])
        if (p[0] - q[0]) * (r[1] - p[1]) != (p[1] - q[1]) * (r[0] - p[0])
    ]
    return np.array(kept, dtype=np.float64)


def _cross(rng: np.random.Generator, radius: float) -> Outline:
    size = (2 * radius * rng.uniform(0.7, 1.0), 2 * radius * rng.uniform(0.7, 1.0))
    return draw.cross(size, (size[0] * rng.uniform(0.2, 0.5), size[1] * rng.uniform(0.2, 0.5)))


def _gear(rng: np.random.Generator, radius: float) -> Outline:
    bore = radius * rng.uniform(0.2, 0.5) if rng.random() < 0.5 else 0.0
    return draw.gear(radius, int(rng.integers(5, 12)), float(rng.uniform(0.12, 0.3)), float(bore))


def _bracket(rng: np.random.Generator, radius: float) -> Outline:
    size = (2 * radius * float(rng.uniform(0.6, 1.0)), 2 * radius * float(rng.uniform(0.6, 1.0)))
    bar = min(size) * float(rng.uniform(0.2, 0.32))
    return draw.u_shape(size, bar) if rng.random() < 0.5 else draw.l_shape(size, bar)


def _frame(rng: np.random.Generator, radius: float) -> Outline:
    size = (2 * radius * float(rng.uniform(0.6, 1.0)), 2 * radius * float(rng.uniform(0.6, 1.0)))
    return draw.frame(size, min(size) * float(rng.uniform(0.12, 0.3)))


def _blob(rng: np.random.Generator, radius: float) -> Outline:
    ring = draw.blob(radius * rng.uniform(0.55, 1.0, int(rng.integers(5, 9))))
    if area(ring) > 0 and rng.random() < 0.3:
        return outline(ring, circle(0.25 * radius, 20))
    return outline(ring)


_PRISMS: dict[str, Draw] = {
    "polygon": _polygon,
    "polyomino": _polyomino,
    "cross": _cross,
    "gear": _gear,
    "bracket": _bracket,
    "square ring": _frame,
    "blob": _blob,
    "rectangle": lambda rng, r: outline(rectangle(2 * r, 2 * r * float(rng.uniform(0.25, 1.0)))),
    "disc": lambda rng, r: outline(circle(r, 32) * (1.0, float(rng.uniform(0.5, 1.0)))),
    "ring": lambda rng, r: draw.ring(r, r * float(rng.uniform(0.35, 0.75))),
    "star": lambda rng, r: draw.star(r, int(rng.integers(4, 9)), float(rng.uniform(0.35, 0.65))),
    "flower": lambda rng, r: draw.flower(r, int(rng.integers(3, 9)), float(rng.uniform(0.1, 0.3))),
    "heart": lambda rng, r: draw.heart((2 * r, 2 * r * float(rng.uniform(0.7, 1.1)))),
    "letter": lambda rng, r: draw.letter(
        str(rng.choice(sorted(draw.LETTERS))), (1.8 * r * float(rng.uniform(0.6, 1.0)), 1.8 * r)
    ),
}

_HOLLOW = ("bowl", "cup", "box", "pan", "tray")

FAMILIES = (*_PRISMS, *_HOLLOW)
"""Names that ``random_shape`` gives."""


def random_shape(rng: np.random.Generator) -> Shape:
    """A solid or hollow thing of any size between two and twenty-five centimetres; its name is its family."""
    family = FAMILIES[int(rng.integers(len(FAMILIES)))]
    radius = float(np.exp(rng.uniform(np.log(0.012), np.log(0.12))))
    wall = float(rng.uniform(0.06, 0.12)) * radius
    match family:
        case "bowl":
            return bowl(
                family, radius, radius * float(rng.uniform(0.4, 0.9)), radius * float(rng.uniform(0.3, 0.7)), wall
            )
        case "cup":
            return bowl(
                family, radius, radius * float(rng.uniform(1.0, 2.0)), radius * float(rng.uniform(0.7, 0.95)), wall
            )
        case "pan":
            return pan(
                family, radius, radius * float(rng.uniform(0.3, 0.6)), radius * float(rng.uniform(0.8, 1.8)), wall
            )
        case "box" | "tray":
            width, depth = 2 * radius, 2 * radius * float(rng.uniform(0.5, 1.0))
            if family == "tray":
                return frame(family, width, depth, 2 * wall, float(rng.uniform(0.002, 0.02)))
            return box(family, width, depth, radius * float(rng.uniform(0.3, 1.0)), wall, 0.5 * wall)
    height = float(np.clip(radius * rng.uniform(0.3, 1.5), 0.004, 0.08))
    return solid(family, _PRISMS[family](rng, radius), height)
