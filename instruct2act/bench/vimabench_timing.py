"""Times the published VIMABench: ``PYTHON vimabench_timing.py CHILD CHECKOUT TASK PARTITION``, asked by ``speed``.

CHILD is ``sim/vimabench/child.py``, whose mends are used. One environment is made and reset for each seed that comes in
as a line; a line of JSON goes out: CPU seconds and wall-clock seconds of the reset and of each action, the oracle's
thinking included. Like that child it runs on any
Python, 3.10 or newer, that has what VIMABench needs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any


def main() -> None:
    """Answers seeds until standard input ends."""
    child, checkout, task, partition = sys.argv[1:]
    # VIMABench prints; answers have the old standard output for themselves.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path.insert(0, str(Path(child).parent))
    bench = __import__(Path(child).stem).load(checkout)
    kwargs = bench.PARTITION_TO_SPECS["test"][partition][task] or {}
    env = bench.make(task, modalities=["rgb", "segm"], task_kwargs=kwargs, seed=0)
    for line in sys.stdin:
        answers.write(json.dumps(_episode(env, int(line))) + "\n")
        answers.flush()


def _episode(env: Any, seed: int) -> dict[str, Any]:
    env.global_seed = seed
    times = [_now()]
    try:
        seen = env.reset()
    except ValueError as error:  # no room for this seed's things
        return {"failed": str(error)}
    times.append(_now())
    oracle = env.task.oracle(env)
    for _ in range(env.task.oracle_max_steps):
        wanted = oracle.act(seen)
        if wanted is None:
            break
        spaces = env.action_space
        inside = {name: value.clip(spaces[name].low, spaces[name].high) for name, value in wanted.items()}
        action = {name: value.astype("float32") for name, value in inside.items()}
        seen, _, done, _ = env.step(action, skip_oracle=False)
        times.append(_now())
        if done:
            break
    spans = [(cpu - cpu0, wall - wall0) for (cpu0, wall0), (cpu, wall) in pairwise(times)]
    return {"cpu": [cpu for cpu, _ in spans], "wall": [wall for _, wall in spans]}


def _now() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()


if __name__ == "__main__":
    main()
