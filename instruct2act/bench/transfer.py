"""The transfer table: what a change of the scene costs, and what each part of perception is worth there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from instruct2act import config
from instruct2act.bench.tables import Progress, say
from instruct2act.evaluation import suites, tally
from instruct2act.evaluation.evaluate import Way, evaluate
from instruct2act.evaluation.published import TRANSFER
from instruct2act.evaluation.record import EpisodeRecord
from instruct2act.evaluation.tables import between
from instruct2act.evaluation.tally import Cell
from skills.errors import UnknownName

ROWS: Mapping[str, Sequence[str]] = {
    "as it is": (),
    "boxes for masks": ("perception.masks=bbox",),
    "without tracking": ("perception.tracking=off",),
    "single view": ("perception.views=top",),
    "no depth": ("perception.depth=off",),
    "no mask filtering": ("perception.masks=unfiltered",),
}
"""By the name of the row: the settings that make it. The slides' rows, and Instruct2Act's own ablation."""


def transfer(suite: str, rows: str, tasks: str, levels: str, episodes: int, workers: int, out: Path) -> None:
    """Plays a suite of parts under each row's settings, and prints percent and 95 % intervals.

    Args:
        suite: one that has parts.
        rows: names in ``ROWS``, by comma; "" for all.
        tasks: by comma; "" as the suite says.
        levels: likewise.
        episodes: of each part, task and level.
        workers: processes.
        out: a folder for each row's records; what is there is not played again.

    Raises:
        Mistake: the suite, a row, a task or a level can't be.
    """
    changes = {"episodes": episodes, "tasks": suites.parted(tasks or None), "levels": suites.parted(levels or None)}
    specs = suites.load(suite, changes).specs()
    way = Way("processes" if workers > 1 else "serial", workers)
    found: dict[str, dict[str, Cell]] = {}
    for name in suites.parted(rows) or tuple(ROWS):
        if name not in ROWS:
            raise UnknownName("row", name, ROWS)
        folder = out / name.replace(" ", "-")
        evaluate(specs, config.load(sets=ROWS[name]), folder, way, heard=partial(_heard, Progress(len(specs))))
        folded = tally.of_folder(folder)
        found[name] = {**folded.parts(), "mean": folded.all()}
    _print(found)


def _heard(steps: Progress, record: EpisodeRecord) -> None:
    steps.step(record.spec.scene())


def _print(found: Mapping[str, Mapping[str, Cell]]) -> None:
    columns = list(next(iter(found.values())))
    say(f"\n{'percent':<20}" + "".join(f"{column or 'seen':>18}" for column in columns))
    for name, cells in found.items():
        say(f"{name:<20}" + "".join(f"{100 * (cells[column].rate or 0):>18.1f}" for column in columns))
        say(f"{'':<20}" + "".join(f"{between(cells[column].interval):>18}" for column in columns))
    say(f"{'':<20}" + "".join(f"{'n = ' + str(cells.judged):>18}" for cells in next(iter(found.values())).values()))
    say("\nTransferring Foundation Models for Generalizable Robotic Manipulation, a real arm (other tasks and scenes):")
    for name, values in TRANSFER.items():
        say(f"{name:<20}" + "".join(f"{values.get(column or 'seen', ''):>18}" for column in columns))
