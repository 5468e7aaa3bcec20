"""A process that has everything loaded and forks a fresh one for each piece of work.

Started by ``processes.zygote`` with an environment that holds no key. It keeps to one thread, so that a fork is whole;
what it forks dies with it, and it ends, and takes the playground's folder along, when the server is gone, however that
happened.

Spoken on its control socket, a JSON message a packet. From the server: ``{"settings": …, "folder": …}`` first, then
``{"fork": n}`` with the new process's end of a pipe, ``{"kill": n}``. To the server: ``{"ready": seconds}`` or
``{"mistake": sentence}`` first, then ``{"forked": n, "pid": …}`` and ``{"ended": n, "status": …, "cpu_s": …}``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instruct2act.playground.processes import wire

if TYPE_CHECKING:
    from instruct2act.playground.work.preload import TableRuntime


def main(descriptor: int) -> None:
    """Serves until the server is gone."""
    control = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal goes to the server, which decides
    began = time.monotonic()
    first = json.loads(control.recv(wire.CONTROL))
    folder = Path(first["folder"])
    tempfile.tempdir = str(folder)
    try:
        try:
            runtime = _prepared(first["settings"])
        except Exception as error:
            from skills.errors import Mistake

            sentence = str(error) if isinstance(error, Mistake) else f"{type(error).__name__}: {error}"
            control.send(json.dumps({"mistake": sentence[:2000]}).encode())
            return
        control.send(json.dumps({"ready": time.monotonic() - began}).encode())
        _Nursery(control, runtime).serve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(settings: dict[str, Any]) -> TableRuntime:
    """Everything that each process would have to load, in one thread; nothing that does not survive a fork.

    Raises:
        Mistake: a backend, a file or an option that can't be.
    """
    import torch

    torch.set_num_threads(1)
    from instruct2act.config import Config
    from instruct2act.playground.work import preload

    runtime = preload.runtime(Config.model_validate(settings))
    gc.collect()
    gc.freeze()  # what is shared stays shared: the collector would write to every page
    return runtime


class _Nursery:
    """Forks, and knows who ended."""

    def __init__(self, control: socket.socket, runtime: TableRuntime) -> None:
        self._control, self._runtime = control, runtime
        self._numbers: dict[int, int] = {}  # by process id
        self._pids: dict[int, int] = {}  # by number
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Until the control socket ends."""
        while True:
            control = self._control.fileno()
            ready, _, _ = select.select([control, self._wake], [], [])
            if self._wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake, 4096)
                self._reap()
            if control in ready:
                message, pipes, _, _ = socket.recv_fds(self._control, wire.CONTROL, 1)
                if not message:
                    break
                self._do(json.loads(message), pipes)
        for pid in self._numbers:
            os.kill(pid, signal.SIGKILL)
        for pid in self._numbers:
            os.waitpid(pid, 0)

    def _do(self, asked: dict[str, Any], pipes: list[int]) -> None:
        if "kill" in asked:
            pid = self._pids.get(asked["kill"])
            if pid is not None:  # not reaped yet: the number is nobody else's
                os.kill(pid, signal.SIGKILL)
            return
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._child(pipes[0], parent)
        os.close(pipes[0])
        self._numbers[pid], self._pids[asked["fork"]] = asked["fork"], pid
        self._tell({"forked": asked["fork"], "pid": pid})

    def _child(self, pipe: int, parent: int) -> None:
        """The new process: never returns."""
        status = 1
        try:
            from instruct2act.playground.work import child

            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            self._control.close()
            os.close(self._wake)
            status = child.work(socket.socket(fileno=pipe), self._runtime, parent)
        except BaseException:
            import traceback

            traceback.print_exc()  # the server's own log; never part of an answer
        finally:
            os._exit(status)

    def _reap(self) -> None:
        while self._numbers:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            number = self._numbers.pop(pid)
            del self._pids[number]
            spent = used.ru_utime + used.ru_stime
            self._tell({"ended": number, "status": status, "cpu_s": spent, "peak_mb": used.ru_maxrss >> 10})

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._control.send(json.dumps(message).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
