"""Finds a module by the name that a config gives, ``find("skills.backends", "sam")``: the file's name is the value.

A package whose modules are found by name may say in ``ENTRY`` which function each of them offers (``build``). Helpers
that stand beside them offer none, and are no name that a config can give.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

from skills.errors import UnknownName


@cache
def names(package: str) -> tuple[str, ...]:
    """What stands beside each other in a package, without importing it.

    Modules and packages whose name has no leading underscore and, where the package has an ``ENTRY``, whose source
    defines a function of that name.
    """
    parent = importlib.import_module(package)
    entry: str | None = getattr(parent, "ENTRY", None)
    there = [found.name for found in pkgutil.iter_modules(parent.__path__) if not found.name.startswith("_")]
    return tuple(sorted(name for name in there if entry is None or _defines(f"{package}.{name}", entry)))


def find(package: str, name: str) -> ModuleType:
    """Imports ``package.name``, and only that.

    Raises:
        UnknownName: there is no such module.
    """
    there = names(package)
    if name not in there:
        raise UnknownName(f"module of {package}", name, there)
    return importlib.import_module(f"{package}.{name}")


def _defines(module: str, function: str) -> bool:
    """Whether a module's source defines a function at its top level. The module is not run."""
    spec = importlib.util.find_spec(module)
    if spec is None or not (spec.origin and spec.origin.endswith(".py")):
        return False
    tree = ast.parse(Path(spec.origin).read_bytes(), spec.origin)
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body)
