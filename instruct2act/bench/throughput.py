"""Episodes a second by runner: serial, one process, two, and Ray on two nodes of this machine, in turns."""

from __future__ import annotations

import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from instruct2act import config
from instruct2act.bench.tables import say
from instruct2act.evaluation import suites
from instruct2act.evaluation.evaluate import Way, evaluate
from instruct2act.evaluation.record import RECORDS, EpisodeRecord
from skills.errors import Mistake

WARM = 2
"""Episodes of each worker that are played before the clock starts: its models are loaded, its caches filled."""
ONE, TWO, RAY = "1 process", "2 processes", "Ray, 2 nodes"


@dataclass(frozen=True)
class Rate:
    """What a runner did in one round.

    Attributes:
        a_second: episodes, while every worker was warm and none had run out of them.
        cores: in use meanwhile, by everything.
        host_s: processor seconds an episode of the process that writes (and plays, where it is the only one).
    """

    a_second: float
    cores: float
    host_s: float


@dataclass
class _Contender:
    way: Way
    threads: int | None
    rates: list[Rate] = field(default_factory=list)


def throughput(episodes: int, rounds: int, ray: bool, out: Path, sets: Sequence[str] = ()) -> None:
    """Prints episodes a second and ratios, each runner in every round: what slows the machine slows all of them.

    Args:
        episodes: of each of the six tasks, a runner and round.
        rounds: how often each runner has its turn.
        ray: measure a cluster too.
        out: a folder for each runner's records; must be new.
        sets: settings of the episodes, "key=value".

    Raises:
        Mistake: the folder holds records, or the episodes are too few to measure.
    """
    if list(out.glob(f"*/{RECORDS}")):
        raise Mistake(f"{out}/ holds records already; name another folder with --out")
    if 6 * episodes < 2 * (WARM + 2):
        raise Mistake(f"{episodes} episodes of each task are too few to measure two workers by; --episodes 2 at least")
    cores = len(os.sched_getaffinity(0))
    found = {
        "serial": _Contender(Way(pictures="all"), 1),
        ONE: _Contender(Way("processes", 1, pictures="all"), 1),
        f"{ONE}, {cores} threads": _Contender(Way("processes", 1, pictures="all"), None),
        TWO: _Contender(Way("processes", 2, pictures="all"), 1),
    }
    others = busy()
    with _cluster(found if ray else {}):
        for turn in range(rounds):
            for name, one in found.items():
                folder = out / name.replace(",", "").replace(" ", "-")
                one.rates.append(measured(one.way, one.threads, episodes, turn * episodes, folder, sets))
                say(f"round {turn + 1}: {name:<24}{one.rates[-1].a_second:>7.3f} episodes a second")
    _print(found, others)


def measured(way: Way, threads: int | None, episodes: int, seed0: int, out: Path, sets: Sequence[str]) -> Rate:
    """Plays the six tasks at L1 in a process of its own, and measures while every worker is warm and has work.

    Args:
        way: the runner.
        threads: of torch in each worker; None as the runner sets them.
        episodes: of each task.
        seed0: the first of their seeds.
        out: where records go.
        sets: settings of the episodes, "key=value".

    Raises:
        Mistake: that process ended without a figure.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(theirs, way, episodes, seed0, out, sets))
    with _threads(threads):
        process.start()
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        answer = "it ended without a word"
    except BaseException:
        process.kill()  # its workers end with it
        raise
    finally:
        process.join()
    if not isinstance(answer, Rate):
        raise Mistake(f"{way.runner} with {way.workers}: {answer}")
    return answer


def rate(ends: Sequence[tuple[float, float]], workers: int) -> tuple[float, float]:
    """Episodes a second and cores in use between two ends at which no worker was cold or idle.

    Args:
        ends: when episodes came back, each with the machine's processor seconds until then.
        workers: how many played.
    """
    (began, used), (ended, used_at_end) = ends[WARM * workers - 1], ends[-workers]
    count = len(ends) - WARM * workers - (workers - 1)
    return count / (ended - began), (used_at_end - used) / (ended - began)


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Processes started meanwhile, and theirs, import torch and numpy with so many threads; None as it is."""
    before = os.environ.get("OMP_NUM_THREADS")
    try:
        if count is not None:
            os.environ["OMP_NUM_THREADS"] = str(count)
        yield
    finally:
        os.environ.pop("OMP_NUM_THREADS", None)
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before


def _measure(pipe: Connection[Any, Any], way: Way, episodes: int, seed0: int, out: Path, sets: Sequence[str]) -> None:
    specs = suites.load("six", {"levels": ("L1",), "episodes": episodes, "seed0": seed0}).specs()
    ends: list[tuple[float, float]] = []

    def heard(record: EpisodeRecord) -> None:
        ends.append((time.monotonic(), _used()))

    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        evaluate(specs, config.load(sets=[*sets, f"workers={way.workers}"]), out, way, heard)
    except Mistake as mistake:
        pipe.send(str(mistake))
        return
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    pipe.send(Rate(*rate(ends, way.workers), spent / len(ends)))


def busy(seconds: float = 2.0) -> float:
    """Cores in use, by everything, while this process waits."""
    before, began = _used(), time.monotonic()
    time.sleep(seconds)
    return (_used() - before) / (time.monotonic() - began)


def _used() -> float:
    fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0].split()[1:]
    user, nice, system, _, _, irq, softirq, *_ = (int(field) for field in fields)
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _print(found: dict[str, _Contender], others: float) -> None:
    heads = f"{'of one process':>24}{'of two processes':>24}{'cores in use':>14}{'writer, ms':>12}"
    say(f"\n{'':<24}{'a second':>10}{heads}")
    for name, one in found.items():
        cores, host = (statistics.mean(values) for values in zip(*((r.cores, r.host_s) for r in one.rates)))
        writer = "" if one.way.runner == "serial" else f"{1000 * host:.0f}"
        say(
            f"{name:<24}{statistics.median(r.a_second for r in one.rates):>10.3f}"
            f"{_against(one, found[ONE]):>24}{_against(one, found[TWO]):>24}{cores:>14.2f}{writer:>12}"
        )
    say("Medians of rounds, with the least and the greatest ratio within a round. A thread a worker, unless said.")
    say(f"Cores are used by everything; before it began, others used {others:.1f}.")


def _against(one: _Contender, other: _Contender) -> str:
    ratios = [mine.a_second / theirs.a_second for mine, theirs in zip(one.rates, other.rates, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


@contextmanager
def _cluster(found: dict[str, _Contender]) -> Iterator[None]:
    """Two Ray nodes of one core each as one contender more; nothing where there are no others."""
    if not found:
        yield
        return
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        way = replace(found[TWO].way, runner="ray", options={"address": cluster.address})
        found[RAY] = _Contender(way, 1)
        yield
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]
