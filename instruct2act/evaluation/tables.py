"""A report as tables in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from instruct2act.evaluation import published, tally
from instruct2act.evaluation.report import Report, discordant
from instruct2act.evaluation.statistics import Interval, mcnemar
from instruct2act.evaluation.tally import Cell, Tally
from instruct2act.listeners import words

_LISTED = 20
_WIDE = 160
"""Columns where no terminal says how many there are."""


def show(report: Report, console: Console | None = None) -> None:
    """Prints everything that a report has."""
    out = console or Console(highlight=False)
    if not out.is_terminal:
        out.width = _WIDE
    for name, folded in zip(report.names(), report.tallies):
        out.print(f"\n[bold]{_safe(name)}[/bold]   {_safe(_authors(folded))}", style="")
        out.print(successes(folded))
        if folded.parts():
            out.print(parts(folded))
        if folded.all().failed:
            out.print(failures(folded))
        out.print(costs(folded))
    if report.pairs is not None:
        _compare(report, out)
    _published(report, out)


def percent(value: float | None) -> str:
    """``91.2 %``, or nothing."""
    return "" if value is None else f"{value:.1%}".replace("%", " %")


def between(interval: Interval) -> str:
    """``85.0 to 95.1``."""
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"


def significance(p: float) -> str:
    """``p = 0.031``, or ``p < 0.001``."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def successes(folded: Tally) -> Table:
    """A row a task and level, then the means."""
    table = _table("task", "level", "n", "success", "95 %", "vima", "progress", "reward", "s", "lost")
    for task, level in tally.ordered(folded.cells):
        table.add_row(_safe(task), level, *_numbers(folded.cells[task, level]))
    table.add_section()
    for level in folded.levels():
        mean = folded.mean_of_tasks(level)
        if mean is not None:
            cell = folded.level(level)
            table.add_row("mean of tasks", level, str(cell.played), percent(mean), "", *_numbers(cell)[3:])
    whole = folded.all()
    table.add_row("all episodes", "", *_numbers(whole))
    return table


def parts(folded: Tally) -> Table:
    """A row for each way in which scenes or sentences were other than the tasks' own."""
    table = _table("all tasks", "n", "success", "95 %", "vima", "progress", "reward", "s", "lost")
    for name, cell in folded.parts().items():
        table.add_row(_safe(name) or tally.AS_THEY_ARE, *_numbers(cell))
    return table


def failures(folded: Tally) -> Table:
    """What did not succeed, by stage and by label."""
    whole = folded.all()
    failed = sum(whole.failed.values())
    table = _table("failed at", "n", "of all", "why", "n", "of failures")
    by_stage, by_label = whole.failed.most_common(), whole.labels.most_common(_LISTED)
    for place in range(max(len(by_stage), len(by_label))):
        stage, count = by_stage[place] if place < len(by_stage) else ("", 0)
        label, labelled = by_label[place] if place < len(by_label) else ("", 0)
        table.add_row(
            _safe(stage),
            str(count or ""),
            percent(count / whole.played) if count else "",
            _safe(label),
            str(labelled or ""),
            percent(labelled / failed) if labelled else "",
        )
    return table


def costs(folded: Tally) -> Table:
    """Seconds, tokens and money an episode."""
    whole = folded.all()
    total = whole.seconds.get("total", 0.0) / max(1, whole.played)
    table = _table("seconds an episode", "mean", "share")
    for stage, seconds in tally.stages(whole):
        table.add_row(_safe(stage), f"{seconds:.3f}", percent(seconds / total) if total else "")
    for name, count in whole.tokens.items():
        table.add_row(f"tokens {_safe(name)}", f"{count / max(1, whole.played):.0f}", "")
    if whole.cost:
        table.add_row("money, all episodes", f"{whole.cost:.2f}", "")
    return table


def _compare(report: Report, out: Console) -> None:
    assert report.pairs is not None
    one, other = report.names()
    out.print(f"\n[bold]{_safe(other)} against {_safe(one)}[/bold]   {report.pairs.of} episodes that both played")
    for difference in report.differences():
        out.print("  " + _safe(difference))
    for sentence in compared(report):
        out.print(sentence, markup=False)
    out.print(paired(report))
    if listed := discordant(report):
        out.print(differing(report, listed[:_LISTED]))
        if len(listed) > _LISTED:
            out.print(f"and {_discordant(report) - _LISTED} more; --json lists them")


