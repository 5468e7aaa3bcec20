"""The engine behind one door: the one file that imports pybullet."""

from __future__ import annotations

import os
import weakref
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


def _disconnect(client: int) -> None:
    engine = _engine()
    if engine.isConnected(client):
        engine.disconnect(client)


class Client:
    """The engine's functions, bound to one client, whose memory (some 30 MB) is given back with it at the latest."""

    def __init__(self) -> None:
        self.id: int = _engine().connect(_engine().DIRECT)
        self._end = weakref.finalize(self, _disconnect, self.id)
        self._end.atexit = False  # the process's end gives it back, too, and a forked child's must not

    def disconnect(self) -> None:
        """Gives the client back; twice is fine."""
        self._end()

    def __getattr__(self, name: str) -> Any:
        member = getattr(_engine(), name)
        bound = partial(member, physicsClientId=self.id) if callable(member) else member
        setattr(self, name, bound)
        return bound
