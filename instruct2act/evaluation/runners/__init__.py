"""How many episodes are played: here, in processes, on a cluster. A runner is a module beside this file.

Its ``play_all(specs, job)`` is a map: every spec comes back once, in whatever order, and nothing is written. Episodes
under way are lost when the iterator is closed or an exception passes through it; whatever was yielded is not.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from instruct2act.config import Config
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec, ended_well
from instruct2act.runtime import Runtime
from instruct2act.sandbox import StopFlag
from skills.errors import Mistake

Pictures = Literal["all", "failed", "none"]
"""Of which episodes pictures are kept."""


@dataclass(frozen=True)
class Job:
    """What all episodes of an evaluation share.

    Attributes:
        config: what the models, the author and the sandbox are built from.
        origin: what the figures are made with; a worker that comes up with another one is refused.
        workers: processes, or episodes at a time on a cluster.
        patience_s: how long an episode may take before its worker counts as hanging and is replaced.
        start_s: how long a worker may take until its models are loaded.
        pictures: of which episodes pictures are kept.
        stop: ends it.
        options: the runner's own.
    """

    config: Config
    origin: Origin
    workers: int = 1
    patience_s: float = 900.0
    start_s: float = 300.0
    pictures: Pictures = "all"
    stop: StopFlag = field(default_factory=StopFlag)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Played:
    """One episode: its record, and the pictures that the record names (file name -> content)."""

    record: EpisodeRecord
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class Runner(Protocol):
    """What a runner's module has."""

    def play_all(self, specs: Sequence[EpisodeSpec], job: Job) -> Generator[Played, None, None]:
        """Plays every spec once.

        Raises:
            Mistake: the models, the author or the sandbox can't be; nothing was played.
        """


def play(
    spec: EpisodeSpec, runtime: Runtime, origin: Origin, pictures: Pictures = "none", stop: StopFlag | None = None
) -> Played:
    """Plays one episode. Whatever goes wrong on our side is a record too, and the next episode is not its victim."""
    from instruct2act.episode import run_episode
    from instruct2act.evaluation.album import Album

    album = Album()
    try:
        record = run_episode(spec, runtime, [] if pictures == "none" else [album], stop)
        if pictures == "none" or (pictures == "failed" and ended_well(record.status, record.success)):
            return Played(record)
        shown, files = album.pictures()
        return Played(record.model_copy(update={"pictures": shown}), files)
    except Exception as error:
        return Played(origin.lost(spec, type(error).__name__, str(error)))
    finally:
        album.close()


def threads(workers: int) -> int:
    """Threads a worker may have so that workers don't fight for cores."""
    return max(1, len(os.sched_getaffinity(0)) // max(1, workers))


def same(origin: Origin, here: Origin) -> None:
    """A worker's origin against the evaluation's.

    Raises:
        Mistake: the source or a checkpoint changed under a running evaluation.
    """
    if different := origin.differences(here):
        raise Mistake("what figures are made with changed while they were made:\n  " + "\n  ".join(different))
