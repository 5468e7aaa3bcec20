"""The PyBullet tabletop in the manner of VIMA. Importing this package loads no engine.

``make`` plays a task, ``make_scene`` a generated free scene, ``make_objects`` the objects that a person names,
``make_perceived`` those that perception saw. Each gives a ``TabletopEnv`` that is reset already;
``sim.robot.SimRobot`` makes a robot of it. ``TASKS`` has the tasks.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.env import TabletopEnv
    from sim.task import Task
    from skills.types import Instruction, ObjectState, Tool

    TASKS: Mapping[str, Task]
    """Every task by name: levels, budget, docstring."""

__all__ = ["TASKS", "make", "make_objects", "make_perceived", "make_scene", "register_envs", "slots_for_reward"]


def make(task: str, level: str | None = None, seed: int = 0, **options: Any) -> TabletopEnv:
    """The episode that a task, a level and a seed name, for ever.

    Args:
        task: a name in ``TASKS``.
        level: one of its levels; the first one when left out.
        seed: 0 or more.
        options: of ``TabletopEnv``: motion="fast" | "arm", success_rule="inside" | "vima", size=(128, 256),
            variation="light", ...

    Raises:
        UnknownName: no such task or level; says which there are.
    """
    from sim.env import TabletopEnv

    return _ready(TabletopEnv(task, level, **options), seed)


def make_scene(scene_seed: int = 0, **options: Any) -> TabletopEnv:
    """A generated free scene; ``inventory()`` says what is on the table. It has no goal."""
    from sim.env import TabletopEnv
    from sim.free import GeneratedRecipe

    return _ready(TabletopEnv(GeneratedRecipe(), **options), scene_seed)


def make_objects(objects: str, seed: int = 0, **options: Any) -> TabletopEnv:
    """A scene of the objects named, ``"red heart; blue bowl @0.5,0.2"`` (x, y in metres). It has no goal.

    Args:
        objects: names parted by semicolons; what has no texture or no place gets one by seed.
        seed: 0 or more.
        options: of ``TabletopEnv``.

    Raises:
        Mistake: a name that means nothing (with what is near), or things that don't fit.
    """
    from sim.env import TabletopEnv
    from sim.free import ListedRecipe
    from sim.words import parse_objects

    return _ready(TabletopEnv(ListedRecipe(tuple(parse_objects(objects))), **options), seed)


def make_perceived(states: Sequence[ObjectState], tool: Tool = "suction", **options: Any) -> TabletopEnv:
    """A scene made of what perception saw (``sim.perceived``). It has no goal.

    Raises:
        Mistake: what was seen does not fit on the table.
    """
    from sim.env import TabletopEnv
    from sim.perceived import PerceivedRecipe

    return _ready(TabletopEnv(PerceivedRecipe(tuple(states), tool), **options), 0)


def slots_for_reward(env: TabletopEnv, instruction: Instruction | None = None) -> dict[str, Any]:
    """What each slot of an instruction stands for, as a reward function gets it; see ``sim.slots``."""
    from sim.slots import slots_for_reward as bind

    return bind(env, instruction)


def register_envs() -> None:
    """Registers ``instruct2act/<task>-v0``; the installed package does so when Gymnasium is imported."""
    import gymnasium

    from sim.task import load

    for name, task in load().items():
        id = f"instruct2act/{name}-v0"
        if id not in gymnasium.registry:
            gymnasium.register(
                id, entry_point="sim.env:TabletopEnv", max_episode_steps=task.budget, kwargs={"task": name}
            )


def _ready(env: TabletopEnv, seed: int) -> TabletopEnv:
    try:
        env.reset(seed=seed)
    except BaseException:
        env.close()
        raise
    return env


def __getattr__(name: str) -> Any:
    if name == "TASKS":
        from sim.task import load

        return load()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if "gymnasium" in sys.modules:  # gymnasium.make("sim:instruct2act/rotate-v0") imports this package
    register_envs()
