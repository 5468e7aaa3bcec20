"""How well scores tell outcomes apart: rates at the threshold, AUROC, rank correlation with progress."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from instruct2act.repair import PASSES

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """One outcome and what the reward said of it.

    Attributes:
        task, level, seed: the episode.
        kind: what was meant to happen.
        success, progress, reason: by the goal; ``reason`` is why it failed for good, or "".
        score: by the reward; None where there is none, and ``trouble`` says why.
        parts: the reward's.
    """

    task: str
    level: str
    seed: int
    kind: str
    success: bool
    progress: float
    reason: str
    score: float | None
    parts: dict[str, float]
    trouble: str = ""

    @property
    def wrong(self) -> float:
        """How far the score lies on the wrong side of the threshold, negative on the right one; 1 without a score."""
        if self.score is None:
            return 1.0
        return PASSES - self.score if self.success else self.score - PASSES

    @property
    def mistaken(self) -> bool:
        """Whether the reward claims what is not so, or does not claim what is."""
        return self.score is None or (self.score >= PASSES) != self.success


@dataclass(frozen=True)
class Figures:
    """Of a task, or of all; NaN where nothing can be said.

    Attributes:
        n: outcomes; good of them successes.
        executed: share of outcomes for which a reward was written, ran and gave a number in [0, 1].
        auroc: chance that a success scores above a failure, ties counting half.
        true_rate: share of successes that are claimed as such, by a score of ``repair.PASSES`` or more.
        false_rate: share of failures that are.
        spearman: rank correlation of score and progress, over outcomes in which nothing forbidden happened: from
            there on progress stands still.
        spearman_all: the same over every outcome.
        false_claims, missed: kinds of outcomes, how often.
    """

    n: int
    good: int
    executed: float
    auroc: float
    true_rate: float
    false_rate: float
    spearman: float
    spearman_all: float
    false_claims: dict[str, int]
    missed: dict[str, int]


def figures(outcomes: Iterable[Scored]) -> Figures:
    """Folds outcomes; those without a score count in ``executed`` alone."""
    every = list(outcomes)
    scored = [one for one in every if one.score is not None]
    scores = np.array([one.score for one in scored], np.float64)
    truths, claims = np.array([one.success for one in scored], np.bool_), scores >= PASSES
    progress = np.array([one.progress for one in scored], np.float64)
    allowed = np.array([not one.reason for one in scored], np.bool_)
    wrong = [one for one in scored if one.mistaken]
    return Figures(
        len(every),
        sum(one.success for one in every),
        len(scored) / len(every) if every else math.nan,
        auroc(scores, truths),
        _mean(claims[truths]),
        _mean(claims[~truths]),
        spearman(scores[allowed], progress[allowed]),
        spearman(scores, progress),
        dict(Counter(one.kind for one in wrong if not one.success).most_common()),
        dict(Counter(one.kind for one in wrong if one.success).most_common()),
    )


def auroc(scores: Numbers, truths: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the chance that a success scores above a failure, ties counting half; NaN if none."""
    good, bad = scores[truths], scores[~truths]
    if not len(good) or not len(bad):
        return math.nan
    ranks = _ranks(np.concatenate([good, bad]))
    return float((ranks[: len(good)].sum() - len(good) * (len(good) + 1) / 2) / (len(good) * len(bad)))


def spearman(first: Numbers, second: Numbers) -> float:
    """Correlation of ranks, ties sharing their mean rank; NaN where either is constant."""
    if len(first) < 2:
        return math.nan
    one, other = _ranks(first), _ranks(second)
    if not np.ptp(one) or not np.ptp(other):
        return math.nan
    return float(np.corrcoef(one, other)[0, 1])


def _ranks(values: Numbers) -> Numbers:
    """(N,) from 1 on; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Numbers = (last - (counts - 1) / 2)[inverse]
    return ranks


def _mean(values: Sequence[bool] | npt.NDArray[np.bool_]) -> float:
    return float(np.mean(values)) if len(values) else math.nan
