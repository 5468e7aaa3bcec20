"""The figures that outcomes and scores are folded into."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from instruct2act.truth.figures import Scored, auroc, figures, spearman


def one(success: bool, score: float | None, kind: str = "oracle", progress: float = 0.0, reason: str = "") -> Scored:
    return Scored("rotate", "L1", 0, kind, success, progress, reason, score, {})


def test_rates_are_of_successes_and_of_failures() -> None:
    found = figures(
        [one(True, 0.9), one(True, 0.4), one(False, 0.5, "miss"), one(False, 0.1), one(False, 0.2), one(False, None)]
    )
    assert (found.n, found.good, found.executed) == (6, 2, 5 / 6)
    assert (found.true_rate, found.false_rate) == (0.5, 1 / 3)
    assert (found.false_claims, found.missed) == ({"miss": 1}, {"oracle": 1})
    assert found.auroc == 5 / 6


def test_what_cannot_be_said_is_no_number() -> None:
    found = figures([one(False, 0.1), one(False, 0.1)])
    assert math.isnan(found.auroc) and math.isnan(found.true_rate) and math.isnan(found.spearman)
    assert math.isnan(figures([]).executed)


def test_what_failed_for_good_has_no_progress_to_be_ranked_by() -> None:
    ranked = [one(False, 0.1 * k, progress=0.1 * k) for k in range(5)]
    found = figures([*ranked, one(False, 0.0, progress=1.0, reason="another one too")])
    assert found.spearman == pytest.approx(1.0)
    assert found.spearman_all < 0.5


@pytest.mark.parametrize("seed", range(4))
def test_ranks_are_those_of_the_textbook(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (np.round(rng.normal(size=40), 1) for _ in range(2))
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    truths = b > 0
    wins = stats.mannwhitneyu(a[truths], a[~truths]).statistic / (truths.sum() * (~truths).sum())
    assert auroc(a, truths) == pytest.approx(wins)


def test_no_score_is_the_worst_mistake() -> None:
    assert one(True, None).wrong == 1.0 and one(True, None).mistaken
    assert one(True, 0.9).wrong < 0 < one(False, 0.9).wrong
