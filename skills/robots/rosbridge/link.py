"""One connection to a rosbridge server: calls with deadlines, subscriptions, publishing; never a queue for later.

A receiving thread hands each message to whoever waits for it and must never be kept waiting: a subscriber stores the
newest and returns. A link that is lost stays lost; what was pending fails at once, and a new ``Link`` is made.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from skills.errors import Mistake
from skills.robots.rosbridge import wire
from skills.robots.rosbridge.calls import Calls, Hear
from skills.robots.rosbridge.errors import LinkLost
from skills.robots.rosbridge.settings import Deadlines

_QUIET = logging.getLogger("skills.robots.rosbridge.websockets")
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False  # a loss is told once, as ``lost``, and not as tracebacks of another library's threads


class Bridge(Protocol):
    """What the adapter needs of a connection, whichever library makes it."""

    @property
    def lost(self) -> str:
        """Why it is gone; "" while it holds."""

    def call(self, service: str, args: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        """A service's values, within the deadline."""

    def subscribe(self, topic: str, type: str, hear: Hear, *, compression: str = "none") -> None:
        """From now on ``hear`` gets each message, in the receiving thread."""

    def advertise(self, topic: str, type: str) -> None:
        """Says that this client will publish."""

    def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        """Sends now or fails now."""

    def request(self, message: Mapping[str, Any], hear: Hear) -> None:
        """Sends an operation with an id; ``hear`` gets every message that carries the same id back."""

    def forget(self, id: str) -> None:
        """What still comes with this id is of no interest."""

    def close(self) -> None:
        """Ends it; may be called again."""


def safe_url(url: str, insecure: bool) -> str:
    """The url, if commands may be sent over it.

    Raises:
        Mistake: not ws or wss, or neither encrypted nor on this machine (rosbridge has no authentication).
    """
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise Mistake(f"{url!r} is no rosbridge address; it is like ws://127.0.0.1:9090")
    try:
        near = ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        near = parts.hostname == "localhost"
    if parts.scheme == "ws" and not near and not insecure:
        raise Mistake(
            f"{url} would carry commands for an arm in the open: use an ssh tunnel (ssh -L 9090:localhost:9090 robot, "
            "then ws://127.0.0.1:9090) or wss; on a network of the arm's own, set insecure: true"
        )
    return url


class Link(Calls):
    """The default connection: websockets and cbor2.

    Args:
        url: checked by ``safe_url`` before.
        purpose: "control", "safety", "cameras"; for people.
        deadlines: how long to wait.
        on_lost: called once, from the receiving thread, with the reason.

    Raises:
        LinkLost: there is no server within ``deadlines.connect_s``.
    """

    def __init__(
        self, url: str, purpose: str, deadlines: Deadlines, on_lost: Callable[[str], None] | None = None
    ) -> None:
        from websockets.sync.client import connect

        super().__init__(purpose, on_lost)
        self.received_s = time.monotonic()
        self._subscribers: dict[str, Hear] = {}
        self._decoder = wire.Decoder()
        try:
            opening = connect(
                url,
                compression=None,
                proxy=None,
                open_timeout=deadlines.connect_s,
                ping_interval=deadlines.ping_s,
                ping_timeout=deadlines.silence_s,
                close_timeout=0.3,
                max_size=wire.LARGEST,
                logger=_QUIET,
            )
            self._socket = opening.__enter__()  # until ``close``; what it makes never connects again by itself
        except Exception as error:
            raise LinkLost(f"no rosbridge at {url} ({purpose}): {error}; is rosbridge_server running there?") from None
        self._thread = threading.Thread(target=self._receive, name=f"rosbridge {purpose}", daemon=True)
        self._thread.start()

    def subscribe(self, topic: str, type: str, hear: Hear, *, compression: str = "none") -> None:
        """From now on ``hear`` gets each message of a topic; the bridge keeps at most one waiting."""
        self._subscribers[topic] = hear
        asked = {"topic": topic, "type": type, "compression": compression, "throttle_rate": 0, "queue_length": 1}
        if "tf" in type.lower():
            del asked["queue_length"]  # several publishers share /tf: none may push another's out
        self.send({"op": "subscribe", "id": f"subscribe:{topic}", **asked})

    def close(self) -> None:
        """Ends it; may be called again."""
        self._lost = self._lost or f"the {self.purpose} link was closed"
        self._on_lost = None
        self._socket.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(2.0)

    def _receive(self) -> None:
        try:
            for data in self._socket:
                message = self._decoder.feed(data)
                self.received_s = time.monotonic()
                if message is not None:
                    self._hand_on(message)
            self._lose("the server closed it")
        except Exception as error:  # whatever it is, this thread is gone: say so
            self._lose(f"{error or type(error).__name__}")

    def _hand_on(self, message: Mapping[str, Any]) -> None:
        if message["op"] == "publish":
            hear = self._subscribers.get(str(message.get("topic")))
            if hear is not None:
                hear(message.get("msg"))
            return
        self._answered(message)

    def _transmit(self, message: Mapping[str, Any], text: str) -> None:
        self._socket.send(text)

    def _end(self) -> None:
        threading.Thread(target=self._socket.close, daemon=True).start()
