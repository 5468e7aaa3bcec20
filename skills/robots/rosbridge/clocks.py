"""Which time it is on the other side. The bridge's clock is asked; a camera with a clock of its own is watched."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

AHEAD_S = 0.1
"""A stamp so far in the future is of a clock that can't be trusted."""
BACK_S = 2.0
"""A stamp so far before the one that came last is of a clock that was set; by less it is late, and left out."""


@dataclass(frozen=True)
class Offset:
    """``theirs - ours`` in seconds, right to within ``error_s``; ours is ``time.monotonic``."""

    seconds: float
    error_s: float

    def ours(self, theirs: float) -> float:
        """A time of theirs on our clock."""
        return theirs - self.seconds

    def theirs(self, ours: float) -> float:
        """A time of ours on their clock."""
        return ours + self.seconds


def ask(theirs_now: Callable[[], float], times: int = 5) -> Offset:
    """Asks the other side for its time; the quickest answer counts, and half its round trip is the error."""
    best: Offset | None = None
    for _ in range(times):
        before = time.monotonic()
        theirs = theirs_now()
        after = time.monotonic()
        offset = Offset(theirs - (before + after) / 2, (after - before) / 2)
        if best is None or offset.error_s < best.error_s:
            best = offset
    assert best is not None
    return best


class Watched:
    """The offset of a clock that can only be watched: the smallest of what its stamps lag behind their arrival.

    What every message takes on its way can't be told from an offset, so that its error is the least delay, which is
    not known: pictures are as fresh as the freshest was.
    """

    def __init__(self, window: int = 300) -> None:
        self._lags: deque[float] = deque(maxlen=window)
        self._lock = threading.Lock()

    def heard(self, stamp: float) -> None:
        """A message with this stamp arrived now."""
        with self._lock:
            self._lags.append(time.monotonic() - stamp)

    @property
    def offset(self) -> Offset | None:
        """The estimate, or None before ten messages."""
        with self._lock:
            return Offset(-min(self._lags), 0.02) if len(self._lags) >= 10 else None
