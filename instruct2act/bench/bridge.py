"""A simulated table behind a ROS bridge against the same table without: success, seconds, age of pictures.

The bridge is the protocol's double that the tests use, so that this needs a checkout.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import sim
from instruct2act import config
from instruct2act.bench import faults, links
from instruct2act.bench.tables import Progress, say
from instruct2act.episode import run_episode
from instruct2act.evaluation import suites
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.robot.stage import StageRuntime
from instruct2act.runtime import Runtime
from sim.env import TabletopEnv
from skills.errors import Mistake
from skills.robots import Robot
from skills.robots.rosbridge import build
from skills.robots.wrappers import Wrapper
from skills.types import Observation

TESTS = Path(__file__).parents[2] / "tests"


def doubles() -> Any:
    """The tests' module of that name.

    Raises:
        Mistake: this is no checkout.
    """
    if not (TESTS / "doubles" / "rosbridge").is_dir():
        raise Mistake("the bridge that is measured belongs to the tests: run this in a checkout")
    if str(TESTS) not in sys.path:
        sys.path.append(str(TESTS))
    return importlib.import_module("doubles.rosbridge")


def robot(episodes: int, stops: int, perception: str, transport: str, seed0: int) -> None:
    """Prints every table.

    Raises:
        Mistake: no checkout, no such transport.
    """
    if episodes:
        tasks(episodes, perception, transport, seed0)
    if stops:
        links.stops(stops, transport)
        links.frozen(max(1, stops // 10), transport)
        links.encodings(transport)
        faults.faults(transport)
        faults.client()


def tasks(episodes: int, perception: str, transport: str, seed0: int) -> None:
    """Plays the six tasks both ways on the same seeds and prints a row a task."""
    sets = ["perception.segmenter=oracle", "perception.retriever=oracle"] if perception == "oracle" else []
    settings = config.load("robot", [*sets, "reward.state=perceived"])
    suite = suites.load("six", {"levels": ("L1",), "episodes": episodes, "seed0": seed0})
    specs = suite.specs()
    steps, rows = Progress(2 * len(specs)), dict[str, list[tuple[bool, bool, bool, float, float]]]()
    ages: list[float] = []
    with Runtime(settings) as runtime:
        for spec in sorted(specs, key=lambda it: list(suite.tasks).index(it.task or "")):
            direct = run_episode(spec, runtime)
            steps.step(f"{spec.scene()}, directly")
            bridged, success = _bridged(spec, settings, runtime, transport, ages)
            steps.step(f"{spec.scene()}, through the bridge")
            same = bridged.program == direct.program and _ends(bridged) == _ends(direct)
            seconds = direct.seconds["total"], bridged.seconds["total"]
            rows.setdefault(str(spec.task), []).append((bool(direct.success), success, same, *seconds))
    say(f"\n{f'task, {perception}, {transport}':<40}{'n':>4}{'simulator':>11}{'bridge':>8}{'same':>6}{'s':>7}{'s':>7}")
    for name, played in [*rows.items(), ("mean of tasks", [row for given in rows.values() for row in given])]:
        one, other, same_, a, b = np.mean(np.array(played, float), axis=0)
        say(f"{name:<40}{len(played):>4}{one:>11.1%}{other:>8.1%}{same_:>6.0%}{a:>7.2f}{b:>7.2f}")
    links.told("age of a picture at use, ms", [1000 * age for age in ages])


def _ends(record: EpisodeRecord) -> tuple[str, list[str]]:
    return record.status, [action.status for action in record.actions]


class Seen(Wrapper):
    """Notes how old pictures are when they are used, and tells the truth where perception is the oracle."""

    def __init__(self, inner: Robot, env: TabletopEnv | None, ages: list[float]) -> None:
        super().__init__(inner)
        self._env, self._ages = env, ages

    def observe(self, newer_than: float | None = None) -> Observation:
        """As the robot inside; the arm is at rest, so that the table is what the picture shows."""
        seen = super().observe(newer_than)
        self._ages.append(time.monotonic() - seen.stamp_s)
        if self._env is None:
            return seen
        truth = self._env.look()["top"].truth
        views: Mapping[str, Any] = {**seen.views, "top": replace(seen.views["top"], truth=truth)}
        return replace(seen, views=views)


def _bridged(
    spec: EpisodeSpec, settings: config.Config, runtime: Runtime, transport: str, ages: list[float]
) -> tuple[EpisodeRecord, bool]:
    """An episode through the bridge; its record, and whether the goal is reached on the table behind it."""
    double = doubles()
    with sim.make(str(spec.task), seed=spec.seed, level=str(spec.level)) as env:
        with double.Double(double.SimArm(env), 2, depth="32FC1") as server:
            more = {"top": "camera", "reach_m": (0.1, 1.2), "deadlines": double.PATIENT, "motions": 100}
            with build(**double.robots_file(server, transport=transport, **more)) as arm:
                seen = Seen(arm, env if settings.perception.truth else None, ages)
                with StageRuntime(settings, seen) as staged:
                    staged.__dict__.update(  # the models are loaded already
                        {name: getattr(runtime, name) for name in ("segmenter", "retriever")}
                    )
                    stage: Any = staged.robot(spec)
                    stage.env = SimpleNamespace(instruction=env.instruction, inventory=env.inventory)
                    record = run_episode(spec, staged)
        verdict = env.verdict()
    return record, verdict is not None and verdict.success
