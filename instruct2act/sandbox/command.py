"""The command group ``sandbox``: what holds hostile programs on this machine."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from instruct2act.sandbox.probe.battery import Played


def add_to(app: typer.Typer) -> None:
    """Adds the group."""
    group = typer.Typer(help="What holds hostile programs on this machine.", no_args_is_help=True)
    group.callback()(_group)
    group.command("probe")(probe)
    app.add_typer(group, name="sandbox")


def _group() -> None:
    """What holds hostile programs on this machine."""


def probe(
    json_line: Annotated[bool, typer.Option("--json", help="One JSON object an interpreter.")] = False,
) -> None:
    """Play the published battery of hostile programs against both interpreters; say what contained each.

    Takes about a minute. Exit status 1 where anything got out, 2 where programs can't be contained here at all.
    """
    raise typer.Exit(play(json_line))


def play(json_line: bool) -> int:
    """Plays and prints; 0 when every attack was contained.

    Raises:
        SandboxUnavailable: programs can't be contained on this machine.
    """
    from instruct2act.sandbox.probe import battery

    played = battery.run()
    for one in played:
        if json_line:
            sys.stdout.write(json.dumps(one.as_data()) + "\n")
        else:
            _show(one)
    return int(any(one.contained != one.attacks for one in played))


def _show(played: Played) -> None:
    """A row a class, a column a layer; what got out below, each with what it was."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from instruct2act.sandbox.errors import printable
    from instruct2act.sandbox.probe.battery import LAYERS

    table = Table(
        title=played.backend, title_justify="left", title_style="bold", box=None, show_footer=True, padding=(0, 1, 0, 0)
    )
    sums = {layer: sum(tally.by.get(layer, 0) for tally in played.tallies) for layer in LAYERS}
    table.add_column("class", f"{played.seconds:.0f} s")
    table.add_column("attacks", str(played.attacks), justify="right")
    for layer in LAYERS:
        table.add_column(layer, str(sums[layer] or ""), justify="right", no_wrap=True)
    for tally in played.tallies:
        table.add_row(tally.kind, str(tally.attacks), *(str(tally.by.get(layer, "")) for layer in LAYERS))
    console = Console(highlight=False)
    console.print(table)
    for tally in played.tallies:
        for verdict in tally.failures:
            console.print(f"[bold red]NOT CONTAINED[/] {tally.kind}/{verdict.name}: {escape(printable(verdict.amiss))}")
    console.print(f"{played.contained} of {played.attacks} contained\n")
