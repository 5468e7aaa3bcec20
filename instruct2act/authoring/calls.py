"""What a program may call, in brief: each skill's signature on a line, its docstring folded under it.

Made from the very docstrings that ``skills.describe()`` prints, by leaving out what a reader of all of them can do
without: blank lines, what tuples and dicts hold, an argument of few words (its name and type say as much) or of the
same words as an earlier skill's, and what is raised (the prompt says it once, for all).
"""

from __future__ import annotations

import re
from functools import lru_cache

import skills
from skills import Parameter, Skill

_FEW = 5
_ARGUMENT = re.compile(r"^    (\w+(?:, \w+)*): (.*(?:\n     +\S.*)*)", re.MULTILINE)
_INNER = re.compile(r"\b(tuple|dict)\[(?:str|float|object)(?:, (?:float|object|list\[float\]))*\]")
_SECTIONS = re.compile(r"^(Args|Raises):\n", re.MULTILINE)


@lru_cache(maxsize=1)
def in_brief() -> str:
    """Every skill, two lines each."""
    told: set[str] = set()
    return "\n".join(f"{_signature(skill)}\n    {_folded(skill.doc, told)}" for skill in skills.load().values()) + "\n"


def _signature(skill: Skill) -> str:
    shown = ", ".join(map(_parameter, skill.parameters))
    return f"{skill.name}({shown}) -> {_type(skill.returns)}"


def _parameter(parameter: Parameter) -> str:
    if parameter.shown:
        return f"{parameter.name}={parameter.shown}"
    annotation = _type(parameter.annotation).removesuffix("|None")
    return f"{parameter.name}: {annotation}" + ("" if parameter.required else f"={parameter.default!r}")


def _type(annotation: object) -> str:
    """A type's name; what tuples and dicts hold, the docstring says."""
    return _INNER.sub(r"\1", skills.type_name(annotation)).replace(" | ", "|")


def _folded(doc: str, told: set[str]) -> str:
    """The docstring's prose, then its arguments; ``told`` grows by what was said of them."""
    head, *rest = _SECTIONS.split(doc)
    sections = dict(zip(rest[::2], rest[1::2]))
    parts = [" ".join(head.split())]
    for names, text in _ARGUMENT.findall(sections.get("Args", "")):
        said = f"{names}: {' '.join(text.split())}"
        if said not in told and len(text.split()) > _FEW:
            parts.append(said)
        told.add(said)
    return " ".join(parts)
