"""One HTTP exchange with a server that may do anything: bounded in time and size, whatever it sends.

Covered: slow headers, bytes that drip, silence in mid-stream, endless bodies, compressed ones (a small one may hold
gigabytes), redirects (the key goes to the address that was configured, and nowhere else).
Not covered: a name server that doesn't answer; the caller has its answer in time, the thread ends when the system's
resolver does.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

import httpx2

LARGEST_BODY = 8 << 20
"""Bytes of an answer as it crosses the network; a streamed token takes about 200 of them."""

_T = TypeVar("_T")


class Late(Exception):
    """The time for the exchange is over."""


class Unfit(Exception):
    """An answer that is not read: a sentence says why. Asking again would not help."""


class Exchange:
    """Gives up on one exchange when its time is over.

    Attributes:
        ends: when that is, on the monotonic clock.
    """

    def __init__(self, ends: float, largest: int = LARGEST_BODY) -> None:
        self.ends = ends
        self._largest = largest
        self._over = threading.Event()
        self._socket: socket.socket | None = None

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.ends - time.monotonic()

    def hooks(self) -> dict[str, list[Callable[..., Any]]]:
        """Event hooks of the HTTP client that makes the exchange."""
        return {"request": [self._requested], "response": [self._responded]}

    def run(self, work: Callable[[], _T]) -> _T:
        """Does the work in a thread of its own, since a blocked read can't be left otherwise.

        Raises:
            Late: it took longer than there was time; its connection is shut.
        """
        done: Future[_T] = Future()

        def worker() -> None:
            try:
                done.set_result(work())
            except BaseException as error:  # goes to whoever waits
                done.set_exception(error)

        threading.Thread(target=worker, name="llm call", daemon=True).start()
        try:
            return done.result(max(self.left, 0.0))
        except TimeoutError:
            if done.done():
                raise
            raise Late from None
        finally:
            self._over.set()
            if not done.done() and self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _requested(self, request: httpx2.Request) -> None:
        request.headers["Accept-Encoding"] = "identity"
        request.extensions["trace"] = self._trace

    def _trace(self, event: str, told: dict[str, Any]) -> None:
        """The transport's account of itself, for the socket that a blocked read hangs on."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = told["return_value"].get_extra_info("socket")
        if not event.endswith((".failed", "closed.started", "closed.complete")):
            self._check()

    def _responded(self, response: httpx2.Response) -> None:
        kind = response.headers.get("content-encoding", "identity")
        if kind != "identity":
            raise Unfit(f"it answered compressed ({kind[:40]!r}), which was not asked for and is not read")
        response.stream = _Bounded(response.stream, self._largest, self._check)

    def _check(self) -> None:
        if self._over.is_set() or self.left <= 0:
            raise Late


class _Bounded(httpx2.SyncByteStream):
    """A body that ends with an exception when it grows too long or takes too long."""

    def __init__(self, stream: Any, largest: int, check: Callable[[], None]) -> None:
        self._stream, self._largest, self._check = stream, largest, check

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for chunk in self._stream:
            self._check()
            size += len(chunk)
            if size > self._largest:
                raise Unfit(f"its answer is longer than {self._largest >> 20} MB; reading stopped there")
            yield chunk

    def close(self) -> None:
        self._stream.close()
