"""Finds prompts/ and configs/, in a checkout (beside this package) and in a wheel (inside it, under ``_data``)."""

from __future__ import annotations

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
