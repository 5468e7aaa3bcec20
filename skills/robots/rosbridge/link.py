"""One connection to a rosbridge server: calls with deadlines, subscriptions, publishing; never a queue for later.

A receiving thread hands each message to whoever waits for it and must never be kept waiting: a subscriber stores the
newest and returns. A link that is lost stays lost; what was pending fails at once, and a new ``Link`` is made.
"""

from __future__ import annotations

import ipaddress
import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from skills.errors import Mistake
from skills.robots.rosbridge import wire
from skills.robots.rosbridge.errors import BadMessage, LinkLost, NoAnswer, Refused
from skills.robots.rosbridge.settings import Deadlines

Hear = Callable[[Any], None]

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


class Link:
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

        self.purpose, self._on_lost, self._lost = purpose, on_lost, ""
        self.received_s = time.monotonic()
        self._ids = itertools.count(1)
        self._waiting: dict[str, Hear] = {}
        self._subscribers: dict[str, Hear] = {}
        self._lock = threading.Lock()
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

    @property
    def lost(self) -> str:
        """Why it is gone; "" while it holds."""
        return self._lost

    def send(self, message: Mapping[str, Any]) -> None:
        """Sends now or fails now.

        Raises:
            LinkLost: the link is gone.
            BadMessage: a number in it is not finite.
        """
        if self._lost:
            raise LinkLost(self._lost)
        try:
            text = wire.encode(message)
        except ValueError as error:
            raise BadMessage(f"not sent: {error}") from None
        try:
            self._socket.send(text)
        except Exception as error:
            self._lose(f"sending failed: {error}")
            raise LinkLost(self._lost) from None

    def call(self, service: str, args: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        """Calls a service and waits for its values.

        Raises:
            LinkLost, NoAnswer, Refused, BadMessage: as they say.
        """
        answered = threading.Event()
        answer: list[Mapping[str, Any]] = []

        def hear(message: Mapping[str, Any]) -> None:
            answer.append(message)
            answered.set()

        id = f"call:{service}:{next(self._ids)}"
        self.request({"op": "call_service", "id": id, "service": service, "args": dict(args)}, hear)
        try:
            if not answered.wait(timeout_s):
                raise NoAnswer(f"{service} did not answer within {timeout_s:g} s")
        finally:
            self.forget(id)
        if not answer or "lost" in answer[0]:
            raise LinkLost(self._lost)
        values = answer[0].get("values")
        if answer[0].get("result") is not True:
            raise Refused(f"{service} failed: {str(values)[:200]}")
        if not isinstance(values, dict):
            raise BadMessage(f"{service} answered with {type(values).__name__}, not with values")
        return values

    def subscribe(self, topic: str, type: str, hear: Hear, *, compression: str = "none") -> None:
        """From now on ``hear`` gets each message of a topic; the bridge keeps at most one waiting."""
        self._subscribers[topic] = hear
        asked = {"topic": topic, "type": type, "compression": compression, "throttle_rate": 0, "queue_length": 1}
        if "tf" in type.lower():
            del asked["queue_length"]  # several publishers share /tf: none may push another's out
        self.send({"op": "subscribe", "id": f"subscribe:{topic}", **asked})

    def advertise(self, topic: str, type: str) -> None:
        """Says that this client will publish."""
        self.send({"op": "advertise", "id": f"advertise:{topic}", "topic": topic, "type": type})

    def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        """Sends now or fails now."""
        self.send({"op": "publish", "topic": topic, "msg": dict(message)})

    def request(self, message: Mapping[str, Any], hear: Hear) -> None:
        """Sends an operation with an id; ``hear`` gets what comes back with it, or {"lost": reason}."""
        id = str(message["id"])
        with self._lock:
            self._waiting[id] = hear
        try:
            self.send(message)
        except Exception:
            self.forget(id)
            raise

    def forget(self, id: str) -> None:
        """What still comes with this id is of no interest: late and duplicate answers end here."""
        with self._lock:
            self._waiting.pop(id, None)

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
        with self._lock:
            waiting = self._waiting.get(str(message.get("id")))
        if waiting is not None:
            waiting(message)

    def _lose(self, reason: str) -> None:
        with self._lock:
            first = not self._lost
            self._lost = self._lost or f"the {self.purpose} link was lost: {reason}"
            waiting, self._waiting = list(self._waiting.values()), {}
        for hear in waiting:
            hear({"lost": self._lost})
        told = self._on_lost
        if first and told is not None:
            told(self._lost)
        threading.Thread(target=self._socket.close, daemon=True).start()
