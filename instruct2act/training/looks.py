"""Texture phrases: colours and patterns in words, and how well they fit a texture.

Fits are 1 it is called that, between 0 and 1 it may be called that for want of a better fit, 0 it is not, NaN nobody
can say (a hue between two colours): neither taught nor counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from sim.textures import COLORS, TEXTURES, Texture
from skills.types import Float

UNSURE = float("nan")

_HUES: dict[str, tuple[tuple[int, int, int], ...]] = {
    **{name: (color,) for name, color in COLORS.items()},
    "gray": ((186, 176, 172), (128, 128, 128)),
    "black": ((15, 15, 15), (45, 45, 45)),
    "white": ((250, 250, 250), (228, 228, 228)),
    "brown": ((120, 76, 38), (150, 95, 55)),
}
_VIVID = {
    "red": ((225, 25, 30), (250, 60, 50)),
    "green": ((20, 160, 40), (60, 205, 70)),
    "blue": ((30, 70, 215), (60, 130, 235)),
    "yellow": ((250, 230, 30), (225, 205, 40)),
    "orange": ((255, 130, 10),),
    "purple": ((140, 40, 165), (165, 90, 205)),
    "pink": ((255, 110, 180),),
    "cyan": ((20, 205, 215),),
}
COLOR_WORDS = tuple(_HUES)
"""Every colour that captions name; the first nine are the simulator's."""

_PAIRED = {"stripe", "polka dot", "checkerboard"}
_TINTED = {"swirl", "paisley"}
_OWN_LOOK = ("brick", "tiles", "wooden", "granite", "plastic", "polka-dot", "checkerboard", "tiger", "magma", "rainbow")
_LOOKALIKES = {
    "stripe": {"tiger", "rainbow", "zigzag", "wooden"},
    "polka dot": {"granite", "patches"},
    "swirl": {"paisley", "clouds", "magma"},
    "paisley": {"swirl", "patches", "clouds"},
    "checkerboard": {"lattice", "tiles"},
    "tiles": {"lattice", "brick", "checkerboard"},
    "brick": {"tiles", "lattice"},
    "granite": {"clouds"},
    "magma": {"clouds", "tiger", "patches"},
    "tiger": {"zigzag", "patches", "magma"},
    "wooden": {"stripe", "clouds"},
    "plastic": {"clouds"},
    "rainbow": {"stripe"},
}


@dataclass(frozen=True)
class Look:
    """What a texture phrase means: a pattern, colours, darkness; None and () leave open. ``Look()`` fits anything."""

    pattern: str | None = None
    colors: tuple[str, ...] = ()
    dark: bool = False

    def fits(self, texture: Texture) -> float:
        """In [0, 1], or NaN."""
        if self.pattern is None and not self.colors:
            return 1.0
        if texture.name in TEXTURES:
            return self._fits_named(texture)
        return self._fits_random(texture)

    def _fits_named(self, texture: Texture) -> float:
        words = [word for word in texture.name.replace("dark ", "").split() if word in COLOR_WORDS]
        if texture.name in ("polka-dot", "checkerboard"):
            words = ["black", "white"]
        fit = 1.0
        if self.pattern == "solid":
            if texture.pattern in _OWN_LOOK:
                return 0.0 if texture.pattern in {"polka-dot", "checkerboard", "tiger", "rainbow"} else UNSURE
            share = {"solid": 1.0, "swirl": 0.4, "paisley": 0.4}.get(texture.pattern, 0.2)
            fit = share if self.colors[0] in words else 0.0
        elif self.pattern is not None:
            if self.pattern == "polka-dot" and texture.pattern == "polka dot":
                return 0.3
            dotted = self.pattern == "polka dot" and texture.pattern == "polka-dot"
            if not (self.pattern == texture.pattern or dotted):
                alike = not self.colors and texture.pattern in _LOOKALIKES.get(self.pattern, ())
                return UNSURE if alike else 0.0
            fit = float(set(self.colors) <= set(words))
        elif texture.pattern in _PAIRED or texture.name == "polka-dot":
            fit = float(set(self.colors) == set(words))
        elif texture.pattern in _OWN_LOOK:
            return UNSURE
        else:
            fit = 0.0
        if self.dark:
            return fit if texture.dark else 0.0
        return 0.5 * fit if texture.dark and self.colors else fit

    def _fits_random(self, texture: Texture) -> float:
        if self.pattern in _OWN_LOOK and not self.colors:
            same = texture.pattern == self.pattern or texture.pattern in _LOOKALIKES.get(self.pattern, ())
            return UNSURE if same else 0.0
        if self.pattern not in (None, texture.pattern):
            if self.pattern == "solid":
                return UNSURE if any(called(c, self.colors[0], self.dark) != 0 for c in _shown(texture)) else 0.0
            return UNSURE if texture.pattern in _LOOKALIKES.get(self.pattern, ()) else 0.0
        if self.pattern is None and texture.pattern not in _PAIRED:
            return UNSURE
        if self.dark and texture.pattern not in ("solid", *_PAIRED, *_TINTED):
            return UNSURE
        fits = [[called(shown, word, self.dark) for shown in _shown(texture)] for word in self.colors]
        if any(max(row) == 0 for row in np.nan_to_num(fits, nan=0.5).tolist()):
            return 0.0
        sure = all(1.0 in row for row in fits)
        return 1.0 if sure and (self.pattern is not None or len(self.colors) == 2) else UNSURE if fits else 1.0


