"""Names of things as people write them: "the green and purple polka-dot block" -> shape and texture."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.objects import SHAPES, Shape
from sim.placement import WORKSPACE
from sim.textures import TEXTURES, Texture
from skills.errors import Mistake, did_you_mean

ALIASES = {
    "cube": "block",
    "box": "container",
    "disc": "round",
    "disk": "round",
    "rhombus": "diamond",
    "l block": "L-shaped block",
    "low block": "shorter block",
    "short block": "shorter block",
    "u shape": "three-sided rectangle",
}
"""Other words for shapes."""

_PATTERNS = {
    "stripes": "stripe",
    "striped": "stripe",
    "polka dots": "polka dot",
    "dotted": "polka dot",
    "dots": "polka dot",
    "wood": "wooden",
    "tiled": "tiles",
    "checkered": "checkerboard",
}
"""Other words for patterns; "dots" after "polka dots", which contains it."""
_ARTICLES = r"^(?:(?:a|an|the|one)\s+)+"


@dataclass(frozen=True)
class Wanted:
    """A thing asked for in words. ``texture`` is None when any will do, ``at`` (x, y in metres) when any place will."""

    shape: Shape
    texture: Texture | None = None
    at: tuple[float, float] | None = None


def parse_objects(text: str) -> list[Wanted]:
    """Reads a list of things, ``"red heart; blue bowl @0.5,0.2"``.

    Args:
        text: names parted by semicolons, each with ``@x,y`` in metres, base frame, where its place matters.

    Raises:
        Mistake: a name that means nothing, a place off the table, the same thing twice, nothing at all.
    """
    entries = [entry.strip() for entry in text.split(";") if entry.strip()]
    if not entries:
        raise Mistake("no objects named; write them like 'red heart; blue bowl @0.5,0.2'")
    wanted = [_parse_entry(entry) for entry in entries]
    named = [(one.shape.name, one.texture.name) for one in wanted if one.texture]
    twice = next((f"{texture} {shape}" for shape, texture in named if named.count((shape, texture)) > 1), None)
    if twice:
        raise Mistake(f"two things are a {twice}: give one of them another texture, so that words can tell them apart")
    return wanted


def parse_name(phrase: str) -> tuple[Shape, Texture | None]:
    """Reads one name: texture, then shape; the texture may be left out.

    Raises:
        Mistake: an unknown shape or texture; says what is near.
    """
    words = _plain(phrase)
    shapes = {_plain(name): name for name in SHAPES} | ALIASES
    shapes |= {name.removeprefix("letter ").lower(): name for name in SHAPES if name.startswith("letter ")}
    # The longest name that the phrase ends in: "shorter block" before "block".
    shape = max((name for name in shapes if words == name or words.endswith(f" {name}")), key=len, default=None)
    if shape is None:
        last = words.split()[-1] if words else ""
        near = did_you_mean(last, shapes)
        raise Mistake(f"no shape is called {last!r}{near} in {phrase!r}; there are: {', '.join(SHAPES)}")
    texture = words[: -len(shape)].strip()
    return SHAPES[shapes[shape]], parse_texture(texture, phrase) if texture else None


def parse_texture(words: str, phrase: str = "") -> Texture:
    """Reads a texture's name; the order of two colours doesn't matter.

    Raises:
        Mistake: an unknown one; says what is near.
    """
    name = _plain(words)
    for written, meant in _PATTERNS.items():
        name = re.sub(rf"\b{written}\b", meant, name)
    textures = {_plain(known): known for known in TEXTURES if known != "polka-dot"} | {"polka dot": "polka-dot"}
    swapped = re.sub(r"\b(\w+) and (\w+)\b", r"\2 and \1", name)
    for candidate in (name, swapped):
        if candidate in textures:
            return TEXTURES[textures[candidate]]
    where = f" in {phrase!r}" if phrase else ""
    raise Mistake(
        f"no texture is called {words!r}{did_you_mean(name, textures)}{where}; there are: {', '.join(TEXTURES)}"
    )


def _parse_entry(entry: str) -> Wanted:
    name, at, place = entry.partition("@")
    shape, texture = parse_name(name.strip())
    if not at:
        return Wanted(shape, texture)
    numbers = re.fullmatch(r"\s*([-+]?[\d.]+)\s*,\s*([-+]?[\d.]+)\s*(?:m)?\s*", place)
    if numbers is None:
        raise Mistake(f"a place is written @x,y in metres, like @0.5,0.2; got {entry!r}")
    try:
        x, y = float(numbers[1]), float(numbers[2])
    except ValueError:
        raise Mistake(f"a place is written @x,y in metres, like @0.5,0.2; got {entry!r}") from None
    low, high = WORKSPACE.low, WORKSPACE.high
    if not (low[0] <= x <= high[0] and low[1] <= y <= high[1]):
        raise Mistake(
            f"{entry!r} lies off the table: x {low[0]:.2f}..{high[0]:.2f}, y {low[1]:.2f}..{high[1]:.2f} m "
            "(x away from the robot, y to the right)"
        )
    return Wanted(shape, texture, (x, y))


def _plain(words: str) -> str:
    """Lower case, single spaces, no hyphens, no article in front."""
    spaced = re.sub(r"[\s\-_]+", " ", words.lower()).strip(" .,")
    return re.sub(_ARTICLES, "", spaced)
