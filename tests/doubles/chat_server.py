"""A server on loopback that speaks OpenAI's chat completions with streaming, and misbehaves on request.

``with ChatServer(says("hello"), status(500)) as server:`` answers the first request with the first reply, and so on;
the last one answers all that follow. What was asked is in ``server.asked``.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

MODEL = "double-1"
FINGERPRINT = "fp_double"


@dataclass
class Asked:
    """One request: its path, headers by lower-case name, decoded body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Handler(BaseHTTPRequestHandler):
    """One connection; a reply gets it and writes whatever it likes."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, headers, json.loads(body))
        reply = self.server.next(asked)
        self.close_connection = True
        with contextlib.suppress(ConnectionError, TimeoutError):
            reply(self, asked)

    def head(self, code: int = 200, kind: str = "text/event-stream", **more: str) -> None:
        self.send_response(code)
        self.send_header("content-type", kind)
        self.send_header("connection", "close")
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def event(self, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.wfile.write(f"data: {text}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        pass


Reply = Callable[[Handler, Asked], None]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, replies: list[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies, self.asked, self.lock = replies, list[Asked](), threading.Lock()

    def next(self, asked: Asked) -> Reply:
        with self.lock:
            self.asked.append(asked)
            return self.replies[min(len(self.asked), len(self.replies)) - 1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is what these tests are about."""


class ChatServer:
    def __init__(self, *replies: Reply) -> None:
        self._server = Server(list(replies))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def asked(self) -> list[Asked]:
        return self._server.asked

    def __enter__(self) -> ChatServer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


# --- answers ----------------------------------------------------------------------------------------------------------


def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One event of an answer."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "system_fingerprint": FINGERPRINT,
        "choices": [{"index": 0, "delta": dict(delta), "finish_reason": finish}],
        **more,
    }


def says(text: str, tokens: tuple[int, int] | None = (100, 20), pieces: int = 7) -> Reply:
    """A whole answer, in pieces."""

    def reply(handler: Handler, _: Asked) -> None:
        handler.head()
        size = max(1, -(-len(text) // pieces))
        handler.event(chunk({"role": "assistant", "content": ""}))
        for start in range(0, len(text), size):
            handler.event(chunk({"content": text[start : start + size]}))
        handler.event(chunk({}, "stop"))
        if tokens is not None:
            used = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
            handler.event(chunk({}, choices=[], usage=used))
        handler.event("[DONE]")

    return reply


def answers(write: Callable[[dict[str, Any]], str]) -> Reply:
    """A whole answer that depends on what was asked."""
    return lambda handler, asked: says(write(asked.body))(handler, asked)


def refuses(text: str) -> Reply:
    """The protocol's own way to say no."""
    return events(chunk({"refusal": text}), chunk({}, "stop"), "[DONE]")


def events(*data: Any) -> Reply:
    """Events as given."""

    def reply(handler: Handler, _: Asked) -> None:
        handler.head()
        for one in data:
            handler.event(one)

    return reply


# --- misbehaviour -----------------------------------------------------------------------------------------------------


def status(code: int, message: str = "no", **headers: str) -> Reply:
    """An error in the protocol's form."""

    def reply(handler: Handler, asked: Asked) -> None:
        body = json.dumps({"error": {"message": message.format(**asked.headers), "type": "x", "code": None}}).encode()
        handler.head(code, "application/json", content_length=str(len(body)), **headers)
        handler.wfile.write(body)

    return reply


def cut(text: str, chunked: bool = False) -> Reply:
    """Ends in mid-word; with chunks, in mid-chunk too."""

    def reply(handler: Handler, _: Asked) -> None:
        if chunked:
            handler.head(transfer_encoding="chunked")
            event = f"data: {json.dumps(chunk({'content': text}))}\n\n".encode()
            handler.wfile.write(b"%x\r\n%s\r\nff\r\ndata: {" % (len(event), event))
            handler.wfile.flush()
            return
        handler.head()
        handler.event(chunk({"content": text}))

    return reply


def hangs_up() -> Reply:
    """No answer at all."""
    return lambda handler, _: None


def drips(every_s: float = 0.05, where: str = "body") -> Reply:
    """A byte at a time, for ever: in the headers, within one event, or as events without content."""

    def reply(handler: Handler, _: Asked) -> None:
        if where == "headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
        else:
            handler.head()
        while True:
            if where == "events":
                handler.event(chunk({"content": ""}))
            else:
                handler.wfile.write(b"x")
                handler.wfile.flush()
            time.sleep(every_s)

    return reply


def stalls(text: str, seconds: float = 30.0) -> Reply:
    """Begins, and falls silent."""

    def reply(handler: Handler, _: Asked) -> None:
        handler.head()
        handler.event(chunk({"content": text}))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.05)
            handler.connection.settimeout(0.001)
            with contextlib.suppress(TimeoutError):
                if handler.connection.recv(1) == b"":
                    return

    return reply


def floods(piece: str = "x" * 1000, code: int = 200) -> Reply:
    """Content without end; with another code, an error without end."""

    def reply(handler: Handler, _: Asked) -> None:
        handler.head(code, "text/event-stream" if code == 200 else "text/plain")
        while True:
            if code == 200:
                handler.event(chunk({"content": piece}))
            else:
                handler.wfile.write(piece.encode())

    return reply


def one_line(size: int) -> Reply:
    """One event whose line does not end."""

    def reply(handler: Handler, _: Asked) -> None:
        handler.head()
        handler.wfile.write(b"data: ")
        for _ in range(size >> 16):
            handler.wfile.write(b"x" * (1 << 16))

    return reply


def compressed(size: int = 1 << 24) -> Reply:
    """A few kilobytes that unpack to many megabytes."""

    def reply(handler: Handler, _: Asked) -> None:
        handler.head(content_encoding="gzip")
        handler.wfile.write(gzip.compress(b"x" * size))

    return reply


def page(text: str = "<html>Sign in</html>", kind: str = "text/html") -> Reply:
    """Something else than a stream."""

    def reply(handler: Handler, _: Asked) -> None:
        handler.head(200, kind, content_length=str(len(text.encode())))
        handler.wfile.write(text.encode())

    return reply


def moves(to: str) -> Reply:
    """Sends the client elsewhere."""

    def reply(handler: Handler, _: Asked) -> None:
        handler.head(307, "text/plain", location=to, content_length="0")

    return reply
