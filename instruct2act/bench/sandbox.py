"""What it costs to run a program contained: starting it, and each skill call, beside the same call made directly."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from instruct2act import config
from instruct2act.bench.tables import say
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Limits
from skills import Skill, load

_EMPTY = "def main() -> dict:\n    return {}\n"
_LOOP = "def main() -> dict:\n    for i in range({count}):\n        RobotSetting(speed=0.5)\n    return {{}}\n"


def calls(count: int) -> None:
    """Prints milliseconds a program and microseconds a call, contained and not."""
    skills = load()

    def answer(skill: Skill, arguments: Mapping[str, Any]) -> Any:
        return {"speed": arguments["speed"]}

    with Runtime(config.load()) as runtime:
        limits = Limits(calls=count + 1)
        runs = [_timed(lambda: runtime.gateway.run(_EMPTY, skills, answer, limits=limits)) for _ in range(20)]
        source = _LOOP.format(count=count)
        contained = _timed(lambda: runtime.gateway.run(source, skills, answer, limits=limits))
        name = f"{runtime.gateway.backend.name} {runtime.gateway.backend.version}"
    direct = _timed(lambda: [answer(skills["RobotSetting"], {"speed": 0.5}) for _ in range(count)])
    start = sorted(runs)[len(runs) // 2]
    say(f"\n{'sandbox':<28}{name}, {config.Sandbox().mode}")
    say(f"{'an empty program, ms':<28}{1000 * start:.1f} (median of {len(runs)}, checked and run in a fresh worker)")
    each = 1e6 * (contained - start) / count
    say(f"{'a call, microseconds':<28}{each:.0f} contained, {1e6 * direct / count:.1f} direct")


def _timed(run: Any) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began
