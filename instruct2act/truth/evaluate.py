"""The command ``reward eval``: outcomes of every task, scored by an author's rewards, held against the goal."""

from __future__ import annotations

import heapq
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from instruct2act import config
from instruct2act.authoring.llm import LLMError
from instruct2act.authoring.policy import NoProgram
from instruct2act.authoring.program import Refusal
from instruct2act.authoring.reward import RewardFunction
from instruct2act.bench.tables import Progress, say
from instruct2act.evaluation import suites
from instruct2act.evaluation.record import counted, read
from instruct2act.runtime import Runtime
from instruct2act.sandbox import SandboxUnavailable, Score
from instruct2act.truth.figures import Figures, Scored, figures
from instruct2act.truth.outcomes import Ending, endings
from sim import TASKS, slots_for_reward
from sim.cameras import TOP
from sim.env import EnvSnapshot, TabletopEnv
from skills.errors import Mistake
from skills.types import UInt8

SHOWN = 4
"""Outcomes of each task that the page shows."""
PICTURE = (256, 512)
"""(height, width) of its pictures."""
PROGRAM = "program"
"""The kind of what a program of an evaluation did."""


@dataclass(frozen=True)
class Request:
    """What a person asked for at the command line; see ``instruct2act reward eval --help``."""

    tasks: str | None = None
    levels: str | None = None
    episodes: int = 10
    seed0: int = 0
    records: Path | None = None
    out: Path | None = None
    json_line: bool = False


@dataclass(frozen=True, eq=False)
class Shown:
    """An outcome with its pictures: the top view before and after, (H, W, 3) uint8."""

    outcome: Scored
    instruction: str
    source: str
    before: UInt8
    after: UInt8


def run(request: Request, config_file: str | None, sets: Sequence[str]) -> int:
    """Scores what was asked for, prints a row a task, writes the folder; 0 when every reward could be had, else 1.

    Raises:
        Mistake: the request can't be.
    """
    settings = config.load(config_file, sets)
    cells = asked(suites.parted(request.tasks) or (), suites.parted(request.levels))
    played = {} if request.records is None else _played(request.records)
    rounds = Progress(len(cells) * request.episodes)
    outcomes: list[Scored] = []
    shown: list[Shown] = []
    try:
        with Runtime(settings) as runtime:
            if not request.json_line:
                say(HEAD)
            for task, level in cells:
                found, worst = _of_task(runtime, task, level, request, rounds)
                found += played.get((task, level), [])
                outcomes, shown = outcomes + found, shown + worst
                _tell(task, level, figures(found), request.json_line)
    except SandboxUnavailable as missing:
        raise Mistake(str(missing)) from None
    whole = figures(outcomes)
    _tell("all", "", whole, request.json_line)
    if request.out is not None:
        _write(request.out, outcomes, shown, settings)
        if not request.json_line:
            say(f"Written to {request.out}/: outcomes.jsonl, index.html")
    return int(whole.executed < 1.0)


def asked(tasks: Sequence[str], levels: Sequence[str] | None) -> list[tuple[str, str]]:
    """(task, level) of what to play: each task at its first level where none is asked for.

    Raises:
        UnknownName: no such task or level, or a task that is played at none of them.
    """
    if levels is not None:
        return [(task, level) for level, names in suites.asked(tasks, levels).items() for task in names]
    names = [name for found in suites.asked(tasks, ()).values() for name in found]
    return [(name, TASKS[name].levels[0]) for name in TASKS if name in names]


