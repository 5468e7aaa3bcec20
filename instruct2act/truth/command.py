"""The command ``reward eval``: arguments only; what it does is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from instruct2act.options import Author, ConfigFile, Set, author_settings


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    rewards = typer.Typer(help="The authors' reward functions.", no_args_is_help=True)
    rewards.command("eval")(evaluate)
    app.add_typer(rewards, name="reward")


def evaluate(
    tasks: Annotated[str | None, typer.Option(help="By comma, or all; `instruct2act tasks` lists them.")] = None,
    levels: Annotated[str | None, typer.Option(help="By comma, or all; each task's first when left out.")] = None,
    episodes: Annotated[
        int, typer.Option(min=1, help="Of each task and level: a reward and some 13 outcomes each.")
    ] = 10,
    seed0: Annotated[int, typer.Option(min=0, help="The first seed; the others follow it.")] = 0,
    author: Author = None,
    records: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An evaluation's records.jsonl: what programs did counts too.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write every outcome, and a page of the worst with pictures.")
    ] = None,
    json_line: Annotated[bool, typer.Option("--json", help="One JSON object a task, and one for all.")] = False,
    config: ConfigFile = None,
    sets: Set = None,
) -> None:
    """Say whether an author's rewards tell the truth: outcomes made on the simulated table, held against the goal.

    For each episode the author writes a reward from the instruction and the objects' names. It scores what the oracle
    does, nothing, random actions, near misses, the wrong object, the wrong place and more; the goal says which of them
    are successes. See docs/rewards.md.

      instruct2act reward eval --episodes 20 --out runs/rewards

      instruct2act reward eval --tasks rotate,rearrange --levels all --author openai --set llm.model=NAME
    """
    from instruct2act.truth import evaluate as command

    request = command.Request(tasks, levels, episodes, seed0, records, out, json_line)
    raise typer.Exit(command.run(request, config, [*author_settings(author), *(sets or [])]))
