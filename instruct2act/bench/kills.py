"""Whether an evaluation that is killed again and again loses or doubles a record: the command itself, `kill -9`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from instruct2act.bench.tables import Progress, say
from instruct2act.evaluation.record import AGAIN, RECORDS
from instruct2act.evaluation.rows import rows
from skills.errors import Mistake

MOST = 5
"""Episodes that a run may play before it is killed, at most."""


def kills(count: int, workers: int, out: Path, seed: int) -> None:
    """Kills a run at moments spread over all that it does, goes on, and counts what is there in the end.

    Before each kill a run plays none to ``MOST`` episodes, and then a random part of the next one's time, or of its
    start.

    Args:
        count: kills.
        workers: processes of the evaluation.
        out: a new folder for its records.
        seed: of the moments.

    Raises:
        Mistake: the folder holds records, or the evaluation can't run.
    """
    if (out / RECORDS).exists():
        raise Mistake(f"{out}/ holds records already; name another folder with --out")
    episodes = count * (MOST + workers)
    command = [sys.executable, "-m", "instruct2act.cli", "eval", "--perception", "oracle", "--quiet", "--pictures"]
    command += ["none", "--tasks", "visual_manipulation", "--episodes", str(episodes), "--workers", str(workers)]
    command += ["--out", str(out)]
    rng, steps = np.random.default_rng(seed), Progress(count)
    kept, torn, changed, gained = b"", 0, 0, Counter[int]()
    start_s, episode_s = 10.0, 1.0
    for _ in range(count):
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            wanted = int(rng.integers(0, MOST + 1))
            if wanted and _wait_for(out, _lines(kept) + wanted, running):
                took = time.monotonic() - began
                start_s, episode_s = min(start_s, took), took / wanted
                time.sleep(float(rng.uniform(0, episode_s)))
            else:
                time.sleep(float(rng.uniform(0, start_s)))
            running.kill()
        now = _read(out)
        torn += not now.endswith(b"\n") and bool(now)
        whole = now[: now.rfind(b"\n") + 1]
        changed += not whole.startswith(kept)
        gained[_lines(whole) - _lines(kept)] += 1
        kept = whole
        steps.step(f"{_lines(kept)} records")
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode:
        raise Mistake(f"the last run failed: {said.stderr.strip()[-300:]}")
    seeds = Counter(row.spec["seed"] for row in rows(out / RECORDS) if row.status not in AGAIN)
    changed += not _read(out).startswith(kept)
    say(f"{count} kills, {workers} workers, {episodes} episodes; torn lines found {torn}")
    say("episodes played before a kill: " + ", ".join(f"{n}: {gained[n]} times" for n in sorted(gained)))
    lost, doubled = episodes - len(seeds), sum(seeds.values()) - len(seeds)
    say(f"records lost {lost}, doubled {doubled}, changed {changed}")


def _wait_for(out: Path, lines: int, running: subprocess.Popen[bytes], patience_s: float = 300.0) -> bool:
    """Whether so many lines were there before the process ended."""
    until = time.monotonic() + patience_s
    while running.poll() is None and time.monotonic() < until:
        if _lines(_read(out)) >= lines:
            return True
        time.sleep(0.01)
    return False


def _read(out: Path) -> bytes:
    path = out / RECORDS
    return path.read_bytes() if path.is_file() else b""


def _lines(content: bytes) -> int:
    return content.count(b"\n")
