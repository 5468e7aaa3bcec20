"""What any connection keeps account of: who waits for which answer, and that a loss fails all of them at once."""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from skills.robots.rosbridge import wire
from skills.robots.rosbridge.errors import BadMessage, LinkLost, NoAnswer, Refused

Hear = Callable[[Any], None]


class Calls(ABC):
    """A connection, but for how bytes travel. A receiving thread calls ``_answered`` and ``_lose``.

    Args:
        purpose: "control", "safety", "cameras"; for people.
        on_lost: called once, from the receiving thread, with the reason.
    """

    def __init__(self, purpose: str, on_lost: Callable[[str], None] | None) -> None:
        self.purpose, self._on_lost, self._lost = purpose, on_lost, ""
        self._ids = itertools.count(1)
        self._waiting: dict[str, Hear] = {}
        self._lock = threading.Lock()

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
            self._transmit(message, text)
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

    @abstractmethod
    def _transmit(self, message: Mapping[str, Any], text: str) -> None:
        """Sends a message, ``text`` as JSON; raises whatever it likes when it can't."""

    @abstractmethod
    def _end(self) -> None:
        """Ends what carries bytes, without waiting; may come from any thread."""

    def _answered(self, message: Mapping[str, Any]) -> None:
        """Hands a message to whoever waits for its id."""
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
        self._end()
