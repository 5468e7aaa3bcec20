"""The instruction's pictures under the keys that a program writes.

The key is ``dragged_obj_1``; a program may say ``dragged_obj``, ``"dragged obj"`` or ``"Dragged Obj 1"``. The program's
text tells which, so its dict of pictures is keyed as it spells them, and looking up, iterating, counting and comparing
agree with one another. What it does not spell keeps the instruction's own key.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

_T = TypeVar("_T")


def match(key: str, known: Iterable[str]) -> str | None:
    """The known key that a spelling means, or None: spaces and case do not count, no number means the first."""
    exact = {_flat(name): name for name in known}
    flat = _flat(key)
    if flat in exact:
        return exact[flat]
    stem, number = _split(flat)
    if number is None:
        numbered = [(_split(other)[1] or 0, name) for other, name in exact.items() if _split(other)[0] == stem]
        return min(numbered)[1] if numbered else None
    same = [name for other, name in exact.items() if _split(other) == (stem, number)]
    return same[0] if same else exact.get(stem) if number <= 1 else None


def spelled(pictures: Mapping[str, _T], tree: ast.AST) -> dict[str, _T]:
    """The pictures under the keys that a program's string literals use; under their own where it uses none."""
    composed = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    words = dict.fromkeys(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in composed
    )
    used: dict[str, list[str]] = {key: [] for key in pictures}
    for word in words:
        key = match(word, pictures)
        if key is not None:
            used[key].append(word)
    under: dict[str, _T] = {}
    for key, picture in pictures.items():
        own = [key] if composed or not used[key] else []  # composed keys follow the instruction's own spelling
        for word in [*own, *used[key]]:
            under.setdefault(word, picture)
    return under


def _flat(key: str) -> str:
    return re.sub(r"[\s_\-]+", "_", key.strip(" {}<>_").lower())


def _split(flat: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(.*?)_?(\d{1,6})", flat)
    return (found[1], int(found[2])) if found and found[1] else (flat, None)
