"""The server's side of its processes: the zygote, and the children it forks, each with a pipe and an end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instruct2act.config import Config
from instruct2act.playground.processes import wire
from skills.errors import Mistake

_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""Of the server's environment, what a process may know. Keys are not among it."""
FORK_S = 60.0
"""Patience with a fork: long, for a machine that others use too."""
_ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class Gone(Mistake):
    """The processes can't be had: the zygote did not start, or has died."""


@dataclass(eq=False)
class Child:
    """One forked process.

    Attributes:
        number: its name between server and zygote.
        ended: its wait status, once it has ended; also what it used.
    """

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    zygote: Zygote
    ended: asyncio.Future[dict[str, Any]]
    pid: int = 0

    async def send(self, piece: Any) -> None:
        """Sends a piece; one that is gone is found out when it is waited for."""
        with contextlib.suppress(OSError):
            self.writer.write(wire.packed(piece))
            await self.writer.drain()

    async def receive(self) -> Any:
        """The next piece.

        Raises:
            Broken: there is none.
        """
        return await wire.read(self.reader)

    def kill(self) -> None:
        """Ends it at once."""
        self.zygote.tell({"kill": self.number})

    async def end(self) -> dict[str, Any]:
        """Kills it and waits until it is gone; what it used."""
        self.kill()
        self.writer.close()
        return await asyncio.shield(self.ended)


@dataclass(eq=False)
class Zygote:
    """A process with everything loaded, started at once and ready later.

    Attributes:
        ready: seconds that loading took; fails with ``Gone``.
    """

    config: Config
    folder: Path
    ready: asyncio.Future[float] = field(init=False)

    def __post_init__(self) -> None:
        """Starts it."""
        loop = asyncio.get_running_loop()
        self.ready = loop.create_future()
        self.ready.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        self._numbers = itertools.count(1)
        self._children: dict[int, Child] = {}
        self._forked: dict[int, asyncio.Future[int]] = {}
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
        # -P is not given: a checkout is imported from where the server was started.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "instruct2act.playground.work.nursery", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**environment, **_ALONE},
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        first = {"settings": self.config.model_dump(mode="json"), "folder": str(self.folder)}
        self._control.send(json.dumps(first).encode())
        self._control.setblocking(False)
        loop.add_reader(self._control, self._hear)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    async def fork(self, job: Any) -> Child:
        """A fresh process that was given its job.

        Raises:
            Gone: there is no zygote.
        """
        await asyncio.shield(self.ready)
        loop = asyncio.get_running_loop()
        number = next(self._numbers)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        forked = self._forked[number] = loop.create_future()
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=1 << 20)
        child = Child(number, reader, writer, self, loop.create_future())
        self._children[number] = child
        try:
            with theirs:
                socket.send_fds(self._control, [json.dumps({"fork": number}).encode()], [theirs.fileno()])
            child.pid = await asyncio.wait_for(asyncio.shield(forked), FORK_S)
        except (OSError, TimeoutError) as error:
            writer.close()
            self._children.pop(number, None)
            raise Gone("no process can be had just now; try again") from error
        await child.send(job)
        return child

    def tell(self, message: dict[str, Any]) -> None:
        """Sends a control message; a zygote that is gone has taken its children along."""
        with contextlib.suppress(OSError):
            self._control.send(json.dumps(message).encode())

    def _hear(self) -> None:
        try:
            message = self._control.recv(wire.CONTROL)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._lost("the process that runs programs has died; start the playground again")
            return
        told = json.loads(message)
        if "ready" in told:
            self._settle(self.ready, told["ready"])
        elif "mistake" in told:
            self._lost(told["mistake"])
        elif "forked" in told:
            self._settle(self._forked.pop(told["forked"], None), told["pid"])
        elif "ended" in told:
            child = self._children.pop(told["ended"], None)
            if child is not None:
                self._settle(child.ended, told)

    @staticmethod
    def _settle(future: asyncio.Future[Any] | None, value: Any) -> None:
        if future is not None and not future.done():
            future.set_result(value)

    def _lost(self, why: str) -> None:
        asyncio.get_running_loop().remove_reader(self._control)
        if self.ready.done() and not self.ready.cancelled() and self.ready.exception() is None:
            self.ready = asyncio.get_running_loop().create_future()
            self.ready.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        if not self.ready.done():
            self.ready.set_exception(Gone(why))
        for forked in self._forked.values():
            if not forked.done():
                forked.set_exception(OSError(why))
        for child in self._children.values():
            self._settle(child.ended, {"status": signal.SIGKILL, "cpu_s": 0.0, "peak_mb": 0})
        self._children.clear()

    async def close(self) -> None:
        """Ends it, and with it every child."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._control)
        self._control.close()
        for child in self._children.values():
            self._settle(child.ended, {"status": signal.SIGKILL, "cpu_s": 0.0, "peak_mb": 0})
        try:
            await loop.run_in_executor(None, self._process.wait, 10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await loop.run_in_executor(None, self._process.wait, 10)
