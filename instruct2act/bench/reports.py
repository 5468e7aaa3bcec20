"""What a report costs: seconds and peak memory over records that are made up, of the size that played ones have."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import sim
from instruct2act.bench.tables import say
from instruct2act.evaluation.record import RECORDS, EpisodeRecord, EpisodeSpec

_STAGES = ("llm", "program", "perception", "geometry", "motion", "goal")


def report(sizes: str) -> None:
    """Writes so many records, folds them in a process of its own, and says what that took; a row a size."""
    say(f"\n{'records':>12}{'MB':>10}{'seconds':>10}{'a second':>12}{'peak MB':>10}")
    for size in (int(float(part)) for part in sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=".") as folder:
            made_up(Path(folder) / RECORDS, size)
            megabytes = (Path(folder) / RECORDS).stat().st_size / 1e6
            seconds, peak = _measured([sys.executable, "-m", "instruct2act.cli", "report", folder, "--json"])
        say(f"{size:>12}{megabytes:>10.0f}{seconds:>10.1f}{size / seconds:>12.0f}{peak:>10.0f}")


def made_up(path: Path, count: int, seed: int = 0) -> None:
    """Writes records of every task with random outcomes, about 3 kB each."""
    rng = np.random.default_rng(seed)
    tasks = list(sim.TASKS)
    base = json.loads(_record().line())
    with path.open("w", encoding="utf-8") as lines:
        for index in range(count):
            good = bool(rng.random() < 0.85)
            base["spec"].update(task=tasks[index % len(tasks)], seed=index // len(tasks))
            base.update(
                id=f"{index:016x}",
                success=good,
                failed_at=None if good else str(rng.choice(_STAGES)),
                progress=1.0 if good else 0.5,
                seconds={stage: float(rng.random()) for stage in (*_STAGES, "total")},
            )
            lines.write(json.dumps(base, separators=(",", ":")) + "\n")


def _record() -> EpisodeRecord:
    call = {"name": "CLIPRetrieval", "arguments": {"objs": "6 crops", "query": "'the red block'"}, "seconds": 0.05}
    action = {"primitive": "pick_place", "tool": "suction", "start": [0.4, 0, 0, 0], "end": [0.5, 0, 0, 0]}
    return EpisodeRecord.model_validate(
        {
            "id": "0" * 16,
            "spec": EpisodeSpec(task="rotate"),
            "config": "0" * 16,
            "version": "0",
            "instruction": "Put the red block into the green bowl.",
            "program": "    step = RobotExecution(PickPlace(pick, place))\n" * 16,
            "reward_source": "    parts['inside'] = inside(history[-1], a, b)\n" * 12,
            "calls": [call] * 9,
            "actions": [{**action, "status": "done"}] * 2,
            "status": "finished",
            "reward": 1.0,
            "verdicts": {"inside": True, "vima": True},
        }
    )


def _measured(command: list[str]) -> tuple[float, float]:
    """Seconds and peak resident megabytes of a process."""
    began = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, 1, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"the report ended with status {status}")
    return time.monotonic() - began, usage.ru_maxrss / 1024
