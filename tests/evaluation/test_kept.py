"""What is kept of an evaluation is read back: Markdown, JSON, and its commands as a shell and `eval` read them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sim
from instruct2act import config
from instruct2act.cli import app
from instruct2act.evaluation import kept, report, suites, tally
from instruct2act.evaluation.ledger import Ledger
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import RECORDS, EpisodeRecord
from instruct2act.evaluation.rows import rows
from skills.errors import Mistake

Made = Callable[..., EpisodeRecord]
HOSTILE = "</td><script>alert(1)</script> | [link](http://x) `code` \x1b[31m"


@pytest.fixture
def folders(tmp_path: Path, origin: Origin, made: Made) -> list[Path]:
    """Every task at every level, three seeds from 5 on: the first run fails here and there, the other nowhere."""
    pixels = Origin.of(config.load(sets=["sandbox.calls=90", "llm.model=a b"]))
    specs = suites.load("all", {"episodes": 3, "seed0": 5}).specs()
    found = []
    for name, made_with, often in (("default", pixels, 7), ("truth", origin, 0)):
        with Ledger(tmp_path / name, made_with) as ledger:
            for place, spec in enumerate(reversed(specs)):
                record = made(spec.seed, spec.task, spec.level, seconds={"total": 1.0, "llm": 0.25})
                if often and place % often == 1:
                    record = made(
                        spec.seed, spec.task, spec.level, status="failed", success=False, failed_at="perception",
                        label=HOSTILE,
                    )  # fmt: skip
                ledger.keep(record)
        found.append(tmp_path / name)
    return found


def _tables(text: str) -> list[list[list[str]]]:
    """Cells as GitHub reads them: an escaped bar is text."""
    lines = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] if line.startswith("|") else None
             for line in text.splitlines()]  # fmt: skip
    found: list[list[list[str]]] = []
    for before, line in zip([None, *lines], lines):
        if line is not None:
            found.append([line]) if before is None else found[-1].append(line)
    return found


def test_its_tables_are_the_report_s(folders: list[Path], tmp_path: Path) -> None:
    html = tmp_path / "page.html"
    html.write_bytes(b"x" * 2_300_000)
    path, beside = kept.write(tmp_path / "results" / "all.md", report.read(folders), html)
    text = path.read_text(encoding="utf-8")
    tables = _tables(text)
    assert all(len({len(line) for line in table}) == 1 for table in tables)
    assert [line[:2] for line in next(table for table in tables if "pairs" in table[0])[2:]] == [
        [task, level]
        for level in ("L1", "L2", "L3", "L4")
        for task, about in sim.TASKS.items()
        if level in about.levels
    ], "in the registry's order, whatever came back first"
    folded = tally.of_folder(folders[0])
    cells = next(table for table in tables if table[0][:4] == ["task", "level", "n", "success"])
    shown = {(line[0], line[1]): line for line in cells if (line[0], line[1]) in folded.cells}
    assert len(shown) == sum(len(task.levels) for task in sim.TASKS.values())
    for (task, level), cell in folded.cells.items():
        assert shown[task, level][2:4] == [str(cell.played), f"{100 * (cell.rate or 0):.1f} %"]
    assert "## truth against default" in text and "perception costs" not in text  # sandbox.calls differs too
    assert "2.3 MB" in text and "Instruct2Act" in text
    assert "<script" not in text and "\x1b" not in text and not re.search(r"(?<!\\)\]\(", text)
    assert str(tmp_path) not in text + beside.read_text(encoding="utf-8"), "where it lay is nobody's business"


def test_its_numbers_are_read_back(folders: list[Path], tmp_path: Path) -> None:
    _, beside = kept.write(tmp_path / "all.md", report.read(folders))
    told = json.loads(beside.read_text(encoding="utf-8"))
    assert told["schema"] == kept.SCHEMA
    for run, folder in zip(told["runs"], folders):
        folded = tally.of_folder(folder)
        assert run["all"]["success"] == folded.all().success
        assert {(cell["task"], cell["level"]): cell["success"] for cell in run["cells"]} == {
            where: cell.success for where, cell in folded.cells.items()
        }
    assert told["runs"][0]["settings"] == {"llm.model": "a b", "sandbox.calls": 90}
    assert told["comparison"]["only_other"] == tally.of_folder(folders[0]).all().failed.total() > 10
    assert beside.stat().st_size < 60_000
    assert sum('"task": "rotate", "level": "L1", "played"' in line for line in beside.read_text().splitlines()) == 2


def test_its_commands_play_the_same_episodes_with_the_same_settings(folders: list[Path]) -> None:
    found = report.read(folders)
    for run, folder, origin in zip(json.loads(kept.numbers(found))["runs"], folders, found.origins):
        (command,) = run["commands"]
        words = shlex.split(command)
        given = dict(zip(words[2::2], words[3::2]))
        sets = [value for name, value in zip(words[2::2], words[3::2]) if name == "--set"]
        if given.get("--perception") == "oracle":
            sets += ["perception.segmenter=oracle", "perception.retriever=oracle"]
        changes = {key: suites.parted(given[f"--{key}"]) for key in ("tasks", "levels")}
        changes |= {"episodes": int(given["--episodes"]), "seed0": int(given["--seed0"])}
        assert {spec.key() for spec in suites.load(None, changes).specs()} == {
            row.key for row in rows(folder / RECORDS)
        }
        assert config.load(sets=sets).digest() == origin["digest"]
        assert given["--out"] == f"runs/{folder.name}"


def test_tasks_that_were_played_more_often_have_commands_of_their_own(tmp_path: Path, made: Made) -> None:
    def lines(task: str, level: str, count: int) -> str:
        spec = made(0).spec
        seeds = (spec.model_copy(update={"task": task, "level": level, "seed": seed}) for seed in range(count))
        return "".join(
            made(0).model_copy(update={"spec": one, "id": f"{task}{level}{one.seed}"}).line() for one in seeds
        )

    few = [("rotate", "L1", 2), ("rotate", "L2", 2), ("twist", "L1", 2), ("twist", "L2", 2)]
    more = [("rotate", "L1", 5), ("rotate", "L2", 5), ("twist", "L1", 2), ("twist", "L2", 2)]
    odd = [("rotate", "L1", 2), ("twist", "L2", 2)]
    wanted = {
        "few": {("rotate,twist", "L1,L2", "2")},
        "more": {("rotate,twist", "L1,L2", "2"), ("rotate", "L1,L2", "5")},
        "odd": {("rotate", "L1", "2"), ("twist", "L2", "2")},
    }
    for name, cells in (("few", few), ("more", more), ("odd", odd)):
        (tmp_path / name).mkdir()
        (tmp_path / name / RECORDS).write_text("".join(lines(*cell) for cell in cells), encoding="utf-8")
        (run,) = json.loads(kept.numbers(report.read([tmp_path / name])))["runs"]
        assert {tuple(shlex.split(command)[3:8:2]) for command in run["commands"]} == wanted[name]


def test_the_command_writes_both_and_takes_no_other_name(folders: list[Path], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["report", *map(str, folders), "--json", "--markdown", str(tmp_path / "kept.md")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "kept.md").is_file() and (tmp_path / "kept.json").is_file()
    with pytest.raises(Mistake, match=r"ends in \.md"):
        kept.write(tmp_path / "kept.txt", report.read(folders))


def test_parts_are_no_single_command(tmp_path: Path, made: Made) -> None:
    record = made(0)
    lit = record.model_copy(update={"spec": record.spec.model_copy(update={"variation": "light"})})
    (tmp_path / RECORDS).write_text(record.line() + lit.line(), encoding="utf-8")
    text = kept.markdown(report.read([tmp_path]), tmp_path / "kept.md")
    assert "other than the tasks' own" in text and "as they are" in text
