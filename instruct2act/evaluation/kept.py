"""A report to be kept in a repository: Markdown for people, and a small JSON beside it for programs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

import sim
from instruct2act.config import RUN_SETTINGS, Config
from instruct2act.evaluation import pairs as pairing
from instruct2act.evaluation import published, tables, tally
from instruct2act.evaluation.origin import flat
from instruct2act.evaluation.report import Report, discordant
from instruct2act.evaluation.tally import Tally
from instruct2act.listeners import words
from skills.errors import Mistake

SCHEMA = 1
"""Of the JSON. A field that is added does not raise it; one that changes its meaning or goes away does."""
_LISTED = 40
_DIGITS = 4


def write(path: Path, report: Report, html: Path | None = None) -> list[Path]:
    """Writes a report's Markdown, and its JSON beside it with the same name; returns both.

    Args:
        path: ends in ``.md``.
        report: one evaluation, or two on the same episodes.
        html: the page of the same report, whose size is said; it is not kept.

    Raises:
        Mistake: the path is no Markdown file's.
    """
    if path.suffix != ".md":
        raise Mistake(f"--markdown takes a name that ends in .md; got {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {path: markdown(report, path, html), path.with_suffix(".json"): numbers(report)}
    for name, text in found.items():
        half = name.with_name(f".{name.name}.part")
        half.write_text(text, encoding="utf-8")
        half.replace(name)
    return list(found)


def markdown(report: Report, path: Path, html: Path | None = None) -> str:
    """The page as text, in GitHub's Markdown."""
    return "\n\n".join(part for part in _sections(report, path, html) if part) + "\n"


def numbers(report: Report) -> str:
    """What the page's tables show, as JSON with a line a task and level; ``schema`` says which form it has."""
    runs = []
    for name, folded, origin in zip(report.names(), report.tallies, report.origins):
        found = _rounded(tally.as_data(folded))
        for cell in found["cells"]:
            for many in ("seconds", "tokens", "cost", "judged"):
                del cell[many]
        made = {key: origin[key] for key in ("version", "revision", "weights") if key in origin}
        runs.append({"name": name, **made, "settings": _settings(origin), "commands": _commands(report, name), **found})
    whole: dict[str, Any] = {"schema": SCHEMA, "runs": runs}
    if report.pairs is not None:
        whole["comparison"] = _rounded(pairing.as_data(report.pairs))
    return _lines(whole) + "\n"


def _sections(report: Report, path: Path, html: Path | None) -> Iterator[str]:
    names = report.names()
    yield "# " + _safe(" and ".join(names))
    yield "Written by `instruct2act report --markdown`, from records that these commands make:"
    said = ["instruct2act", "report", *map(_folder, report.folders), "--markdown", _file(path)]
    page = ["--html", _file(html)] if html is not None else []
    yield "\n".join(
        ["```", *(line for name in names for line in _commands(report, name)), shlex.join([*said, *page]), "```"]
    )
    yield table(_made_with(report))
    if html is not None:
        size = html.stat().st_size / 1e6
        yield f"The page that steps through the episodes (`--html`) has {size:.1f} MB and is not kept here."
    yield "## Means of tasks"
    yield "Success by what a person would call it, each task of a level counting the same; n and 95 % of its episodes."
    yield table(_means(report))
    for name, folded in zip(names, report.tallies):
        yield f"## {_safe(name)}"
        yield "Intervals are Wilson's; `vima` is the published rule, `s` seconds an episode, the machine shared or not."
        yield table(tables.successes(folded))
        yield table(tables.parts(folded)) if folded.parts() else ""
        if folded.all().failed:
            yield f"### Where {_safe(name)} fails"
            yield table(tables.failures(folded))
            yield table(_failures(folded))
        yield f"### What an episode of {_safe(name)} costs"
        yield table(tables.costs(folded))
    if report.pairs is not None:
        yield from _comparison(report)
    if beside := tables.beside(report.tallies[0]):
        yield "## Beside published figures"
        yield table(tables.publications(beside))
        said = published.differences(report.origins[0].get("config"))
        yield "\n".join("* " + _safe(line) for line in said)


def _comparison(report: Report) -> Iterator[str]:
    one, other = report.names()
    yield f"## {_safe(other)} against {_safe(one)}"
    yield "\n".join("* " + _safe(sentence) for sentence in (*tables.compared(report), *report.differences()))
    yield table(tables.paired(report))
    if listed := discordant(report):
        yield table(tables.differing(report, listed[:_LISTED]))
        yield f"The first {_LISTED} of them." if len(listed) > _LISTED else ""


def _made_with(report: Report) -> Table:
    found = Table("", *report.names())
    facts: dict[str, list[str]] = {}
    for folded, origin in zip(report.tallies, report.origins):
        whole = folded.all()
        perception = (origin.get("config") or {}).get("perception") or {}
        weights = [f"{name} {digest[:12]}" for name, digest in (origin.get("weights") or {}).items()]
        facts.setdefault("episodes", []).append(str(whole.played))
        facts.setdefault("not played to an end", []).append(str(whole.lost))
        facts.setdefault("programs by", []).append(", ".join(folded.authors))
        facts.setdefault("perception", []).append(f"{perception.get('segmenter')}, {perception.get('retriever')}")
        facts.setdefault("weights", []).append(", ".join(weights) or "none")
        facts.setdefault("version, source", []).append(f"{origin.get('version')}, {origin.get('revision')}")
    for fact, values in facts.items():
        found.add_row(fact, *map(escape, values))
    return found


