"""Textures by VIMA's names, generated here; and random ones for training data."""

from __future__ import annotations

import colorsys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from sim import patterns as draw
from sim.meshes import TILE
from sim.patterns import RGB
from skills.types import UInt8

SIDE = 64
"""Texels a side."""


@dataclass(frozen=True)
class Texture:
    """What a surface looks like.

    Attributes:
        name: "red", "red and yellow polka dot", "green paisley", "dark red", "granite" ...
        pattern: how it is drawn: a key of the drawing table ("solid", "stripe", "polka dot", "swirl", ...).
        colors: RGB in [0, 255], in the pattern's order.
        dark: drawn with its HSV value lowered by 0.3.
        tile: metres covered by one period.
        count: features a period; 0 for the pattern's own.
        seed: of the pattern's noise.
    """

    name: str
    pattern: str
    colors: tuple[RGB, ...]
    dark: bool = False
    tile: float = TILE
    count: int = 0
    seed: int = 0

    def image(self) -> UInt8:
        """(64, 64, 3) uint8 RGB, one period, seamless; row 0 is the upper edge. Read-only."""
        return _image(self)


@lru_cache(maxsize=256)
def _image(texture: Texture) -> UInt8:
    rng = np.random.default_rng([texture.seed, zlib.crc32(texture.pattern.encode())])
    side = 4 if texture.pattern == "solid" else SIDE
    colors, more = texture.colors, {"count": texture.count} if texture.count else {}
    match texture.pattern:
        case "solid":
            picture = draw.solid(side, colors)
        case "stripe":
            picture = draw.stripe(side, colors, **more)
        case "polka dot" | "polka-dot":
            picture = draw.dots(side, colors, **more)
        case "swirl":
            picture = draw.swirl(side, colors, **more)
        case "paisley":
            picture = draw.paisley(side, colors, **({"count": 2 * (texture.count // 2)} if texture.count > 1 else {}))
        case "brick":
            picture = draw.brick(side, colors, rng)
        case "tiles":
            picture = draw.tiles(side, colors, rng, **more)
        case "wooden":
            picture = draw.wooden(side, colors, rng)
        case "granite":
            picture = draw.speckle(side, colors, rng)
        case "plastic":
            picture = draw.gloss(side, colors)
        case "checkerboard":
            picture = draw.checkerboard(side, colors, **more)
        case "tiger":
            picture = draw.tiger(side, colors, rng, **more)
        case "magma":
            picture = draw.magma(side, colors, rng, **more)
        case "rainbow":
            picture = draw.bands(side, colors)
        case "clouds":
            picture = draw.clouds(side, colors, rng)
        case "patches":
            picture = draw.patches(side, colors, rng, **more)
        case "zigzag":
            picture = draw.zigzag(side, colors, **more)
        case "lattice":
            picture = draw.lattice(side, colors, **more)
        case unknown:
            raise ValueError(f"no pattern is called {unknown!r}")
    if texture.dark:
        # HSV value is the largest channel: scaling a colour by (V - 0.3) / V keeps hue and saturation.
        value = np.maximum(picture.max(axis=-1, keepdims=True) / 255, 1e-6)
        picture = picture * np.maximum(value - 0.3, 0.0) / value
    image = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    image.setflags(write=False)
    return image


COLORS: dict[str, RGB] = {
    "blue": (78, 121, 167),
    "red": (255, 87, 89),
    "green": (89, 169, 79),
    "orange": (242, 142, 43),
    "yellow": (237, 201, 72),
    "purple": (176, 122, 161),
    "pink": (255, 157, 167),
    "cyan": (118, 183, 178),
    "olive": (128, 128, 0),
}
"""The solid colours of VIMABench, RGB in [0, 255]."""

GRAY = Texture("gray", "solid", ((186, 176, 172),))
"""What an object wears in a prompt that must not tell its texture."""

_PAIRED = ("red", "yellow", "green", "blue", "purple")
_RAINBOW = ((228, 26, 28), (255, 127, 0), (255, 221, 51), (77, 175, 74), (55, 126, 184), (76, 60, 160), (152, 78, 163))
_NATURAL: dict[str, tuple[RGB, ...]] = {
    "brick": ((168, 74, 54), (214, 205, 190)),
    "tiles": ((120, 170, 190), (196, 224, 226), (245, 245, 240)),
    "wooden": ((196, 146, 92), (120, 76, 38)),
    "granite": ((150, 148, 150), (206, 204, 200), (84, 82, 88)),
    "plastic": ((30, 160, 210), (190, 236, 250)),
    "polka-dot": ((245, 245, 245), (30, 30, 34)),
    "checkerboard": ((24, 24, 26), (240, 240, 240)),
    "tiger": ((240, 150, 40), (28, 20, 14)),
    "magma": ((38, 24, 24), (232, 74, 10), (255, 214, 90)),
    "rainbow": _RAINBOW,
}


def _table() -> dict[str, Texture]:
    light = [Texture(name, name, colors) for name, colors in _NATURAL.items()]
    for pattern in ("stripe", "polka dot"):
        light += [
            Texture(f"{a} and {b} {pattern}", pattern, (COLORS[a], COLORS[b])) for a, b in combinations(_PAIRED, 2)
        ]
    light += [
        Texture(f"{name} {pattern}", pattern, (COLORS[name],)) for pattern in ("swirl", "paisley") for name in _PAIRED
    ]
    light += [Texture(name, "solid", (color,)) for name, color in COLORS.items()]
    shaded = [t for t in light if t.pattern == "solid" and t.name != "olive"]
    shaded += [t for t in light if t.pattern in ("stripe", "polka dot", "swirl")]
    dark = [Texture(f"dark {t.name}", t.pattern, t.colors, dark=True) for t in shaded]
    return {texture.name: texture for texture in (*light, *dark)}


TEXTURES: dict[str, Texture] = _table()
"""Every texture by VIMA's name, light ones first, in its order: patterns, stripes, dots, swirls, paisleys, solids."""

LIGHT = tuple(name for name, texture in TEXTURES.items() if not texture.dark)
DARK = tuple(name for name, texture in TEXTURES.items() if texture.dark)

_COLOR_COUNT = {"solid": 1, "swirl": 1, "paisley": 1, "granite": 3, "tiles": 3, "magma": 3, "rainbow": 6, "patches": 4}
_ANY = (
    "solid", "solid", "stripe", "polka dot", "swirl", "paisley", "brick", "tiles", "wooden", "granite", "plastic",
    "checkerboard", "tiger", "magma", "rainbow", "clouds", "patches", "zigzag", "lattice",
)  # fmt: skip


def random_color(rng: np.random.Generator) -> RGB:
    """A colour with any hue, and greys now and then."""
    saturation = 0.1 * rng.random() if rng.random() < 0.15 else rng.uniform(0.15, 1.0)
    r, g, b = colorsys.hsv_to_rgb(rng.random(), saturation, rng.uniform(0.15, 1.0))
    return round(255 * r), round(255 * g), round(255 * b)


def random_texture(rng: np.random.Generator, patterns: Sequence[str] = _ANY) -> Texture:
    """Any pattern in any colours at any scale, for training data. Colours of one texture can be told apart."""
    pattern = str(rng.choice(patterns))
    colors: list[RGB] = []
    while len(colors) < _COLOR_COUNT.get(pattern, 2):
        color = random_color(rng)
        if all(np.abs(np.subtract(color, other)).sum() > 60 for other in colors):
            colors.append(color)
    count = int(rng.integers(2, 6)) if rng.random() < 0.6 else 0
    tile = float(np.exp(rng.uniform(np.log(0.06), np.log(0.18))))
    return Texture(f"random {pattern}", pattern, tuple(colors), False, tile, count, int(rng.integers(2**31)))


def random_surface(rng: np.random.Generator) -> Texture:
    """A texture for a table or its surroundings: calmer than objects', on a larger scale."""
    calm = ("solid", "solid", "clouds", "clouds", "wooden", "granite", "tiles", "brick", "lattice", "plastic")
    pattern = str(rng.choice(calm))
    base = np.array(random_color(rng), dtype=np.float64)
    if rng.random() < 0.5:
        base = base.mean() * 0.8 + base * 0.2
    contrast = rng.uniform(5, 60)
    colors = [
        tuple(int(c) for c in np.clip(np.rint(base + rng.uniform(-contrast, contrast, 3)), 0, 255)) for _ in range(3)
    ]
    tile = float(np.exp(rng.uniform(np.log(0.1), np.log(0.8))))
    used = tuple((c[0], c[1], c[2]) for c in colors[: _COLOR_COUNT.get(pattern, 2)])
    return Texture(f"surface {pattern}", pattern, used, False, tile, 0, int(rng.integers(2**31)))
