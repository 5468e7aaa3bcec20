"""Which episodes a page holds, and all that it knows of each."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from instruct2act.evaluation import pairs as pairing
from instruct2act.evaluation.record import PICTURES, RECORDS, EpisodeSpec
from instruct2act.evaluation.report import Report
from instruct2act.evaluation.rows import Row, row_at
from instruct2act.evaluation.tally import AS_THEY_ARE, SUCCESS, Tally, kind_of

MEGABYTES = 24.0
_DIFFERING = 200
_COPIED = ("instruction", "program", "reward_source", "status", "success", "progress", "reward", "verdicts", "label")
_MORE = ("label_rule", "attempts", "reward_parts", "calls", "actions", "prints", "error", "seconds", "tokens", "model")


def data(report: Report, megabytes: float) -> dict[str, Any]:
    """The page's data: runs, episodes, and pictures by name as long as there is room for them."""
    episodes: list[dict[str, Any]] = []
    pictures: dict[str, str] = {}
    room = megabytes * 1e6
    for run, row in _chosen(report):
        episodes.append(_episode(run, row))
        found = _pictures(report.folders[run], row)
        size = sum(len(content) for name, content in found.items() if name not in pictures)
        if size <= room:
            room -= size
            pictures |= found
    return {"runs": report.names(), "episodes": episodes, "pictures": pictures}


def _chosen(report: Report) -> Iterator[tuple[int, Row]]:
    """Those on which two runs differ, then failures, then successes; (run, row), none twice."""
    seen: set[tuple[int, int]] = set()
    for run, row in _candidates(report):
        if (run, row.offset) not in seen:
            seen.add((run, row.offset))
            yield run, row


def _candidates(report: Report) -> Iterator[tuple[int, Row]]:
    if report.pairs is not None:
        for place, (one, other) in enumerate(pairing.discordant(report.pairs, *report.folders[:2])):
            if place == _DIFFERING:
                break
            yield from ((0, one), (1, other))
    for good in (False, True):
        for run, (folder, folded) in enumerate(zip(report.folders, report.tallies)):
            for offset in _offsets(folded, good):
                yield run, row_at(folder / RECORDS, offset)


def _offsets(folded: Tally, good: bool) -> Iterator[int]:
    """Of every cell in turn, so that none goes without when room is short."""
    kinds = [
        offsets
        for cell in folded.cells.values()
        for kind, offsets in cell.examples.items()
        if (kind == SUCCESS) == good
    ]
    for place in range(max(map(len, kinds), default=0)):
        yield from (offsets[place] for offsets in kinds if place < len(offsets))


def _episode(run: int, row: Row) -> dict[str, Any]:
    spec = EpisodeSpec.model_validate(row.spec)
    found = {name: row.raw[name] for name in (*_COPIED, *_MORE) if name in row.raw}
    return {
        **found,
        "run": run,
        "key": row.key,
        "scene": spec.scene(),
        "task": row.task,
        "level": row.level,
        "part": row.part or AS_THEY_ARE,
        "kind": kind_of(row),
        "shown": row.raw.get("pictures") or [],
        "again": _command(spec),
    }


def _command(spec: EpisodeSpec) -> str:
    """What plays it again, bit for bit, where it is a task's."""
    if spec.task is None or spec.text is not None:
        return ""
    varied = f" --variation {spec.variation}" if spec.variation else ""
    return f"instruct2act run --task {spec.task} --level {spec.level} --seed {spec.seed}{varied}"


def _pictures(folder: Path, row: Row) -> dict[str, str]:
    """Base64 of each picture that is there. Names are checked: a record could name any file."""
    found = {}
    for shown in row.raw.get("pictures") or []:
        name = str(shown.get("file", ""))
        stem, _, ending = name.partition(".")
        path = folder / PICTURES / name[:2] / name
        if stem.isalnum() and ending == "webp" and path.is_file():
            found[name] = base64.b64encode(path.read_bytes()).decode()
    return found
