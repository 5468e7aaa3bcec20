"""Makes a worker repeat itself: a clock that stands, random numbers from a seed. For repetition, not for containment.

Loaded by ``zygote.py`` in a process that has the standard library and numpy only.
"""

from __future__ import annotations

import datetime
import time
import warnings
from collections.abc import Callable
from typing import Any

EPOCH_S = 946684800.0
"""1 January 2000, UTC: what every clock of a program shows, as in the other interpreter."""


def stop_clocks() -> None:
    """Every clock of the modules `time` and `datetime` shows the same instant; sleeping takes no time."""
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, lambda: EPOCH_S)
        setattr(time, f"{name}_ns", lambda: int(EPOCH_S) * 10**9)
    time.sleep = lambda seconds: None
    for name, place in (("gmtime", 0), ("localtime", 0), ("ctime", 0), ("asctime", 0), ("strftime", 1)):
        setattr(time, name, _standing(getattr(time, name), place, time.gmtime(EPOCH_S), name))

    class Date(datetime.date):
        @classmethod
        def today(cls) -> Any:
            return cls(2000, 1, 1)

    class DateTime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return cls.fromtimestamp(EPOCH_S, tz or datetime.UTC).replace(tzinfo=tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls(2000, 1, 1)

        today = utcnow

    for replaced, standing in ((datetime.date, Date), (datetime.datetime, DateTime)):
        standing.__name__ = standing.__qualname__ = replaced.__name__
        standing.__module__ = "datetime"
    datetime.date, datetime.datetime = Date, DateTime  # type: ignore[misc]


def _standing(function: Callable[..., Any], place: int, now: time.struct_time, name: str) -> Callable[..., Any]:
    """A function of `time` that takes the instant that clocks show where none is given."""
    instant: Any = EPOCH_S if name in ("gmtime", "localtime", "ctime") else now

    def called(*arguments: Any) -> Any:
        return function(*arguments) if len(arguments) > place else function(*arguments, instant)

    called.__name__ = name
    return called


def seed(number: int) -> None:
    """`random` and `numpy.random` begin from a seed, unseeded generators of either too; warnings are not printed."""
    import random  # noqa: TID251 (a program's own, to be seeded)

    import numpy
    import numpy.random.bit_generator as entropy

    class Random(random.Random):
        def seed(self, a: Any = None, version: int = 2) -> None:
            super().seed(number if a is None else a, version)

    random.Random = Random  # type: ignore[misc]
    random.seed(number)
    numpy.random.seed(number % 2**32)  # noqa: NPY002
    entropy.randbits = lambda bits: number  # type: ignore[attr-defined]
    warnings.simplefilter("ignore")
