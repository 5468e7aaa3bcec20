"""Plays what a folder lacks, and keeps it there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from instruct2act import registry
from instruct2act.config import Config
from instruct2act.evaluation.ledger import Ledger
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.evaluation.runners import Job, Pictures, Runner
from instruct2act.sandbox import StopFlag

RUNNERS = "instruct2act.evaluation.runners"

LOST_IN_A_ROW = 10
"""Episodes that end as infrastructure one after the other before an evaluation gives up: the next would too."""


class GivenUp(Exception):
    """Nothing can be played any more; says why. What was played is kept."""


@dataclass(frozen=True)
class Way:
    """How episodes are played; it changes none of their outcomes.

    Attributes:
        runner: a module of ``runners``.
        workers: processes, or episodes at a time.
        patience_s: how long an episode may take before its worker is replaced; None for what the settings allow it.
        pictures: of which episodes pictures are kept.
        options: the runner's own.
    """

    runner: str = "serial"
    workers: int = 1
    patience_s: float | None = None
    pictures: Pictures = "none"
    options: dict[str, str] | None = None


def evaluate(
    specs: Sequence[EpisodeSpec],
    config: Config,
    folder: Path,
    way: Way | None = None,
    heard: Callable[[EpisodeRecord], None] | None = None,
    began: Callable[[list[EpisodeSpec], Ledger], None] | None = None,
    stop: StopFlag | None = None,
) -> Ledger:
    """Plays the specs that a folder does not have yet, and adds them.

    Args:
        specs: what to play.
        config: what models, author and sandbox are built from.
        folder: where records go; it is made.
        way: the runner, and how many workers.
        heard: told each record once it is kept.
        began: told what is left to play, and the folder's ledger, before anything is played.
        stop: ends it; what is under way is lost.

    Returns:
        The folder's ledger, closed: what is there now, and what was repaired.

    Raises:
        Mistake: the folder belongs to something else; models, author or sandbox can't be.
        GivenUp: the budget for the author is used up, or ``LOST_IN_A_ROW`` episodes were lost.
    """
    way = way or Way()
    runner = cast(Runner, registry.find(RUNNERS, way.runner))
    origin = Origin.of(config)
    allowed = way.patience_s if way.patience_s is not None else allowed_s(config)
    job = Job(
        _accounted(config, folder),
        origin,
        way.workers,
        allowed,
        pictures=way.pictures,
        stop=stop or StopFlag(),
        options=way.options or {},
    )
    with Ledger(folder, origin) as ledger:
        left = ledger.left(specs)
        if began is not None:
            began(left, ledger)
        if left:
            patience = _Patience()
            with closing(runner.play_all(left, job)) as playing:
                for played in playing:
                    ledger.keep(played.record, played.pictures)
                    if heard is not None:
                        heard(played.record)
                    patience.hear(played.record)
    return ledger


def _accounted(config: Config, folder: Path) -> Config:
    """The same settings, with one account for all workers, and for those that go on later."""
    accounts = config.llm.accounts or folder / "spending.json"
    return config.model_copy(update={"llm": config.llm.model_copy(update={"accounts": accounts})})


class _Patience:
    def __init__(self) -> None:
        self._lost = 0

    def hear(self, record: EpisodeRecord) -> None:
        self._lost = self._lost + 1 if record.status == "infrastructure" else 0
        kind, message = record.error.get("type", ""), record.error.get("message", "")
        if self._lost and kind == "OutOfBudget":
            raise GivenUp(str(message))
        if self._lost >= LOST_IN_A_ROW:
            raise GivenUp(f"{self._lost} episodes in a row were lost, the last by {kind}: {message}")


def allowed_s(config: Config) -> float:
    """Seconds after which an episode that keeps to its settings has ended: its runs, its author's answers, slack."""
    asked = config.llm
    tried = asked.candidates if asked.candidates > 1 else 0
    answers = (2 + tried) * (asked.repairs + 1) + asked.looks  # the program's, the reward function's, the candidates'
    return (1 + tried) * config.sandbox.episode_s + answers * asked.deadline_s + 60.0
