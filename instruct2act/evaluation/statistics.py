"""How far a count may be believed."""

from __future__ import annotations

import math
from typing import NamedTuple

Z95 = 1.959963984540054
"""Standard deviations that hold 95 % of a normal distribution."""


class Interval(NamedTuple):
    """From ``low`` to ``high``, both in [0, 1]."""

    low: float
    high: float


def wilson(successes: int, of: int, z: float = Z95) -> Interval:
    """The score interval for a proportion (Wilson 1927); (0, 1) where nothing was tried."""
    if of == 0:
        return Interval(0.0, 1.0)
    rate, spread = successes / of, z * z / of
    centre = (rate + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(rate * (1 - rate) / of + spread / (4 * of))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Interval(0.0 if successes == 0 else low, 1.0 if successes == of else high)  # exact at the ends


def mcnemar(only_one: int, only_other: int) -> float:
    """Probability of so uneven a split of the discordant pairs, or a more uneven one, if both were as good.

    The exact two-sided test (McNemar 1947 with the binomial distribution): pairs on which both agree say nothing.
    """
    of, fewer = only_one + only_other, min(only_one, only_other)
    if of == 0:
        return 1.0
    if of <= 1000:
        tail = sum(math.comb(of, k) for k in range(fewer + 1)) / (1 << of)
        return min(1.0, 2 * tail)
    # Continuity-corrected normal limit: within 1e-3 of the exact value at this size.
    return math.erfc(max(0.0, abs(only_one - only_other) - 1) / math.sqrt(2 * of))
