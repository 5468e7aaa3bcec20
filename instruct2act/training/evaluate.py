"""Measures a small checkpoint: ``python -m instruct2act.training.evaluate sam``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from instruct2act.training.evaluate_sam import Figures, judge_sets
from skills.backends.sam import build


def evaluate_sam(folder: Path, pictures: int = 100, checkpoint: str = "", threads: int = 1) -> dict[str, Figures]:
    """Figures by set of pictures; see ``evaluate_sam.judge_sets``.

    Args:
        folder: keeps the pictures to judge on.
        pictures: of each set.
        checkpoint: a file in place of the shipped weights.
        threads: of torch.
    """
    import torch

    torch.set_num_threads(threads)
    return judge_sets(build(checkpoint=checkpoint), folder, pictures)


def main(
    model: Annotated[str, typer.Argument(help="sam")] = "sam",
    pictures: int = 100,
    checkpoint: str = "",
    folder: Path = Path("~/.cache/instruct2act-train/sam"),
) -> None:
    """Prints a table."""
    if model != "sam":
        raise typer.BadParameter(f"{model!r} is not measured here; there is sam")
    figures = evaluate_sam(folder.expanduser(), pictures, checkpoint)
    typer.echo("".join(["figure".ljust(24), *(name.rjust(22) for name in figures)]))
    for row in next(iter(figures.values())):
        typer.echo("".join([row.ljust(24), *(f"{of[row]:22.3f}" for of in figures.values())]))


if __name__ == "__main__":
    typer.run(main)
