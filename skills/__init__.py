"""What a program may call. ``@skill`` registers a function; a language model reads its signature and docstring.

A skill is ordinary Python, ``def pick_place(ctx: Context, pick: list[float], ...) -> Action``, under the name that
programs use. ``ctx`` is the episode's context and never crosses to a program. Parameters are annotated with what may
cross: ``Image``, ``Mask`` and ``Action`` (kept by the host, a program holds handles), numbers, strings, lists, tuples
and dicts of them.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

MODULES = tuple(
    f"skills.{name}"
    for name in ("perception", "finding", "comparing", "following", "geometry", "motion", "rearranging", "sweeping")
)
"""Where skills live, in the order in which a prompt lists them."""

REQUIRED = inspect.Parameter.empty

_registered: dict[str, Skill] = {}
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Parameter:
    """One argument of a skill: name, resolved annotation, default (``REQUIRED`` if none), how a prompt shows that."""

    name: str
    annotation: Any
    default: Any = REQUIRED
    shown: str = ""

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is REQUIRED


@dataclass(frozen=True)
class Skill:
    """A function under the name that programs use.

    Attributes:
        name: as programs call it.
        function: takes the context first.
        parameters: the others, in order; all may be given by position or keyword.
        returns: resolved annotation.
        doc: the docstring, dedented.
        aliases: keyword a program may use -> parameter it means.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    returns: Any
    doc: str
    aliases: Mapping[str, str]

    def signature(self) -> str:
        """``def Name(a: int, b: str = 'x') -> Image:``, as a language model reads it."""
        shown = ", ".join(
            f"{p.name}: {type_name(p.annotation)}" + ("" if p.required else f" = {p.shown or repr(p.default)}")
            for p in self.parameters
        )
        return f"def {self.name}({shown}) -> {type_name(self.returns)}:"


def skill(
    name: str, *, aliases: Mapping[str, str] | None = None, shown: Mapping[str, str] | None = None
) -> Callable[[_F], _F]:
    """Registers a function as what programs call ``name``.

    Args:
        name: the program's name for it.
        aliases: other keywords for its parameters, ``{"obj1": "objs"}``.
        shown: how a prompt shows a default that is not a literal, ``{"bounds": "BOUNDS"}``.

    Raises:
        ValueError: two skills of one name, a missing docstring or annotation.
    """

    def register(function: _F) -> _F:
        if name in _registered and _registered[name].function.__module__ != function.__module__:
            raise ValueError(f"two skills are called {name}")
        hints = typing.get_type_hints(function)
        first, *rest = inspect.signature(function).parameters.values()
        missing = [p.name for p in rest if p.name not in hints] + ([] if "return" in hints else ["return"])
        if first.name != "ctx" or missing or not function.__doc__:
            raise ValueError(f"skill {name} needs ctx first, a docstring, and annotations for {missing}")
        parameters = tuple(Parameter(p.name, hints[p.name], p.default, (shown or {}).get(p.name, "")) for p in rest)
        doc = inspect.cleandoc(function.__doc__)
        _registered[name] = Skill(name, function, parameters, hints["return"], doc, dict(aliases or {}))
        return function

    return register


def load() -> Mapping[str, Skill]:
    """Every skill by name, in the prompt's order. Imports the modules that define them (cheap: numpy only)."""
    for module in MODULES:
        importlib.import_module(module)
    order = {module: place for place, module in enumerate(MODULES)}
    return dict(sorted(_registered.items(), key=lambda item: order.get(item[1].function.__module__, len(order))))


def describe(names: Sequence[str] | None = None) -> str:
    """Signatures and docstrings, the very text that a language model reads; of all skills, or of those named."""
    every = load()
    chosen = every.values() if names is None else [every[name] for name in names]
    blocks = [f"{s.signature()}\n{textwrap.indent(_quoted(s.doc), '    ')}" for s in chosen]
    return "\n\n".join(blocks) + "\n"


def type_name(annotation: Any) -> str:
    """A type as programs and their authors write it: ``list[Mask]``, ``str | Image``, ``int``."""
    if annotation is None or annotation is type(None):
        return "None"
    if annotation is Any:
        return "object"
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " | ".join(repr(value) for value in arguments)
    if origin is None:
        return getattr(annotation, "__name__", str(annotation))
    inner = [("..." if a is Ellipsis else type_name(a)) for a in arguments]
    if getattr(origin, "__name__", "") in ("UnionType", "Union"):
        return " | ".join(inner)
    return f"{origin.__name__}[{', '.join(inner)}]"


def _quoted(doc: str) -> str:
    return f'"""{doc}"""' if "\n" not in doc else f'"""{doc}\n"""'
