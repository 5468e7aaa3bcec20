"""The command ``eval`` at work: what was asked becomes specs, they are played, a person is told, a table is left."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instruct2act import config
from instruct2act.evaluation import suites
from instruct2act.evaluation.evaluate import GivenUp, Way, evaluate
from instruct2act.evaluation.ledger import Ledger
from instruct2act.evaluation.progress import Progress
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.evaluation.runners import Pictures
from instruct2act.run import interruptible
from instruct2act.sandbox import SandboxUnavailable, StopFlag
from skills.errors import Mistake


@dataclass(frozen=True)
class Request:
    """What a person asked for at the command line; see ``instruct2act eval --help``."""

    suite: str | None = None
    changes: Mapping[str, Any] | None = None
    patience_s: float | None = None
    pictures: Pictures = "all"
    out: Path | None = None
    quiet: bool = False
    options: dict[str, str] | None = None


def run(request: Request, config_file: str | None, sets: Sequence[str]) -> int:
    """Plays a request; returns the exit status: 0 when every episode was played to an end, 1, or 130 when stopped.

    Raises:
        Mistake: the request can't be.
    """
    changes = dict(request.changes or {})
    for key in ("tasks", "levels"):
        changes[key] = suites.parted(changes.get(key))
    suite = suites.load(request.suite, changes)
    specs = suite.specs()
    settings = config.load(config_file, [*suite.settings(), *sets])
    folder = request.out or settings.output.folder / f"eval-{request.suite or 'own'}-{settings.digest()[:6]}"
    runner = suite.runner or ("processes" if settings.workers > 1 else "serial")
    way = Way(runner, settings.workers, request.patience_s, request.pictures, request.options)
    with interruptible() as stop:
        try:
            return _Session(specs, folder, request.quiet).play(settings, way, stop)
        except SandboxUnavailable as missing:
            raise Mistake(str(missing)) from None


class _Session:
    def __init__(self, specs: list[EpisodeSpec], folder: Path, quiet: bool) -> None:
        self.specs, self.folder, self.quiet = specs, folder, quiet
        self.progress: Progress | None = None
        self.ledger: Ledger | None = None

    def play(self, settings: config.Config, way: Way, stop: StopFlag) -> int:
        """Plays, tells, and says what came of it."""
        given_up = ""
        try:
            evaluate(self.specs, settings, self.folder, way, self.heard, self.began, stop)
        except KeyboardInterrupt:
            stop.set("interrupted")
        except GivenUp as reason:
            given_up = str(reason)
        finally:
            if self.progress is not None:
                self.progress.__exit__()
        missing = len(self.ledger.left(self.specs)) if self.ledger else len(self.specs)
        self._say(f"{len(self.specs) - missing} of {len(self.specs)} episodes are in {self.folder}/")
        if stop.is_set():
            self._say(f"{stop.reason}; the same command goes on from here")
            return 130
        if given_up:
            self._say(f"given up: {given_up}; the same command goes on from here")
        elif missing:
            self._say(f"{missing} could not be played to an end (infrastructure); the same command tries them again")
        return int(missing > 0)

    def began(self, left: list[EpisodeSpec], ledger: Ledger) -> None:
        """What is there, what was repaired, what is left to play."""
        self.ledger = ledger
        for sentence in ledger.said:
            self._say(sentence)
        if len(left) < len(self.specs):
            self._say(f"{len(self.specs) - len(left)} of {len(self.specs)} episodes are there already")
        if ledger.again:
            self._say(f"{len(ledger.again)} episodes that were interrupted or lost are played again")
        self.progress = Progress(left, self.quiet).__enter__()

    def heard(self, record: EpisodeRecord) -> None:
        """An episode was kept."""
        if self.progress is not None:
            self.progress.hear(record)

    def _say(self, sentence: str) -> None:
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()
