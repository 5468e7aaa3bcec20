"""A machine that stands still for a moment looks like an arm's fault; a test that failed meanwhile is run again.

The watchdog of the arm's side counts real time, and so do the deadlines of a robot's file. Where the whole process was
kept from running for half of the watchdog's time, what a test saw is the machine's doing. Without such a moment a
failure stays one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

LONG_S = 0.25
"""Half of what the arm's watchdog allows."""
ROUND_S = 0.02


class Stalls:
    """Attributes: `worst_s`, how much too late this thread came round at worst."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="stalls", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        last = time.monotonic()
        while not self._end.wait(ROUND_S):
            now = time.monotonic()
            self.worst_s, last = max(self.worst_s, now - last - ROUND_S), now


_last: Stalls | None = None


@pytest.fixture(autouse=True)
def stalls() -> Iterator[Stalls]:
    """Watches the machine for as long as a test goes on."""
    global _last
    _last = Stalls()
    yield _last
    _last.close()


def stood_still() -> bool:
    """Whether the machine did while the last test went on."""
    return _last is not None and _last.worst_s > LONG_S


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "stalls" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("flaky"):
            item.add_marker(pytest.mark.flaky(reruns=3, condition=stood_still))
