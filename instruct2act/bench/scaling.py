"""How many episodes a machine or a cluster plays: what was measured of one, and a simulation of how many share it.

Each worker plays one episode after the other: seconds of its own core between perception calls, and the calls, which
run on the same core or wait for an actor that serves all workers. A worker may be lost (a spot node); its episode
begins again elsewhere.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from instruct2act.bench.tables import say
from instruct2act.evaluation.record import RECORDS
from instruct2act.evaluation.rows import rows

_PERCEPTION = (
    "SAM",
    "TextSAM",
    "CLIPRetrieval",
    "FindAll",
    "get_objs_match",
    "Compare",
    "RotationBetween",
    "WhatMoved",
)


@dataclass(frozen=True)
class Cost:
    """One episode: seconds of a core without perception, and of each perception call."""

    host_s: float
    calls_s: tuple[float, ...]

    @property
    def total_s(self) -> float:
        """Everything on one core."""
        return self.host_s + sum(self.calls_s)


@dataclass(frozen=True)
class Site:
    """Where episodes are played.

    Attributes:
        workers: episodes at a time, a core each.
        actors: that hold perception models; 0: each worker's own core.
        speedup: how many times as fast a call is on an actor as on a core.
        losses_per_hour: of each worker.
        replaced_s: until a lost worker plays again.
    """

    workers: int
    actors: int = 0
    speedup: float = 1.0
    losses_per_hour: float = 0.0
    replaced_s: float = 120.0


@dataclass(frozen=True)
class Found:
    """What a simulation gave: episodes an hour, how busy workers and actors were ([0, 1]), episodes begun anew."""

    per_hour: float
    workers_busy: float
    actors_busy: float
    again: int


_Event = tuple[float, int, Cost | None, int, bool, float, float]
"""Time, worker, episode, calls made, whether the next one is asked for, the core's seconds so far, when it is lost."""


def simulate(costs: Sequence[Cost], site: Site, hours: float = 1.0, seed: int = 0) -> Found:
    """Plays episodes of these costs for so many hours of made-up time, and a tenth more that fills the queues."""
    rng = np.random.default_rng(seed)
    horizon, warm = 3600 * hours * 1.1, 360 * hours
    free = [0.0] * site.actors  # when each actor has answered what it was asked
    done, again, host_busy, actors_busy = 0, 0, 0.0, 0.0
    events: list[_Event] = [
        (float(rng.uniform(0, 1)), worker, None, 0, False, 0.0, _life(rng, site)) for worker in range(site.workers)
    ]
    heapq.heapify(events)
    while events:
        now, worker, cost, made, asks, spent, lost = heapq.heappop(events)
        if now > horizon:
            continue
        if now > lost:
            again += cost is not None and now > warm
            back = lost + site.replaced_s
            heapq.heappush(events, (back, worker, None, 0, False, 0.0, back + _life(rng, site)))
            continue
        if cost is not None and asks and site.actors:
            actor = min(range(site.actors), key=free.__getitem__)
            took = cost.calls_s[made] / site.speedup
            free[actor] = max(now, free[actor]) + took
            actors_busy += took if now > warm else 0.0
            heapq.heappush(events, (free[actor], worker, cost, made + 1, False, spent, lost))
            continue
        if cost is not None and asks:
            took = cost.calls_s[made]
            heapq.heappush(events, (now + took, worker, cost, made + 1, False, spent + took, lost))
            continue
        if cost is not None and made >= len(cost.calls_s):
            if now > warm:
                done, host_busy = done + 1, host_busy + spent
            cost = None
        if cost is None:
            cost, made, spent = costs[int(rng.integers(len(costs)))], 0, 0.0
        step = cost.host_s / max(1, len(cost.calls_s))
        heapq.heappush(events, (now + step, worker, cost, made, bool(cost.calls_s), spent + step, lost))
    span = horizon - warm
    return Found(
        3600 * done / span, host_busy / (span * site.workers), actors_busy / (span * max(1, site.actors)), again
    )


def costs_of(folder: Path, most: int = 2000) -> list[Cost]:
    """The costs of a folder's episodes."""
    found: list[Cost] = []
    for row in rows(folder / RECORDS):
        if row.counts and len(found) < most:
            calls = tuple(c["seconds"] for c in row.raw.get("calls") or () if c["name"] in _PERCEPTION)
            found.append(Cost(max(0.0, row.seconds.get("total", 0.0) - sum(calls)), calls))
    return found


def scaling(folder: Path, speedup: float) -> None:
    """Prints episodes an hour for sites of several sizes, and what a million episodes are."""
    costs = costs_of(folder)
    total = float(np.mean([cost.total_s for cost in costs]))
    perception = float(np.mean([sum(cost.calls_s) for cost in costs]))
    size = (folder / RECORDS).stat().st_size / max(1, len(costs))
    say(f"{len(costs)} episodes: {total:.2f} s on a core, {perception:.2f} s of that perception; {size / 1e3:.1f} kB")
    headings = ("workers", "actors", "faster", "lost/h", "an hour", "workers busy", "actors busy", "again")
    say("\n" + "".join(f"{heading:>{len(heading) + 2}}" for heading in headings))
    for site in (
        Site(1),
        Site(8),
        Site(64),
        Site(64, losses_per_hour=0.1),
        Site(64, 1, speedup),
        Site(64, 4, speedup),
        Site(512, 4, speedup),
        Site(512, 16, speedup, losses_per_hour=0.1),
    ):
        found = simulate(costs, site, hours=min(1.0, 32 / site.workers))
        say(
            f"{site.workers:>9}{site.actors:>8}{site.speedup:>8.0f}{site.losses_per_hour:>8.1f}{found.per_hour:>9.0f}"
            f"{found.workers_busy:>14.0%}{found.actors_busy:>13.0%}{found.again:>7}"
        )
    say(f"\na million episodes: {1e6 * total / 3600:.0f} core hours, {1e6 * size / 1e9:.1f} GB of records")


def _life(rng: np.random.Generator, site: Site) -> float:
    return float(rng.exponential(3600 / site.losses_per_hour)) if site.losses_per_hour else float("inf")
