"""Outlines drawn by hand or by formula: x to the right, y up, in metres, centred on their bounding box."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.polygons import Outline, Polygon, circle, outline, rectangle


def centred(rings: Outline, size: tuple[float, float] | None = None) -> Outline:
    """An outline moved to the centre of its bounding box and stretched to ``size`` (x, y), metres."""
    points = np.concatenate(rings)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = np.ones(2) if size is None else np.asarray(size) / (high - low)
    return tuple((ring - (low + high) / 2) * scale for ring in rings)


def _arc(
    center: tuple[float, float], radii: tuple[float, float], degrees: tuple[float, float], count: int
) -> list[tuple[float, float]]:
    angles = np.radians(np.linspace(degrees[0], degrees[1], count))
    return [(center[0] + radii[0] * float(np.cos(a)), center[1] + radii[1] * float(np.sin(a))) for a in angles]


# Letters are drawn in millimetres, at the sizes in which they are used.
LETTERS: dict[str, Outline] = {
    "A": outline(
        [(0, 0), (22, 0), (29, 22), (61, 22), (68, 0), (90, 0), (57, 103), (33, 103)],
        [(35, 40), (55, 40), (45, 76)],
    ),
    "E": outline(
        [
            (0, 0),
            (58, 0),
            (58, 19),
            (20, 19),
            (20, 42),
            (52, 42),
            (52, 60),
            (20, 60),
            (20, 83),
            (58, 83),
            (58, 102),
            (0, 102),
        ]
    ),
    "G": outline(
        [
            *_arc((41, 52.5), (41, 52.5), (40, 300), 22),
            *[(82, 16), (82, 52), (44, 52), (44, 35), (63, 35), (63, 27)],
            *_arc((41, 52.5), (20, 33), (300, 48), 14),
        ]
    ),
    "M": outline(
        [
            *[(0, 0), (19, 0), (19, 58), (38, 24), (54, 24), (73, 58), (73, 0), (92, 0)],
            *[(92, 97), (73, 97), (46, 52), (19, 97), (0, 97)],
        ]
    ),
    "R": outline(
        [
            *[(0, 0), (20, 0), (20, 38), (29, 38), (49, 0), (73, 0), (50, 42)],
            *_arc((39, 71), (33, 31), (-55, 90), 11),
            (0, 102),
        ],
        [(20, 56), *_arc((37, 70), (14, 14), (-90, 90), 7), (20, 84)],
    ),
    "T": outline([(42, 0), (66, 0), (66, 84), (108, 84), (108, 108), (0, 108), (0, 84), (42, 84)]),
    "V": outline([(31, 0), (54, 0), (85, 102), (62, 102), (42.5, 34), (23, 102), (0, 102)]),
}


def letter(name: str, size: tuple[float, float]) -> Outline:
    """A capital letter of ``LETTERS`` stretched to ``size`` metres."""
    return centred(LETTERS[name], size)


def heart(size: tuple[float, float], count: int = 40) -> Outline:
    """A heart, its point downwards."""
    t = np.arange(count) * (2 * np.pi / count)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return centred(outline(np.column_stack([x, y])), size)


def flower(radius: float, petals: int = 4, depth: float = 0.22, count: int = 64) -> Outline:
    """Round petals around a middle."""
    t = np.arange(count) * (2 * np.pi / count)
    r = radius * (1 - depth + depth * np.cos(petals * t))
    return outline(np.column_stack([r * np.cos(t), r * np.sin(t)]))


def star(radius: float, points: int = 5, inner: float = 0.45) -> Outline:
    """A star, one point up; ``inner`` is the notches' radius as a fraction."""
    ring = circle(radius, 2 * points, phase=np.pi / 2)
    ring[1::2] *= inner
    return outline(ring)


def gear(radius: float, teeth: int, depth: float = 0.2, bore: float = 0.0) -> Outline:
    """A cogwheel with trapezoidal teeth, and a hole of radius ``bore`` if any."""
    angles = np.arange(4 * teeth) * (2 * np.pi / (4 * teeth))
    radii = np.tile([1.0, 1.0, 1.0 - depth, 1.0 - depth], teeth) * radius
    ring = np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]
    return outline(ring, circle(bore, 20)) if bore else outline(ring)


def cross(size: tuple[float, float], bars: tuple[float, float]) -> Outline:
    """An upright cross; ``bars`` are the widths of the upright and of the level bar."""
    a, b, u, v = bars[0] / 2, bars[1] / 2, size[0] / 2, size[1] / 2
    quarter = [(a, -v), (a, -b), (u, -b), (u, b), (a, b), (a, v)]
    return outline([*quarter, *((-x, -y) for x, y in quarter)])


def l_shape(size: tuple[float, float], bar: float) -> Outline:
    """An L."""
    w, h = size
    return centred(outline([(0, 0), (w, 0), (w, bar), (bar, bar), (bar, h), (0, h)]))


def u_shape(size: tuple[float, float], bar: float) -> Outline:
    """Three sides of a rectangle, open upwards (+y)."""
    w, h = size
    return centred(outline([(0, 0), (w, 0), (w, h), (w - bar, h), (w - bar, bar), (bar, bar), (bar, h), (0, h)]))


def ring(outer: float, inner: float, segments: int = 32) -> Outline:
    """An annulus of two radii."""
    return outline(circle(outer, segments), circle(inner, segments))


def frame(size: tuple[float, float], bar: float) -> Outline:
    """A rectangle's four sides."""
    return outline(rectangle(*size), rectangle(size[0] - 2 * bar, size[1] - 2 * bar))


def blob(radii: npt.ArrayLike, count: int = 48) -> Polygon:
    """A smooth closed curve through given radii at equal angles (periodic cubic interpolation by Fourier series)."""
    known = np.fft.rfft(np.asarray(radii, dtype=np.float64))
    padded = np.zeros(count // 2 + 1, dtype=complex)
    padded[: len(known)] = known
    smooth = np.fft.irfft(padded, count) * count / len(np.atleast_1d(radii))
    angles = np.arange(count) * (2 * np.pi / count)
    return np.column_stack([np.cos(angles), np.sin(angles)]) * smooth[:, None]