def _of_task(
    runtime: Runtime, task: str, level: str, request: Request, rounds: Progress
) -> tuple[list[Scored], list[Shown]]:
    """All outcomes of a task, and the worst of them with pictures."""
    found: list[Scored] = []
    worst: list[tuple[float, int, Shown]] = []
    env = TabletopEnv(task, level)
    try:
        for seed in range(request.seed0, request.seed0 + request.episodes):
            made = list(endings(env, seed))
            outcomes, source = scored(runtime, env, made, seed)
            before = _picture(env, made[0].start)
            for ending, one in zip(made, outcomes):
                found.append(one)
                if request.out is not None and (len(worst) < SHOWN or one.wrong > worst[0][0]):
                    picture = Shown(one, env.task_description, source, before, _picture(env, ending.end))
                    entry = (one.wrong, len(found), picture)
                    heapq.heappush(worst, entry) if len(worst) < SHOWN else heapq.heapreplace(worst, entry)
            rounds.step(f"{level} {task} seed {seed}")
    finally:
        env.close()
    return found, [entry[2] for entry in sorted(worst, key=lambda entry: -entry[0])]


def scored(runtime: Runtime, env: TabletopEnv, made: Sequence[Ending], seed: int) -> tuple[list[Scored], str]:
    """The outcomes of one episode with their scores, and the reward function, which is written once."""
    slots = slots_for_reward(env)
    trouble, source = "", ""
    results: Sequence[Any] = [None] * len(made)
    try:
        written = runtime.rewards.write(env.instruction, made[0].history[0].objects, slots)
        if isinstance(written, RewardFunction):
            source = written.source
            with written:
                results = written.score_many([(ending.history, slots) for ending in made])
        elif isinstance(written, Refusal):
            trouble = f"refused: {written}"
    except (NoProgram, LLMError) as error:
        trouble = f"{type(error).__name__}: {error}"
    found = []
    for ending, result in zip(made, results):
        good = isinstance(result, Score)
        found.append(
            Scored(
                env.task,
                env.level,
                seed,
                ending.kind,
                ending.success,
                ending.progress,
                ending.reason,
                result.score if good else None,
                dict(result.parts) if good else {},
                "" if good else trouble or str(result),
            )
        )
    return found, source


def _picture(env: TabletopEnv, moment: EnvSnapshot) -> UInt8:
    """The top view of a moment."""
    env.restore(moment)
    return env.world.render(TOP, size=PICTURE).rgb


def _played(path: Path) -> dict[tuple[str, str], list[Scored]]:
    """What programs did, of an evaluation's records: scored already."""
    if not path.is_file():
        raise Mistake(f"there is no file {path}; `instruct2act eval --out DIR` writes DIR/records.jsonl")
    found: dict[tuple[str, str], list[Scored]] = {}
    for record in counted(read(path)):
        spec = record.spec
        if spec.task is not None and record.success is not None and record.reward_source:
            found.setdefault((spec.task, spec.level), []).append(
                Scored(
                    spec.task,
                    spec.level,
                    spec.seed,
                    PROGRAM,
                    record.success,
                    record.progress or 0.0,
                    "",
                    record.reward,
                    record.reward_parts,
                )
            )
    return found


# --- telling ----------------------------------------------------------------------------------------------------------

HEAD = f"{'task':<28}{'level':>6}{'n':>6}{'good':>6}{'runs':>8}{'AUROC':>8}{'TPR':>8}{'FPR':>8}{'Spearman':>10}  wrong"


def _tell(task: str, level: str, found: Figures, json_line: bool) -> None:
    if json_line:
        numbers = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(found).items()}
        sys.stdout.write(json.dumps({"task": task, "level": level, **numbers}) + "\n")
        sys.stdout.flush()
        return
    claims = [f"{kind} {count}" for kind, count in found.false_claims.items()]
    missed = [f"not {kind} {count}" for kind, count in found.missed.items()]
    say(
        f"{task:<28}{level:>6}{found.n:>6}{found.good:>6}{found.executed:>8.1%}{found.auroc:>8.3f}"
        f"{found.true_rate:>8.1%}{found.false_rate:>8.1%}{found.spearman:>10.3f}  {', '.join(claims + missed)}"
    )


def _write(folder: Path, outcomes: Sequence[Scored], shown: Sequence[Shown], settings: config.Config) -> None:
    from instruct2act.truth import page

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "outcomes.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(asdict(one)) + "\n" for one in outcomes)
    page.write(folder / "index.html", outcomes, shown, settings)
