"""What a person calls an object, and how well a phrase fits it.

A caption is a texture phrase and a noun: "the red and yellow polka dot heart", "something striped", "the bowl". Each
has a meaning, and meanings are judged against textures and shapes: 1 it is called that, between 0 and 1 it may be
called that for want of a better fit, 0 it is not, NaN nobody can say (a hue between two colours): neither taught nor
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from sim.objects import SHAPES, Shape
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


# --- words --------------------------------------------------------------------------------------------------------

_PATTERN_WORDS: dict[str, tuple[str, ...]] = {
    "stripe": ("stripe", "striped", "stripy", "lined"),
    "polka dot": ("polka dot", "polka dotted", "dotted", "spotted"),
    "swirl": ("swirl", "swirly", "swirled", "spiral"),
    "paisley": ("paisley",),
    "brick": ("brick", "bricks"),
    "tiles": ("tiles", "tiled", "tile"),
    "wooden": ("wooden", "wood"),
    "granite": ("granite", "stone", "speckled"),
    "plastic": ("plastic",),
    "polka-dot": ("polka-dot",),
    "checkerboard": ("checkerboard", "checkered", "chequered", "chessboard"),
    "tiger": ("tiger", "tiger striped", "tiger-striped"),
    "magma": ("magma", "lava"),
    "rainbow": ("rainbow", "rainbow-colored"),
}
_AFTER: dict[str, tuple[str, ...]] = {
    "stripe": ("stripes",),
    "polka dot": ("dots", "polka dots", "spots"),
    "swirl": ("swirls",),
    "checkerboard": ("checks",),
    "tiles": ("tiles",),
    "brick": ("bricks",),
}
_OTHER_COLOR_WORDS = {"gray": ("grey",), "cyan": ("turquoise", "teal"), "purple": ("violet",)}

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
    plain = [Look(pattern) for pattern in _PATTERN_WORDS]
    return (Look(), *solid, *pairs, *single, *plain)


@lru_cache(maxsize=128)
def own_look(name: str) -> int:
    """Index of the meaning of a named texture's own name: of those that fit it, the one that says most."""
    fits = [look.fits(TEXTURES[name]) for look in looks()]
    own = [i for i, look in enumerate(looks()) if look == Look(name)] or [i for i, fit in enumerate(fits) if fit == 1]
    return max(own, key=lambda i: (bool(looks()[i].pattern) + len(looks()[i].colors) + looks()[i].dark, -i))


def fit_tables(textures: Sequence[Texture], shapes: Sequence[Shape]) -> tuple[Float, Float]:
    """(looks, textures) and (nouns, shapes) float32 fits; nouns in the order of ``all_nouns``."""
    by_look = np.array([[look.fits(texture) for texture in textures] for look in looks()], dtype=np.float32)
    by_noun = np.array([[noun_fits(noun, shape) for shape in shapes] for noun in all_nouns()], dtype=np.float32)
    return by_look, by_noun


def all_nouns() -> tuple[str, ...]:
    """Nouns that say something, then those that don't."""
    return (*NOUNS, *ANYTHING)


def fit(look: Float, noun: Float) -> Float:
    """The fit of a phrase from its parts' fits: their product, where 0 is sure whatever the other part is."""
    product: Float = np.where((look == 0) | (noun == 0), np.float32(0), look * noun)
    return product


def say(look: Look, noun: str, rng: np.random.Generator) -> str:
    """One of the ways to say it."""
    article = str(rng.choice(["the ", "the ", "the ", "a ", ""]))
    color, pattern = _say_color(look, rng), ""
    if look.pattern not in (None, "solid"):
        after = _AFTER.get(look.pattern or "", ())
        if after and rng.random() < 0.12:
            return f"{article}{noun} with {color} {rng.choice(after)}".replace("  ", " ")
        pattern = str(rng.choice(_PATTERN_WORDS[look.pattern or ""])) if rng.random() < 0.5 else _first(look)
    phrase = " ".join(part for part in (color, pattern) if part)
    if not phrase:
        return f"{article}{noun}"
    if noun in ANYTHING and rng.random() < 0.35:
        return phrase if rng.random() < 0.4 else f"{rng.choice(['something', 'anything'])} {phrase}"
    return f"{article}{phrase} {noun}"


def name_of(texture: Texture, shape: Shape) -> str:
    """The full name as the tasks' instructions use it: "red and yellow polka dot heart"."""
    return f"{texture.name} {shape.name}"


def _first(look: Look) -> str:
    return _PATTERN_WORDS[look.pattern or ""][0]


def _say_color(look: Look, rng: np.random.Generator) -> str:
    colors = list(look.colors)
    if len(colors) == 2 and rng.random() < 0.3:
        colors.reverse()
    words = [
        str(rng.choice(_OTHER_COLOR_WORDS[c])) if c in _OTHER_COLOR_WORDS and rng.random() < 0.15 else c for c in colors
    ]
    joined = ("-and-" if rng.random() < 0.08 else " and ").join(words)
    return f"dark {joined}" if look.dark else joined


def words() -> tuple[str, ...]:
    """Every word that a caption may hold, in lower case."""
    texts = [*all_nouns(), *COLOR_WORDS, *_HUES, "dark", "and", "with", "the", "a", "an", "something", "anything"]
    for group in (*_PATTERN_WORDS.values(), *_AFTER.values(), *_OTHER_COLOR_WORDS.values()):
        texts += group
    return tuple(sorted({word for text in texts for word in text.lower().replace("-", " ").split()}))
