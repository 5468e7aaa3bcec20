"""The small checkpoints that come with the project; beside each stands a card that says how it was made."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

_HERE = Path(__file__).resolve().parent

PATHS = {name: _HERE / f"{name}_small.safetensors" for name in ("sam", "affinity", "agglomeration", "clip")}
"""Checkpoint name -> file."""


def missing() -> str:
    """The checkpoints that are not there, as a phrase, or ""."""
    return ", ".join(path.name for path in PATHS.values() if not path.is_file())


@functools.cache
def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
