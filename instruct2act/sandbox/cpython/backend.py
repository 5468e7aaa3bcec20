"""The second interpreter: CPython with numpy, one process forked for each program, contained by the kernel alone.

Nothing of the language is a wall here: a program may climb to any object of its process, and finds there the standard
library, numpy and one socket. What holds is the jail (`launcher`'s layers, put up in the zygote and again in each
child) and the wire (`wire` believes nothing). Without the jail this interpreter does not run.

Covered: what `jail` covers, and whether a file exists; crashes of the interpreter, which are the program's failure.
Not covered: the processor's own counters, which tell time; addresses, and so the order of a set of objects, which
differ from one start of the zygote to the next.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from instruct2act.sandbox import jail
from instruct2act.sandbox.clocks import Limits
from instruct2act.sandbox.cpython.guest import CPythonGuest
from instruct2act.sandbox.cpython.wire import Gone, Late, Link, Nonsense
from instruct2act.sandbox.errors import SandboxUnavailable
from instruct2act.sandbox.languages import CPYTHON

TypeCheck = Callable[[str, str], str]
"""Source and stubs -> a type checker's JSON report, "" where it finds nothing."""

_ZYGOTE = Path(__file__).with_name("zygote.py")
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TZ": "UTC0"}
_START_S, _FORK_S = 120.0, 30.0  # generous: a loaded machine
_CPU_S = 600  # of all turns together, honest waits of a host excluded; each turn has its own limit on this side
_ADVICE = "`instruct2act doctor` tries each layer of the sandbox"


class CPython:
    """Forks contained processes from one that has numpy loaded. Close it when done."""

    name = "cpython"
    language = CPYTHON

    def __init__(self, mode: jail.Mode = "jailed", types: TypeCheck | None = None) -> None:
        """Starts nothing yet: the first program does.

        Args:
            mode: "jailed"; there is no "language-only" here, since the language contains nothing.
            types: checks programs against stubs before they run; without it none is checked.

        Raises:
            SandboxUnavailable: the jail does not hold here, or is not wanted.
        """
        lack = jail.missing() if mode == "jailed" else "sandbox.backend=cpython needs sandbox.mode=jailed"
        if lack:
            raise SandboxUnavailable(lack)
        self.version = f"{platform.python_version()}, numpy {version('numpy')}"
        self._types, self._lock, self._process = types, threading.Lock(), os.getpid()
        self._zygote: _Zygote | None = None
        self._closed = False

    def guest(self, limits: Limits, *, functions: frozenset[str], stubs: str = "", seed: int = 0) -> CPythonGuest:
        """A fresh process; see `guest.Backend`."""
        if self._process != os.getpid():
            raise SandboxUnavailable("a sandbox does not survive a fork: build one in each process")
        check = self._types
        with self._lock:
            if self._closed:
                raise SandboxUnavailable("the sandbox is closed")
            zygote, (link, process, pid) = self._forked(limits, seed)
        return CPythonGuest(
            link,
            process,
            pid,
            lambda: zygote.reap(pid),
            limits,
            functions,
            (lambda source: check(source, stubs)) if check and stubs else lambda source: "",
            f"{self.name} {self.version}",
        )

    def _forked(self, limits: Limits, seed: int) -> tuple[_Zygote, tuple[Link, int, int]]:
        """A child, of another zygote where the one there was has been lost."""
        if self._zygote is not None:
            try:
                return self._zygote, self._zygote.fork(limits, seed)
            except SandboxUnavailable:
                if not self._zygote.ended:
                    raise
                self._zygote.close()
        self._zygote = _Zygote(self.language.modules)
        return self._zygote, self._zygote.fork(limits, seed)

    def close(self) -> None:
        """Ends the zygote, and with it every guest."""
        with self._lock:
            self._closed = True
            if self._zygote is not None and self._process == os.getpid():
                self._zygote.close()

    def __enter__(self) -> CPython:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Zygote:
    """The process that guests are forked from, and the socket of packets that it is told by."""

    def __init__(self, modules: frozenset[str]) -> None:
        self._lock = threading.Lock()
        self._ends: dict[int, int] = {}
        self.ended = False
        numpy = importlib.util.find_spec("numpy")
        if numpy is None or numpy.origin is None:
            raise SandboxUnavailable("numpy is not installed: pip install numpy")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        given = [str(theirs.fileno()), str(jail.LAUNCHER), str(Path(numpy.origin).parents[1]), ",".join(modules)]
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-s", "-P", "-B", str(_ZYGOTE), *given],
                env=_ENVIRONMENT,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            answer = self._answer(_START_S)[0]
        except SandboxUnavailable:
            self.close()
            raise
        if "ready" not in answer:
            self.close()
            raise SandboxUnavailable(f"the worker for numpy programs: {answer.get('refused')}. {_ADVICE}")

    def fork(self, limits: Limits, seed: int) -> tuple[Link, int, int]:
        """A contained child: the host's end of its socket, a descriptor of the process, its number.

        Raises:
            SandboxUnavailable: it could not be had, or could not be contained.
        """
        ours, theirs = socket.socketpair()
        link = Link(ours)
        try:
            asked = {"memory_bytes": limits.memory_bytes, "cpu_s": _CPU_S, "seed": seed}
            with self._lock, theirs:
                answer, processes = self._ask({"fork": asked}, _FORK_S, theirs.fileno())
        except SandboxUnavailable:
            link.close()
            raise
        process, pid = processes[0], int(answer["pid"])
        try:
            hello = link.receive(time.monotonic() + _FORK_S)
            lack = "" if hello.get("contained") is True else str(hello.get("refused"))
        except (Gone, Late, Nonsense) as error:
            lack = f"it did not report ({type(error).__name__})"
        if lack:
            link.close()
            os.close(process)
            raise SandboxUnavailable(f"the worker for numpy programs: {lack}. {_ADVICE}")
        return link, process, pid

    def reap(self, pid: int) -> int:
        """How a child ended, once it has: its exit status, or minus a signal; 0 where that is not known."""
        with self._lock:
            if pid not in self._ends:
                with contextlib.suppress(SandboxUnavailable):
                    self._ends[pid] = int(self._ask({"reap": pid}, _FORK_S)[0]["status"])
            return self._ends.get(pid, 0)

    def close(self) -> None:
        """Ends the process; its children end with it."""
        self.ended = True
        self._control.close()
        try:
            self._process.wait(timeout=_FORK_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, message: dict[str, Any], seconds: float, descriptor: int | None = None) -> tuple[Any, list[int]]:
        try:
            data = json.dumps(message).encode()
            socket.send_fds(self._control, [data], [] if descriptor is None else [descriptor])
        except OSError:
            raise self._lost() from None
        return self._answer(seconds)

    def _answer(self, seconds: float) -> tuple[Any, list[int]]:
        try:
            self._control.settimeout(seconds)
            data, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
        except OSError:
            raise self._lost() from None
        if not data:
            raise self._lost()
        return json.loads(data), descriptors

    def _lost(self) -> SandboxUnavailable:
        self.ended = True
        return SandboxUnavailable(f"the process that starts workers for numpy programs was lost. {_ADVICE}")
