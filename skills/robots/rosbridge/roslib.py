"""The second transport: roslibpy, behind the same interface. Chosen by ``transport: roslibpy`` in the robot's file.

What roslibpy 2.1 does by itself and what is taken away from it here: it connects again after a loss and then sends what
was published meanwhile (here it never connects again, so that nothing is left to send to); a blocking call waits its
whole timeout when the bridge dies (here its callbacks are waited for, and a loss ends the wait); a frozen link stays
"connected" (here it is pinged); a goal that times out goes on (the motion's own deadline cancels and stops).

The pings are this module's own. Autobahn has some, whose timers round down to whole seconds: in ``1 - ping_s`` of every
second it pings as fast as it can, thousands of times on an idle link, and it waits for an answer up to a second less
than it was told, so that on a busy machine links are lost for nothing. Its handshake's deadline has the same clock;
``connect_s`` is kept here.

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
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import roslibpy
from roslibpy.comm.comm_autobahn import AutobahnRosBridgeProtocol
from twisted.internet import reactor

from skills.robots.rosbridge import wire
from skills.robots.rosbridge.calls import Calls, Hear
from skills.robots.rosbridge.errors import LinkLost
from skills.robots.rosbridge.settings import Deadlines

for _name in ("roslibpy", "twisted", "autobahn"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False  # a loss is told once, as ``lost``


class _Watched(AutobahnRosBridgeProtocol):  # type: ignore[misc]
    """A connection's end that pings, and gives up a peer from which nothing comes any more; in the reactor's thread.

    Attributes:
        silent: it was given up.
    """

    silent = False
    _asked_s = _heard_s = 0.0

    def onOpen(self) -> None:  # noqa: N802  # Autobahn's name
        """Begins to ping."""
        super().onOpen()
        self._heard_s = time.monotonic()
        self._watch()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Whatever comes is a sign of life."""
        self._heard_s = time.monotonic()
        super().dataReceived(data)

    def sendMessage(self, *given: Any, **named: Any) -> None:  # noqa: N802  # Autobahn's name
        """Drops what comes after the end, which Autobahn would answer with a traceback; the loss is told once."""
        if self.state == self.STATE_OPEN:
            super().sendMessage(*given, **named)

    def _watch(self) -> None:
        if self.state != self.STATE_OPEN:
            return
        limits, now = self.factory.deadlines, time.monotonic()
        if self._heard_s >= self._asked_s:
            self._asked_s = now
            self.sendPing()
        left = self._asked_s + limits.silence_s - now
        if left > 0:
            reactor.callLater(min(limits.ping_s, left), self._watch)
        else:
            # Where this thread was kept waiting, the answer lies in the socket: one round of the reactor reads it.
            reactor.callLater(0.0, self._judge)  # type: ignore[arg-type]  # the interface is declared without self

    def _judge(self) -> None:
        if self._heard_s >= self._asked_s:
            self._watch()
        elif self.state == self.STATE_OPEN:
            self.silent = True
            self.dropConnection(abort=True)


class _Once(roslibpy.Ros):  # type: ignore[misc]
    """A connection that is made once, with the deadlines that a robot's file gives.

    Attributes:
        opened: set once it is.
    """

    def __init__(self, url: str, deadlines: Deadlines) -> None:
        self._deadlines, self.opened = deadlines, threading.Event()
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "wss" else 80)
        super().__init__(parts.hostname, port, is_secure=parts.scheme == "wss", transport="twisted")

    def connect(self) -> None:
        """Called by the constructor, before which there is no factory and after which it is too late for options."""
        self.factory.setProtocolOptions(
            openHandshakeTimeout=0,
            maxMessagePayloadSize=wire.LARGEST,
            maxFramePayloadSize=wire.LARGEST,
            tcpNoDelay=True,
        )
        self.factory.protocol, self.factory.deadlines = _Watched, self._deadlines
        self.factory.maxRetries = 0
        self.factory.on_ready(lambda _: self.opened.set())  # asked for later, it may come in between and be missed
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
        self._ros.factory.manager.run()
        if not self._ros.opened.wait(deadlines.connect_s):
            self._end()
            raise LinkLost(f"no rosbridge at {url} ({purpose}); is rosbridge_server running there?")

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

    def _closed(self, protocol: _Watched | None) -> None:
        self._gone.set()
        self._lose("the server does not answer pings" if protocol and protocol.silent else "the server closed it")

    def _end(self) -> None:
        reactor.callFromThread(self._disconnect)

    def _disconnect(self) -> None:
        connector = self._ros.factory.connector
        self._ros.factory.stopTrying()
        if connector is None or connector.state == "disconnected":
            self._gone.set()
        else:
            connector.disconnect()


def _plain(values: Any) -> Any:
    """What a container of roslibpy contains."""
    return values.data if hasattr(values, "data") else values
