"""The engine behind one door: the one file that imports pybullet."""

from __future__ import annotations

import os
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any


@lru_cache(maxsize=1)
def _engine() -> ModuleType:
    """Imports pybullet without the line about its build that it writes to standard error."""
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as null:
        os.dup2(null.fileno(), 2)
        try:
            import pybullet
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    return pybullet  # type: ignore[no-any-return]


class Client:
    """The engine's functions, bound to one client."""

    def __init__(self) -> None:
        self.id: int = _engine().connect(_engine().DIRECT)

    def __getattr__(self, name: str) -> Any:
        member = getattr(_engine(), name)
        bound = partial(member, physicsClientId=self.id) if callable(member) else member
        setattr(self, name, bound)
        return bound
