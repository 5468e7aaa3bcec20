"""Options that several commands take."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class PerceptionName(StrEnum):
    """What `--perception` takes."""

    default = "default"
    oracle = "oracle"

    def settings(self) -> list[str]:
        """What it stands for, as `--set` takes it."""
        if self is PerceptionName.oracle:
            return ["perception.segmenter=oracle", "perception.retriever=oracle"]
        return []


class RunnerName(StrEnum):
    """What `--runner` takes."""

    serial = "serial"
    processes = "processes"
    ray = "ray"


class EnvName(StrEnum):
    """What `--env` takes."""

    table = "table"
    vimabench = "vimabench"

    def settings(self, path: Path | None, python: Path | None) -> list[str]:
        """What it, `--vimabench` and `--vimabench-python` stand for, as `--set` takes it."""
        paths = {"vimabench.path": path, "vimabench.python": python}
        chosen = [] if self is EnvName.table else [f"sim.env={self.value}"]
        return [*chosen, *(f"{key}={json.dumps(str(value))}" for key, value in paths.items() if value is not None)]


Env = Annotated[EnvName, typer.Option(help="Our own table, or the published VIMABench (docs/vimabench.md).")]
VimaBench = Annotated[Path | None, typer.Option(metavar="PATH", help="Your checkout of VIMABench.")]
VimaBenchPython = Annotated[
    Path | None, typer.Option(metavar="PY", help="A Python that has what VIMABench needs; this one when left out.")
]

Variation = Annotated[
    str | None, typer.Option(help="What scenes are drawn otherwise in: light, unseen, ... (docs/transfer.md).")
]

Author = Annotated[
    str | None,
    typer.Option(help="Who writes programs and rewards: offline, openai, replay; as the setting author.provider."),
]


def author_settings(author: str | None) -> list[str]:
    """What `--author` stands for, as `--set` takes it."""
    return [] if author is None else [f"author.provider={json.dumps(author)}"]


Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any setting, as `config show` lists them; may be repeated."),
]
ConfigFile = Annotated[str | None, typer.Option("--config", help="A YAML file, or the name of one in configs/.")]
