"""A Ray cluster: an existing one by its address, or one on this machine. Episodes are tasks, models live in actors.

Code is shipped, so that every node plays the source that this process has. A lost node or worker costs the episodes
that it played: they are played once more elsewhere, as in ``processes``. Model actors are restarted by Ray wherever
there is room, and calls under way are made again.

Options: ``address``; ``models``, how many actors hold perception models (0: each worker holds its own);
``gpu_per_model``, the part of a GPU that an actor is placed on.
"""

from __future__ import annotations

import logging
import shutil
import socket
import tempfile
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.evaluation.runners import Job, Played, same
from instruct2act.resources import folder
from skills.errors import Mistake

_POLL_S = 0.5


@dataclass(frozen=True)
class _Task:
    spec: EpisodeSpec
    tried: int = 0
    until: float = 0.0


def play_all(specs: Sequence[EpisodeSpec], job: Job) -> Generator[Played, None, None]:
    """Plays specs on a cluster; they come back as they end.

    Raises:
        Mistake: Ray is not installed, the address does not answer, or a node can't build what the config says.
    """
    with _connected(job) as ray:
        from instruct2act.evaluation.runners import _served

        job = replace(job, workers=_workers(ray, job))
        models = _served.models(ray, job.config, job.options, job.start_s)
        play = ray.remote(num_cpus=1, max_retries=0)(_served.play_remotely)
        yield from _Flight(ray, job, play, models).play(specs)


class _Flight:
    """The episodes under way on a cluster, at most as many as there are workers."""

    def __init__(self, ray: Any, job: Job, play: Any, models: list[Any]) -> None:
        self.ray, self.job, self.models = ray, job, models
        self._play = play
        self._under_way: dict[Any, _Task] = {}
        self._given = 0

    def play(self, specs: Sequence[EpisodeSpec]) -> Iterator[Played]:
        """Until nothing waits or is under way, or a stop is asked for."""
        waiting = deque(_Task(spec) for spec in specs)
        try:
            while (waiting or self._under_way) and not self.job.stop.is_set():
                self._fill(waiting)
                ready, _ = self.ray.wait(list(self._under_way), num_returns=1, timeout=_POLL_S)
                late = [ref for ref, task in self._under_way.items() if time.monotonic() > task.until]
                for ref in {*ready, *late}:
                    task = self._under_way.pop(ref)
                    if ref not in ready:
                        self.ray.cancel(ref, force=True)
                        yield from self._lost(task, "hung", waiting)
                        continue
                    try:
                        answer = self.ray.get(ref)
                    except self.ray.exceptions.RayError as error:
                        yield from self._lost(task, f"was lost ({_said(error)})", waiting)
                        continue
                    self._fill(waiting)  # before what came is written down: nobody waits for the disk
                    yield self._played(answer)
        finally:
            for ref in self._under_way:
                with suppress(Exception):
                    self.ray.cancel(ref, force=True)

    def _fill(self, waiting: deque[_Task]) -> None:
        while waiting and len(self._under_way) < self.job.workers:
            self._give(waiting.popleft())

    def _give(self, task: _Task) -> None:
        model = self.models[self._given % len(self.models)] if self.models else None
        self._given += 1
        ref = self._play.remote(
            task.spec.model_dump_json(), self.job.config.model_dump_json(), self.job.pictures, model
        )
        # A worker's first episode loads what it needs; a cluster that is full makes it wait besides.
        self._under_way[ref] = replace(task, until=time.monotonic() + self.job.start_s + self.job.patience_s)

    def _played(self, answer: dict[str, Any]) -> Played:
        if answer["mistake"]:
            raise Mistake(answer["mistake"])
        same(self.job.origin, Origin.model_validate_json(answer["origin"]))
        return Played(EpisodeRecord.model_validate_json(answer["record"]), answer["pictures"])

    def _lost(self, task: _Task, how: str, waiting: deque[_Task]) -> Iterator[Played]:
        if task.tried == 0:
            waiting.appendleft(replace(task, tried=1))
            return
        message = f"its worker {how}, and so did the one that tried again"
        yield Played(self.job.origin.lost(task.spec, "WorkerLost", message))


@contextmanager
def _connected(job: Job) -> Iterator[Any]:
    """Ray, connected and carrying this process's source; disconnected afterwards, and ended if it was started here."""
    try:
        import ray
    except ImportError:
        raise Mistake("the runner ray needs Ray: pip install 'instruct2act[ray]'") from None
    address = job.options.get("address") or None
    if address is not None:
        _answers(address)
    own: dict[str, Any] = {} if address else {"num_cpus": max(1, job.workers), "include_dashboard": False}
    with tempfile.TemporaryDirectory() as staged:
        _stage(Path(staged))
        environment = {"working_dir": staged, "env_vars": {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}}
        try:
            ray.init(address=address, runtime_env=environment, log_to_driver=False, logging_level=logging.ERROR, **own)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise Mistake(f"Ray can't be had at {address or 'this machine'}: {_said(error)}") from None
        try:
            yield ray
        finally:
            ray.shutdown()


def _answers(address: str) -> None:
    """Asks before Ray does, which goes on asking for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        raise Mistake(f"--ray-address takes HOST:PORT, as `ray start --head` prints it; got {address!r}")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise Mistake(f"no Ray cluster at {address}: {error}") from None


def _stage(root: Path) -> None:
    """The three packages, prompts and configs as a node needs them, and nothing else of the checkout."""
    hidden = shutil.ignore_patterns("__pycache__", "_data", "*.pyc")
    for name in ("instruct2act", "sim", "skills"):
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None
        shutil.copytree(Path(spec.origin).parent, root / name, ignore=hidden)
    for name in ("prompts", "configs"):
        shutil.copytree(folder(name), root / name, ignore=hidden)


def _workers(ray: Any, job: Job) -> int:
    """How many episodes at a time: what was asked for on a cluster of our own, else every core of the cluster."""
    cores = int(ray.cluster_resources().get("CPU", 1))
    return min(job.workers, cores) if job.workers > 1 or not job.options.get("address") else cores


def _said(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
