"""How much of Python an interpreter runs, told from a program's text: what a check reports and a route is chosen by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_CORE = {"__future__", "bisect", "collections", "copy", "dataclasses", "datetime", "functools", "itertools"}
_CORE |= {"json", "math", "random", "re", "time", "typing"}
_MORE = {"abc", "array", "cmath", "contextlib", "decimal", "enum", "fractions", "heapq", "numbers", "numpy"}
_MORE |= {"operator", "statistics", "string", "textwrap", "types"}
_ARRAYS = frozenset(["numpy", "torch", "cv2", "scipy", "PIL"])


@dataclass(frozen=True)
class Language:
    """What runs.

    Attributes:
        modules: what a program may import.
        whole: whether every statement of Python runs.
    """

    modules: frozenset[str]
    whole: bool


MONTY = Language(frozenset(_CORE), whole=False)
CPYTHON = Language(frozenset(_CORE | _MORE), whole=True)

_HINTS: dict[type[ast.AST], str] = {
    ast.Yield: "generators do not run here: build a list and return it",
    ast.YieldFrom: "generators do not run here: build a list and return it",
    ast.Delete: "'del' does not run here: build a new list or dict without the item",
}


def lacking(tree: ast.AST, language: Language) -> Iterator[tuple[ast.AST, str]]:
    """What a program has that an interpreter lacks: where, and a sentence for its author."""
    for node in ast.walk(tree):
        if not language.whole and type(node) in _HINTS:
            yield node, _HINTS[type(node)]
        elif not language.whole and isinstance(node, ast.ClassDef) and (node.bases or node.keywords):
            yield node, "classes cannot inherit here: use a dict, a dataclass or a builtin exception"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module(alias.name, node, language)
        elif isinstance(node, ast.ImportFrom):
            yield from _module(node.module or ".", node, language)


def _module(name: str, node: ast.AST, language: Language) -> Iterator[tuple[ast.AST, str]]:
    if name.split(".")[0] in language.modules:
        return
    if name.split(".")[0] in _ARRAYS and "numpy" not in language.modules:
        advice = "pixels are worked on inside skills; use math and lists"
    else:
        advice = f"there is {', '.join(sorted(language.modules - {'__future__'}))}"
    yield node, f"module {name[:60]!r} is not available to programs: {advice}"
