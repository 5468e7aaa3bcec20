"""What the benchmarks share: which tasks and levels are asked for, lines of tables, and how far a long one is."""

from __future__ import annotations

import sys
import time

from instruct2act.evaluation import suites


def asked(names: str, levels: str) -> dict[str, list[str]]:
    """What to play: the tasks of each level, levels in order.

    Args:
        names: tasks, by comma; empty for all.
        levels: by comma, "L1,L2", or "all". A task that is not played at one of several levels is left out there.

    Raises:
        UnknownName: no such task or level, or a task that is played at none of them.
    """
    return suites.asked(suites.parted(names) or (), suites.parted(levels) or ())


def say(line: str) -> None:
    """Prints a line of a table."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Progress:
    """How far a long benchmark is, on standard error: one line, rewritten on a terminal, now and then elsewhere.

    Args:
        of: steps in all.
        every_s: seconds between two lines where they can't be rewritten.
    """

    def __init__(self, of: int, every_s: float = 30.0) -> None:
        self._of, self._every = of, every_s
        self._done, self._began, self._said = 0, time.monotonic(), time.monotonic()

    def step(self, what: str) -> None:
        """One more is done; ``what`` says which."""
        self._done += 1
        now = time.monotonic()
        left = (now - self._began) / self._done * (self._of - self._done)
        line = f"{self._done}/{self._of} {what:<60.60} {left:5.0f} s left"
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K" + line)
        elif now - self._said >= self._every:
            self._said = now
            sys.stderr.write(line + "\n")
        if self._done == self._of and sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
        sys.stderr.flush()
