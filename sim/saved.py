"""States that the engine saved, as long as it can go back to them."""

from __future__ import annotations

import itertools
from typing import Any

_KEPT = 32
_tokens = itertools.count(1)


class Saved:
    """The engine's saved states by token. It goes back only while its bodies are the same."""

    def __init__(self, client: Any) -> None:
        self._p = client
        self._states: dict[int, tuple[int, int]] = {}

    def save(self) -> int:
        """Saves the state; its token is unique in the process."""
        token = next(_tokens)
        self._states[token] = (self._p.saveState(), self._p.getNumBodies())
        while len(self._states) > _KEPT:
            self._p.removeState(self._states.pop(next(iter(self._states)))[0])
        return token

    def restore(self, token: int) -> bool:
        """Goes back exactly; False when the state is gone or the bodies are others."""
        state, bodies = self._states.get(token, (-1, -1))
        if bodies != self._p.getNumBodies():
            return False
        self._p.restoreState(stateId=state)
        return True

    def forget(self) -> None:
        """Gives every state back, because bodies come or go."""
        for state, _ in self._states.values():
            self._p.removeState(state)
        self._states = {}
