"""The classes of the battery, a module each; each module's docstring says what its attacks are after."""

from __future__ import annotations

from importlib import import_module

from instruct2act.sandbox.probe.attack import Attack

CLASSES = (
    "introspection", "outside", "endless", "memory", "values", "ends", "parsers", "arrays", "climbing", "forged", "raw",
)  # fmt: skip


def attacks(name: str) -> tuple[Attack, ...]:
    """The attacks of a class."""
    found: list[Attack] = import_module(f"{__name__}.{name}").ATTACKS
    return tuple(found)
