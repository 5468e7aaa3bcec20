import numpy as np
import pytest
from scipy.stats import binomtest

from instruct2act.evaluation.statistics import mcnemar, wilson


@pytest.mark.parametrize(("successes", "of"), [(0, 10), (10, 10), (3, 7), (150, 200), (1, 1), (999, 1000)])
def test_the_interval_is_wilsons(successes: int, of: int) -> None:
    expected = binomtest(successes, of).proportion_ci(method="wilson")
    assert wilson(successes, of) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_nothing_tried_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    for truth in (0.5, 0.9):
        counts = rng.binomial(100, truth, 2000)
        held = [low <= truth <= high for low, high in (wilson(int(count), 100) for count in counts)]
        assert 0.92 <= np.mean(held) <= 0.98


@pytest.mark.parametrize(("one", "other"), [(0, 0), (5, 5), (1, 9), (30, 12), (0, 6), (400, 470)])
def test_mcnemar_is_exact(one: int, other: int) -> None:
    expected = binomtest(one, one + other).pvalue if one + other else 1.0
    assert mcnemar(one, other) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(one, other) == mcnemar(other, one)


def test_mcnemar_of_many_pairs_is_near_the_exact_one() -> None:
    for one, other in ((520, 500), (700, 600), (1000, 1000)):
        assert mcnemar(one, other) == pytest.approx(binomtest(one, one + other).pvalue, abs=2e-3)
