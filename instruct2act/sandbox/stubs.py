"""The registry of skills as a ``.pyi`` file, for a type checker that reads programs before they run.

Arguments are declared wider than the skill's own annotation (any sequence for a list, any mapping for a dict), since
the gateway turns one into the other; only what it would refuse is to be an error here.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from instruct2act.sandbox.values import KINDS
from skills import Skill

_HEAD = "from collections.abc import Mapping, Sequence\nfrom typing import Any, Literal\n"
_GLOBALS = {
    "templates": "class _Templates(dict[str, Image]):\n"
    "    def get(self, key: str, default: Any = ...) -> Image: ...\n"
    "templates: _Templates\n",
    "clicks": "clicks: list[tuple[float, float]]\n",
}


def stubs(skills: Mapping[str, Skill], names: Iterable[str] = ()) -> str:
    """Declares the kinds of handle, the skills, and the program's globals."""
    kinds = [
        "\n".join([f"class {kind.name}:", *(f"    {name}: {declared}" for name, declared in kind.declared.items())])
        for kind in KINDS
    ]
    calls = [declaration(skill) for skill in skills.values()]
    given = [_GLOBALS.get(name, f"{name}: Any\n") for name in names]
    return "\n".join([_HEAD, *kinds, *given, *calls]) + "\n"


def declaration(skill: Skill) -> str:
    """One skill: ``def SAM(image: Image, points: Sequence[Sequence[float]] | None = ...) -> list[Mask]: ...``."""
    parameters = ", ".join(
        f"{parameter.name}: {_taken(parameter.annotation)}" + ("" if parameter.required else " = ...")
        for parameter in skill.parameters
    )
    return f"def {skill.name}({parameters}) -> {_given(skill.returns)}: ..."


def _taken(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_taken(option) for option in inner)
    if origin is typing.Literal:
        return "str" if all(isinstance(choice, str) for choice in inner) else "Any"
    if origin is tuple:
        parts = {_taken(part) for part in inner if part is not Ellipsis}
        return f"Sequence[{parts.pop()}]" if len(parts) == 1 else "Sequence[Any]"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "Mapping[str, Any]"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return f"Sequence[{_taken(inner[0])}]"
    return _name(annotation)


def _given(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_given(option) for option in inner)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "dict[str, Any]"
    if origin in (list, tuple):
        return f"{origin.__name__}[{', '.join('...' if part is Ellipsis else _given(part) for part in inner)}]"
    return "Any" if origin is not None else _name(annotation)


def _name(annotation: Any) -> str:
    if annotation is None or annotation is type(None):
        return "None"
    known = {kind.host: kind.name for kind in KINDS}
    if annotation in (int, float, str, bool, list, dict, tuple):
        return str(annotation.__name__)
    return known.get(annotation, "Any")
