"""A forked process: bounded, then given one kind of work."""

from __future__ import annotations

import os
import resource
import socket
from typing import TYPE_CHECKING

from instruct2act.playground.processes import wire

if TYPE_CHECKING:
    from instruct2act.playground.work.preload import TableRuntime


def work(pipe: socket.socket, runtime: TableRuntime, parent: int) -> int:
    """Does the job that comes first through the pipe; the exit status."""
    from instruct2act.sandbox import launcher

    os.setsid()
    launcher.end_with_parent(parent)
    job = wire.receive(pipe)
    bound(job.get("cpu_s"), job.get("memory_mb"))
    if job["do"] == "decode":
        from instruct2act.playground.work import decoding

        return decoding.work(pipe, job)
    if job["do"] == "make":
        from instruct2act.playground.work import making

        return making.work(pipe, runtime, job)
    if job["do"] == "desk":
        from instruct2act.playground.work import looking

        return looking.work(pipe, runtime)
    if job["do"] == "plan":
        from instruct2act.playground.work import planning

        return planning.work(pipe, runtime, job)

    from instruct2act.playground.work import playing

    return playing.work(pipe, runtime, job)


def bound(cpu_s: float | None, memory_mb: float | None) -> None:
    """Bounds this process: no core dump, processor time from here on, memory above what it was forked with.

    Memory is what the kernel counts as data: private pages that can be written to, also those still shared with the
    zygote. A process of its own that this one starts (the sandbox's) inherits the bounds and has its own use.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_mb:
        data = data_bytes() + int(memory_mb * (1 << 20))
        resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    if cpu_s:
        # SIGXCPU at the first, in time for a last word; SIGKILL at the second.
        resource.setrlimit(resource.RLIMIT_CPU, (max(1, round(cpu_s)), round(cpu_s) + 3))


def data_bytes() -> int:
    """What the kernel counts as this process's data, in bytes."""
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123 (a fork is to be quick)
        kilobytes = next((line.split()[1] for line in file if line.startswith("VmData:")), "0")
    return int(kilobytes) << 10
