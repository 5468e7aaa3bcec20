"""How the kept answers of a language model do: programs are played, reward functions held against outcomes.

A cassette has an answer for the prompt that it was given, to the letter. Played are the seeds whose prompt is that
one; the others are passed over, not counted.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from instruct2act import config
from instruct2act.bench.tables import say
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.runtime import Runtime
from instruct2act.truth.evaluate import scored
from instruct2act.truth.figures import Figures, figures
from instruct2act.truth.outcomes import endings
from sim import TASKS
from sim.env import TabletopEnv

SETTINGS = (
    "author.provider=replay",
    "llm.replay=replay-or-fail",
    "llm.pictures=nothing",
    "llm.images=off",
    "llm.repairs=0",
)
"""How a prompt is made that depends on nothing but the instruction and the skills."""


def settings(file: Path, perception: str, *more: str) -> config.Config:
    """To play what a cassette holds."""
    sees = ["perception.segmenter=oracle", "perception.retriever=oracle"] if perception == "oracle" else []
    return config.load(sets=[*SETTINGS, f"llm.cassette={file}", *sees, *more])


def cassettes(file: Path, perception: str, seeds: int) -> None:
    """Prints a line a task: episodes, success, where the others failed, and how its reward function does."""
    say(f"{'task':28} {'of':>3} {'success':>8}  {'reward: outcomes':>17} {'AUROC':>6} {'tpr':>6} {'fpr':>6}  failures")
    played: list[EpisodeRecord] = []
    judged: list[Figures] = []
    with Runtime(settings(file, perception)) as runtime:
        for name, task in TASKS.items():
            records = [record for seed in range(seeds) if (record := _kept(runtime, name, task.levels[0], seed))]
            found = _rewards(runtime, name, task.levels[0], seeds)
            played += records
            judged += [found] if found else []
            say(f"{name:28} {_of(records)}  {_truth(found)}  {_failures(records)}".rstrip())
    say(f"{'all':28} {_of(played)}  reward functions that ran: {sum(f.executed == 1 for f in judged)} of {len(judged)}")


def _kept(runtime: Runtime, task: str, level: str, seed: int) -> EpisodeRecord | None:
    """An episode; None where the cassette has no program for it."""
    record = run_episode(EpisodeSpec(task=task, level=level, seed=seed), runtime)
    lacks = record.status == "infrastructure" and record.failed_at == "llm"
    return None if lacks else record


def _rewards(runtime: Runtime, task: str, level: str, seeds: int) -> Figures | None:
    """Figures of the first seed that the cassette has a reward function for."""
    env = TabletopEnv(task, level)
    try:
        for seed in range(seeds):
            made = list(endings(env, seed))
            outcomes, source = scored(runtime, env, made, seed)
            if source or not all(one.trouble.startswith("LLMError") for one in outcomes):
                return figures(outcomes)
    finally:
        env.close()
    return None


def _of(records: list[EpisodeRecord]) -> str:
    good = sum(record.success is True for record in records)
    return f"{len(records):3} {good / len(records):8.1%}" if records else f"{0:3} {'-':>8}"


def _truth(found: Figures | None) -> str:
    if found is None:
        return f"{'-':>17} {'-':>6} {'-':>6} {'-':>6}"
    return f"{found.n:17} {found.auroc:6.3f} {found.true_rate:6.1%} {found.false_rate:6.1%}"


def _failures(records: list[EpisodeRecord]) -> str:
    why = Counter(
        f"{record.label or record.failed_at}: {str(record.error.get('message', ''))[:70]}"
        for record in records
        if not record.success
    )
    return "; ".join(f"{count} x {text}" for text, count in why.most_common(2))
