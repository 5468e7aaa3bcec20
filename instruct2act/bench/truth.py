"""Whether the authored reward agrees with the goal, which it never sees.

For every seed: what the task's oracle does, nothing, one random action, and the oracle's actions with another object.
Success is the simulator's verdict, the score the reward function's; a score of 0.5 or more counts as claimed success.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from instruct2act import config
from instruct2act.authoring.reward import RewardFunction
from instruct2act.bench.tables import Progress, asked, say
from instruct2act.evaluation.record import counted, read
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Score
from sim import slots_for_reward
from sim.env import TabletopEnv
from sim.oracle import next_action, play
from sim.placement import WORKSPACE
from skills.robots import Silent
from skills.types import Action, Pose

CLAIMED = 0.5
"""The score from which a reward claims success."""

Actor = Callable[[TabletopEnv, np.random.Generator], None]


def _oracle(env: TabletopEnv, _: np.random.Generator) -> None:
    for _outcome in play(env):
        pass


def _nothing(env: TabletopEnv, _: np.random.Generator) -> None:
    """Leaves everything as it is."""


def _random(env: TabletopEnv, rng: np.random.Generator) -> None:
    action = env.decode(env.encode(Action("pick_place", _anywhere(rng), _anywhere(rng))))
    things = [id for id, placed in env.world.objects.items() if not placed.fixed]
    pose = env.world.pose(int(rng.choice(things)))
    env.carry_out(replace(action, start=replace(pose, z=0.0, yaw=0.0)), Silent())


def _anywhere(rng: np.random.Generator) -> Pose:
    low, high = WORKSPACE.low, WORKSPACE.high
    x, y = rng.uniform(low[:2], high[:2])
    return Pose(float(x), float(y), 0.0, float(rng.uniform(-np.pi, np.pi)))


def _wrong_object(env: TabletopEnv, rng: np.random.Generator) -> None:
    """The oracle's next actions, each begun at another movable thing than the one that is meant."""
    goal = env.goal
    others = [id for id, p in env.world.objects.items() if not p.fixed and (goal is None or id not in goal.things)]
    if not others:
        return
    other = int(rng.choice(others))
    action = next_action(env)
    if action is not None:
        pose = env.world.pose(other)
        start = replace(pose, z=action.start.z, yaw=action.start.yaw)
        env.carry_out(Action("pick_place", start, action.end), Silent())


ACTORS: dict[str, Actor] = {
    "oracle": _oracle,
    "nothing": _nothing,
    "one random action": _random,
    "wrong object": _wrong_object,
}


def reward(episodes: int, levels: str, seed0: int, names: str, records: Path | None) -> None:
    """Prints AUROC, true- and false-positive rate by task, a table a level; says on standard error how far it is."""
    played = {} if records is None else _played(records)
    rounds = asked(names, levels)
    progress = Progress(episodes * sum(map(len, rounds.values())))
    with Runtime(config.load()) as runtime:
        for level, tasks in rounds.items():
            title = f"{level}, reward against success"
            say(f"\n{title:<30}{'n':>6}{'AUROC':>8}{'TPR':>8}{'FPR':>8}{'no score':>10}  false claims")
            for name in tasks:
                found: list[tuple[str, float, bool]] = []
                missing = 0
                for seed in range(seed0, seed0 + episodes):
                    for kind, (score, success) in _episode(runtime, name, level, seed).items():
                        if score is None:
                            missing += 1
                            continue
                        found.append((kind, score, success))
                    progress.step(f"{level} {name} seed {seed}")
                found += [("program", score, success) for score, success in played.get((name, level), [])]
                _row(name, found, missing)


def _episode(runtime: Runtime, name: str, level: str, seed: int) -> dict[str, tuple[float | None, bool]]:
    """Score and success of every actor in one episode; the reward is written once, from the instruction."""
    env = TabletopEnv(name, level)
    function: RewardFunction | None = None
    found: dict[str, tuple[float | None, bool]] = {}
    try:
        for number, (kind, act) in enumerate(ACTORS.items()):
            env.reset(seed=seed)
            slots = slots_for_reward(env)
            if function is None:
                written = runtime.rewards.write(env.instruction, env.history[0].objects, slots)
                if not isinstance(written, RewardFunction):
                    return dict.fromkeys(ACTORS, (None, False))
                function = written
            act(env, np.random.default_rng([seed, number]))
            verdict = env.verdict()
            result = function.score_many([(env.history, slots)])[0]
            found[kind] = (result.score if isinstance(result, Score) else None, bool(verdict and verdict.success))
    finally:
        env.close()
    return found


def _played(path: Path) -> dict[tuple[str, str], list[tuple[float, bool]]]:
    found: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    for record in counted(read(path)):
        if record.reward is not None and record.success is not None and record.spec.task:
            found.setdefault((record.spec.task, record.spec.level), []).append((record.reward, record.success))
    return found


def _row(name: str, found: Sequence[tuple[str, float, bool]], missing: int) -> None:
    kinds = [kind for kind, _, _ in found]
    scores, truths = np.array([score for _, score, _ in found]), np.array([truth for _, _, truth in found], bool)
    claimed = scores >= CLAIMED
    true_rate = float(claimed[truths].mean()) if truths.any() else float("nan")
    false_rate = float(claimed[~truths].mean()) if (~truths).any() else float("nan")
    wrong = sorted({kind for kind, claim, truth in zip(kinds, claimed, truths) if claim and not truth})
    say(
        f"{name:<30}{len(scores):>6}{auroc(scores, truths):>8.3f}{true_rate:>8.1%}{false_rate:>8.1%}{missing:>10}  "
        f"{', '.join(wrong)}"
    )


def auroc(scores: npt.NDArray[np.float64], truths: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the chance that a success scores above a failure, ties counting half."""
    good, bad = scores[truths], scores[~truths]
    if not len(good) or not len(bad):
        return float("nan")
    wins = (good[:, None] > bad[None]).mean() + 0.5 * (good[:, None] == bad[None]).mean()
    return float(wins)
