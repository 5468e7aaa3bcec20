"""Which of many cases alike the fast tier plays; the slow one plays the others."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest


def others_slow(cases: Iterable[Any], fast: Container[Any]) -> list[Any]:
    """The cases as parameters, marked slow where they are not among the fast ones."""
    return [case if case in fast else pytest.param(case, marks=pytest.mark.slow) for case in cases]
