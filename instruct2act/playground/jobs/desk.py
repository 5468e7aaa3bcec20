"""The server's side of the desk: a few processes that look at scenes, each asked one thing at a time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from typing import Any

from instruct2act.playground.processes import wire
from instruct2act.playground.processes.zygote import Child, Zygote

PATIENCE_S = 60.0
CPU_S = 3600.0
RENEWED = 500
"""Requests after which a process is replaced: whatever it may have gathered goes with it."""


class Failed(Exception):
    """A request that could not be answered: what to say, and what to do."""

    def __init__(self, sentence: str, todo: str = "", ours: bool = False) -> None:
        self.todo, self.ours = todo, ours
        super().__init__(sentence)


class Desk:
    """Processes that make scenes, find masks, cut crops and check programs."""

    def __init__(self, zygote: Zygote, count: int, memory_mb: int) -> None:
        self._zygote, self._memory_mb = zygote, memory_mb
        self._places = [_Place() for _ in range(count)]
        self.asked = self.failed = 0

    async def start(self) -> None:
        """Has them ready before somebody asks."""
        for place in self._places:
            async with place.lock:
                await self._child(place)

    async def ask(self, scene: str, request: Mapping[str, Any]) -> Any:
        """One answer. A scene is looked at by one process as long as that lives.

        Raises:
            Failed: it can't be answered.
            Gone: there are no processes.
        """
        place = self._places[zlib.crc32(scene.encode()) % len(self._places)]
        async with place.lock:
            self.asked += 1
            answer = await self._answer(place, request)
            if answer is None:  # what others asked for before may have used up its memory: a new one has all of it
                answer = await self._answer(place, request)
        if answer is None:
            self.failed += 1
            raise Failed("something of ours broke; the server's log says what", "try something else", ours=True)
        if "error" in answer:
            self.failed += 1
            raise Failed(answer["error"], answer.get("todo", ""))
        return answer["answer"]

    async def _answer(self, place: _Place, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the process says; None if it broke, and is gone.

        Raises:
            Failed: it took too long.
            Gone: there are no processes.
        """
        child = await self._child(place)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await child.send(dict(request))
                answer: dict[str, Any] = await child.receive()
        except TimeoutError:
            self.failed += 1
            await self._end(place)
            raise Failed("that took too long", "try again, or with less", ours=True) from None
        except wire.Broken:
            answer = {"broken": True}
        except asyncio.CancelledError:
            await asyncio.shield(self._end(place))  # an answer that nobody waits for must not be the next one's
            raise
        place.served += 1
        if "broken" in answer:
            await self._end(place)
            return None
        return answer

    async def close(self) -> None:
        """Ends them."""
        for place in self._places:
            await self._end(place)

    async def _child(self, place: _Place) -> Child:
        if place.child is not None and (place.served >= RENEWED or place.child.ended.done()):
            await self._end(place)
        if place.child is None:
            place.child = await self._zygote.fork({"do": "desk", "cpu_s": CPU_S, "memory_mb": self._memory_mb})
            place.served = 0
        return place.child

    @staticmethod
    async def _end(place: _Place) -> None:
        child, place.child = place.child, None
        if child is not None:
            await child.end()


class _Place:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.child: Child | None = None
        self.served = 0
