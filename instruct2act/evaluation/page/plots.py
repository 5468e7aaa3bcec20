"""Small plots that stretch with the cell of a table that they stand in (SVG; colours come from the style sheet)."""

from __future__ import annotations

from collections.abc import Sequence

from instruct2act.evaluation.statistics import Interval

_SERIES = 8


def whisker(rate: float, interval: Interval) -> str:
    """A rate with its interval between 0 and 100 %."""
    low, high, at = (f"{100 * value:.2f}" for value in (*interval, rate))
    return _svg(
        f"<line class=axis x1=0 x2=100 y1=6 y2=6 /><line class=axis x1=50 x2=50 y1=3 y2=9 />"
        f'<line class=range x1="{low}" x2="{high}" y1=6 y2=6 /><line class=at x1="{at}" x2="{at}" y1=1 y2=11 />',
        f"{rate:.1%}, {interval.low:.1%} to {interval.high:.1%}",
    )


def stacked(shares: Sequence[float]) -> str:
    """Shares side by side, from 0 to 100 %."""
    found, start = [], 0.0
    for place, share in enumerate(shares):
        found.append(
            f'<rect class="s{place % _SERIES}" x="{100 * start:.2f}" width="{100 * share:.2f}" y=1 height=10 />'
        )
        start += share
    return _svg("<line class=axis x1=0 x2=100 y1=6 y2=6 />" + "".join(found), f"{start:.1%}")


def bar(share: float) -> str:
    """One bar from 0 to 1."""
    return _svg(f'<rect class=s1 x=0 width="{100 * share:.2f}" y=2 height=8 />', "")


def key(place: int) -> str:
    """The small square that names a colour of ``stacked``."""
    square = f'<rect class="s{place % _SERIES}" width=10 height=10 />'
    return f'<svg class=key viewBox="0 0 10 10" aria-hidden=true>{square}</svg>'


def _svg(inner: str, label: str) -> str:
    named = f'role=img aria-label="{label}"' if label else "aria-hidden=true"
    return f'<svg class=plot viewBox="0 0 100 12" preserveAspectRatio="none" {named}>{inner}</svg>'
