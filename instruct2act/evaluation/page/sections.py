"""The page's tables and plots, as HTML that reads without a script too."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

from instruct2act.evaluation import published, tables, tally
from instruct2act.evaluation.page import plots
from instruct2act.evaluation.report import Report, discordant
from instruct2act.evaluation.statistics import mcnemar
from instruct2act.evaluation.tally import AS_THEY_ARE, SUCCESS, Cell, Tally
from instruct2act.listeners import words

_DISCORDANT = 200
_RATES = ("n", "success", "0 to 100 %", "95 %", "vima", "progress", "reward")


def text(value: object) -> str:
    """Text of unknown origin, harmless in HTML."""
    return html.escape(words.plain(str(value)))


def all_of(report: Report, held: int) -> Iterator[str]:
    """Every section in order.

    Args:
        report: what to show.
        held: episodes that the page has.
    """
    yield _head(report, held)
    for run, (name, folded) in enumerate(zip(report.names(), report.tallies)):
        title = f"Success: {text(name)}" if len(report.tallies) > 1 else "Success"
        yield f"<section><h2>{title}</h2>{_tiles(folded)}{_parts(folded, run)}{_success(folded, run)}</section>"
        if folded.all().failed:
            yield f"<section><h2>Where it fails</h2>{_failures(folded, run)}</section>"
        yield f"<section><h2>What an episode costs</h2>{_costs(folded)}</section>"
    if report.pairs is not None:
        yield f"<section><h2>Pair by pair</h2>{_pairs(report)}</section>"
    beside = tables.beside(report.tallies[0])
    if beside:
        yield f"<section><h2>Beside published figures</h2>{_published(report, beside)}</section>"
    yield _browser(held, sum(folded.all().played for folded in report.tallies))


def _head(report: Report, held: int) -> str:
    lines = []
    for name, folded, origin in zip(report.names(), report.tallies, report.origins):
        whole = folded.all()
        perception = (origin.get("config") or {}).get("perception") or {}
        parts = [f"{whole.played} episodes"]
        if whole.lost:
            parts.append(f"{whole.lost} not played to an end, beside the rates")
        parts.append("programs by " + ", ".join(folded.authors))
        if perception:
            parts.append(f"perception {perception.get('segmenter')} and {perception.get('retriever')}")
        if origin:
            parts.append(f"version {origin.get('version')}, source {origin.get('revision')}")
        lines.append(f"<p><strong>{text(name)}</strong> {text('; '.join(parts))}</p>")
    return f"<header><h1>Evaluation</h1>{''.join(lines)}</header>"


def _tiles(folded: Tally) -> str:
    found = []
    for level in [*folded.levels(), ""]:
        cell = folded.level(level) if level else folded.all()
        mean = folded.mean_of_tasks(level) if level else cell.rate
        if mean is None or not cell.judged:
            continue
        title = f"{level}, mean of tasks" if level else "all episodes"
        found.append(
            f"<div class=tile><b>{tables.percent(mean)}</b><span>{text(title)}</span>"
            f"<small>{tables.between(cell.interval)}, n {cell.judged}</small></div>"
        )
    return f"<div class=tiles>{''.join(found)}</div>"


def _parts(folded: Tally, run: int) -> str:
    rows = [
        [text(name or AS_THEY_ARE), *_rates(cell, {"run": run, "part": name or AS_THEY_ARE})]
        for name, cell in folded.parts().items()
    ]
    return _table(("all tasks", *_RATES), rows) if rows else ""


def _success(folded: Tally, run: int) -> str:
    rows = []
    for task, level in tally.ordered(folded.cells):
        cell = folded.cells[task, level]
        rows.append([text(task), text(level), *_rates(cell, {"run": run, "task": task, "level": level})])
    note = "<p class=note>Lines are Wilson's 95 % intervals; the column vima is the published rule.</p>"
    return _table(("task", "level", *_RATES), rows) + note


def _rates(cell: Cell, where: Mapping[str, object]) -> list[str]:
    """The cells of a row under ``_RATES``; the numbers lead to the episodes that are ``where``."""
    rate = tables.percent(cell.rate)
    return [
        _link(str(cell.played), **where),
        _link(rate, **where, kind=SUCCESS) if cell.success else rate,
        plots.whisker(cell.rate, cell.interval) if cell.rate is not None else "",
        tables.between(cell.interval) if cell.judged else "",
        tables.percent(cell.vima / cell.judged) if cell.judged else "",
        _two(cell.progress.value),
        _two(cell.reward.value),
    ]


def _failures(folded: Tally, run: int) -> str:
    whole = folded.all()
    stages = [stage for stage, _ in whole.failed.most_common()]
    rows = []
    for task, level in tally.ordered(folded.cells):
        cell = folded.cells[task, level]
        if not cell.failed:
            continue
        where = {"run": run, "task": task, "level": level}
        counts = [_link(str(cell.failed[stage]), **where, kind=stage) if cell.failed[stage] else "" for stage in stages]
        bar = plots.stacked([cell.failed[stage] / cell.played for stage in stages])
        rows.append([text(task), text(level), bar, *counts])
    total = [_link(str(whole.failed[stage]), run=run, kind=stage) for stage in stages]
    rows.append(["all", "", plots.stacked([whole.failed[stage] / whole.played for stage in stages]), *total])
    heads = [f"{plots.key(place)} {text(stage)}" for place, stage in enumerate(stages)]
    shown = _table(("task", "level", "of all episodes", *heads), rows, raw=True)
    failed = sum(whole.failed.values())
    labels = [
        [_link(text(label), run=run, label=label), str(count), tables.percent(count / failed)]
        for label, count in whole.labels.most_common(40)
    ]
    return shown + _table(("why", "n", "of failures"), labels)


def _costs(folded: Tally) -> str:
    whole = folded.all()
    played = max(1, whole.played)
    found = tally.stages(whole)
    longest = max((seconds for _, seconds in found), default=0.0) or 1.0
    rows = [[text(stage), f"{seconds:.3f}", plots.bar(seconds / longest)] for stage, seconds in found]
    rows += [[f"tokens {text(name)}", f"{count / played:.0f}", ""] for name, count in whole.tokens.items()]
    if whole.cost:
        rows.append(["money, all episodes", f"{whole.cost:.2f}", ""])
    return _table(("seconds by stage", "mean", ""), rows)


def _pairs(report: Report) -> str:
    pairs = report.pairs
    assert pairs is not None
    one, other = (text(name) for name in report.names())
    low, high = pairs.interval()
    changed = "".join(f"<li>{text(line)}</li>" for line in report.differences())
    found = [
        f"<p><b>{other}</b> against <b>{one}</b> on {pairs.of} episodes that both played: "
        f"<b>{100 * pairs.difference:+.1f} points</b> ({100 * low:+.1f} to {100 * high:+.1f}), "
        f"McNemar {tables.significance(pairs.p)}.</p>",
        f"<p>{text(report.cost_of_perception())}</p>",
        f"<p class=note>Made with differently:</p><ul>{changed}</ul>" if changed else "",
    ]
    rows = [
        [
            text(task),
            text(level),
            *map(str, counts),
            tables.significance(mcnemar(counts[1], counts[2])) if counts[1] + counts[2] else "",
        ]
        for task, level in tally.ordered(pairs.tasks)
        for counts in [pairs.tasks[task, level]]
    ]
    found.append(
        _table(("task", "level", "both", f"only {one}", f"only {other}", "neither", "McNemar"), rows, raw=True)
    )
    listed = discordant(report)[:_DISCORDANT]
    if listed:
        differing = [
            [
                text(entry["scene"]),
                *(
                    _link("success" if good else text(how), run=run, key=entry["key"])
                    for run, (good, how) in enumerate(zip(entry["success"], entry["ended"]))
                ),
            ]
            for entry in listed
        ]
        more = len(pairs.only_one) + len(pairs.only_other) - len(listed)
        found.append("<h3>Episodes on which they differ</h3>" + _table(("episode", one, other), differing, raw=True))
        found.append(f"<p class=note>and {more} more; --json lists them</p>" if more else "")
    return "".join(found)


def _published(report: Report, beside: Sequence[tuple[str, str, dict[str, float], str]]) -> str:
    levels = [level for level in ("L1", "L2", "L3", "L4") if any(level in row[2] for row in beside)]
    rows = [
        [text(method), tasks, *(f"{values[level]:.1f}" if level in values else "" for level in levels), text(note)]
        for method, tasks, values, note in beside
    ]
    said = "".join(f"<li>{text(line)}</li>" for line in published.differences(report.origins[0].get("config")))
    return _table(("method, percent", "tasks", *levels, ""), rows) + f"<ul class=note>{said}</ul>"


def _browser(held: int, of: int) -> str:
    which = f"All {of} episodes."
    if held < of:
        which = (
            f"{held} of {of} episodes: the first of each task, level and outcome. Any other is played again, bit for "
            "bit, by its task, level and seed."
        )
    return (
        f"<section id=episodes><h2>Episodes</h2><p class=note>{which}</p>"
        "<noscript><p>Stepping through episodes needs scripts.</p></noscript>"
        "<div id=browser></div></section>"
    )


def _link(shown: str, **where: object) -> str:
    """A number or a phrase (HTML already) that leads to its episodes."""
    query = urlencode({name: str(value) for name, value in where.items() if value != ""})
    return f'<a href="#list?{html.escape(query)}">{shown}</a>'


def _table(headings: Iterable[str], rows: Iterable[Sequence[str]], raw: bool = False) -> str:
    """A table that scrolls in itself on a narrow screen; cells are HTML already, headings unless ``raw`` are not."""
    head = "".join(f"<th>{heading if raw else text(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
