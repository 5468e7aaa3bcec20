"""Finds a module by the name that a config gives, ``find("skills.backends", "sam")``: the file's name is the value."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from skills.errors import UnknownName


def names(package: str) -> list[str]:
    """What stands beside each other in a package: modules and packages whose name has no leading underscore."""
    parent = importlib.import_module(package)
    return sorted(found.name for found in pkgutil.iter_modules(parent.__path__) if not found.name.startswith("_"))


def find(package: str, name: str) -> ModuleType:
    """Imports ``package.name``, and only that.

    Raises:
        UnknownName: there is no such module.
    """
    there = names(package)
    if name not in there:
        raise UnknownName(f"module of {package}", name, there)
    return importlib.import_module(f"{package}.{name}")