def _means(report: Report) -> Table:
    found = Table("level", *(column for name in report.names() for column in (name, "n", "95 %")))
    for level in [*dict.fromkeys(level for folded in report.tallies for level in folded.levels()), ""]:
        row = []
        for folded in report.tallies:
            cell = folded.level(level) if level else folded.all()
            mean = folded.mean_of_tasks(level) if level else cell.rate
            row += [tables.percent(mean), str(cell.judged), tables.between(cell.interval) if cell.judged else ""]
        found.add_row(level or "all episodes", *row)
    return found


def _failures(folded: Tally) -> Table:
    found = Table("task", "level", "failed", "at", "why")
    for task, level in tally.ordered(folded.cells):
        cell = folded.cells[task, level]
        if cell.failed:
            at, why = (
                ", ".join(f"{escape(words.plain(name))} {count}" for name, count in counts.most_common(5))
                for counts in (cell.failed, cell.labels)
            )
            found.add_row(escape(task), level, f"{sum(cell.failed.values())} of {cell.played}", at, why)
    return found


def _commands(report: Report, name: str) -> list[str]:
    """What plays the same episodes with the same settings, one after the other; in words where commands can't."""
    place = report.names().index(name)
    folder, folded, origin = report.folders[place], report.tallies[place], report.origins[place]
    if not folded.cells or "" in folded.levels() or any(" " in level for level in folded.levels()):
        return [f"# {_folder(folder)}: scenes or sentences other than the tasks' own; see its origin.json"]
    said = ["--seed0", str(folded.seed0)] if folded.seed0 else []
    settings = _settings(origin)
    truth = {"perception.segmenter": "oracle", "perception.retriever": "oracle"}
    if truth.items() <= settings.items():
        said += ["--perception", "oracle"]
        settings = {key: value for key, value in settings.items() if key not in truth}
    for key, value in settings.items():
        said += ["--set", f"{key}={json.dumps(value) if isinstance(value, (list, dict, str)) else value}"]
    return [
        shlex.join(["instruct2act", "eval", *which, *said, "--out", _folder(folder)]) for which in _selections(folded)
    ]


def _selections(folded: Tally) -> list[list[str]]:
    """Options that name the same tasks, levels and numbers of episodes: all cells first, then those that have more."""
    found = []
    played = {where: cell.played + cell.lost for where, cell in folded.cells.items()}
    for episodes in sorted(set(played.values())):
        cells = {where for where, count in played.items() if count >= episodes}
        tasks = [task for task in folded.tasks() if any(task == one for one, _ in cells)]
        levels = [level for level in folded.levels() if any(level == one for _, one in cells)]
        whole = cells == {(task, level) for task in tasks for level in levels if level in sim.TASKS[task].levels}
        for some in [tasks] if whole else [[task] for task in tasks]:
            theirs = [level for level in levels if any((task, level) in cells for task in some)]
            names = "all" if set(some) == set(sim.TASKS) else ",".join(some)
            every = {level for task in sim.TASKS.values() for level in task.levels} == set(theirs)
            found.append(
                ["--tasks", names, "--levels", "all" if every else ",".join(theirs), "--episodes", str(episodes)]
            )
    return found


def _folder(path: Path) -> str:
    """Where it lies is nobody's business: a folder of runs/, by its name."""
    return f"runs/{path.resolve().name}"


def _file(path: Path) -> str:
    return path.name if path.is_absolute() else str(path)


def _settings(origin: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that are not the defaults."""
    usual = dict(flat(Config().model_dump(mode="json", exclude=RUN_SETTINGS)))
    there = dict(flat(origin.get("config") or {}))
    return {key: value for key, value in there.items() if key not in usual or usual[key] != value}


def table(found: Table) -> str:
    """A terminal's table as Markdown's."""
    columns = [
        [_safe(str(column.header)), *(_safe(Text.from_markup(str(cell)).plain) for cell in column.cells)]
        for column in found.columns
    ]
    head, *body = zip(*columns)
    rule = ["---:" if column.justify == "right" else "---" for column in found.columns]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))


def _safe(text: str) -> str:
    """Text of unknown origin in Markdown: no tags, no cells, no emphasis of its own."""
    shown = words.plain(text).replace("&", "&amp;").replace("<", "&lt;")
    return "".join("\\" + character if character in "\\`*[]|" else character for character in shown)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list) else value


def _lines(value: Any, depth: int = 0) -> str:
    """JSON in which what holds no lists or objects of its own is one line: a change shows as a line's."""
    pad, end = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict) and any(isinstance(inner, (dict, list)) and _deep(inner) for inner in value.values()):
        return (
            "{"
            + ",".join(f"{pad}{json.dumps(key)}: {_lines(inner, depth + 1)}" for key, inner in value.items())
            + end
            + "}"
        )
    if isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        return "[" + ",".join(pad + _lines(inner, depth + 1) for inner in value) + end + "]"
    return json.dumps(value, ensure_ascii=False)


def _deep(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return any(isinstance(one, (dict, list)) for one in inner)
