"""How far an evaluation is: episodes a second, time left, success by task so far; a table on a terminal, else lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.table import Table

from instruct2act.evaluation.record import AGAIN, EpisodeRecord, EpisodeSpec
from instruct2act.evaluation.statistics import wilson

_LINE_EVERY_S = 30.0


@dataclass
class Count:
    """Episodes of one task (or of all): played to an end, of how many, successful, lost."""

    of: int = 0
    done: int = 0
    succeeded: int = 0
    lost: int = 0

    def add(self, record: EpisodeRecord) -> None:
        """Counts one more."""
        if record.status in AGAIN:
            self.lost += 1
        else:
            self.done += 1
            self.succeeded += record.success is True


class Progress:
    """Tells a person on standard error. Use it as a context manager.

    Args:
        specs: what is left to play.
        quiet: says nothing.
    """

    def __init__(self, specs: Sequence[EpisodeSpec], quiet: bool = False) -> None:
        self.all = Count(of=len(specs))
        self.tasks: dict[str, Count] = {}
        for spec in specs:
            self.tasks.setdefault(_name(spec), Count()).of += 1
        self._quiet = quiet
        self._console = Console(stderr=True, highlight=False)
        self._live: Live | None = None
        self._first = self._said = time.monotonic()
        self._started = False

    def hear(self, record: EpisodeRecord) -> None:
        """One more episode ended."""
        if not self._started:  # models were loaded until now: that is not the rate's
            self._started, self._first = True, time.monotonic() - record.seconds.get("total", 0.0)
        for count in (self.all, self.tasks[_name(record.spec)]):
            count.add(record)
        if self._live is not None:
            self._live.update(self._table())
        elif not self._quiet and time.monotonic() - self._said >= _LINE_EVERY_S:
            self._said = time.monotonic()
            sys.stderr.write(self.line() + "\n")
            sys.stderr.flush()

    def line(self) -> str:
        """``412 of 3000   1.92/s   22 min left   success 91.2 %``."""
        gone = self.all.done + self.all.lost
        parts = [f"{gone} of {self.all.of}"]
        if gone:
            rate = gone / max(1e-9, time.monotonic() - self._first)
            parts += [f"{rate:.2f}/s", f"{_duration((self.all.of - gone) / rate)} left"]
        if self.all.done:
            parts.append(f"success {self.all.succeeded / self.all.done:.1%}")
        if self.all.lost:
            parts.append(f"{self.all.lost} not played to an end")
        return "   ".join(parts)

    def __enter__(self) -> Progress:
        if not self._quiet and self._console.is_terminal and self.all.of:
            self._live = Live(self._table(), console=self._console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, caption=self.line(), caption_justify="left")
        for heading in ("task", "done", "success", "95 %"):
            table.add_column(heading, justify="left" if heading == "task" else "right")
        for name, count in self.tasks.items():
            interval = wilson(count.succeeded, count.done)
            rate = f"{count.succeeded / count.done:.1%}" if count.done else ""
            between = f"{interval.low:.0%} to {interval.high:.0%}" if count.done else ""
            table.add_row(name, f"{count.done}/{count.of}", rate, between)
        return table


def _name(spec: EpisodeSpec) -> str:
    return f"{spec.task} {spec.level}" if spec.task else "free scenes"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
