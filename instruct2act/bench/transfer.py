"""The transfer table: what a change of the scene costs, and what each part of perception is worth there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from instruct2act import config
from instruct2act.bench.cassettes import SETTINGS
from instruct2act.bench.tables import Progress, say
from instruct2act.evaluation import suites, tally
from instruct2act.evaluation.evaluate import Way, evaluate
from instruct2act.evaluation.published import TRANSFER
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.evaluation.tables import between
from instruct2act.evaluation.tally import Cell
from skills.errors import UnknownName

ROWS: Mapping[str, Sequence[str]] = {
    "as it is": (),
    "boxes for masks": ("perception.masks=bbox",),
    "without tracking": ("perception.tracking=off",),
    "single view": ("perception.views=top",),
    "no depth": ("perception.depth=off",),
    "no depth and single view": ("perception.depth=off", "perception.views=top"),
    "no mask filtering": ("perception.masks=unfiltered",),
}
"""By the name of the row: the settings that make it. The slides' rows, and Instruct2Act's own ablation."""


@dataclass(frozen=True)
class Part:
    """Rows of the table that are played on the same tasks by the same author.

    Attributes:
        about: what is played, for people.
        rows: names in ``ROWS``.
        tasks: names; empty as the suite says.
        sets: settings under all of its rows.
        levels: None as the suite says; a task is left out where it is not played.
    """

    about: str
    rows: tuple[str, ...]
    tasks: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    levels: tuple[str, ...] | None = None

    def specs(self, asked: Asked) -> list[EpisodeSpec]:
        """Every episode of one of its rows."""
        levels = asked.levels if asked.levels is not None else self.levels
        changes = {"episodes": asked.episodes, "tasks": self.tasks or None, "levels": levels}
        return suites.load(asked.suite, changes).specs()


def parts(cassette: Path) -> dict[str, Part]:
    """The table's parts: all switches on the suite's tasks, then two of them where their skill is asked for.

    Args:
        cassette: a language model's programs, of which those for two tasks call ``Track``; the embedded author's don't.
    """
    kept = (*SETTINGS, f"llm.cassette={cassette}")
    tracked = ("follow_motion", "pick_in_order_then_restore")
    return {
        "all": Part(
            "the suite's tasks, embedded author", tuple(row for row in ROWS if row != "no depth and single view")
        ),
        "tracking": Part(
            "where programs call Track (a language model's, kept)",
            ("as it is", "without tracking"),
            tracked,
            kept,
            ("L1", "L4"),
        ),
        "views": Part(
            "where height is told by two views (the tallest, the shortest)",
            ("no depth", "no depth and single view"),
            ("novel_adj",),
        ),
    }


@dataclass(frozen=True)
class Asked:
    """What of the table is wanted, and how it is played.

    Attributes:
        suite: one that has parts, its columns.
        parts: names in ``parts``; empty for every one, or for "all" where suite, rows or tasks are others.
        rows: names in ``ROWS``; empty for each part's own.
        tasks, levels: empty as the part and the suite say.
        episodes: of each column, task and level.
        workers: processes.
    """

    suite: str = "transfer"
    parts: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    levels: tuple[str, ...] | None = None
    episodes: int = 3
    workers: int = 1


def transfer(asked: Asked, cassette: Path, out: Path) -> None:
    """Plays a suite under each row's settings, and prints percent with 95 % intervals.

    Args:
        asked: what of it.
        cassette: as in ``parts``.
        out: a folder for each row's records; what is there is not played again.

    Raises:
        Mistake: the suite, a part, a row, a task or a level can't be.
    """
    known = parts(cassette)
    for kind, wanted, there in (("part", asked.parts, known), ("row", asked.rows, ROWS)):
        for name in wanted:
            if name not in there:
                raise UnknownName(kind, name, there)
    narrowed = asked.rows or asked.tasks or asked.suite != Asked.suite
    for name in asked.parts or (("all",) if narrowed else known):
        part = replace(known[name], **{key: value for key in ("rows", "tasks") if (value := getattr(asked, key))})
        _print(part.about, _played(part, asked, out if name == "all" else out / name))
    say("\nTransferring Foundation Models for Generalizable Robotic Manipulation, a real arm (other tasks and scenes):")
    columns = [*TRANSFER["as it is"]]
    say(f"{'':<24}" + "".join(f"{column:>18}" for column in columns))
    for name, values in TRANSFER.items():
        say(f"{name:<24}" + "".join(f"{values[column]:>18}" for column in columns))


def _played(part: Part, asked: Asked, out: Path) -> dict[str, dict[str, Cell]]:
    specs = part.specs(asked)
    way = Way("processes" if asked.workers > 1 else "serial", asked.workers)
    found: dict[str, dict[str, Cell]] = {}
    for name in part.rows:
        folder = out / name.replace(" ", "-")
        settings = config.load(sets=[*part.sets, *ROWS[name]])
        evaluate(specs, settings, folder, way, heard=partial(_heard, name, Progress(len(specs))))
        folded = tally.of_folder(folder)
        found[name] = {**folded.parts(), "mean": folded.all()}
    return found


def _heard(row: str, steps: Progress, record: EpisodeRecord) -> None:
    steps.step(f"{row}: {record.spec.scene()}")


def _print(about: str, found: Mapping[str, Mapping[str, Cell]]) -> None:
    columns = list(next(iter(found.values())))
    say(f"\n{about}\n{'percent':<24}" + "".join(f"{column or 'seen':>18}" for column in columns))
    for name, cells in found.items():
        say(f"{name:<24}" + "".join(f"{100 * (cells[column].rate or 0):>18.1f}" for column in columns))
        of = f"  n = {cells['mean'].judged}" + (f", lost {cells['mean'].lost}" if cells["mean"].lost else "")
        say(f"{of:<24}" + "".join(f"{between(cells[column].interval):>18}" for column in columns))
