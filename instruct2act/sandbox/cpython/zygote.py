"""Loads numpy and the standard library once, gives up its powers, then forks a contained child for each program.

Run as a script by a bare interpreter, executed anew with an environment that holds nothing of its host's:
``python -S -s -P -B zygote.py CONTROL_FD LAUNCHER SITE_PACKAGES MODULES``. Its host sends, over one socket of packets,
``{fork: {memory_bytes, cpu_s, seed}}`` with a socket beside it, answered by ``{pid}`` with the process beside it, and
``{reap: pid}``, answered by ``{status}``. It ends when its host does. Children have landlock without a rule, a short
list of system calls, bounded memory, no capability, one socket.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

_NUMPY = ("linalg", "fft", "ma", "polynomial", "random", "rec", "char", "strings", "typing", "lib.stride_tricks")
_BESIDE = ("collections.abc", "json.decoder", "json.encoder", "typing", "ctypes", "_strptime", "_datetime", "bisect")
_SYSTEM_CALLS = (
    "read", "write", "close", "fstat", "munmap", "brk", "mremap", "madvise", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigaltstack", "sched_yield", "futex", "getpid", "gettid", "clock_gettime", "clock_getres",
    "restart_syscall", "rseq", "set_robust_list", "exit", "exit_group",
)  # fmt: skip
"""What a program that loads nothing more needs: its one socket, its own memory, its end."""

_CONTROL, _LINK = 3, 3
Child = Callable[[dict[str, Any], int], None]


def main(arguments: list[str]) -> None:
    """Readies everything that children share, and serves."""
    control = socket.socket(fileno=os.dup2(int(arguments[0]), _CONTROL))
    launcher = _loaded("launcher", Path(arguments[1]))
    launcher.close_inherited(_CONTROL + 1)
    os.setsid()  # a Ctrl-C at the terminal goes to the host, which decides
    try:
        sys.path[:] = [*(path for path in sys.path if "site-packages" not in path), arguments[2]]
        modules = frozenset(arguments[3].split(","))
        for name in (*sorted(modules), *(f"numpy.{part}" for part in _NUMPY), *_BESIDE):
            importlib.import_module(name)
        beside = Path(__file__).parent
        tame, worker = _loaded("tame", beside / "tame.py"), _loaded("worker", beside / "worker.py")
        _warm_up()
        tame.stop_clocks()
        os.environ.clear()
        sys.path.clear()
        sys.path_importer_cache.clear()
        sys.argv[:] = [""]
        base = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        for name in ("no_new_privileges", "leave_namespaces", "drop_capabilities", "landlock"):
            try:
                getattr(launcher, name)()
            except launcher.Missing:
                if name != "leave_namespaces":  # the second wall; best effort
                    raise
    except Exception as error:
        control.send(json.dumps({"refused": f"{type(error).__name__}: {error}"[:2000]}).encode())
        return

    def child(given: dict[str, Any], parent: int) -> None:
        tame.seed(given["seed"])
        launcher.end_with_parent(parent)
        launcher.limit_resources(base + given["memory_bytes"], given["cpu_s"])
        launcher.landlock()  # once more: a domain of its own, from which siblings and this process can't be signalled
        launcher.seccomp(_SYSTEM_CALLS, bare=True)
        link = worker.Link(_LINK)
        link.send({"contained": True})
        worker.Worker(link, modules).serve()

    gc.collect()
    gc.freeze()  # children don't copy what they only read
    control.send(b'{"ready": true}')
    _serve(control, child, launcher)


def _serve(control: socket.socket, child: Child, launcher: ModuleType) -> None:
    """Forks and reaps as it is told, until its host is gone."""
    own = os.getpid()
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 4096, 1)
        if not data:
            return
        asked = json.loads(data)
        if "reap" in asked:
            control.send(json.dumps({"status": _reaped(asked["reap"])}).encode())
            continue
        pid = os.fork()
        if pid == 0:
            _become(child, asked["fork"], descriptors[0], own, launcher)
        os.close(descriptors[0])
        process = os.pidfd_open(pid)
        socket.send_fds(control, [json.dumps({"pid": pid}).encode()], [process])
        os.close(process)


def _become(child: Child, given: dict[str, Any], link: int, parent: int, launcher: ModuleType) -> None:
    """The child's whole life: nothing of the parent's is reachable from it but copies."""
    try:
        os.dup2(link, _LINK)
        launcher.close_inherited(_LINK + 1)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        child(given, parent)
    except BaseException as error:
        refused = json.dumps({"refused": f"{type(error).__name__}: {error}"[:2000]}).encode()
        os.write(_LINK, len(refused).to_bytes(4, "big") + refused)
    finally:
        os._exit(launcher.REFUSED)


def _reaped(pid: int) -> int:
    """How a child ended: its exit status, or minus the signal that killed it."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0


def _warm_up() -> None:
    """Does what is set up at first use, while that can still be had, and so that children share it."""
    import numpy as np

    square = np.eye(64)
    np.linalg.svd(square @ square)
    np.fft.fft(np.ones(8))
    np.random.default_rng(0).random()
    json.loads(json.dumps(str(np.ones(2))))


def _loaded(name: str, path: Path) -> ModuleType:
    """A module by its file: nothing of this project is on a program's path."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    del module.__file__, module.__cached__, module.__spec__  # a program need not learn where this project lies
    return module


if __name__ == "__main__":
    main(sys.argv[1:])
