"""A machine that stands still for a moment is not the program's fault; a test that failed meanwhile is run again.

A program's limits, the watchdog of an arm's side and the deadlines of a robot's file count real time. Where the whole
process was kept from running for half of the shortest of them, what a test saw is the machine's doing. Without such a
moment a failure stays one.
"""

from __future__ import annotations

import socket
import threading
import time

import pytest

LONG_S = 0.25
"""Half of what the arm's watchdog allows."""
ROUND_S = 0.02


class Stalls:
    """Attributes: `worst_s`, how much too late its thread came round at worst since it was set to 0."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        threading.Thread(target=self._work, name="stalls", daemon=True).start()

    def _work(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(ROUND_S)
            now = time.monotonic()
            self.worst_s, last = max(self.worst_s, now - last - ROUND_S), now


_stalls = Stalls()


def stood_still() -> bool:
    """Whether the machine did while the last test went on."""
    return _stalls.worst_s > LONG_S


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _stalls.worst_s = 0.0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("usepdb"):  # whoever looks at a failure wants that very one
        for item in items:
            item.add_marker(pytest.mark.flaky(reruns=3, condition=stood_still))


def pytest_sessionstart(session: pytest.Session) -> None:
    """A worker tells the first process of each test; unsent by Nagle's algorithm, that takes 40 ms a test."""
    link = getattr(getattr(session.config, "failures_db", None), "sock", None)  # pytest-rerunfailures' own
    if isinstance(link, socket.socket):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
