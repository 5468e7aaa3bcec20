"""Tasks by name, and how an episode comes out of a seed.

A task is a function of a ``Scene``: it adds things and returns the instruction and the goal. ``@task`` registers it;
the rest (success, oracle, Gymnasium id, command line, tests) comes by itself.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

import numpy as np

from sim.goals import Goal
from sim.partitions import LEVELS_OF, partition, unseen
from sim.pictures import Studio
from sim.scene import Scene
from sim.variation import NONE, Variation
from skills.errors import UnknownName
from skills.types import Instruction, Tool

SLACK = 2
"""Actions an episode may take beyond what the task's own oracle needs at most; VIMABench's evaluators allow as many."""

STREAMS = ("scene", "pictures", "trial", "variation")
"""An episode's independent random streams: what is on the table, what only its pictures show, whatever happens then,
what a variation draws."""

Setup = tuple[Instruction, Goal]
TaskFunction = Callable[[Scene], Setup]

_registered: dict[str, Task] = {}


@dataclass(frozen=True)
class Task:
    """A registered task.

    Attributes:
        name: as VIMABench calls it.
        levels: at which it is played.
        budget: actions an episode may take.
        function: sets the scene and returns instruction and goal.
        tool: on the arm.
    """

    name: str
    levels: tuple[str, ...]
    budget: int
    function: TaskFunction
    tool: Tool = "suction"

    @property
    def doc(self) -> str:
        """The function's docstring; its first line says what is asked."""
        return inspect.getdoc(self.function) or ""


def task(
    name: str, *, levels: tuple[str, ...] | None = None, budget: int, tool: Tool = "suction"
) -> Callable[[TaskFunction], TaskFunction]:
    """Registers a function of a ``Scene`` as a task.

    Args:
        name: as VIMABench calls it.
        levels: those of VIMABench when left out.
        budget: actions its oracle needs at most; an episode may take ``SLACK`` more.
        tool: on the arm.

    Raises:
        ValueError: two tasks of one name, or no docstring.
    """

    def register(function: TaskFunction) -> TaskFunction:
        if name in _registered or not function.__doc__:
            raise ValueError(f"task {name!r} needs a name of its own and a docstring")
        _registered[name] = Task(name, levels or LEVELS_OF[name], budget + SLACK, function, tool)
        return function

    return register


@lru_cache(maxsize=1)
def load() -> Mapping[str, Task]:
    """Every task by name, in alphabetical order. Imports the modules of ``sim.tasks``; loads no engine."""
    package = importlib.import_module("sim.tasks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"sim.tasks.{module.name}")
    return MappingProxyType(dict(sorted(_registered.items())))


def find_task(name: str, level: str | None = None) -> Task:
    """A task by name, played at a level (whichever when left out).

    Raises:
        UnknownName: there is none; says which there are.
    """
    there = load()
    if name not in there:
        raise UnknownName("task", name, there)
    if level is not None and level not in there[name].levels:
        raise UnknownName(f"level of {name}", level, there[name].levels)
    return there[name]


@dataclass(frozen=True, eq=False)
class Draft:
    """An episode before there is a world. ``goal`` is None in a free scene."""

    scene: Scene
    instruction: Instruction
    goal: Goal | None


class Recipe(Protocol):
    """Where episodes come from: a task at a level, a free scene, a list of objects."""

    @property
    def name(self) -> str:
        """What is played."""

    @property
    def level(self) -> str:
        """At which level; "" where there are none."""

    @property
    def budget(self) -> int:
        """Actions an episode may take."""

    @property
    def tool(self) -> Tool:
        """On the arm."""

    def draft(self, seed: int, attempt: int, studio: Studio, size: tuple[int, int]) -> Draft:
        """The episode of a seed. When things do not fit or do not rest, the next attempt draws anew.

        Raises:
            NoRoom: this attempt's things do not fit.
        """


@dataclass(frozen=True)
class TaskRecipe:
    """Episodes of a task at a level."""

    task: Task
    level: str
    variation: Variation = NONE

    @property
    def name(self) -> str:
        """The task's."""
        return self.task.name

    @property
    def budget(self) -> int:
        """The task's."""
        return self.task.budget

    @property
    def tool(self) -> Tool:
        """The task's."""
        return self.task.tool

    def draft(self, seed: int, attempt: int, studio: Studio, size: tuple[int, int]) -> Draft:
        """The episode of a seed."""
        rngs = streams(f"{self.name} {self.level}", seed, attempt)
        split = unseen(self.name) if self.variation.unseen else partition(self.name, self.level)
        scene = Scene(split, rngs["scene"], rngs["pictures"], studio, size)
        scene.more, scene.more_rng = self.variation.more, rngs["variation"]
        return Draft(scene, *self.task.function(scene))


def streams(name: str, seed: int, attempt: int = 0) -> dict[str, np.random.Generator]:
    """Independent generators for an episode, by ``STREAMS``; the same in every process, for ever.

    Args:
        name: what is played: task and level.
        seed: which episode of it.
        attempt: counts scenes that did not fit.
    """
    if seed < 0:
        raise ValueError(f"a seed is 0 or more; got {seed}")
    # Python's own hash of a string differs from process to process.
    entropy = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big")
    return {
        stream: np.random.default_rng(np.random.SeedSequence([entropy, seed], spawn_key=(place, attempt)))
        for place, stream in enumerate(STREAMS)
    }
