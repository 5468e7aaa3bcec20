"""Uploads: a file is decoded in a jailed process of its own, and what is kept is what that process drew of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from instruct2act.playground.jobs.desk import Failed
from instruct2act.playground.processes import wire
from instruct2act.playground.processes.zygote import Zygote

PATIENCE_S = 10.0
CPU_S = 5.0
MEMORY_MB = 256.0
LARGEST_SIDE = 1024
"""Pixels a side that are kept."""
AT_ONCE = 2


@dataclass(frozen=True)
class Decoded:
    """A picture as it is kept: PNG, (width, height) pixels."""

    png: bytes
    width: int
    height: int


class Decoder:
    """Decodes uploads, two at a time."""

    def __init__(self, zygote: Zygote, side: int) -> None:
        self._zygote, self._side = zygote, side
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def decode(self, content: bytes) -> Decoded:
        """A picture file's content, decoded and drawn anew.

        Raises:
            Failed: it is none that is taken.
            Gone: there are no processes.
        """
        job = {"do": "decode", "side": self._side, "keep": LARGEST_SIDE, "cpu_s": CPU_S, "memory_mb": MEMORY_MB}
        async with self._turn:
            child = await self._zygote.fork(job)
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await child.send(content)
                    answer: Any = await child.receive()
                    png = await child.receive() if answer.get("done") else b""
            except (TimeoutError, wire.Broken, AttributeError):
                raise Failed("the picture took too long, or too much memory, to decode", "send a smaller one") from None
            finally:
                await asyncio.shield(child.end())
        if not answer.get("done"):
            raise Failed(str(answer.get("error", "this is no picture"))[:300], "send a PNG, JPEG or WebP picture")
        return Decoded(png, int(answer["width"]), int(answer["height"]))
