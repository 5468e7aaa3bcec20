"""Periodic patterns, drawn into square arrays that repeat without a seam.

Every function takes the side N in texels and returns (N, N, 3) float64 RGB in [0, 255]; row 0 is the upper edge.
Features are kept near a centimetre at the textures' ten-centimetre period: a pixel of the views covers four
millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

RGB = tuple[int, int, int]
Picture = npt.NDArray[np.float64]
Field = npt.NDArray[np.float64]


def grid(side: int) -> tuple[Field, Field]:
    """(u, v) of texel centres in [0, 1), v upwards."""
    at = (np.arange(side) + 0.5) / side
    u, v = np.meshgrid(at, at[::-1])
    return u, v


def mix(weight: Field, low: Sequence[float], high: Sequence[float]) -> Picture:
    """Colour ``low`` where the weight is 0, ``high`` where it is 1."""
    share = np.clip(weight, 0, 1)[..., None]
    picture: Picture = np.asarray(low, dtype=np.float64) * (1 - share) + np.asarray(high, dtype=np.float64) * share
    return picture


def edge(distance: Field, softness: float = 0.01) -> Field:
    """1 where ``distance`` is negative, 0 where positive, with a smooth step of the width given."""
    return np.clip(0.5 - distance / (2 * softness), 0, 1)


def noise(
    side: int, rng: np.random.Generator, waves: tuple[float, float], stretch: tuple[float, float] = (1, 1)
) -> Field:
    """Periodic noise with mean 0 and deviation 1, of wave numbers within ``waves``, stretched along (u, v)."""
    k = np.fft.fftfreq(side, 1 / side)
    ku, kv = np.meshgrid(k * stretch[0], k * stretch[1])
    size = np.hypot(ku, kv)
    spectrum = rng.normal(size=(side, side)) + 1j * rng.normal(size=(side, side))
    spectrum *= (size >= waves[0]) & (size <= waves[1])
    field = np.fft.ifft2(spectrum / np.maximum(size, 1.0)).real
    deviation = float(field.std())
    return field / deviation if deviation else field


def cells(side: int, points: npt.ArrayLike) -> tuple[Field, Field, npt.NDArray[np.int64]]:
    """Distances to the nearest and the second nearest of periodic points (K, 2) in [0, 1), and which is nearest."""
    u, v = grid(side)
    at = np.asarray(points, dtype=np.float64)
    du = np.abs(u[..., None] - at[:, 0])
    dv = np.abs(v[..., None] - at[:, 1])
    distance = np.hypot(np.minimum(du, 1 - du), np.minimum(dv, 1 - dv))
    order = np.argsort(distance, axis=-1, kind="stable")
    nearest = np.take_along_axis(distance, order[..., :2], axis=-1)
    return nearest[..., 0], nearest[..., 1], order[..., 0]


def solid(side: int, colors: Sequence[RGB]) -> Picture:
    """One colour."""
    return np.broadcast_to(np.asarray(colors[0], dtype=np.float64), (side, side, 3)).copy()


def stripe(side: int, colors: Sequence[RGB], count: int = 4) -> Picture:
    """Straight bands of two colours, ``count`` pairs a period."""
    u, _ = grid(side)
    wave = np.abs((u * count) % 1 - 0.5) - 0.25
    return mix(edge(wave, 0.02 * count), colors[0], colors[1])


def dots(side: int, colors: Sequence[RGB], count: int = 4, radius: float = 0.33) -> Picture:
    """Round dots of the second colour on the first, in staggered rows; the radius is a fraction of the spacing."""
    u, v = grid(side)
    staggered = u * count + 0.5 * (np.floor(v * count) % 2)
    distance = np.hypot(staggered % 1 - 0.5, (v * count) % 1 - 0.5) - radius
    return mix(edge(distance, 0.02 * count), colors[0], colors[1])


def swirl(side: int, colors: Sequence[RGB], count: int = 2, turns: float = 2.0) -> Picture:
    """Spirals side by side, in the first colour and a pale tint of it."""
    u, v = grid(side)
    x, y = (u * count) % 1 - 0.5, (v * count) % 1 - 0.5
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    wave = np.abs((radius * 2 * turns - angle / (2 * np.pi)) % 1 - 0.5) - 0.22
    pale = 0.3 * np.asarray(colors[0]) + 0.7 * np.array([255.0, 255.0, 255.0])
    return mix(edge(wave, 0.08), colors[0], tuple(pale))


def paisley(side: int, colors: Sequence[RGB], count: int = 2) -> Picture:
    """Bent drops with an eye, alternately turned, on the first colour."""
    u, v = grid(side)
    column, row = np.floor(u * count), np.floor(v * count)
    x, y = (u * count) % 1 - 0.5, (v * count) % 1 - 0.5
    flip = np.where((column + row) % 2 == 0, 1.0, -1.0)
    x, y = x * flip, y * flip
    y = y + 0.12
    bent = x - 0.8 * np.maximum(y, 0) ** 2 + 0.05
    width = 0.34 * np.clip(1 - np.maximum(y, 0) / 0.58, 0, 1)
    drop = np.where(y > 0, np.abs(bent) - width, np.hypot(bent, y) - 0.34)
    base = np.asarray(colors[0], dtype=np.float64)
    pale, deep = 0.25 * base + 0.75 * 255.0, 0.45 * base
    picture = mix(edge(drop, 0.05), tuple(base), tuple(pale))
    eye = edge(np.hypot(bent, y + 0.02) - 0.15, 0.05)[..., None]
    return picture * (1 - eye) + deep * eye


def brick(side: int, colors: Sequence[RGB], rng: np.random.Generator, rows: int = 6) -> Picture:
    """Courses of bricks in mortar: colours (brick, mortar)."""
    u, v = grid(side)
    course = np.floor(v * rows)
    along = u * rows / 2 + 0.5 * (course % 2)
    which = (np.floor(along) % (rows / 2)) * rows + course
    shade = rng.uniform(0.82, 1.12, rows * rows)[which.astype(int)]
    gap = np.minimum(np.minimum(along % 1, 1 - along % 1) * 2, np.minimum((v * rows) % 1, 1 - (v * rows) % 1))
    body = np.asarray(colors[0], dtype=np.float64) * shade[..., None]
    joint = edge(gap - 0.14, 0.06)[..., None]
    picture: Picture = body * (1 - joint) + np.asarray(colors[1]) * joint
    return picture


def tiles(side: int, colors: Sequence[RGB], rng: np.random.Generator, count: int = 4) -> Picture:
    """Square tiles of random shades between the first two colours, in grout of the third."""
    u, v = grid(side)
    which = (np.floor(v * count) * count + np.floor(u * count)).astype(int)
    body = mix(rng.uniform(0, 1, count * count)[which], colors[0], colors[1])
    gap = np.minimum.reduce([(u * count) % 1, 1 - (u * count) % 1, (v * count) % 1, 1 - (v * count) % 1])
    joint = edge(gap - 0.1, 0.04)[..., None]
    return body * (1 - joint) + np.asarray(colors[2]) * joint


def wooden(side: int, colors: Sequence[RGB], rng: np.random.Generator, lines: float = 5) -> Picture:
    """Grain along v, from the first colour to the second."""
    u, _ = grid(side)
    drift = noise(side, rng, (1, 4), (1, 3))
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (lines * u + 0.35 * drift))
    fine = noise(side, rng, (6, side / 3), (1, 6))
    return mix(wave**2 * 0.85 + 0.08 * fine, colors[0], colors[1])


def speckle(side: int, colors: Sequence[RGB], rng: np.random.Generator, waves: tuple[float, float] = (3, 9)) -> Picture:
    """Grains of three colours, as in granite."""
    field = noise(side, rng, waves)
    picture = mix(edge(0.5 - field, 0.2), colors[0], colors[1])
    dark = edge(field + 0.75, 0.2)[..., None]
    return picture * (1 - dark) + np.asarray(colors[2]) * dark


def gloss(side: int, colors: Sequence[RGB]) -> Picture:
    """Smooth slanting waves of light, as on moulded plastic."""
    u, v = grid(side)
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (u + 2 * v + 0.15 * np.sin(2 * np.pi * (2 * u - v))))
    return mix(wave**3, colors[0], colors[1])


def checkerboard(side: int, colors: Sequence[RGB], count: int = 3) -> Picture:
    """Squares of two colours, ``count`` pairs a period."""
    u, v = grid(side)
    odd = (np.floor(2 * count * u) + np.floor(2 * count * v)) % 2
    return mix(odd, colors[0], colors[1])


def tiger(side: int, colors: Sequence[RGB], rng: np.random.Generator, count: int = 4) -> Picture:
    """Ragged bands of the second colour that run out, on the first."""
    u, v = grid(side)
    drift = noise(side, rng, (1, 4))
    band = np.abs((v * count + 0.35 * drift) % 1 - 0.5) - 0.2 - 0.12 * np.sin(2 * np.pi * (u * 2 + 0.2 * drift))
    return mix(edge(band, 0.08), colors[0], colors[1])


def magma(side: int, colors: Sequence[RGB], rng: np.random.Generator, count: int = 10) -> Picture:
    """Glowing cracks between plates of crust: colours (crust, glow, heart of the crack)."""
    first, second, _ = cells(side, rng.uniform(0, 1, (count, 2)))
    crack = second - first
    picture = mix(edge(crack - 0.09, 0.05), colors[0], colors[1])
    heart = edge(crack - 0.035, 0.02)[..., None]
    return picture * (1 - heart) + np.asarray(colors[2]) * heart


def bands(side: int, colors: Sequence[RGB], slant: int = 1) -> Picture:
    """Equal bands of all the colours, slanting ``slant`` periods."""
    u, v = grid(side)
    which = np.floor(((v + slant * u) % 1) * len(colors)).astype(int)
    picture: Picture = np.asarray(colors, dtype=np.float64)[which]
    return picture


def clouds(side: int, colors: Sequence[RGB], rng: np.random.Generator, waves: tuple[float, float] = (1, 6)) -> Picture:
    """Soft noise between two colours."""
    return mix(0.5 + 0.35 * noise(side, rng, waves), colors[0], colors[1])


def patches(side: int, colors: Sequence[RGB], rng: np.random.Generator, count: int = 9) -> Picture:
    """Cells filled with the colours at random."""
    _, _, which = cells(side, rng.uniform(0, 1, (count, 2)))
    picture: Picture = np.asarray(colors, dtype=np.float64)[rng.integers(len(colors), size=count)][which]
    return picture


def zigzag(side: int, colors: Sequence[RGB], count: int = 3) -> Picture:
    """Chevrons of two colours."""
    u, v = grid(side)
    wave = np.abs((v * count + np.abs((u * count) % 1 - 0.5)) % 1 - 0.5) - 0.25
    return mix(edge(wave, 0.06), colors[0], colors[1])


def lattice(side: int, colors: Sequence[RGB], count: int = 4, width: float = 0.15) -> Picture:
    """Crossing lines of the second colour on the first."""
    u, v = grid(side)
    gap = np.minimum(np.abs((u * count) % 1 - 0.5), np.abs((v * count) % 1 - 0.5))
    return mix(edge(gap - width, 0.05), colors[0], colors[1])
