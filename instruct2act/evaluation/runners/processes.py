"""Several processes on this machine. A worker loads its models once; one that dies or hangs is replaced."""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.evaluation.runners import Job, Played, same
from instruct2act.evaluation.runners._worker import Hello, work
from skills.errors import Mistake

STARTS = 3
"""How often workers may die before one of them is up."""
_POLL_S = 0.5


@dataclass(frozen=True)
class _Task:
    spec: EpisodeSpec
    tried: int = 0


class _Worker:
    """The host's side of one process: what it plays, and until when it may."""

    def __init__(self, job: Job) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        arguments = (theirs, job.config.model_dump_json(), job.workers, job.pictures)
        self.process: BaseProcess = context.Process(target=work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        self.up = False
        self.task: _Task | None = None
        self.until = time.monotonic() + job.start_s

    def give(self, task: _Task, patience_s: float) -> None:
        """Hands an episode over; a worker that is gone is found out when it is waited for."""
        self.task, self.until = task, time.monotonic() + patience_s
        try:
            self.pipe.send_bytes(task.spec.model_dump_json().encode())
        except OSError:
            self.until = 0.0

    def end(self) -> str:
        """Kills it; how it ended, in words."""
        ended = self.process.exitcode
        self.process.kill()
        self.process.join()
        self.pipe.close()
        if ended is None:
            return "hung"
        return f"died by signal {-ended}" if ended < 0 else f"ended with status {ended}"


def play_all(specs: Sequence[EpisodeSpec], job: Job) -> Generator[Played, None, None]:
    """Plays specs side by side; they come back as they end.

    A worker that dies, or is silent for longer than the job's patience, is killed and replaced. Its episode is played
    once more, and recorded as infrastructure when that fails too.
    """
    pool = _Pool(specs, job)
    try:
        yield from pool.play()
    finally:
        pool.close()


class _Pool:
    def __init__(self, specs: Sequence[EpisodeSpec], job: Job) -> None:
        self.job = replace(job, workers=max(1, min(job.workers, len(specs))))
        self.waiting = deque(_Task(spec) for spec in specs)
        self.workers: list[_Worker] = []
        self.failed_starts = 0

    def play(self) -> Iterator[Played]:
        """Until nothing is waiting or under way, or a stop is asked for."""
        while (self.waiting or self._busy()) and not self.job.stop.is_set():
            while len(self.workers) < min(self.job.workers, len(self.waiting) + self._busy()):
                self.workers.append(_Worker(self.job))
            ready = wait([worker.pipe for worker in self.workers], timeout=_POLL_S)
            for worker in list(self.workers):
                if worker.pipe in ready:
                    yield from self._heard(worker)
                elif time.monotonic() > worker.until:
                    yield from self._lost(worker)

    def close(self) -> None:
        """Ends every worker, whatever it does."""
        for worker in self.workers:
            worker.end()
        self.workers.clear()

    def _busy(self) -> int:
        return sum(worker.task is not None for worker in self.workers)

    def _heard(self, worker: _Worker) -> Iterator[Played]:
        played = None
        try:
            message = worker.pipe.recv_bytes()
            if worker.up:
                played = _received(message, worker.pipe)
            else:
                self._greeted(worker, message)
        except (EOFError, OSError):
            worker.process.join(timeout=5)
            yield from self._lost(worker)
            return
        self._next(worker)  # before what came is written down: nobody waits for the disk
        if played is not None:
            yield played

    def _greeted(self, worker: _Worker, message: bytes) -> None:
        hello = Hello.model_validate_json(message)
        if hello.mistake or hello.origin is None:
            raise Mistake(hello.mistake)
        same(self.job.origin, hello.origin)
        worker.up, self.failed_starts = True, 0

    def _next(self, worker: _Worker) -> None:
        if self.waiting:
            worker.give(self.waiting.popleft(), self.job.patience_s)
        else:
            worker.task, worker.until = None, float("inf")

    def _lost(self, worker: _Worker) -> Iterator[Played]:
        self.workers.remove(worker)
        how = worker.end()
        if not worker.up:
            self.failed_starts += 1
            if self.failed_starts >= STARTS:
                raise Mistake(f"{STARTS} workers in a row {how} before they were ready; try --runner serial")
        task = worker.task
        if task is None:
            return
        if task.tried == 0:
            self.waiting.appendleft(replace(task, tried=1))
            return
        message = f"its worker {how}, and so did the one that tried again"
        if how == "hung":
            message += f" (no answer for {self.job.patience_s:.0f} s)"
        yield Played(self.job.origin.lost(task.spec, "WorkerLost", message))


def _received(message: bytes, pipe: Connection[Any, Any]) -> Played:
    """A record, and the pictures that follow it."""
    record = EpisodeRecord.model_validate_json(message)
    names = dict.fromkeys(shown.file for shown in record.pictures)
    return Played(record, {name: pipe.recv_bytes() for name in names})
