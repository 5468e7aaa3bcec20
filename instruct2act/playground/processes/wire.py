"""What the server and its processes say to each other: pieces of JSON text or bytes, each with its length.

A piece is a letter (``J`` JSON, ``B`` bytes), its length as four bytes, big-endian, and the content. Nothing is ever
unpickled, and a piece longer than ``LARGEST`` ends the connection: what runs in a worker is not trusted.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

LARGEST = 64 << 20
"""Bytes of a piece."""
CONTROL = 200_000
"""Bytes of a message on the zygote's control socket."""
_HEAD = struct.Struct(">cI")


class Broken(ConnectionError):
    """The other side is gone, or says what can't be."""


def packed(piece: Any) -> bytes:
    """A piece as bytes: bytes as they are, anything else as JSON."""
    raw = isinstance(piece, bytes)
    content = piece if raw else json.dumps(piece, ensure_ascii=False, allow_nan=False).encode()
    if len(content) > LARGEST:
        raise Broken(f"a piece of {len(content)} bytes is too long")
    return _HEAD.pack(b"B" if raw else b"J", len(content)) + content


def send(pipe: socket.socket, piece: Any) -> None:
    """Sends a piece, blocking.

    Raises:
        OSError: the other side is gone.
    """
    pipe.sendall(packed(piece))


def receive(pipe: socket.socket) -> Any:
    """The next piece, blocking.

    Raises:
        Broken: there is none, or it is none.
    """
    kind, length = _head(_exactly(pipe, _HEAD.size))
    return _content(kind, _exactly(pipe, length))


async def read(reader: asyncio.StreamReader) -> Any:
    """The next piece.

    Raises:
        Broken: there is none, or it is none.
    """
    try:
        kind, length = _head(await reader.readexactly(_HEAD.size))
        return _content(kind, await reader.readexactly(length))
    except (asyncio.IncompleteReadError, OSError) as error:
        raise Broken("the other side is gone") from error


def _head(head: bytes) -> tuple[bytes, int]:
    kind, length = _HEAD.unpack(head)
    if kind not in (b"J", b"B") or length > LARGEST:
        raise Broken("what came is no piece")
    return kind, length


def _content(kind: bytes, content: bytes) -> Any:
    if kind == b"B":
        return content
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Broken("what came is no JSON") from error


def _exactly(pipe: socket.socket, count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        try:
            part = pipe.recv(min(count - len(parts), 1 << 20))
        except OSError as error:
            raise Broken("the other side is gone") from error
        if not part:
            raise Broken("the other side is gone")
        parts += part
    return bytes(parts)
