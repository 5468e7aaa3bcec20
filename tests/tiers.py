"""Which of many cases alike the fast tier plays; the slow one plays the others."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest


def others_slow(cases: Iterable[Any], fast: Container[Any]) -> list[Any]:
    """The cases (tuples: of several parameters) marked slow where they are not among the fast ones."""
    values = [(case, case if isinstance(case, tuple) else (case,)) for case in cases]
    return [case if case in fast else pytest.param(*each, marks=pytest.mark.slow) for case, each in values]
