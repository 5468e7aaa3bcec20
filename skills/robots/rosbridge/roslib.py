"""The second transport: roslibpy, behind the same interface. Chosen by ``transport: roslibpy`` in the robot's file.

What roslibpy 2.1 does by itself and what is taken away from it here: it connects again after a loss and then sends what
was published meanwhile (here it never connects again, so that nothing is left to send to); a blocking call waits its
whole timeout when the bridge dies (here its callbacks are waited for, and a loss ends the wait); a frozen link stays
"connected" (here pings are asked for); a goal that times out goes on (the motion's own deadline cancels and stops).

What it can't do, and this can't give it:

* CBOR: pictures come as JSON and base64, a third larger, and are decoded as text. Choose compressed colour.
* Fragments: not read; the bridge must send messages whole, as it does unless it is asked otherwise.
* A receiving thread for each connection: the three connections are three sockets, and one thread of the process
  (Twisted's reactor, which once stopped can't be started again) reads all of them, so that an answer to a stop waits
  while a picture is decoded. A message is bounded as with the default, but parsed by roslibpy's rules: a NaN in it is
  read, and left to the readers of ``messages`` to refuse.
* Failures of sending: a message is handed to that thread, which swallows what goes wrong; an operation that was not
  sent is noticed by its deadline. A connection that is refused is noticed by ``connect_s`` too.
* A service's answer without ``result`` counts as a success; a status that it does not know is never handed on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import roslibpy
from twisted.internet import reactor

from skills.robots.rosbridge import wire
from skills.robots.rosbridge.calls import Calls, Hear
from skills.robots.rosbridge.errors import LinkLost
from skills.robots.rosbridge.settings import Deadlines

for _name in ("roslibpy", "twisted", "autobahn"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False  # a loss is told once, as ``lost``


class _Once(roslibpy.Ros):  # type: ignore[misc]
    """A connection that is made once, with the deadlines that a robot's file gives."""

    def __init__(self, url: str, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        super().__init__(parts.hostname, port, is_secure=parts.scheme == "wss", transport="twisted")

    def connect(self) -> None:
        """Called by the constructor, before which there is no factory and after which it is too late for options."""
        self.factory.setProtocolOptions(
            openHandshakeTimeout=self._deadlines.connect_s,
            autoPingInterval=self._deadlines.ping_s,
            autoPingTimeout=self._deadlines.silence_s,
            closeHandshakeTimeout=0.3,
            maxMessagePayloadSize=wire.LARGEST,
            maxFramePayloadSize=wire.LARGEST,
            tcpNoDelay=True,
        )
        self.factory.maxRetries = 0
        super().connect()


class RosLink(Calls):
    """A connection that roslibpy makes. See the module for what it lacks.

    Args:
        url: checked by ``link.safe_url`` before.
        purpose: "control", "safety", "cameras"; for people.
        deadlines: how long to wait.
        on_lost: called once, from roslibpy's thread, with the reason.

    Raises:
        LinkLost: there is no server within ``deadlines.connect_s``.
    """

    def __init__(
        self, url: str, purpose: str, deadlines: Deadlines, on_lost: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(purpose, on_lost)
        self._ros = _Once(url, deadlines)
        self._gone = threading.Event()
        self._ros.on("close", self._closed)
        try:
            self._ros.run(deadlines.connect_s)
        except roslibpy.core.RosTimeoutError:
            self._end()
            raise LinkLost(f"no rosbridge at {url} ({purpose}); is rosbridge_server running there?") from None

    def subscribe(self, topic: str, type: str, hear: Hear, *, compression: str = "none") -> None:
        """From now on ``hear`` gets each message of a topic, as JSON whatever ``compression`` asks for."""
        shared = "tf" in type.lower()  # several publishers share /tf: none may push another's out
        if self._lost:
            raise LinkLost(self._lost)
        roslibpy.Topic(self._ros, topic, type, queue_length=0 if shared else 1, reconnect_on_close=False).subscribe(
            hear
        )

    def close(self) -> None:
        """Ends it; may be called again."""
        self._lost = self._lost or f"the {self.purpose} link was closed"
        self._on_lost = None
        self._end()
        self._gone.wait(1.0)

    def _transmit(self, message: Mapping[str, Any], text: str) -> None:
        if not self._ros.is_connected:
            raise ConnectionError("not connected")
        sent, id = roslibpy.Message(message), message.get("id")

        def answer(op: str, result: bool) -> Callable[[Any], None]:
            return lambda values: self._answered({"op": op, "id": id, "values": _plain(values), "result": result})

        def ended(result: bool) -> Callable[[Any], None]:
            def hear(told: Any) -> None:
                status, values = told["status"].value, _plain(told["values"])
                self._answered({"op": "action_result", "id": id, "status": status, "values": values, "result": result})

            return hear

        match message["op"]:
            case "call_service":
                said = "service_response"
                self._ros.call_async_service(sent, answer(said, True), answer(said, False))
            case "send_action_goal":
                told = answer("action_feedback", True)
                self._ros.call_async_action(sent, ended(True), told, ended(False))
            case _:
                self._ros.send_on_ready(sent)

    def _closed(self, _protocol: object) -> None:
        self._gone.set()
        self._lose("the server closed it, or did not answer pings")

    def _end(self) -> None:
        connector = self._ros.factory.connector
        self._ros.factory.stopTrying()
        if connector is None or connector.state == "disconnected":
            self._gone.set()
        else:
            reactor.callFromThread(connector.disconnect)


def _plain(values: Any) -> Any:
    """What a container of roslibpy contains."""
    return values.data if hasattr(values, "data") else values
