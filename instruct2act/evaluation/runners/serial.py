"""One episode after the other, in this process."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.evaluation.runners import Job, Played, play
from instruct2act.runtime import Runtime


def play_all(specs: Sequence[EpisodeSpec], job: Job) -> Generator[Played, None, None]:
    """Plays specs in order; an episode that was stopped comes back as interrupted, and is the last."""
    with Runtime(job.config).load() as runtime:
        for spec in specs:
            if job.stop.is_set():
                return
            yield play(spec, runtime, job.origin, job.pictures, job.stop)
