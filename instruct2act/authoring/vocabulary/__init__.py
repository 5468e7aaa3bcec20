"""The words that reward functions are written in: source that runs in the sandbox, and the text that an author reads.

`words` and `groups` hold what an author may use, `geometry` what that is made of. All are plain Python with ``math``:
nothing of this project's is there in the sandbox, so they are joined into one text.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_HERE = Path(__file__).parent
_TOLD = ("words.py", "groups.py")


@lru_cache(maxsize=1)
def source() -> str:
    """All modules as one text, without their imports of each other and their docstrings."""
    return "\n\n".join(_alone(_HERE / name) for name in ("geometry.py", *_TOLD))


@lru_cache(maxsize=64)
def needed(reward: str) -> str:
    """Of `source`, what a reward function calls: the sandbox reads all that it is given, for every episode.

    Args:
        reward: its source; all of the vocabulary is needed where it does not parse.
    """
    try:
        wanted = _names(ast.parse(reward))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source()
    kept: set[int] = set()
    found = True
    while found:
        fresh = [place for place, one in enumerate(_statements()) if place not in kept and one.defined & wanted]
        kept.update(fresh)
        wanted |= {name for place in fresh for name in _statements()[place].names}
        found = bool(fresh)
    return "\n\n".join(one.text for place, one in enumerate(_statements()) if place in kept or not one.defined) + "\n"


class _Statement(NamedTuple):
    """A statement of the vocabulary: its text, what it gives a name to, the names that it uses."""

    text: str
    defined: frozenset[str]
    names: frozenset[str]


@lru_cache(maxsize=1)
def _statements() -> tuple[_Statement, ...]:
    body = ast.parse(source()).body
    return tuple(_Statement(ast.unparse(node), frozenset(_defined(node)), frozenset(_names(node))) for node in body)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _defined(node: ast.stmt) -> set[str]:
    """What a statement of a module gives a name to; nothing for imports."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    return _names(node.targets[0]) if isinstance(node, ast.Assign) else set()


@lru_cache(maxsize=1)
def describe() -> str:
    """Signatures and docstrings of the words, a line each, as an author reads them."""
    shown = []
    for node in (node for name in _TOLD for node in ast.parse((_HERE / name).read_text(encoding="utf-8")).body):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            doc = " ".join((ast.get_docstring(node) or "").split())
            names = [argument.arg for argument in node.args.args]
            defaults = [""] * (len(names) - len(node.args.defaults)) + [
                f"={ast.unparse(d)}" for d in node.args.defaults
            ]
            shown.append(f"{node.name}({', '.join(map(str.__add__, names, defaults))}): {doc}")
    return "\n".join(shown)


def names() -> frozenset[str]:
    """Every name that is taken before a reward function begins."""
    body = ast.parse(source()).body
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


def _alone(path: Path) -> str:
    module = ast.parse(path.read_text(encoding="utf-8"))
    kept = [node for node in module.body[1:] if not isinstance(node, ast.ImportFrom) and not _is_alias(node)]
    for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)):
        # Annotations (and the aliases they use, left out above) say nothing to the sandbox; docstrings cost it time.
        function.returns = None
        for argument in function.args.args:
            argument.annotation = None
        if ast.get_docstring(function) is not None:
            function.body = function.body[1:]
    kept = [node for node in kept if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    return "\n".join(map(ast.unparse, kept)) + "\n"


def _is_alias(node: ast.stmt) -> bool:
    """Whether a statement names a type: ``Ids = list[int]``. Constants are written in capitals."""
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and not node.targets[0].id.isupper()
