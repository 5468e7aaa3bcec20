"""The commands ``eval`` and ``report``: arguments only; what they do is imported when they run."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from instruct2act.options import (
    ConfigFile,
    Env,
    EnvName,
    PerceptionName,
    RunnerName,
    Set,
    Variation,
    VimaBench,
    VimaBenchPython,
)


class PicturesName(StrEnum):
    """What `--pictures` takes."""

    all = "all"
    failed = "failed"
    none = "none"


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("eval")(evaluate)
    app.command("report")(report)


def evaluate(
    tasks: Annotated[str | None, typer.Option(help="By comma, or all; `instruct2act tasks` lists them.")] = None,
    levels: Annotated[str | None, typer.Option(help="By comma, or all; L1 when left out.")] = None,
    episodes: Annotated[
        int | None, typer.Option(min=1, help="Of each task and level; 10 when left out, or as the suite says.")
    ] = None,
    seed0: Annotated[int | None, typer.Option(min=0, help="The first seed; the others follow it.")] = None,
    variation: Variation = None,
    suite: Annotated[
        str | None, typer.Option(help="A file of configs/suites/ by name, or a path; the options above go over it.")
    ] = None,
    perception: Annotated[
        PerceptionName | None, typer.Option(help="From pixels (default), or with the simulator's ground truth.")
    ] = None,
    author: Annotated[
        str | None, typer.Option(help="Who writes programs and rewards: offline, openai, replay; as author.provider.")
    ] = None,
    env: Env = EnvName.table,
    vimabench: VimaBench = None,
    vimabench_python: VimaBenchPython = None,
    runner: Annotated[
        RunnerName | None, typer.Option(help="Where episodes are played; processes with --workers, else serial.")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="A Ray cluster; without it, Ray runs on this machine.")
    ] = None,
    ray_models: Annotated[
        int, typer.Option(min=0, help="Actors that hold perception models for all episodes; 0: each worker its own.")
    ] = 0,
    ray_gpu_per_model: Annotated[
        float, typer.Option(min=0, max=1, help="The part of a GPU that such an actor is placed on.")
    ] = 0.0,
    workers: Annotated[int | None, typer.Option(min=1, help="Episodes at a time; as the setting `workers`.")] = None,
    patience: Annotated[
        float | None,
        typer.Option(min=1, metavar="SECONDS", help="A worker silent for so long is replaced; else as settings allow."),
    ] = None,
    pictures: Annotated[
        PicturesName, typer.Option(help="Of which episodes pictures are kept, about 110 kB each, for the report.")
    ] = PicturesName.all,
    out: Annotated[
        Path | None, typer.Option(help="Where records go, and where an evaluation that was stopped goes on.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; the table at the end only.")] = False,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Play many episodes, lose none, and go on where it was stopped.

    Each episode is a line of OUT/records.jsonl, on disk before the next one counts. Ctrl-C or a kill loses the episodes
    under way; the same command again plays what is missing. A folder whose figures were made with other settings,
    weights or source is refused.

      instruct2act eval --suite quick --out runs/quick

      instruct2act eval --tasks rotate,rearrange --levels L1,L2 --episodes 100 --workers 2 --out runs/two

      instruct2act eval --suite six --perception oracle --workers 8 --out runs/six-oracle
    """
    from instruct2act.evaluation import session

    played = {"tasks": tasks, "levels": levels, "episodes": episodes, "seed0": seed0, "variation": variation}
    means = {"perception": perception, "author": author, "workers": workers, "runner": runner}
    options = {"models": str(ray_models), "gpu_per_model": str(ray_gpu_per_model), "address": ray_address or ""}
    raise typer.Exit(
        session.run(
            session.Request(
                suite,
                {**played, **means},
                patience,
                pictures.value,
                out,
                quiet,
                options,
            ),
            config_file=config,
            sets=[*env.settings(vimabench, vimabench_python), *(sets or [])],
        )
    )


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An evaluation's folder.")],
    other: Annotated[
        Path | None, typer.Argument(metavar="[DIR2]", help="Another one, compared pair by pair on the same episodes.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with plots and every number's episodes.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write its tables to keep, and FILE.json beside them.")
    ] = None,
    each: Annotated[
        int, typer.Option(min=1, help="How many episodes of each task, level and outcome the page can show.")
    ] = 20,
    json_line: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
) -> None:
    """Say how good, where it fails, what it costs, whether it is better than before, and whether to believe it.

    instruct2act report runs/six

    instruct2act report runs/six runs/six-oracle       # what perception costs

    instruct2act report runs/before runs/after --html report.html

    instruct2act report runs/all runs/all-oracle --html report.html --markdown docs/results/all.md
    """
    from instruct2act.evaluation import report as command

    raise typer.Exit(command.run([folder, *([other] if other else [])], json_line, html, each, markdown))
