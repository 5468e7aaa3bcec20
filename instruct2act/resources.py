"""Finds prompts/ and configs/, beside the package or inside it (``_data``, in a wheel); names the source's revision."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from skills.errors import Mistake, did_you_mean

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder ``prompts`` or ``configs``.

    Raises:
        FileNotFoundError: neither place has it; the installation is broken.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise FileNotFoundError(f"{name}/ is neither inside the package nor beside it; install instruct2act again")


def mapping(path: Path, kind: str, asked: str, there: Iterable[str], hint: str) -> dict[str, Any]:
    """The keys and values of a YAML file.

    Args:
        path: the file.
        kind: what it is, for a sentence: "config file".
        asked: what a person called it.
        there: names that they may have meant.
        hint: what there is, or what to do, where it is missing.

    Raises:
        Mistake: no such file, not YAML, or no keys and values.
    """
    if not path.is_file():
        near = did_you_mean(asked, there := list(there)) or did_you_mean(path.name, there)
        raise Mistake(f"there is no {kind} {asked!r}{near}; {hint}")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise Mistake(f"the {kind} {path.name} is not YAML: {error}") from None
    if not isinstance(values, dict):
        raise Mistake(f"the {kind} {path.name} must hold keys and values, not {type(values).__name__}")
    return values


@lru_cache(maxsize=1)
def revision() -> str:
    """Twelve hex digits that change with any line of the source: a hash over the three packages' code and prompts.

    The version stays the same between two releases; figures of a changed checkout must not be taken for the old one's.
    """
    digest = hashlib.sha256()
    roots = [
        Path(spec.origin).parent
        for name in ("instruct2act", "sim", "skills")
        if (spec := find_spec(name)) and spec.origin
    ]
    for root in (*roots, folder("prompts")):
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".lark", ".md") and "_data" not in path.relative_to(root).parts:
                digest.update(f"{root.name}/{path.relative_to(root).as_posix()}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
