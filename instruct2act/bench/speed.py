"""How long a reset and an action take, beside the published VIMABench on the same tasks.

What is timed: a reset, and each action, which is what the task's own oracle thinks of next and its ``step``; every
reset and step returns RGB and segmentation of the top and front views at 128 x 256. A reset is timed twice: as it is,
prompt pictures rendered when somebody asks for one, and with every prompt picture of both views rendered, as VIMABench
does. Environments are made, and reset and played once, before anything is timed, and then reused, on both sides.

How: CPU seconds, both sides single-threaded, on one core, which is what the wall clock shows on a machine with nothing
else to do; the ratio of the two clocks is printed. The two sides play in turns, never at once, and medians over seeds
are taken for the reset and for the action. A task's ratio is that of an episode, reset and as many actions as
VIMABench's oracle takes on average, theirs over ours; the figures are the means of the tasks' ratios.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from instruct2act.bench import vimabench_timing
from instruct2act.bench.tables import Progress, asked, say
from sim.env import TabletopEnv
from sim.oracle import next_action
from sim.vimabench import PARTITIONS
from sim.vimabench import child as vimabench_child
from sim.vimabench.link import Link, surroundings
from skills.errors import Mistake

Clocks = tuple[float, float]
"""CPU and wall-clock seconds."""

Play = Callable[[int], list[Clocks]]
"""Plays a seed; what its reset and each of its actions took, or nothing if there was no room for its things."""


@dataclass
class Times:
    """What one side took for a task: one entry for each reset and for each action."""

    resets: list[Clocks] = field(default_factory=list)
    actions: list[Clocks] = field(default_factory=list)

    @property
    def reset_s(self) -> float:
        """Median CPU seconds of a reset."""
        return float(np.median([cpu for cpu, _ in self.resets]))

    @property
    def action_s(self) -> float:
        """Median CPU seconds of an action; 0 if there was none."""
        return float(np.median([cpu for cpu, _ in self.actions])) if self.actions else 0.0

    def episode_s(self, actions: float) -> float:
        """CPU seconds of a reset and so many actions."""
        return self.reset_s + actions * self.action_s

    def add(self, times: Sequence[Clocks]) -> None:
        """An episode's: the reset's, then the actions'."""
        self.resets.append(times[0])
        self.actions += times[1:]


def speed(episodes: int, levels: str, names: str, vimabench: Path | None, python: Path | None, seed0: int) -> None:
    """Prints milliseconds by task and, given a checkout of VIMABench, the ratios."""
    rounds = [(level, name) for level, tasks in asked(names, levels).items() for name in tasks]
    if vimabench is not None:
        Link(vimabench, python).close()  # says what is missing, if anything is
    with _one_core() as core:
        say(f"\nmilliseconds of CPU time, medians of {episodes} episodes, core {core}")
        _table(rounds, range(seed0, seed0 + episodes), vimabench, python)


def _table(
    rounds: Sequence[tuple[str, str]], seeds: Sequence[int], vimabench: Path | None, python: Path | None
) -> None:
    beside = f" | {'VIMABench':>10}{'':>8} | {'ratio':>6}{'':>11}" if vimabench else ""
    say(f"{'':<30}{'reset':>7}{'+pictures':>11}{'action':>8}{beside}")
    if vimabench:
        say(f"{'':<56} | {'reset':>10}{'action':>8} | {'':>6}{'+pictures':>11}")
    progress = Progress(len(rounds) * len(seeds))
    every = [_task(level, name, seeds, vimabench, python, progress) for level, name in rounds]
    ratios = np.array([ratio for ratio, _ in every if ratio is not None])
    if len(ratios):
        lazy, eager = ratios.mean(axis=0)
        say(f"{f'mean of {len(ratios)} ratios':<77} | {lazy:>6.1f}{eager:>11.1f}")
    slack = np.concatenate([clocks for _, clocks in every])
    say(f"wall clock over CPU time: {slack[:, 1].sum() / slack[:, 0].sum():.2f}")


