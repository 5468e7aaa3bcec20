"""What exists: tasks and settings, for people (tables, YAML) and for programs (JSON lines)."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import yaml

from instruct2act import config


def tasks(json_line: bool) -> None:
    """Prints the tasks: a table, or one JSON object each."""
    import sim

    if json_line:
        for t in sim.TASKS.values():
            row = {"name": t.name, "levels": list(t.levels), "budget": t.budget, "doc": t.doc.split("\n")[0]}
            sys.stdout.write(json.dumps(row) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("task", "levels", "budget", "what is asked"):
        table.add_column(heading, overflow="fold")
    for t in sim.TASKS.values():
        table.add_row(t.name, " ".join(t.levels), str(t.budget), t.doc.split("\n")[0])
    Console().print(table)


def settings(file: str | None, sets: Sequence[str]) -> None:
    """Prints every setting as YAML that ``--config`` takes, with its meaning as a comment."""
    values = config.load(file, sets).model_dump(mode="json")
    lines: list[str] = []
    _write(lines, values, config.keys(), "", 0)
    sys.stdout.write("\n".join(lines) + "\n")


def _write(lines: list[str], values: dict[str, Any], keys: dict[str, Any], prefix: str, depth: int) -> None:
    for name, value in values.items():
        indent, key = "  " * depth, prefix + name
        if key in keys:
            shown = yaml.safe_dump(value, default_flow_style=True).removesuffix("...\n").strip()
            lines.append(f"{indent}{name}: {shown}".ljust(44) + f"  # {keys[key][1]}")
        else:
            lines.append(f"{indent}{name}:")
            _write(lines, value, keys, key + ".", depth + 1)
