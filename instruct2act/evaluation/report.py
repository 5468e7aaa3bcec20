"""The command ``report``: folders of records become tables for people, JSON for programs, a page to look at."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instruct2act.evaluation import pairs as pairing
from instruct2act.evaluation import published, tally
from instruct2act.evaluation.pairs import Pairs
from instruct2act.evaluation.record import RECORDS, EpisodeSpec
from instruct2act.evaluation.tally import Tally
from skills.errors import Mistake

LISTED = 1000
"""Discordant episodes that are listed by name."""


@dataclass(frozen=True)
class Report:
    """One evaluation, or two on the same episodes.

    Attributes:
        folders: one or two.
        tallies: of each.
        origins: what each was made with, as ``origin.json`` has it; {} where it is not there.
        pairs: of two, else None.
    """

    folders: tuple[Path, ...]
    tallies: tuple[Tally, ...]
    origins: tuple[dict[str, Any], ...]
    pairs: Pairs | None = None

    def names(self) -> list[str]:
        """What to call the folders: their names, with a parent's where those are equal."""
        short = [folder.resolve().name for folder in self.folders]
        return short if len(set(short)) == len(short) else [str(folder) for folder in self.folders]

    def differences(self) -> list[str]:
        """What two evaluations were made with differently, one line each."""
        from instruct2act.evaluation.origin import Origin

        if len(self.origins) < 2 or not all(self.origins):
            return []
        one, other = (Origin.model_validate(origin) for origin in self.origins)
        return one.differences(other)

    def cost_of_perception(self) -> str:
        """What seeing costs, when one of two runs was given the simulator's ground truth and little else differs."""
        truth = [_sees_truth(origin) for origin in self.origins]
        others = [line for line in self.differences() if not line.startswith(("perception.", "weights."))]
        if self.pairs is None or truth.count(True) != 1 or others or not self.pairs.of:
            return ""
        one = (self.pairs.both + len(self.pairs.only_one)) / self.pairs.of
        other = (self.pairs.both + len(self.pairs.only_other)) / self.pairs.of
        given, seen = (one, other) if truth[0] else (other, one)
        return (
            f"With the simulator's ground truth {given:.1%}, from pixels {seen:.1%} on the same {self.pairs.of} "
            f"episodes: perception costs {100 * (given - seen):.1f} points, everything else {100 * (1 - given):.1f}."
        )


def read(folders: list[Path], kept: int = tally.KEPT) -> Report:
    """Folds one or two folders, remembering ``kept`` episodes of each kind.

    Raises:
        Mistake: a folder without records, or a line that is none.
    """
    for folder in folders:
        if not (folder / RECORDS).is_file():
            raise Mistake(f"{folder}/ has no {RECORDS}; `instruct2act eval --out {folder}` makes one")
    origins = tuple(_origin(folder) for folder in folders)
    pairs = pairing.compare(folders[0], folders[1]) if len(folders) == 2 else None
    return Report(tuple(folders), tuple(tally.of_folder(folder, kept) for folder in folders), origins, pairs)


def run(
    folders: list[Path], json_line: bool, html: Path | None, kept: int = tally.KEPT, markdown: Path | None = None
) -> int:
    """Prints a report, and writes the page and what is to be kept; returns the exit status.

    Raises:
        Mistake: as ``read``.
    """
    report = read(folders, kept)
    if json_line:
        sys.stdout.write(json.dumps(as_data(report)) + "\n")
    else:
        from instruct2act.evaluation import tables

        tables.show(report)
    if html is not None:
        from instruct2act.evaluation import page

        page.write(html, report)
        sys.stderr.write(f"{html} written: {html.stat().st_size / 1e6:.1f} MB, opens without a network\n")
    if markdown is not None:
        from instruct2act.evaluation import kept as keeping

        for path in keeping.write(markdown, report, html):
            sys.stderr.write(f"{path} written: {path.stat().st_size / 1e3:.0f} kB\n")
    return 0


def as_data(report: Report) -> dict[str, Any]:
    """What ``--json`` prints."""
    found: dict[str, Any] = {
        "folders": [str(folder) for folder in report.folders],
        "runs": [tally.as_data(folded) for folded in report.tallies],
        "origins": list(report.origins),
        "published": {
            "rows": [{"method": row.method, "tasks": row.tasks, **row.levels} for row in published.ROWS],
            "differences": published.differences(report.origins[0].get("config")),
        },
    }
    if report.pairs is not None:
        found["comparison"] = {
            **pairing.as_data(report.pairs),
            "cost_of_perception": report.cost_of_perception(),
            "made_with_differently": report.differences(),
            "discordant": discordant(report),
        }
    return found


def discordant(report: Report) -> list[dict[str, Any]]:
    """The first ``LISTED`` episodes on which two evaluations differ, with what each says of it."""
    if report.pairs is None:
        return []
    listed: list[dict[str, Any]] = []
    for one, other in pairing.discordant(report.pairs, *report.folders[:2]):
        if len(listed) == LISTED:
            break
        listed.append(
            {
                "scene": EpisodeSpec.model_validate(one.spec).scene(),
                "key": one.key,
                "ids": [one.raw["id"], other.raw["id"]],
                "success": [one.success, other.success],
                "ended": [_ended(one), _ended(other)],
            }
        )
    return listed


def _sees_truth(origin: dict[str, Any]) -> bool:
    perception = (origin.get("config") or {}).get("perception") or {}
    return "oracle" in (perception.get("segmenter"), perception.get("retriever"))


def _ended(row: Any) -> str:
    return row.label or tally.kind_of(row)


def _origin(folder: Path) -> dict[str, Any]:
    path = folder / "origin.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
