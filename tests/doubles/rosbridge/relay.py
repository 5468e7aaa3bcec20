"""The wire between client and server, byte by byte: may be cut, or frozen as a half-open connection is."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

PURPOSES = ("control", "safety", "cameras")


@dataclass
class Wire:
    purpose: str
    client: socket.socket
    server: socket.socket
    frozen: threading.Event = field(default_factory=threading.Event)

    def cut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Relay:
    """Connections count round: the first of three is control, then safety, then cameras, as the client makes them."""

    def __init__(self, to_port: int) -> None:
        self._to = to_port
        self.wires: list[Wire] = []
        self.refuses = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *purposes: str) -> None:
        for wire in list(self.wires):
            if wire.purpose in purposes:
                self.wires.remove(wire)
                wire.cut()

    def freeze(self, *purposes: str) -> None:
        for wire in self.wires:
            if wire.purpose in purposes:
                wire.frozen.set()

    def close(self) -> None:
        self._listening.close()
        self.cut(*PURPOSES)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.refuses:
                client.close()
                continue
            wire = Wire(PURPOSES[self._count % 3], client, socket.create_connection(("127.0.0.1", self._to)))
            for end in (wire.client, wire.server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._count += 1
            self.wires.append(wire)
            for source, sink in ((wire.client, wire.server), (wire.server, wire.client)):
                threading.Thread(target=self._pump, args=(wire, source, sink), daemon=True).start()

    def _pump(self, wire: Wire, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if wire.frozen.is_set():
                    return  # neither forwarded nor closed
                sink.sendall(data)
        if not wire.frozen.is_set():
            wire.cut()
