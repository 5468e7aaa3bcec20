"""Finds a module by the name that a config gives: ``find("skills.backends", "sam")``. The file name is the config value."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType


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
        raise UnknownName(f"{package.rsplit('.', 1)[-1]}", name, there)
    return importlib.import_module(f"{package}.{name}")


class UnknownName(LookupError):
    """Asked for something that does not exist; says what does."""

    def __init__(self, kind: str, asked: str, there: Iterable[str]) -> None:
        self.asked, self.there = asked, sorted(there)
        super().__init__(
            f"no {kind} is called {asked!r}{did_you_mean(asked, self.there)}; there are: {', '.join(self.there)}"
        )


def did_you_mean(asked: str, there: Iterable[str]) -> str:
    """``" (did you mean 'rotate'?)"``, or nothing when no name is near."""
    near = difflib.get_close_matches(asked, list(there), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""
