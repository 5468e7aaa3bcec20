"""What goes on, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from instruct2act.playground.jobs.manager import Manager

KIND = "text/plain; version=0.0.4; charset=utf-8"


def text(manager: Manager) -> str:
    """All metrics; nothing in them names a user."""
    return "\n".join(_lines(manager)) + "\n"


def _lines(manager: Manager) -> Iterator[str]:
    sessions = manager.users.sessions.values()
    counts = manager.counts
    ends = {k.removeprefix("runs_"): v for k, v in sorted(counts.items()) if k.startswith("runs_")}
    yield from _metric("runs_running", "gauge", "Runs with a worker.", len(manager.running))
    yield from _metric("runs_waiting", "gauge", "Runs in the queue.", len(manager.waiting))
    yield from _metric("workers", "gauge", "Runs that may go on at once.", manager.limits.workers)
    yield from _metric("sessions", "gauge", "Browsers that are remembered.", len(sessions))
    yield from _metric("pages", "gauge", "Pages that are open.", sum(len(session.pages) for session in sessions))
    yield from _metric("runs_total", "counter", "Runs asked for.", counts["runs"])
    yield "# HELP instruct2act_runs_ended_total Runs that ended, by how.\n# TYPE instruct2act_runs_ended_total counter"
    for status, count in ends.items():
        yield f'instruct2act_runs_ended_total{{status="{status}"}} {count}'
    yield from _metric("plans_total", "counter", "Programs asked for.", counts["plans"])
    yield from _metric("refused_total", "counter", "Requests that a limit refused.", counts["refused"])
    yield from _metric("frames_total", "counter", "Pictures of runs made.", counts["frames"])
    yield from _metric("frames_sent_total", "counter", "Pictures sent, by pages that closed.", counts["frames_sent"])
    dropped = counts["frames_dropped"]
    yield from _metric("frames_dropped_total", "counter", "Pictures dropped, by pages that closed.", dropped)
    yield from _metric("desk_requests_total", "counter", "Looks at scenes.", manager.desk.asked)
    yield from _metric("desk_failures_total", "counter", "Looks that could not be had.", manager.desk.failed)
    cpu = round(manager.seconds["cpu"], 2)
    yield from _metric("runs_cpu_seconds_total", "counter", "Processor time of runs.", cpu)
    yield from _metric("resident_bytes", "gauge", "Memory of the server itself.", resident())


def _metric(name: str, kind: str, said: str, value: float) -> Iterator[str]:
    name = f"instruct2act_{name}"
    yield f"# HELP {name} {said}\n# TYPE {name} {kind}\n{name} {value}"


def resident(pid: int | str = "self") -> int:
    """Bytes of a process's memory that are in use; 0 where it can't be told."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    import os

    return int(pages) * os.sysconf("SC_PAGE_SIZE")