def _shown(texture: Texture) -> list[tuple[int, int, int]]:
    if not texture.dark:
        return list(texture.colors)
    value = [max(max(color) / 255, 1e-6) for color in texture.colors]
    return [
        (round(r * k), round(g * k), round(b * k))
        for (r, g, b), k in zip(texture.colors, (max(v - 0.3, 0.0) / v for v in value))
    ]


def called(color: tuple[int, int, int], word: str, dark: bool = False) -> float:
    """How well a colour word fits a colour: 1 it is the nearest and near, 0.5 a darker shade of it, NaN between two."""
    distances = _distances(color)
    best = min(distances, key=lambda key: distances[key])
    near, asked = distances[best], distances.get((word, dark), np.inf)
    if best == (word, dark) and near < 16:
        return 1.0
    if not dark and best == (word, True) and near < 12:
        return 0.5
    unsure = asked < near + 18 and asked < 45
    shade = not dark and distances.get((word, True), np.inf) < near + 14
    return UNSURE if unsure or shade else 0.0


@lru_cache(maxsize=20000)
def _distances(color: tuple[int, int, int]) -> dict[tuple[str, bool], float]:
    at = _lab(np.array([color]))
    return {key: float(np.linalg.norm(points - at, axis=1).min()) for key, points in _prototypes().items()}


@lru_cache(maxsize=1)
def _prototypes() -> dict[tuple[str, bool], Float]:
    found = {}
    for word, hues in _HUES.items():
        found[word, False] = _lab(np.array([*hues, *_VIVID.get(word, ())]))
        if word in COLORS and word != "olive":
            value = np.array(hues).max(axis=1, keepdims=True) / 255
            found[word, True] = _lab(np.array(hues) * (value - 0.3) / value)
    return found


def _lab(rgb: npt.ArrayLike) -> Float:
    """CIE 1976 L*a*b* (D65) of (N, 3) sRGB values in [0, 255]."""
    s = np.asarray(rgb, dtype=np.float64) / 255
    linear = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    mix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ mix.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@lru_cache(maxsize=1)
def looks() -> tuple[Look, ...]:
    """Every meaning of a texture phrase; the first fits anything."""
    solid = [Look("solid", (word,)) for word in COLOR_WORDS]
    solid += [Look("solid", (word,), True) for word in COLORS if word != "olive"]
    pairs = [
        Look(pattern, pair)
        for pattern in ("stripe", "polka dot", "checkerboard", None)
        for pair in combinations(COLOR_WORDS, 2)
    ]
    named = {tuple(w for w in name.split() if w in COLORS) for name in TEXTURES if " and " in name}
    pairs += [Look(pattern, pair, True) for pattern in ("stripe", "polka dot") for pair in sorted(named)]
    single = [Look(pattern, (word,)) for pattern in ("stripe", "polka dot", "swirl", "paisley") for word in COLOR_WORDS]
    single += [Look("swirl", (word,), True) for word in ("red", "yellow", "green", "blue", "purple")]
    plain = [Look(pattern) for pattern in ("stripe", "polka dot", "swirl", "paisley", *_OWN_LOOK)]
    return (Look(), *solid, *pairs, *single, *plain)


@lru_cache(maxsize=128)
def own_look(name: str) -> int:
    """Index of the meaning of a named texture's own name: of those that fit it, the one that says most."""
    fits = [look.fits(TEXTURES[name]) for look in looks()]
    own = [i for i, look in enumerate(looks()) if look == Look(name)] or [i for i, fit in enumerate(fits) if fit == 1]
    return max(own, key=lambda i: (bool(looks()[i].pattern) + len(looks()[i].colors) + looks()[i].dark, -i))
