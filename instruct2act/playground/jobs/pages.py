"""The socket of a page: messages in order, of the pictures the newest, and none that is old."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections import deque
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

OLDEST_S = 0.3
"""A picture that is older when its turn comes is dropped."""
UNSEEN = 3
"""Pictures on their way to a page that says which it has seen; more would grow old in buffers."""
MOST_WAITING = 4000
"""Messages that may wait for a page; one that does not read is let go."""
LONGEST = 1000
"""Characters of what a page says."""
_FRAME = struct.Struct(">cIdd")


class Page:
    """One socket.

    Attributes:
        id: told to the page, which names it when it asks for a run.
        sent, dropped: pictures.
        oldest_s: the greatest age of a picture when it was sent.
    """

    def __init__(self, id: str, socket: WebSocket) -> None:
        self.id, self._socket = id, socket
        self._messages: deque[str] = deque()
        self._picture: tuple[int, float, bytes] | None = None
        self._wake = asyncio.Event()
        self._seen: int | None = None
        self._on_way: deque[int] = deque()
        self._lost = False
        self.sent = self.dropped = 0
        self.oldest_s = 0.0

    def tell(self, message: dict[str, Any]) -> None:
        """Sends a message when its turn comes."""
        if len(self._messages) >= MOST_WAITING:
            self._lost = True
        else:
            self._messages.append(json.dumps(message, ensure_ascii=False))
        self._wake.set()

    def show(self, seq: int, captured: float, jpeg: bytes) -> None:
        """Sends a picture, in place of one that waits."""
        self.dropped += self._picture is not None
        self._picture = seq, captured, jpeg
        self._wake.set()

    async def serve(self) -> None:
        """Until the page is gone."""
        sending = asyncio.create_task(self._send())
        hearing = asyncio.create_task(self._hear())
        try:
            await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, hearing):
                task.cancel()
            await asyncio.gather(sending, hearing, return_exceptions=True)

    async def _hear(self) -> None:
        while True:
            said = await self._socket.receive()
            if said["type"] == "websocket.disconnect":
                return
            text = said.get("text")
            if text is None or len(text) > LONGEST:
                return
            try:
                seen = json.loads(text)["seen"]
                self._seen = int(seen)
            except (ValueError, TypeError, KeyError, RecursionError):
                return
            while self._on_way and self._on_way[0] <= self._seen:
                self._on_way.popleft()
            self._wake.set()

    async def _send(self) -> None:
        try:
            while not self._lost:
                await self._wake.wait()
                self._wake.clear()
                while self._messages:
                    await self._socket.send_text(self._messages.popleft())
                await self._send_picture()
        except (WebSocketDisconnect, RuntimeError, OSError):
            return

    async def _send_picture(self) -> None:
        if self._picture is None or (self._seen is not None and len(self._on_way) >= UNSEEN):
            return
        (seq, captured, jpeg), self._picture = self._picture, None
        at = time.monotonic()
        if at - captured > OLDEST_S:
            self.dropped += 1
            return
        self._on_way.append(seq)
        if len(self._on_way) > 1000:
            self._on_way.popleft()
        self.sent += 1
        self.oldest_s = max(self.oldest_s, at - captured)
        await self._socket.send_bytes(_FRAME.pack(b"F", seq, captured, at) + jpeg)
