"""Two evaluations on the same episodes: what one does and the other does not, and whether that may be chance."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from instruct2act.evaluation.record import RECORDS
from instruct2act.evaluation.rows import Row, row_at, rows
from instruct2act.evaluation.statistics import mcnemar


@dataclass
class Pairs:
    """Counts of the four ways in which two evaluations can go on one episode, and where the differing ones are.

    Attributes:
        both, neither: episodes on which they agree.
        only_one, only_other: byte offsets in the first and in the second file of those on which they don't.
        tasks: (task, level) -> [both, only one, only other, neither].
        single: episodes with a goal that only one of them has.
    """

    both: int = 0
    neither: int = 0
    only_one: list[tuple[int, int]] = field(default_factory=list)
    only_other: list[tuple[int, int]] = field(default_factory=list)
    tasks: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    single: int = 0

    @property
    def of(self) -> int:
        """How many pairs."""
        return self.both + self.neither + len(self.only_one) + len(self.only_other)

    @property
    def p(self) -> float:
        """McNemar's exact two-sided probability."""
        return mcnemar(len(self.only_one), len(self.only_other))

    @property
    def difference(self) -> float:
        """Success of the other minus that of the one, on the pairs."""
        return (len(self.only_other) - len(self.only_one)) / max(1, self.of)

    def interval(self) -> tuple[float, float]:
        """95 % interval of the difference (Wald, paired, with half a pair added to each side; Agresti and Min 2005)."""
        gained, missed, of = len(self.only_other) + 0.5, len(self.only_one) + 0.5, self.of + 2
        middle = (gained - missed) / of
        half = 1.96 * ((gained + missed) - (gained - missed) ** 2 / of) ** 0.5 / of
        return max(-1.0, middle - half), min(1.0, middle + half)


def compare(one: Path, other: Path) -> Pairs:
    """Pairs two folders' episodes by their specs. Keeps 17 bytes of each episode of the first."""
    keys, outcomes, offsets = array("Q"), bytearray(), array("Q")
    for row in _judged(one):
        keys.append(_number(row.key))
        outcomes.append(bool(row.success))
        offsets.append(row.offset)
    known = np.frombuffer(keys, np.uint64) if keys else np.empty(0, np.uint64)
    order = known.argsort(kind="stable")
    known = known[order]
    pairs, met = Pairs(), 0
    for row in _judged(other):
        number = np.uint64(_number(row.key))
        place = int(known.searchsorted(number))
        if place == len(known) or known[place] != number:
            pairs.single += 1
            continue
        met += 1
        index = int(order[place])
        _count(pairs, row, bool(outcomes[index]), offsets[index])
    pairs.single += len(known) - met
    return pairs


def discordant(pairs: Pairs, one: Path, other: Path) -> Iterator[tuple[Row, Row]]:
    """The episodes on which two evaluations differ: those that the other lost, then those that it won."""
    for first, second in (*pairs.only_one, *pairs.only_other):
        yield row_at(one / RECORDS, first), row_at(other / RECORDS, second)


def as_data(pairs: Pairs) -> dict[str, Any]:
    """What ``report --json`` prints of a comparison, the episodes excepted."""
    return {
        "pairs": pairs.of,
        "both": pairs.both,
        "neither": pairs.neither,
        "only_one": len(pairs.only_one),
        "only_other": len(pairs.only_other),
        "difference": pairs.difference,
        "interval": list(pairs.interval()),
        "mcnemar_p": pairs.p,
        "unpaired": pairs.single,
        "tasks": [
            {"task": task, "level": level, **dict(zip(("both", "only_one", "only_other", "neither"), counts))}
            for (task, level), counts in pairs.tasks.items()
        ],
    }


def _judged(folder: Path) -> Iterator[Row]:
    return (row for row in rows(folder / RECORDS) if row.counts and row.success is not None)


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little")


def _count(pairs: Pairs, row: Row, before: bool, offset: int) -> None:
    counts = pairs.tasks.setdefault((row.task, row.level), [0, 0, 0, 0])
    now = bool(row.success)
    counts[[[3, 2], [1, 0]][before][now]] += 1
    if before and now:
        pairs.both += 1
    elif before:
        pairs.only_one.append((offset, row.offset))
    elif now:
        pairs.only_other.append((offset, row.offset))
    else:
        pairs.neither += 1
