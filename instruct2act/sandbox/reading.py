"""Finds misuse of skills in a program that the first interpreter does not run, before anything runs.

Its type checker reads all of Python, whatever the interpreter beside it runs; it works in a jailed worker of its own.
Where that worker can't be had, names are looked up in the parsed text and nothing more is said.
"""

from __future__ import annotations

import ast
import builtins
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from instruct2act.sandbox.clocks import Limits
from instruct2act.sandbox.errors import SandboxUnavailable
from instruct2act.sandbox.guest import Raised

if TYPE_CHECKING:
    from instruct2act.sandbox.monty import Monty

_LIMITS = Limits(program_s=10.0, turn_s=10.0)
_WAITS = "instruct2act_waits"
_BUILTIN = frozenset(dir(builtins)) | {"__name__", "__file__"}


def checker(monty: Monty | None) -> Callable[[str, str], str]:
    """Source and stubs -> a report in the type checker's JSON, "" where there is nothing to say."""

    def check(source: str, stubs: str) -> str:
        try:
            if monty is not None:
                return _typed(monty, source, stubs)
        except SandboxUnavailable:
            pass
        return unknown(source, stubs)

    return check


def _typed(monty: Monty, source: str, stubs: str) -> str:
    """The checker's report. The program does not begin: a call in front of it waits for an answer for ever."""
    guest = monty.guest(_LIMITS, functions=frozenset(), stubs=f"{stubs}\ndef {_WAITS}() -> None: ...\n")
    try:
        event = guest.start(f"{_WAITS}()\n{source}", {}, lambda text: None, check=True)
    finally:
        guest.close()
    if not isinstance(event, Raised) or event.cause != "types":
        return ""
    found = json.loads(event.message)
    for entry in found:
        entry["location"]["row"] -= 1
    return json.dumps(found)


def unknown(source: str, stubs: str) -> str:
    """Names that are read and nowhere bound, as the type checker would report them."""
    tree, declared = ast.parse(source), ast.parse(stubs)
    known = bound(tree) | bound(declared) | _BUILTIN
    found = [
        {
            "code": "unresolved-reference",
            "message": f"Name `{node.id}` used when not defined",
            "location": {"row": node.lineno, "column": node.col_offset + 1},
        }
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in known
    ]
    return json.dumps(found) if found else ""


def bound(tree: ast.AST) -> set[str]:
    """Every name that a program binds anywhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found
