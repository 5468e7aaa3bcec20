"""The command ``export`` at work: records are read one by one, played again, and handed to a format."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from instruct2act import config, registry
from instruct2act.config import Config
from instruct2act.evaluation.ledger import ORIGIN
from instruct2act.evaluation.record import AGAIN, RECORDS, EpisodeRecord, ended_well
from instruct2act.evaluation.rows import rows
from instruct2act.exports import Exporter
from instruct2act.exports.retelling import CantRetell, retell
from instruct2act.runtime import Runtime
from instruct2act.sandbox import SandboxUnavailable
from skills.errors import Mistake

RUN_RECORD = "record.jsonl"
"""In a run's folder: its one line."""


def run(
    folder: Path,
    to: str,
    out: Path | None,
    only: str,
    limit: int | None,
    quiet: bool,
    config_file: str | None,
    sets: Sequence[str],
) -> int:
    """Exports a folder's episodes; returns the exit status: 0 when any was written.

    Raises:
        Mistake: no such format, no records, settings that are not the record's, a missing extra.
    """
    module = registry.find("instruct2act.exports", to)
    kept = records(folder, only)
    settings = _settings(folder, config_file, sets)
    place = out or folder.with_name(f"{folder.resolve().name}-{to}")
    written, left = 0, list[str]()
    try:
        with Runtime(settings).load() as runtime:
            exporter = cast(Exporter, module.exporter(place))
            for record in islice(kept, limit):
                if settings.digest() != record.config:
                    raise Mistake(
                        f"{record.spec.scene()} was made with other settings; give its --config and --set again"
                    )
                why = one(record, runtime, exporter)
                written += not why
                if why:
                    left.append(f"{record.spec.scene()}: {why}")
                if not quiet:
                    sys.stderr.write(f"{record.spec.scene()}{': left out, ' + why if why else ''}\n")
            said = exporter.close()
    except SandboxUnavailable as missing:
        raise Mistake(str(missing)) from None
    if left:
        sys.stderr.write(f"{len(left)} of {written + len(left)} episodes were left out; the first: {left[0]}\n")
    sys.stdout.write(said + "\n")
    return int(not written)


def records(folder: Path, only: str = "all") -> Iterator[EpisodeRecord]:
    """A folder's records, in order: those that were played to an end.

    Raises:
        Mistake: there are none.
    """
    path = next((folder / name for name in (RECORDS, RUN_RECORD) if (folder / name).is_file()), None)
    if path is None:
        raise Mistake(f"{folder}/ has neither {RECORDS} (an evaluation's) nor {RUN_RECORD} (a run's)")
    return (record for record in _read(path) if only in ("all", _outcome(record)))


def _read(path: Path) -> Iterator[EpisodeRecord]:
    for row in rows(path):
        if row.status not in AGAIN:
            try:
                yield EpisodeRecord.model_validate(row.raw)
            except ValidationError as error:
                raise Mistake(f"{path} holds records of another version: {error.errors()[0]['msg']}") from None


def _outcome(record: EpisodeRecord) -> str:
    return "success" if ended_well(record.status, record.success) else "failed"


def one(record: EpisodeRecord, runtime: Runtime, exporter: Exporter) -> str:
    """Exports an episode; why it was left out, or ""."""
    listeners = exporter.begin(record)
    try:
        told = retell(record, runtime, listeners)
    except CantRetell as why:
        for listener in listeners:
            listener.close()
        exporter.drop()
        return str(why)
    for listener in listeners:
        listener.close()
    exporter.keep(told)
    return ""


def _settings(folder: Path, file: str | None, sets: Sequence[str]) -> Config:
    """What the episodes were made with: an evaluation says so itself."""
    if not (folder / ORIGIN).is_file():
        return config.load(file, sets)
    if file is not None or sets:
        raise Mistake(f"{folder / ORIGIN} says what the episodes were made with; leave --config and --set out")
    try:
        origin: dict[str, Any] = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
        return Config.model_validate(origin["config"])
    except (ValueError, KeyError, TypeError):
        raise Mistake(f"{folder / ORIGIN} can't be read; the folder belongs to another version") from None
