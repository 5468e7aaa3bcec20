"""What a person calls an object: captions, and which objects each fits.

A caption is a texture phrase and a noun: "the red and yellow polka dot heart", "something striped", "the bowl". Its fit
is the product of its parts' (``looks``, ``nouns``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from instruct2act.training.looks import COLOR_WORDS, Look, looks
from instruct2act.training.nouns import ANYTHING, all_nouns, noun_fits
from sim.objects import Shape
from sim.textures import Texture
from skills.types import Float

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


def fit_tables(textures: Sequence[Texture], shapes: Sequence[Shape]) -> tuple[Float, Float]:
    """(looks, textures) and (nouns, shapes) float32 fits; nouns in the order of ``all_nouns``."""
    by_look = np.array([[look.fits(texture) for texture in textures] for look in looks()], dtype=np.float32)
    by_noun = np.array([[noun_fits(noun, shape) for shape in shapes] for noun in all_nouns()], dtype=np.float32)
    return by_look, by_noun


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
    texts = [*all_nouns(), *COLOR_WORDS, "dark", "and", "with", "the", "a", "an", "something", "anything"]
    for group in (*_PATTERN_WORDS.values(), *_AFTER.values(), *_OTHER_COLOR_WORDS.values()):
        texts += group
    return tuple(sorted({word for text in texts for word in text.lower().replace("-", " ").split()}))
