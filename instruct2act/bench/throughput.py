"""Episodes a second by runner: one process, two, and Ray on two nodes of this machine."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from instruct2act import config
from instruct2act.bench.tables import say
from instruct2act.evaluation import suites
from instruct2act.evaluation.evaluate import Way, evaluate
from instruct2act.evaluation.record import EpisodeRecord

WARM = 2
"""Episodes of each worker that are played before the clock starts: its models are loaded, its caches filled."""


@dataclass(frozen=True)
class Rate:
    """What a runner did.

    Attributes:
        a_second: episodes, once every worker was warm.
        host_s: processor seconds an episode of the process that writes.
        others: cores that other programs used just before.
    """

    a_second: float
    host_s: float
    others: float


def throughput(episodes: int, ray: bool, out: Path) -> None:
    """Prints episodes a second and ratios.

    Args:
        episodes: of each of the six tasks.
        ray: measure a cluster too.
        out: a folder for each runner's records; must be new.

    Raises:
        Mistake: a folder was made with something else.
    """
    one = measured(Way("processes", 1, pictures="all"), episodes, out / "one")
    _row("1 process", one, one)
    two = measured(Way("processes", 2, pictures="all"), episodes, out / "two")
    _row("2 processes", two, one)
    if ray:
        with _cluster() as address:
            way = Way("ray", 2, pictures="all", options={"address": address})
            _row("Ray, 2 nodes", measured(way, episodes, out / "ray"), one)


def measured(way: Way, episodes: int, out: Path) -> Rate:
    """Plays the six tasks at L1 and measures from when every worker is warm."""
    specs = suites.load("six", {"levels": ("L1",), "episodes": episodes}).specs()
    ends: list[float] = []

    def heard(_: EpisodeRecord) -> None:
        ends.append(time.monotonic())

    others, before = busy(), resource.getrusage(resource.RUSAGE_SELF)
    evaluate(specs, config.load(sets=[f"workers={way.workers}"]), out, way, heard)
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    warm = WARM * way.workers
    return Rate((len(ends) - warm) / (ends[-1] - ends[warm - 1]), spent / len(ends), others)


def busy(seconds: float = 2.0) -> float:
    """Cores in use, by everything, while this process waits."""
    before, began = _used(), time.monotonic()
    time.sleep(seconds)
    return (_used() - before) / (time.monotonic() - began)


def _used() -> float:
    fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0].split()[1:]
    user, nice, system, _, _, irq, softirq, *_ = (int(field) for field in fields)
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _row(name: str, rate: Rate, one: Rate) -> None:
    say(
        f"{name:<14}{rate.a_second:>7.3f} episodes a second, {rate.a_second / one.a_second:>5.2f} times one process; "
        f"the writer took {1000 * rate.host_s:.0f} ms of an episode; others used {rate.others:.1f} cores before"
    )


@contextmanager
def _cluster() -> Iterator[str]:
    """Two Ray nodes of one core each; gives the address."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        yield cluster.address
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]
