"""Reads records one line at a time, of each only what tables are made of: millions of episodes, flat memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from instruct2act.evaluation.record import AGAIN, key_of
from skills.errors import Mistake


class Row:
    """One record as a table sees it.

    Attributes:
        offset: of the line in its file, bytes.
        status, failed_at, label: how it ended; "" where there is nothing to say.
        success, vima: the verdicts, None without a goal.
        progress, reward: [0, 1], or None.
        seconds, tokens: by stage.
        raw: the whole record as JSON has it.
    """

    __slots__ = (
        "failed_at",
        "label",
        "offset",
        "progress",
        "raw",
        "reward",
        "seconds",
        "spec",
        "status",
        "success",
        "tokens",
    )

    def __init__(self, raw: dict[str, Any], offset: int = 0) -> None:
        self.raw = raw
        self.offset = offset
        self.spec: dict[str, Any] = raw["spec"]
        self.status: str = raw["status"]
        self.success: bool | None = raw.get("success")
        self.failed_at: str = raw.get("failed_at") or ""
        self.label: str = raw.get("label") or ""
        self.progress: float | None = raw.get("progress")
        self.reward: float | None = raw.get("reward")
        self.seconds: dict[str, float] = raw.get("seconds") or {}
        self.tokens: dict[str, int] = raw.get("tokens") or {}

    @property
    def key(self) -> str:
        """The spec's (``record.key_of``)."""
        return key_of(self.spec)

    @property
    def counts(self) -> bool:
        """Whether rates are made of it: it was played to an end."""
        return self.status not in AGAIN

    @property
    def task(self) -> str:
        """The task's name, or what kind of free scene it was."""
        return self.spec.get("task") or ("objects" if self.spec.get("objects") else "generated scenes")

    @property
    def level(self) -> str:
        """The task's level and what parts the episode from the task's own: "L1", "L1 light"; "" of a free scene."""
        level = self.spec.get("level") or "L1" if self.spec.get("task") else ""
        return " ".join(filter(None, (level, self.part)))

    @property
    def part(self) -> str:
        """What the scene or the sentence is other than the seed's: a variation, a wording; "" nothing."""
        return " ".join(filter(None, (self.spec.get("variation"), self.spec.get("wording"))))

    @property
    def vima(self) -> bool | None:
        """The verdict by the published rule."""
        found: bool | None = (self.raw.get("verdicts") or {}).get("vima")
        return found


def rows(path: Path) -> Iterator[Row]:
    """The rows of a file; a torn last line is left out.

    Raises:
        Mistake: a line is no record; says which.
    """
    if not path.is_file():
        return
    with path.open("rb") as lines:
        offset = 0
        for number, line in enumerate(lines, 1):
            if line.endswith(b"\n") and line != b"\n":
                try:
                    row = Row(json.loads(line), offset)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise Mistake(f"{path}, line {number} is no record ({type(error).__name__}: {error})") from None
                yield row
            offset += len(line)


def row_at(path: Path, offset: int) -> Row:
    """The row whose line begins at an offset."""
    with path.open("rb") as lines:
        lines.seek(offset)
        return Row(json.loads(lines.readline()), offset)
