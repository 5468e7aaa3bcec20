"""What crosses between server and processes."""

from __future__ import annotations

import asyncio
import socket

import pytest

from instruct2act.playground.processes import wire
from tests.awaited import awaited


def test_pieces_cross() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for piece in ({"a": [1, "é", None]}, b"\x00bytes", [], ""):
            wire.send(ours, piece)
            assert wire.receive(theirs) == piece
        for bad in (b"J\xff\xff\xff\xff", b"X\x00\x00\x00\x01x", b"J\x00\x00\x00\x02{]"):
            ours.sendall(bad)
            with pytest.raises(wire.Broken):
                wire.receive(theirs)
            theirs.setblocking(False)
            while True:
                try:
                    theirs.recv(1000)
                except BlockingIOError:
                    break
            theirs.setblocking(True)
        with pytest.raises(ValueError, match="JSON compliant"):
            wire.packed({"a": float("nan")})


def test_pieces_are_read_in_parts() -> None:
    async def read() -> object:
        reader = asyncio.StreamReader()
        packed = wire.packed({"a": 1})
        for byte in packed:
            reader.feed_data(bytes([byte]))
        reader.feed_eof()
        first = await wire.read(reader)
        with pytest.raises(wire.Broken):
            await wire.read(reader)
        return first

    assert awaited(read()) == {"a": 1}
