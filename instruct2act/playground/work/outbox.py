"""What a worker sends: every message in order, and of its pictures the newest only."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from typing import Any

from instruct2act.playground.processes import wire

_MOST_WAITING = 2000


class Outbox:
    """Sends from a thread of its own, so that a slow reader never holds the arm.

    A picture that was not sent before the next one came is dropped. Messages wait; when too many do, the sender is
    held: a program that prints without end is slowed down to what is read.
    """

    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe
        self._messages: deque[dict[str, Any]] = deque()
        self._picture: tuple[float, bytes] | None = None
        self._changed = threading.Condition()
        self._closing = self.broken = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def tell(self, message: dict[str, Any]) -> None:
        """Sends a message."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._messages) < _MOST_WAITING or self.broken)
            self._messages.append(message)
            self._changed.notify_all()

    def show(self, captured: float, jpeg: bytes) -> None:
        """Sends a picture, in place of one that still waits.

        Args:
            captured: the monotonic clock when it was taken.
            jpeg: the picture.
        """
        with self._changed:
            self.dropped += self._picture is not None
            self._picture = captured, jpeg
            self._changed.notify_all()

    def close(self, patience_s: float = 5.0) -> None:
        """Sends what waits, and ends."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(patience_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._messages or self._picture or self._closing)
                messages = list(self._messages)
                picture, self._picture = self._picture, None
                self._messages.clear()
                self._changed.notify_all()
                if not messages and picture is None:
                    return
            try:
                for message in messages:
                    wire.send(self._pipe, message)
                if picture is not None:
                    wire.send(self._pipe, _framed(*picture))
            except OSError:
                with self._changed:
                    self.broken = True
                    self._changed.notify_all()
                return


def _framed(captured: float, jpeg: bytes) -> bytes:
    import struct

    return struct.pack(">d", captured) + jpeg


class Ear:
    """Hears the server from a thread of its own."""

    def __init__(self, pipe: socket.socket, hear: Any) -> None:
        """Takes a function that is told every message, and ``{"do": "gone"}`` when the server is."""
        self._pipe, self._hear = pipe, hear
        threading.Thread(target=self._run, name="ear", daemon=True).start()

    def _run(self) -> None:
        with contextlib.suppress(wire.Broken):
            while True:
                self._hear(wire.receive(self._pipe))
        self._hear({"do": "gone"})


def now() -> float:
    """The clock that server and workers share, seconds."""
    return time.monotonic()