def compared(report: Report) -> list[str]:
    """What a comparison says, a sentence each."""
    pairs = report.pairs
    assert pairs is not None
    one, other = report.names()
    low, high = pairs.interval()
    said = (
        f"success {100 * pairs.difference:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f}), "
        f"McNemar {significance(pairs.p)}: only {one} {len(pairs.only_one)}, only {other} {len(pairs.only_other)}, "
        f"both {pairs.both}, neither {pairs.neither}"
    )
    return [sentence for sentence in (said, report.cost_of_perception()) if sentence]


def paired(report: Report) -> Table:
    """A row a task and level: on how many episodes two runs agree and differ."""
    assert report.pairs is not None
    one, other = report.names()
    table = _table("task", "level", "pairs", "both", f"only {one}", f"only {other}", "neither", "McNemar")
    for task, level in tally.ordered(report.pairs.tasks):
        _, only_one, only_other, _ = counts = report.pairs.tasks[task, level]
        table.add_row(
            _safe(task),
            level,
            *(str(count) for count in (sum(counts), *counts)),
            significance(mcnemar(only_one, only_other)) if only_one + only_other else "",
        )
    return table


def differing(report: Report, listed: Sequence[Mapping[str, Any]]) -> Table:
    """Episodes on which two runs differ (``report.discordant``), and how each ended."""
    table = _table("they differ on", *report.names())
    for entry in listed:
        ended = ["success" if good else _safe(how) for good, how in zip(entry["success"], entry["ended"], strict=True)]
        table.add_row(_safe(entry["scene"]), *ended)
    return table


def _discordant(report: Report) -> int:
    return len(report.pairs.only_one) + len(report.pairs.only_other) if report.pairs else 0


def _published(report: Report, out: Console) -> None:
    rows = beside(report.tallies[0])
    if not rows:
        return
    out.print("\n[bold]Beside published figures[/bold]   percent, each task counting the same")
    out.print(publications(rows))
    for sentence in published.differences(report.origins[0].get("config")):
        out.print("* " + sentence, markup=False)


def publications(rows: Sequence[tuple[str, str, Mapping[str, float], str]]) -> Table:
    """What ``beside`` gives."""
    levels = [level for level in ("L1", "L2", "L3", "L4") if any(level in row[2] for row in rows)]
    table = _table("method", "tasks", *levels, "note")
    for method, tasks, values, note in rows:
        table.add_row(method, tasks, *(f"{values[level]:.1f}" if level in values else "" for level in levels), note)
    return table


def beside(folded: Tally) -> list[tuple[str, str, dict[str, float], str]]:
    """Method, tasks, percent by level and a note: ours by both rules, then the published; [] when ours has none."""
    import sim

    found: list[tuple[str, str, dict[str, float], str]] = []
    for tasks, wanted in (("six", list(published.SIX)), ("all", None)):
        for rule, name in (("success", "ours"), ("vima", "ours, by the published rule")):
            values = {}
            for level in folded.levels():
                names = wanted or [task for task in sim.TASKS if level in sim.TASKS[task].levels]
                names = [task for task in names if task in sim.TASKS and level in sim.TASKS[task].levels]
                mean = folded.mean_of_tasks(level, names, rule) if len(names) > 1 else None
                if mean is not None:
                    values[level] = 100 * mean
            if values:
                found.append((name, tasks, values, ""))
    if not found:
        return []
    return [*found, *((row.method, row.tasks, dict(row.levels), row.note) for row in published.ROWS)]


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    short = ("task", "level", "all tasks", "failed at", "tasks", "seconds an episode")
    long = ("why", "method", "note", "they differ on")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in short + long else "right", no_wrap=heading not in long)
    return table


def _numbers(cell: Cell) -> Sequence[str]:
    seconds = cell.seconds.get("total", 0.0) / max(1, cell.played)
    return (
        str(cell.played),
        percent(cell.rate),
        between(cell.interval) if cell.judged else "",
        percent(cell.vima / cell.judged) if cell.judged else "",
        "" if cell.progress.value is None else f"{cell.progress.value:.2f}",
        "" if cell.reward.value is None else f"{cell.reward.value:.2f}",
        f"{seconds:.2f}",
        str(cell.lost or ""),
    )


def _authors(folded: Tally) -> str:
    return ", ".join(f"{count} by {name}" for name, count in folded.authors.most_common(3))


def _safe(text: str) -> str:
    """Text of unknown origin, as it is and without effect."""
    return escape(words.plain(text))