def _task(
    level: str, name: str, seeds: Sequence[int], vimabench: Path | None, python: Path | None, progress: Progress
) -> tuple[tuple[float, float] | None, list[Clocks]]:
    """Plays a task's seeds in turns and prints its row; the two ratios, and every time taken."""
    ours, pictured, theirs = Times(), Times(), Times()
    with TabletopEnv(name, level, segmentation=True) as env, _vimabench(level, name, vimabench, python) as play_theirs:
        for number, seed in enumerate([seeds[0], *seeds]):
            turns = [(ours, _play(env, seed, False)), (pictured, _play(env, seed, True))]
            if play_theirs is not None:
                turns.append((theirs, play_theirs(seed)))
            for times, took in turns:
                if number and took:  # the first round warms up; VIMABench finds no room for a seed now and then
                    times.add(took)
            if number:
                progress.step(f"{level} {name} seed {seed}")
    ours.actions += pictured.actions
    milliseconds = (1e3 * ours.reset_s, 1e3 * pictured.reset_s, 1e3 * ours.action_s)
    row = f"{f'{level} {name}':<30}{milliseconds[0]:>7.1f}{milliseconds[1]:>11.1f}{milliseconds[2]:>8.1f}"
    ratio = None
    if theirs.resets:
        actions = len(theirs.actions) / len(theirs.resets)
        whole = theirs.episode_s(actions)
        eager = pictured.reset_s + actions * ours.action_s
        ratio = (whole / ours.episode_s(actions), whole / eager)
        row += f" | {1e3 * theirs.reset_s:>10.0f}{1e3 * theirs.action_s:>8.0f} | {ratio[0]:>6.1f}{ratio[1]:>11.1f}"
    say(row)
    return ratio, [*ours.resets, *ours.actions, *pictured.resets, *theirs.resets, *theirs.actions]


def _play(env: TabletopEnv, seed: int, pictures: bool) -> list[Clocks]:
    marks = [_now()]
    _, info = env.reset(seed=seed)
    if pictures:
        for slot in info["instruction"].slots.values():
            list(slot.pictures.values())
    marks.append(_now())
    over = False
    while not over:
        action = next_action(env)
        if action is None:
            break
        _, _, terminated, truncated, _ = env.step(env.encode(action))
        marks.append(_now())
        over = terminated or truncated
    return _between(marks)


@contextmanager
def _vimabench(level: str, name: str, checkout: Path | None, python: Path | None) -> Iterator[Play | None]:
    """VIMABench in a process of its own, on the same core: plays a seed, and gives the times of reset and actions."""
    if checkout is None:
        yield None
        return
    script, child = Path(vimabench_timing.__file__), Path(vimabench_child.__file__)
    command = [str(word) for word in (python or sys.executable, script, child, checkout, name, PARTITIONS[level])]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        # VIMABench leaves temporary files behind: they go with the folder.
        env = surroundings(Path(folder))
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, env=env, cwd=folder
        )
        assert process.stdin is not None and process.stdout is not None
        asks, answers = process.stdin, process.stdout

        def play(seed: int) -> list[Clocks]:
            asks.write(f"{seed}\n")
            asks.flush()
            line = answers.readline()
            if not line:
                said.seek(0)
                lines = said.read().decode(errors="replace").strip().splitlines() or [""]
                raise Mistake(f"VIMABench ended on {name} seed {seed}: {lines[-1]}")
            answer = json.loads(line)
            return [] if "failed" in answer else list(zip(answer["cpu"], answer["wall"]))

        try:
            yield play
        finally:
            process.kill()
            process.communicate()


def _now() -> Clocks:
    return time.process_time(), time.perf_counter()


def _between(marks: Sequence[Clocks]) -> list[Clocks]:
    return [(cpu - cpu0, wall - wall0) for (cpu0, wall0), (cpu, wall) in pairwise(marks)]


@contextmanager
def _one_core() -> Iterator[int | str]:
    """Keeps this process and those it starts on the core that has the least to do; its number, where there is one."""
    if not hasattr(os, "sched_setaffinity"):
        yield "any"
        return
    before, allowed = _idle(), os.sched_getaffinity(0)
    time.sleep(0.5)
    now = _idle()
    core = max(allowed, key=lambda number: now[number] - before[number])
    os.sched_setaffinity(0, {core})
    try:
        yield core
    finally:
        os.sched_setaffinity(0, allowed)


def _idle() -> dict[int, int]:
    """Ticks that each core was idle so far."""
    lines = (line.split() for line in Path("/proc/stat").read_text(encoding="ascii").splitlines())
    return {int(words[0][3:]): int(words[4]) for words in lines if words[0][:3] == "cpu" and words[0][3:]}
