"""Folds records into tables, a line at a time: what is kept grows with tasks, levels and labels, not with episodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instruct2act.evaluation.record import RECORDS, ended_well
from instruct2act.evaluation.rows import Row, rows
from instruct2act.evaluation.statistics import Interval, wilson

KEPT = 20
"""Episodes of each kind that a table remembers, so that a number leads to some of its episodes."""

SUCCESS = "success"
AS_THEY_ARE = "as they are"
"""What people read where nothing was varied."""
_SUMS = ("run", "total")
"""Entries of a record's seconds that are sums of others."""


@dataclass
class Mean:
    """A sum and how many made it."""

    total: float = 0.0
    of: int = 0

    def add(self, value: float | None) -> None:
        """Counts a value; None counts nothing."""
        if value is not None:
            self.total += value
            self.of += 1

    @property
    def value(self) -> float | None:
        """The mean; None of nothing."""
        return self.total / self.of if self.of else None


@dataclass
class Cell:
    """Episodes of one kind, counted.

    Attributes:
        played: those that were played to an end; rates are made of them.
        judged: those of them that have a goal.
        success, vima: of those judged, by the rule that counts and by the published one.
        lost: interrupted or infrastructure, and not played since: beside the rates.
        progress, reward: means of [0, 1].
        failed: what did not succeed, by stage ("" never); labels: by label.
        seconds, tokens: sums by stage.
        cost: money, a sum.
        examples: kind (``SUCCESS`` or a stage) -> byte offsets of the first lines of it.
    """

    played: int = 0
    judged: int = 0
    success: int = 0
    vima: int = 0
    lost: int = 0
    progress: Mean = field(default_factory=Mean)
    reward: Mean = field(default_factory=Mean)
    failed: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    tokens: Counter[str] = field(default_factory=Counter)
    cost: float = 0.0
    examples: dict[str, list[int]] = field(default_factory=dict)

    @property
    def rate(self) -> float | None:
        """Success; None where nothing has a goal."""
        return self.success / self.judged if self.judged else None

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the rate."""
        return wilson(self.success, self.judged)

    def add(self, row: Row, kept: int = KEPT) -> None:
        """Counts a row that was played to an end; remembers where the first ``kept`` of each kind are."""
        self.played += 1
        self.progress.add(row.progress)
        self.reward.add(row.reward)
        _add(self.seconds, row.seconds)
        self.tokens.update(row.tokens)
        self.cost += row.raw.get("cost") or 0.0
        if row.success is not None:
            self.judged += 1
            self.success += row.success
            self.vima += bool(row.vima)
        kind = kind_of(row)
        if kind != SUCCESS:
            self.failed[kind] += 1
            self.labels[row.label or kind] += 1
        there = self.examples.setdefault(kind, [])
        if len(there) < kept:
            there.append(row.offset)

    def merge(self, other: Cell) -> None:
        """Counts another cell's episodes too."""
        for name in ("played", "judged", "success", "vima", "lost", "cost"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.progress, other.progress), (self.reward, other.reward)):
            mine.total, mine.of = mine.total + theirs.total, mine.of + theirs.of
        for mine_counts, their_counts in (
            (self.failed, other.failed),
            (self.labels, other.labels),
            (self.tokens, other.tokens),
        ):
            mine_counts.update(their_counts)
        _add(self.seconds, other.seconds)
        for kind, offsets in other.examples.items():
            self.examples[kind] = self.examples.get(kind, []) + offsets


def kind_of(row: Row) -> str:
    """``SUCCESS`` (also of an episode without a goal that ended well), or the stage at which it failed."""
    if ended_well(row.status, row.success):
        return SUCCESS
    return row.failed_at or row.status


