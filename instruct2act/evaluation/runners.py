"""Plays many specs and keeps their records; what is there already is not played again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec, append, read
from instruct2act.runtime import Runtime
from instruct2act.sandbox import StopFlag

AGAIN = ("interrupted", "infrastructure")
"""How an episode may end that is played again on resume."""

Heard = Callable[[EpisodeRecord, int, int], None]


def serial(
    specs: Sequence[EpisodeSpec], runtime: Runtime, path: Path, heard: Heard | None = None, stop: StopFlag | None = None
) -> list[EpisodeRecord]:
    """Plays specs one after the other.

    Args:
        specs: what to play.
        runtime: models, author, sandbox.
        path: JSON lines, appended to and read first: an episode whose spec and config are there is not played again.
        heard: told each record that is played, how many are done, and of how many.
        stop: ends it after the episode under way.

    Returns:
        The specs' records, in their order.
    """
    from instruct2act.episode import run_episode

    digest = runtime.config.digest()
    kept = {_key(record.spec): record for record in _mended(path) if record.config == digest and _counts(record)}
    for done, spec in enumerate(specs, 1):
        if _key(spec) in kept:
            continue
        if stop is not None and stop.is_set():
            break
        record = run_episode(spec, runtime, stop=stop)
        append(path, record)
        kept[_key(spec)] = record
        if heard is not None:
            heard(record, done, len(specs))
    return [kept[_key(spec)] for spec in specs if _key(spec) in kept]


def counted(records: Iterable[EpisodeRecord]) -> list[EpisodeRecord]:
    """The records that rates are made of: those that were played to an end."""
    return [record for record in records if _counts(record)]


def _counts(record: EpisodeRecord) -> bool:
    return record.status not in AGAIN


def _mended(path: Path) -> list[EpisodeRecord]:
    """The records of a file; a torn last line is cut off first, so that the next one starts on a line of its own."""
    if not path.is_file():
        return []
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if whole != text:
        path.write_bytes(whole)
    return read(path)


def _key(spec: EpisodeSpec) -> str:
    return spec.model_dump_json()
