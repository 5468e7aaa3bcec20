"""Names of things, as people say them and as captions write them: "the block with red and yellow dots".

A description stays open: words that are not listed here pass through as they are. What is listed are other forms of the
words that this project's captions use, so that the small retriever understands them too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

COLORS = (
    "red", "green", "blue", "yellow", "purple", "orange", "pink", "cyan", "olive",
    "gray", "black", "white", "brown",
)  # fmt: skip

_FORMS: dict[str, str] = {
    # colours
    "grey": "gray", "violet": "purple", "lilac": "purple", "magenta": "purple", "turquoise": "cyan", "teal": "cyan",
    "aqua": "cyan", "crimson": "red", "scarlet": "red", "golden": "yellow", "rose": "pink", "reddish": "red",
    "bluish": "blue", "greenish": "green", "yellowish": "yellow",
    # patterns
    "striped": "stripe", "stripes": "stripe", "stripy": "stripe", "stripey": "stripe", "dotted": "polka dot",
    "dots": "polka dot", "dotty": "polka dot", "spotted": "polka dot", "spots": "polka dot", "spotty": "polka dot",
    "polka-dotted": "polka dot", "polka-dots": "polka dot", "swirly": "swirl", "swirled": "swirl", "swirls": "swirl",
    "swirling": "swirl", "spiral": "swirl", "paisleys": "paisley", "checkered": "checkerboard",
    "chequered": "checkerboard", "checked": "checkerboard", "checks": "checkerboard", "chessboard": "checkerboard",
    "checker": "checkerboard", "bricks": "brick", "wood": "wooden", "tiled": "tiles", "tile": "tiles",
    "tigerskin": "tiger", "lava": "magma", "rainbow-colored": "rainbow", "rainbow-coloured": "rainbow",
    # shapes
    "dish": "bowl", "basin": "bowl", "box": "container", "bin": "container", "tray": "pallet", "cube": "block",
    "doughnut": "ring", "donut": "ring", "hoop": "ring", "plus": "cross", "rhombus": "diamond", "lozenge": "diamond",
    "saucepan": "pan", "skillet": "pan", "plate": "pallet", "disc": "round", "disk": "round", "circle": "round",
    "l-shape": "L-shaped block", "l-shaped": "L-shaped", "blossom": "flower",
    # anything
    "thing": "object", "item": "object", "one": "object", "piece": "object", "stuff": "object", "something": "object",
    "shape": "object",
}  # fmt: skip

_PATTERNS = ("stripe", "polka dot", "swirl", "paisley", "checkerboard", "brick", "wooden", "granite", "tiles",
             "plastic", "tiger", "magma", "rainbow", "polka-dot")  # fmt: skip
_EMPTY = frozenset({"colored", "coloured", "color", "colour", "pattern", "patterned", "print", "texture", "textured",
                    "shaped", "made", "painted", "lying", "standing", "there"})  # fmt: skip
_LETTERS = frozenset("AEGMRTV")
_PLURALS = {"boxes": "box", "dishes": "dish", "crosses": "cross", "leaves": "leaf", "pieces": "piece", "hexes": "hex"}

_COMPARING = (
    "other another bigger biggest larger largest smallest tallest shortest taller closest nearest farthest leftmost "
    "rightmost topmost middlemost two three four five six seven several many few most half not no non without except "
    "same similar different matching remaining opposite or either neither never nor lightest "
    "darkest heaviest has have had does did will would is "
    "are whatever whichever if unless until while because"
)
CANNOT_TELL = frozenset(_COMPARING.split())
"""Words that single a thing out by comparing or counting, which a description that is matched with pictures can't."""

_ELSEWHERE = (
    "sweep wipe open close pour cut fold hang kick hit tap press squeeze shake stir fill empty "
    "clean wash cook eat break bend tie untie screw unscrew plug unplug roll flip invert catch hand pass count shove "
    "describe tell show say explain paint color colour remove delete destroy burn write draw search group align "
    "avoid follow stop wait touch point poke scoop flatten assemble connect cover uncover weigh measure help do"
)
OTHER_VERBS = frozenset(_ELSEWHERE.split())
"""Things people ask for that are none of the arm's."""

_COLOR = rf"(?:(?:dark|light|bright|deep|pale) )?(?:{'|'.join([*COLORS, 'grey', 'violet', 'turquoise', 'teal'])})"
_PAIR = re.compile(rf"\b({_COLOR})(?: and | & |-and-|/|-)({_COLOR})\b", re.IGNORECASE)


def join_pairs(text: str) -> str:
    """Joins "red and yellow" into one word, so that its "and" does not look like one between things or steps."""
    return _PAIR.sub(lambda m: f"{m[1]} and {m[2]}".replace(" ", "_").lower(), text)


def singular(word: str) -> str:
    """A plural's singular: "hearts", "boxes"; other words as they are."""
    if word in _PLURALS:
        return _PLURALS[word]
    if word in _FORMS or len(word) < 4 or word.endswith("ss") or not word.endswith("s") or word == "tiles":
        return word
    return word[:-1]


def is_plural(words: Sequence[str]) -> bool:
    """Whether the head noun is a plural."""
    return singular(words[-1]) != words[-1]


def is_look(words: Sequence[str]) -> bool:
    """Whether words say what something looks like: a pattern or a colour is among them, in any of their forms."""
    text = " ".join(form for form in _forms([*words, ""]) if form).replace("_", " ")
    return any(re.search(rf"\b{look}\b", text) for look in (*_PATTERNS, *COLORS)) or bool(_EMPTY & {*words})


def canonical(words: Sequence[str], *more: Sequence[str]) -> str:
    """The caption of a description: its words in their usual forms, patterns before the noun.

    Args:
        words: what the thing was called: ["block"].
        more: what was said after it: ["with", "red_and_yellow", "dots"] without its first word.

    Returns:
        "red and yellow polka dot block"; a description without a noun is one of an "object".
    """
    head, extra = _forms(words), [form for part in more for form in _forms(part)]
    forms = extra + head if extra else head
    text = " ".join(form for form in forms if form).replace("_", " ")
    text = re.sub(r"\bpolka(?: polka)? dot\b(?: dot)?", "polka dot", text)
    if any(color in text.split() for color in COLORS):
        text = text.replace("polka-dot", "polka dot")  # without colours "polka-dot" is a texture of its own
    text = re.sub(r"\b(\w+)(?: object)? object$", r"\1 object", text) if text.endswith("object object") else text
    text = re.sub(r"\btiger stripe\b", "tiger", text)
    if text in ("L", "letter L"):
        return "L-shaped block"
    if text in _LETTERS:
        return f"letter {text}"
    last = text.split(" ")[-1]
    if last in _LETTERS and not text.endswith(f"letter {last}"):
        return f"{text[:-1]}letter {last}"
    if last in COLORS or any(text.endswith(pattern) for pattern in _PATTERNS):
        return f"{text} object"
    return text


def _forms(words: Sequence[str]) -> list[str]:
    forms = []
    for place, word in enumerate(words):
        plain = word if len(word) == 1 and word.isupper() else word.lower()
        if place == len(words) - 1:
            plain = singular(plain)
        if plain in _EMPTY:
            continue
        plain = re.sub(r"-(?:colou?red|patterned|shaped)$", "", plain) if plain not in _FORMS else plain
        forms.append(_FORMS.get(plain, plain))
    return forms