@dataclass
class Tally:
    """An evaluation's folder in numbers.

    Attributes:
        cells: (task, level) -> its episodes, in the order of the file; a level with what parts them from the task's
            own, "L1 light".
        authors: model names that wrote the programs, and how often.
        seed0: the least of the seeds; None where there are none.
    """

    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    authors: Counter[str] = field(default_factory=Counter)
    seed0: int | None = None

    def all(self) -> Cell:
        """Every episode."""
        return merged(self.cells.values())

    def level(self, level: str) -> Cell:
        """Every episode of a level."""
        return merged(cell for (_, at), cell in self.cells.items() if at == level)

    def levels(self) -> list[str]:
        """The levels that were played, in order."""
        return sorted({level for _, level in self.cells})

    def parts(self) -> dict[str, Cell]:
        """What was varied ("" nothing) -> its episodes at every level, in the file's order; {} where all are alike."""
        kinds = dict.fromkeys(level.partition(" ")[2] for _, level in self.cells)
        if len(kinds) < 2:
            return {}
        return {
            kind: merged(cell for (_, level), cell in self.cells.items() if level.partition(" ")[2] == kind)
            for kind in kinds
        }

    def tasks(self) -> list[str]:
        """The tasks, in the order of the file."""
        return list(dict.fromkeys(task for task, _ in self.cells))

    def mean_of_tasks(self, level: str, tasks: Iterable[str] | None = None, rule: str = "success") -> float | None:
        """The mean of the tasks' rates, each task counting the same as in published tables; None if one is missing."""
        rates = []
        for task in tasks if tasks is not None else [task for task, at in self.cells if at == level]:
            cell = self.cells.get((task, level))
            if cell is None or not cell.judged:
                return None
            rates.append((cell.vima if rule == "vima" else cell.success) / cell.judged)
        return sum(rates) / len(rates) if rates else None


def ordered(cells: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(task, level) by level and then as the registry has the tasks, whatever came back first."""
    import sim

    place = {task: index for index, task in enumerate(sim.TASKS)}
    return sorted(cells, key=lambda cell: (cell[1], place.get(cell[0], len(place)), cell[0]))


def merged(cells: Iterable[Cell]) -> Cell:
    """Several cells' episodes as one."""
    whole = Cell()
    for cell in cells:
        whole.merge(cell)
    return whole


def fold(found: Iterable[Row], kept: int = KEPT) -> Tally:
    """One pass over rows, remembering ``kept`` of each kind.

    Of an episode that was lost and then played, the one that was played counts.
    """
    tally = Tally()
    lost: dict[str, Cell] = {}
    for row in found:
        cell = tally.cells.setdefault((row.task, row.level), Cell())
        seed = row.spec.get("seed", 0)
        tally.seed0 = seed if tally.seed0 is None else min(seed, tally.seed0)
        if not row.counts:
            lost[row.key] = cell
            continue
        if lost:
            lost.pop(row.key, None)
        cell.add(row, kept)
        tally.authors[row.raw.get("model") or "none"] += 1
    for cell in lost.values():
        cell.lost += 1
    return tally


def of_folder(folder: Path, kept: int = KEPT) -> Tally:
    """A folder's tally."""
    return fold(rows(folder / RECORDS), kept)


def as_data(tally: Tally) -> dict[str, Any]:
    """What ``report --json`` prints of a tally."""
    cells = [{"task": at[0], "level": at[1], **_numbers(tally.cells[at])} for at in ordered(tally.cells)]
    return {
        "all": _numbers(tally.all()),
        "mean_of_tasks": {level: tally.mean_of_tasks(level) for level in tally.levels() if level},
        "authors": dict(tally.authors),
        "parts": {name or "seen": _numbers(cell) for name, cell in tally.parts().items()},
        "cells": cells,
    }


def stages(cell: Cell) -> list[tuple[str, float]]:
    """Seconds an episode by stage, the longest first; then what no stage has, and the total."""
    parts = {stage: seconds for stage, seconds in cell.seconds.items() if stage not in _SUMS}
    total = cell.seconds.get("total", 0.0)
    found = sorted(parts.items(), key=lambda entry: -entry[1])
    if total:
        found += [("other", max(0.0, total - sum(parts.values()))), ("total", total)]
    return [(stage, seconds / max(1, cell.played)) for stage, seconds in found]


def _add(sums: dict[str, float], values: Mapping[str, float]) -> None:
    for name, value in values.items():
        sums[name] = sums.get(name, 0.0) + value


def _numbers(cell: Cell) -> dict[str, Any]:
    played = max(1, cell.played)
    return {
        "played": cell.played,
        "lost": cell.lost,
        "judged": cell.judged,
        "success": cell.success,
        "rate": cell.rate,
        "interval": list(cell.interval) if cell.judged else None,
        "vima_rate": cell.vima / cell.judged if cell.judged else None,
        "progress": cell.progress.value,
        "reward": cell.reward.value,
        "failed_at": dict(cell.failed.most_common()),
        "labels": dict(cell.labels.most_common()),
        "seconds": dict(stages(cell)),
        "tokens": {name: count / played for name, count in cell.tokens.items()},
        "cost": cell.cost,
    }
