"""The expert: asks the goal for its next action until nothing is left to do. It sees what a goal sees."""

from __future__ import annotations

from collections.abc import Iterator

from sim.env import TabletopEnv
from skills.robots import Monitor, Silent
from skills.types import Action, Outcome


def next_action(env: TabletopEnv) -> Action | None:
    """What the goal would do now; None when it is reached, out of reach for good, or when there is none."""
    judges = env.judges
    if env.goal is None or judges is None or judges["inside"].failed or judges["inside"].success:
        return None
    return env.goal.solve(env.situation(), judges["inside"].stage)


def play(env: TabletopEnv, monitor: Monitor | None = None) -> Iterator[Outcome]:
    """Carries the oracle's actions out, one a step, until it is done or the budget is used."""
    while env.steps_left and (action := next_action(env)) is not None:
        yield env.carry_out(action, monitor or Silent())
