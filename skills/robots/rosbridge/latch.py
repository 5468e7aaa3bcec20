"""May it move? Once something went wrong: no, until a person acknowledges. The worst that happened is what is shown."""

from __future__ import annotations

import threading
from typing import Literal

Latched = Literal["READY", "STOPPED", "LINK_LOST", "FAULT", "ESTOP"]

_SEVERITY: dict[str, int] = {"READY": 0, "STOPPED": 1, "LINK_LOST": 2, "FAULT": 3, "ESTOP": 4}

WAY_OUT = {
    "READY": "",
    "STOPPED": "look at the table, then acknowledge",
    "LINK_LOST": "see that the arm stands still and the bridge runs, then acknowledge: it connects anew",
    "FAULT": "look at the arm and its node's log, then acknowledge",
    "ESTOP": "release the emergency stop at the arm, start it as its manual says, then acknowledge",
}
"""What a person has to do, by state."""


class Latch:
    """Closes at the first trouble and stays closed. Any thread may trip it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: Latched = "READY"
        self._reason = ""
        self._closed = threading.Event()

    @property
    def state(self) -> Latched:
        """What it is in."""
        return self._state

    @property
    def reason(self) -> str:
        """Why; "" while READY."""
        return self._reason

    @property
    def ready(self) -> bool:
        """Whether it may move."""
        return not self._closed.is_set()

    def sentence(self) -> str:
        """State, reason and way out."""
        return "" if self.ready else f"{self._state}: {self._reason}; {WAY_OUT[self._state]}"

    def trip(self, state: Latched, reason: str) -> None:
        """Closes it. Of several troubles the worst is kept, of equals the first."""
        self._closed.set()
        with self._lock:
            if _SEVERITY[state] > _SEVERITY[self._state]:
                self._state, self._reason = state, reason

    def clear(self) -> None:
        """A person acknowledged, and the robot's side agrees."""
        with self._lock:
            self._state, self._reason = "READY", ""
            self._closed.clear()
