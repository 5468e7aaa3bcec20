"""The command ``export``: arguments only; what it does is imported when it runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from instruct2act.options import ConfigFile, Set


class Which(StrEnum):
    """What `--only` takes."""

    all = "all"
    success = "success"
    failed = "failed"


def add_to(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("export")(export)


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An evaluation's folder, or a run's.")],
    to: Annotated[str, typer.Option(help="lerobot, rerun, mp4 or coco (docs/export.md).")],
    out: Annotated[Path | None, typer.Option(help="Where to write; DIR-FORMAT when left out.")] = None,
    only: Annotated[Which, typer.Option(help="Which episodes.")] = Which.all,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="The last line only.")] = False,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Write episodes in the format of another tool.

    Each episode is played again from its record (seed and program), which gives the same pictures and motions; one that
    goes otherwise, because the source changed meanwhile, is left out and named. A run's folder keeps no settings: give
    the --config and --set that it was made with.

      instruct2act export runs/six --to lerobot --only success --out data/six

      instruct2act export runs/20260101-120000-put-the-red-heart --to rerun
    """
    from instruct2act.exports import exporting

    raise typer.Exit(exporting.run(folder, to, out, only.value, limit, quiet, config, sets or []))
