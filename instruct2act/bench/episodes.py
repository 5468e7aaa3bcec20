"""Success, failures and seconds over the tasks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from instruct2act import config
from instruct2act.bench.tables import Progress, asked, say
from instruct2act.evaluation.evaluate import evaluate
from instruct2act.evaluation.record import RECORDS, EpisodeRecord, EpisodeSpec, counted, read
from instruct2act.evaluation.suites import Suite


def tasks(episodes: int, perception: str, levels: str, seed0: int, names: str, out: Path) -> None:
    """Plays the tasks with the embedded author and prints success, failures and seconds, a table a level."""
    sets = ["perception.segmenter=oracle", "perception.retriever=oracle"] if perception == "oracle" else []
    for level, tasks in asked(names, levels).items():
        suite = Suite(tasks=tuple(tasks), levels=(level,), episodes=episodes, seed0=seed0)
        table(_played(suite.specs(), config.load(sets=sets), out / perception), level)


def _played(specs: Sequence[EpisodeSpec], settings: config.Config, folder: Path) -> list[EpisodeRecord]:
    steps = Progress(len(specs))
    evaluate(specs, settings, folder, heard=lambda record: steps.step(record.spec.scene()))
    wanted = {spec.key() for spec in specs}
    return [record for record in read(folder / RECORDS) if record.spec.key() in wanted]


def table(records: Iterable[EpisodeRecord], level: str) -> None:
    """Prints a row a task, and the means."""
    played = counted(records)
    by_task: dict[str, list[EpisodeRecord]] = {}
    for record in played:
        by_task.setdefault(record.spec.task or "", []).append(record)
    say(f"\n{level + ', task':<28}{'n':>5}{'success':>9}{'vima':>8}{'reward':>8}{'s':>7}  failed at")
    rates, vima = [], []
    for name, rows in by_task.items():
        rates.append(np.mean([bool(row.success) for row in rows]))
        vima.append(np.mean([bool(row.verdicts.get("vima")) for row in rows]))
        scored = [row.reward for row in rows if row.reward is not None] or [float("nan")]
        seconds = np.mean([row.seconds["total"] for row in rows])
        failed = Counter(str(row.failed_at) for row in rows if not row.success)
        where = ", ".join(f"{stage} {count}" for stage, count in failed.most_common())
        say(f"{name:<28}{len(rows):>5}{rates[-1]:>9.1%}{vima[-1]:>8.1%}{np.mean(scored):>8.2f}{seconds:>7.2f}  {where}")
    say(f"{'mean of tasks':<28}{len(played):>5}{np.mean(rates):>9.1%}{np.mean(vima):>8.1%}")
    stages = sorted({stage for row in played for stage in row.seconds})
    means = (f"{stage} {np.mean([row.seconds.get(stage, 0.0) for row in played]):.3f}" for stage in stages)
    say(f"seconds an episode: {', '.join(means)}")


def oracle(episodes: int, levels: str, seed0: int, names: str) -> None:
    """Solves the tasks with the simulator's oracle and prints a table a level, and the seeds that it failed."""
    for level, tasks in asked(names, levels).items():
        say(
            f"\n{level + ', oracle':<28}{'n':>5}{'inside':>9}{'vima':>8}{'actions':>9}{'reset ms':>10}{'action ms':>11}"
        )
        rates = [_solved(name, level, range(seed0, seed0 + episodes)) for name in tasks]
        inside, vima = np.mean(rates, axis=0)
        say(f"{'mean of tasks':<28}{episodes * len(tasks):>5}{inside:>9.1%}{vima:>8.1%}")


def _solved(name: str, level: str, seeds: Sequence[int]) -> tuple[float, float]:
    """Prints a task's row; success by rule, inside and vima."""
    from sim.env import TabletopEnv
    from sim.oracle import play

    env = TabletopEnv(name, level)
    both, actions, resets, moves = [], 0, 0.0, 0.0
    for seed in seeds:
        began = time.perf_counter()
        env.reset(seed=seed)
        resets += time.perf_counter() - began
        began = time.perf_counter()
        actions += sum(1 for _ in play(env))
        moves += time.perf_counter() - began
        verdict = env.verdict()
        both.append((verdict.by_rule["inside"], verdict.by_rule["vima"]) if verdict else (False, False))
    env.close()
    inside, vima = np.mean(both, axis=0).tolist()
    unsolved = " ".join(str(seed) for seed, rules in zip(seeds, both) if not all(rules))
    say(
        f"{name:<28}{len(seeds):>5}{inside:>9.1%}{vima:>8.1%}{actions / len(seeds):>9.2f}"
        f"{1000 * resets / len(seeds):>10.0f}{1000 * moves / max(1, actions):>11.0f}"
        f"{'  not solved: seeds ' + unsolved if unsolved else ''}"
    )
    return inside, vima
