"""Which episodes an evaluation is made of: from the command line, or from a file of configs/suites/ with the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import sim
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.options import PerceptionName, RunnerName
from instruct2act.resources import folder, mapping
from sim.partitions import LEVELS
from sim.task import find_task
from sim.variation import find
from skills.errors import Mistake, UnknownName, did_you_mean

_MEANS = ("perception", "author", "workers", "runner")
"""Fields that say how episodes are played, and not which: a suite's own, and none of its parts'."""


class Suite(BaseModel):
    """What to play.

    Attributes:
        about: a sentence for people.
        tasks: names; empty for all.
        levels: empty for all. A task is left out at levels that it is not played at.
        episodes: of each task and level, with seeds from ``seed0`` on.
        trials: how often each is played (a sampling author may answer differently).
        variation: what scenes are drawn otherwise in (``sim.variation``).
        wording: what ``sentences`` are, such as "typos".
        sentences: task -> what is said instead of its own instruction, the sentence k of n on the seeds k, k + n, ...
            They have its ``{pictures}`` and its ``$words``. Tasks that are not named are left out.
        refusal: nothing can do what the sentences ask; a refusal that moves nothing is the right answer.
        parts: other suites, played as one; what is asked for at the command line goes over each.
        perception, author, workers, runner: as `eval` takes them; what is asked for at the command line goes over them.
        set: settings that belong to the suite, dotted key -> value, as ``--set`` takes them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str = ""
    tasks: tuple[str, ...] = ()
    levels: tuple[str, ...] = ("L1",)
    episodes: int = Field(10, ge=1)
    seed0: int = Field(0, ge=0)
    trials: int = Field(1, ge=1)
    variation: str = ""
    wording: str = ""
    sentences: dict[str, tuple[str, ...]] = {}
    refusal: bool = False
    parts: tuple[Suite, ...] = ()
    perception: PerceptionName = PerceptionName.default
    author: str = ""
    workers: int = Field(0, ge=0)
    runner: RunnerName | None = None
    set: dict[str, Any] = {}

    @model_validator(mode="after")
    def _whole(self) -> Suite:
        if bool(self.sentences) != bool(self.wording) or not all(self.sentences.values()):
            raise ValueError("sentences need a wording, and a wording sentences: {task: [a sentence, ...]}")
        if self.refusal and not self.sentences:
            raise ValueError("refusal needs sentences that nothing can do")
        if any(part.settings() or part.runner for part in self.parts):
            raise ValueError("a part can't have settings of its own: what is played as one is played with the same")
        return self

    def specs(self) -> list[EpisodeSpec]:
        """Every episode, the seeds of all parts and tasks in turn: a run that was stopped early has some of each.

        Raises:
            UnknownName: no such task, level or variation, or a task that is played at none of the levels.
        """
        if self.parts:
            return sorted((spec for part in self.parts for spec in part.specs()), key=lambda it: (it.trial, it.seed))
        find(self.variation)
        for task in self.sentences:
            find_task(task)
        tasks = [task for task in self.tasks or self.sentences if not self.sentences or task in self.sentences]
        if self.sentences and not tasks:
            raise Mistake(f"there are {self.wording} for {', '.join(self.sentences)}, and not for what was asked")
        cells = [(task, level) for level, names in asked(tasks, self.levels).items() for task in names]
        return [
            EpisodeSpec(
                task=task,
                level=level,
                seed=seed,
                trial=trial,
                variation=self.variation,
                text=self._said(task, seed),
                wording=self.wording,
                refusal=self.refusal,
            )
            for trial in range(self.trials)
            for seed in range(self.seed0, self.seed0 + self.episodes)
            for task, level in cells
        ]

    def _said(self, task: str, seed: int) -> str | None:
        said = self.sentences.get(task)
        return said[seed % len(said)] if said else None

    def settings(self) -> list[str]:
        """The suite's settings as ``--set`` takes them."""
        named = {key: value for key, value in (("author.provider", self.author), ("workers", self.workers)) if value}
        chosen = [f"{key}={yaml.safe_dump(value, default_flow_style=True).strip()}" for key, value in self.set.items()]
        return [*chosen, *self.perception.settings(), *(f"{key}={value}" for key, value in named.items())]


def load(name: str | None, changes: Mapping[str, Any]) -> Suite:
    """A suite with changes on top.

    Args:
        name: of a file in configs/suites/, or a path; None for the defaults.
        changes: fields of ``Suite``; None leaves one as it is.

    Raises:
        Mistake: no such suite, an unknown field, a value out of range.
    """
    chosen = {key: value for key, value in changes.items() if value is not None}
    values = (_read(name) if name is not None else {}) | chosen
    if isinstance(parts := values.get("parts"), list):
        if any("parts" in _read(str(part)) for part in parts):
            raise Mistake(f"suite {name}: a part can't have parts of its own")
        inner = {key: value for key, value in chosen.items() if key not in _MEANS}
        values["parts"] = [load(str(part), inner) for part in parts]
    try:
        return Suite.model_validate(values)
    except ValidationError as error:
        where = f"suite {name}: " if name else ""
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            raise Mistake(f"{where}there is no field {key!r}{did_you_mean(key, Suite.model_fields)}") from None
        if not key:
            raise Mistake(f"{where}{problem['msg'].removeprefix('Value error, ')}") from None
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


def _read(name: str) -> dict[str, Any]:
    path = Path(name) if name.endswith((".yaml", ".yml")) else folder("configs") / "suites" / f"{name}.yaml"
    return mapping(path, "suite", name, names(), f"configs/suites/ has: {', '.join(names())}")
