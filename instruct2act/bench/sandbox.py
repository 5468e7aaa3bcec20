"""What it costs to run a program contained: starting it, each skill call, beside a bare ``exec`` of the same text."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from instruct2act.bench.tables import say
from instruct2act.sandbox import Gateway, Limits
from instruct2act.sandbox.routing import Choice, backend
from skills import Skill, load

_EMPTY = "def main() -> dict:\n    return {}\n"
_NUMPY = "import numpy as np\n\ndef main() -> dict:\n    return {'sum': float(np.arange(9).sum())}\n"
_LOOP = "def main() -> dict:\n    for i in range({count}):\n        RobotSetting(speed=0.5)\n    return {{}}\n"
_SUM = "def main() -> dict:\n    x = 0\n    for i in range(300_000):\n        x += i & 3\n    return {'x': x}\n"


def calls(count: int) -> None:
    """Prints milliseconds a program and microseconds a call, contained in either interpreter and not at all."""
    skills = load()

    def answer(skill: Skill, arguments: Mapping[str, Any]) -> Any:
        return {"speed": arguments["speed"]}

    titles = ("first, ms", "empty, ms", "checked", "numpy", "call, us", "loop, ms")
    say(f"\n{'sandbox':<28}" + "".join(f"{title:>10}" for title in titles))
    bare = {"RobotSetting": lambda speed: answer(skills["RobotSetting"], {"speed": speed})}
    rows = [_timed(partial(_bare, text, bare)) for text in (_EMPTY, _NUMPY, _LOOP.format(count=count), _SUM)]
    _row("bare exec", 0.0, rows[0], None, rows[1], (rows[2] - rows[0]) / count, rows[3] - rows[0])
    names: tuple[Choice, ...] = ("monty", "cpython")
    for name in names:
        began = time.perf_counter()
        with Gateway(backend(name)) as gateway:

            def run(source: str, check: bool = False, gateway: Gateway = gateway) -> None:
                limits = Limits(program_s=60.0, turn_s=60.0, calls=count + 1)
                done = gateway.run(source, skills, answer, limits=limits, check=check)
                assert done.status == "finished", done.error

            run(_EMPTY)
            first = time.perf_counter() - began
            empty, checked = _timed(lambda: run(_EMPTY)), _timed(lambda: run(_EMPTY, check=True))
            numpy = _timed(lambda: run(_NUMPY)) if name == "cpython" else None
            looped, summed = _timed(lambda: run(_LOOP.format(count=count)), 3), _timed(lambda: run(_SUM), 3)
            title = f"{gateway.backend.name} {gateway.backend.version}"
        _row(title, first, empty, checked, numpy, (looped - empty) / count, summed - empty)


def _bare(source: str, names: Mapping[str, Any]) -> None:
    """The text in this very process, with nothing in between: what containing it is compared with."""
    scope = dict(names)
    exec(compile(source, "program.py", "exec"), scope)  # noqa: S102 (our own text, to compare with)
    scope["main"]()


def _timed(run: Callable[[], Any], times: int = 15) -> float:
    """Seconds, the median."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _row(
    name: str, first: float, empty: float, checked: float | None, numpy: float | None, call: float, loop: float
) -> None:
    cells = [1e3 * first, 1e3 * empty, checked and 1e3 * checked, numpy and 1e3 * numpy, 1e6 * call, 1e3 * loop]
    say(f"{name:<28}" + "".join(f"{cell:>10.2f}" if cell is not None else f"{'-':>10}" for cell in cells))
