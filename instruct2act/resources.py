"""Finds prompts/ and configs/, beside the package or inside it (``_data``, in a wheel); names the source's revision."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

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
