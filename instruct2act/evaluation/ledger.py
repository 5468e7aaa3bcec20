"""An evaluation's folder, and its one writer.

``origin.json`` says what the figures are made with, ``records.jsonl`` has a line an episode, ``pictures/`` what the
lines name by hash. Whatever kills the writer, what was kept stays: a line is on disk before the next episode counts.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import AGAIN, PICTURES, RECORDS, EpisodeRecord, EpisodeSpec, append, mend
from instruct2act.evaluation.rows import rows
from skills.errors import Mistake

ORIGIN = "origin.json"


class Ledger:
    """Holds a folder for as long as an evaluation writes there. Use it as a context manager.

    Args:
        folder: made when it is not there.
        origin: what the figures are made with now.

    Attributes:
        done: keys of the episodes that were played to an end.
        again: keys of those that were interrupted or lost, and not played since.
        said: what was found amiss and repaired, a sentence each.

    Raises:
        Mistake: another evaluation writes there, or the folder's figures were made with something else; names it.
    """

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.folder, self.path = folder, folder / RECORDS
        self.done: set[str] = set()
        self.again: set[str] = set()
        self.said: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._locked()
        try:
            self._same(origin)
            self._mend()
        except BaseException:
            self.close()
            raise

    def left(self, specs: Iterable[EpisodeSpec]) -> list[EpisodeSpec]:
        """The specs that are not there yet, in order, none twice."""
        wanted = {spec.key(): spec for spec in specs}
        return [spec for key, spec in wanted.items() if key not in self.done]

    def keep(self, record: EpisodeRecord, pictures: Mapping[str, bytes] | None = None) -> None:
        """Writes an episode: its pictures, then its line, on disk when this returns."""
        for name, content in (pictures or {}).items():
            path = self.folder / PICTURES / name[:2] / name
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                half = path.with_name(f".{name}.part")
                half.write_bytes(content)
                half.replace(path)
        append(self.path, record)
        self._count(record.spec.key(), record.status)

    def close(self) -> None:
        """Lets go of the folder. May be called again."""
        self._lock.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _locked(self) -> IO[str]:
        lock = (self.folder / ".lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go of it when this process dies
        except OSError:
            lock.close()
            raise Mistake(
                f"another evaluation writes to {self.folder}/; wait for it, or choose another --out"
            ) from None
        return lock

    def _same(self, origin: Origin) -> None:
        path = self.folder / ORIGIN
        if not _has_a_line(self.path):
            # Figures of nothing bind nothing: models that failed to load leave such a folder behind.
            half = path.with_suffix(".part")
            half.write_text(origin.model_dump_json(indent=1) + "\n", encoding="utf-8")
            half.replace(path)
            return
        if not path.is_file():
            raise Mistake(f"{self.path} has records, and no {ORIGIN} says what they were made with; choose --out")
        try:
            before = Origin.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError:
            raise Mistake(
                f"{path} can't be read; the folder belongs to another version: choose another --out"
            ) from None
        if different := before.differences(origin):
            raise Mistake(
                f"{self.folder}/ holds figures that were made with something else; they can't be mixed. "
                "Choose another --out, or put back what differs (then -> now):\n  " + "\n  ".join(different)
            )

    def _mend(self) -> None:
        if torn := mend(self.path):
            self.said.append(
                f"the last line of {self.path} was torn: {torn} bytes cut off, its episode is played again"
            )
        for row in rows(self.path):
            self._count(row.key, row.status)

    def _count(self, key: str, status: str) -> None:
        if status in AGAIN:
            if key not in self.done:
                self.again.add(key)
        else:
            self.done.add(key)
            self.again.discard(key)


def _has_a_line(path: Path) -> bool:
    """Whether a whole record is there; a torn one is cut off later."""
    if not path.is_file():
        return False
    with path.open("rb") as lines:
        return lines.readline().endswith(b"\n")
