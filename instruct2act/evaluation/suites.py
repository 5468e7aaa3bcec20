"""Which episodes an evaluation is made of: from the command line, or from a file of configs/suites/ with the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import sim
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.resources import folder, mapping
from sim.partitions import LEVELS
from sim.task import find_task
from skills.errors import Mistake, UnknownName, did_you_mean


class Suite(BaseModel):
    """What to play.

    Attributes:
        about: a sentence for people.
        tasks: names; empty for all.
        levels: empty for all. A task is left out at levels that it is not played at.
        episodes: of each task and level, with seeds from ``seed0`` on.
        trials: how often each is played (a sampling author may answer differently).
        set: settings that belong to the suite, dotted key -> value, as ``--set`` takes them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str = ""
    tasks: tuple[str, ...] = ()
    levels: tuple[str, ...] = ("L1",)
    episodes: int = Field(10, ge=1)
    seed0: int = Field(0, ge=0)
    trials: int = Field(1, ge=1)
    set: dict[str, Any] = {}

    def specs(self) -> list[EpisodeSpec]:
        """Every episode, the seeds of all tasks in turn, so that a run that was stopped early has some of each.

        Raises:
            UnknownName: no such task or level, or a task that is played at none of them.
        """
        cells = [(task, level) for level, tasks in asked(self.tasks, self.levels).items() for task in tasks]
        return [
            EpisodeSpec(task=task, level=level, seed=self.seed0 + seed, trial=trial)
            for trial in range(self.trials)
            for seed in range(self.episodes)
            for task, level in cells
        ]

    def settings(self) -> list[str]:
        """The suite's settings as ``--set`` takes them."""
        return [f"{key}={yaml.safe_dump(value, default_flow_style=True).strip()}" for key, value in self.set.items()]


def load(name: str | None, changes: Mapping[str, Any]) -> Suite:
    """A suite with changes on top.

    Args:
        name: of a file in configs/suites/, or a path; None for the defaults.
        changes: fields of ``Suite``; None leaves one as it is.

    Raises:
        Mistake: no such suite, an unknown field, a value out of range.
    """
    values = dict(_read(name)) if name is not None else {}
    values |= {key: value for key, value in changes.items() if value is not None}
    try:
        return Suite.model_validate(values)
    except ValidationError as error:
        where = f"suite {name}: " if name else ""
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            raise Mistake(f"{where}there is no field {key!r}{did_you_mean(key, Suite.model_fields)}") from None
        raise Mistake(f"{where}{key}: {problem['msg']}; got {problem.get('input')!r}") from None


def names() -> list[str]:
    """The suites that come along."""
    root = folder("configs") / "suites"
    return sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.yaml"))


def asked(tasks: Sequence[str], levels: Sequence[str]) -> dict[str, list[str]]:
    """What to play: the tasks of each level, levels in order.

    Args:
        tasks: names; empty for all.
        levels: empty for all. A task that is not played at one of several levels is left out there.

    Raises:
        UnknownName: no such task or level, or a task that is played at none of them.
    """
    wanted = list(levels) or list(LEVELS)
    for level in wanted:
        if level not in LEVELS:
            raise UnknownName("level", level, [*LEVELS, "all"])
    for name in tasks:
        if name not in sim.TASKS or not set(wanted) & set(sim.TASKS[name].levels):
            find_task(name, wanted[0])
    found = {level: [n for n in tasks or sim.TASKS if level in sim.TASKS[n].levels] for level in wanted}
    return {level: names for level, names in found.items() if names}


def parted(words: str | None) -> tuple[str, ...] | None:
    """``"L1, L2"`` as its parts; "all" as none; None as it is."""
    if words is None:
        return None
    return () if words.strip() == "all" else tuple(word.strip() for word in words.split(",") if word.strip())


def _read(name: str) -> Mapping[str, Any]:
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder("configs") / "suites" / f"{name}.yaml"
    return mapping(path, "suite", name, names(), f"configs/suites/ has: {', '.join(names())}")
