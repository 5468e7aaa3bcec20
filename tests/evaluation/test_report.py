import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from instruct2act import config
from instruct2act.evaluation import pairs, published, report, tables, tally
from instruct2act.evaluation.ledger import Ledger
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import RECORDS, EpisodeRecord, append
from instruct2act.evaluation.rows import row_at, rows
from skills.errors import Mistake

Made = Callable[..., EpisodeRecord]


def _folder(path: Path, records: list[EpisodeRecord]) -> Path:
    path.mkdir(exist_ok=True)
    (path / RECORDS).write_text("".join(record.line() for record in records), encoding="utf-8")
    return path


def _failed(made: Made, seed: int, stage: str = "perception", **more: object) -> EpisodeRecord:
    return made(seed, status="failed", success=False, failed_at=stage, **more)


def test_records_are_folded_by_task_and_level(tmp_path: Path, made: Made) -> None:
    records = [
        made(0, progress=1.0, reward=1.0, seconds={"total": 2.0, "llm": 0.5}, verdicts={"vima": True}),
        _failed(made, 1, label="wrong object", progress=0.5, seconds={"total": 4.0}, verdicts={"vima": True}),
        made(2, success=False, failed_at="goal", progress=0.0),
        made(0, level="L2", tokens={"llm in": 100, "llm out": 10}),
        made(0, task="rearrange", status="refused", success=None, failed_at="llm"),
    ]
    folded = tally.of_folder(_folder(tmp_path, records))
    cell = folded.cells["rotate", "L1"]
    assert (cell.played, cell.judged, cell.success, cell.vima) == (3, 3, 1, 2)
    assert cell.rate == pytest.approx(1 / 3)
    assert cell.progress.value == pytest.approx(0.5)
    assert dict(cell.failed) == {"perception": 1, "goal": 1}
    assert dict(cell.labels) == {"wrong object": 1, "goal": 1}
    assert cell.seconds["total"] == 6.0
    assert folded.cells["rotate", "L2"].tokens == {"llm in": 100, "llm out": 10}
    assert folded.cells["rearrange", "L1"].rate is None
    assert folded.all().played == 5
    (offset,) = cell.examples["perception"]
    assert row_at(tmp_path / RECORDS, offset).label == "wrong object"


def test_parts_of_a_suite_have_a_row_each(tmp_path: Path, made: Made) -> None:
    records = [made(seed) for seed in range(3)]
    for record in list(records):
        lit = record.spec.model_copy(update={"variation": "light"})
        records.append(record.model_copy(update={"spec": lit, "success": record.spec.seed > 0}))
    said = records[0].spec.model_copy(update={"text": "Dance.", "wording": "impossible", "refusal": True})
    records.append(records[0].model_copy(update={"spec": said, "status": "refused", "failed_at": "llm"}))
    folder = _folder(tmp_path, records)
    folded = tally.of_folder(folder)
    assert folded.levels() == ["L1", "L1 impossible", "L1 light"]
    parts = folded.parts()
    assert {name: (cell.success, cell.judged) for name, cell in parts.items()} == {
        "": (3, 3),
        "light": (2, 3),
        "impossible": (1, 1),
    }
    assert not parts["impossible"].failed
    out = io.StringIO()
    tables.show(report.read([folder]), Console(file=out, width=160))
    assert "as they are" in out.getvalue() and "20.8 to 93.9" in out.getvalue()
    assert tally.of_folder(_folder(tmp_path / "one", records[:3])).parts() == {}


def test_lost_episodes_stand_beside_the_rates_until_they_are_played(tmp_path: Path, made: Made) -> None:
    records = [
        made(0, status="infrastructure", success=None),
        made(1, status="interrupted", success=None),
        made(2, status="infrastructure", success=None),
        made(2, status="infrastructure", success=None),
        made(0),
    ]
    cell = tally.of_folder(_folder(tmp_path, records)).all()
    assert (cell.played, cell.success, cell.lost) == (1, 1, 2)


def test_seconds_add_up(tmp_path: Path, made: Made) -> None:
    seconds = {"total": 3.0, "llm": 1.0, "perception": 1.5, "run": 1.5}
    cell = tally.of_folder(_folder(tmp_path, [made(0, seconds=seconds), made(1, seconds=seconds)])).all()
    assert tally.stages(cell) == [("perception", 1.5), ("llm", 1.0), ("other", 0.5), ("total", 3.0)]


def test_the_mean_of_tasks_counts_each_task_the_same(tmp_path: Path, made: Made) -> None:
    records = [made(seed) for seed in range(9)] + [_failed(made, 0, task="rearrange")]
    folded = tally.of_folder(_folder(tmp_path, records))
    assert folded.all().rate == 0.9
    assert folded.mean_of_tasks("L1") == 0.5
    assert folded.mean_of_tasks("L1", ["rotate", "twist"]) is None


def test_a_torn_last_line_is_left_out_and_a_broken_one_is_named(tmp_path: Path, made: Made) -> None:
    path = _folder(tmp_path, [made(0), made(1)]) / RECORDS
    path.write_bytes(path.read_bytes()[:-5])
    assert tally.of_folder(tmp_path).all().played == 1
    path.write_bytes(b"{}\n")
    with pytest.raises(Mistake, match="line 1"):
        tally.of_folder(tmp_path)


def test_two_runs_are_paired_by_episode_whatever_their_order(tmp_path: Path, made: Made) -> None:
    one = _folder(tmp_path / "one", [made(0), made(1), _failed(made, 2), _failed(made, 3), made(4), made(9)])
    other = [_failed(made, 4, "motion"), made(3), made(2), _failed(made, 1), made(0), made(8)]
    found = pairs.compare(one, _folder(tmp_path / "other", other))
    assert (found.both, len(found.only_one), len(found.only_other), found.neither) == (1, 2, 2, 0)
    assert (found.of, found.single) == (5, 2)
    assert found.p == 1.0 and found.difference == 0.0
    assert found.tasks == {("rotate", "L1"): [1, 2, 2, 0]}
    seeds = {(a.spec.get("seed"), a.success, b.success) for a, b in pairs.discordant(found, one, tmp_path / "other")}
    assert seeds == {(1, True, False), (4, True, False), (2, False, True), (3, False, True)}


def test_the_paired_interval_covers_the_difference(tmp_path: Path, made: Made) -> None:
    one = _folder(tmp_path / "one", [_failed(made, seed) if seed < 30 else made(seed) for seed in range(100)])
    other = _folder(tmp_path / "other", [_failed(made, seed) if seed < 10 else made(seed) for seed in range(100)])
    found = pairs.compare(one, other)
    low, high = found.interval()
    assert found.difference == 0.2 and 0.1 < low < 0.2 < high < 0.3
    assert found.p < 1e-5


def test_differences_of_what_they_were_made_with_are_said(tmp_path: Path, origin: Origin, made: Made) -> None:
    for name, changed in (("one", origin), ("other", origin.model_copy(update={"revision": "0" * 12}))):
        with Ledger(tmp_path / name, changed) as ledger:
            ledger.keep(made(0))
    found = report.read([tmp_path / "one", tmp_path / "other"])
    assert found.differences() == [f"revision: {origin.revision} -> {'0' * 12}"]


def test_what_perception_costs_is_said(tmp_path: Path, origin: Origin, made: Made) -> None:
    pixels = Origin.of(config.load())
    for name, made_with, failing in (("truth", origin, 1), ("pixels", pixels, 3)):
        with Ledger(tmp_path / name, made_with) as ledger:
            for seed in range(10):
                ledger.keep(_failed(made, seed) if seed < failing else made(seed))
    for folders in (("truth", "pixels"), ("pixels", "truth")):
        said = report.read([tmp_path / name for name in folders]).cost_of_perception()
        assert said == (
            "With the simulator's ground truth 90.0%, from pixels 70.0% on the same 10 episodes: "
            "perception costs 20.0 points, everything else 10.0."
        )
    with Ledger(tmp_path / "other", pixels.model_copy(update={"revision": "0" * 12})) as ledger:
        ledger.keep(made(0))
    assert report.read([tmp_path / "truth", tmp_path / "other"]).cost_of_perception() == ""


def test_everything_is_printed_and_text_of_unknown_origin_is_harmless(tmp_path: Path, made: Made) -> None:
    hostile = "\x1b]0;owned\x07[red]label"
    one = _folder(tmp_path / "one", [made(0), _failed(made, 1, label=hostile)])
    other = _folder(tmp_path / "other", [_failed(made, 0), made(1)])
    console = Console(width=160, record=True, file=io.StringIO())
    tables.show(report.read([one, other]), console)
    text = console.export_text()
    assert "\x1b" not in text and "\x07" not in text
    for said in ("rotate", "perception", "[red]label", "McNemar", "only one 1", "only other 1", "rotate L1 seed 1"):
        assert said in text


def test_published_figures_stand_beside_ours_with_what_differs(tmp_path: Path, made: Made) -> None:
    records = [
        _failed(made, seed, task=task) if seed == 0 else made(seed, task=task, verdicts={"vima": True})
        for task in published.SIX
        for seed in range(4)
    ]
    folded = tally.of_folder(_folder(tmp_path, records))
    rows_ = tables.beside(folded)
    assert rows_[0] == ("ours", "six", {"L1": 75.0}, "")
    assert any(method == "Instruct2Act" and values["L1"] == 84.4 for method, _, values, _ in rows_)
    assert tables.beside(tally.of_folder(_folder(tmp_path / "few", records[:4]))) == []
    said = " ".join(published.differences({"perception": {"segmenter": "oracle"}, "sim": {"env": "vimabench"}}))
    assert "ground truth" in said and "VIMABench's own scenes" in said
    assert "from pixels" in " ".join(published.differences(None))


def test_the_published_mean_of_the_six_is_that_of_its_tasks() -> None:
    instruct2act = published.ROWS[0]
    mean = sum(published.INSTRUCT2ACT_L1.values()) / len(published.SIX)
    assert mean == pytest.approx(instruct2act.levels["L1"], abs=0.06)


def test_json_holds_what_the_tables_show(tmp_path: Path, made: Made) -> None:
    one = _folder(tmp_path / "one", [made(0), _failed(made, 1)])
    other = _folder(tmp_path / "other", [made(0), made(1)])
    done = subprocess.run(
        [sys.executable, "-m", "instruct2act.cli", "report", str(one), str(other), "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    told = json.loads(done.stdout)
    assert [run["all"]["rate"] for run in told["runs"]] == [0.5, 1.0]
    assert told["comparison"]["only_other"] == 1
    assert told["comparison"]["discordant"][0]["scene"] == "rotate L1 seed 1"


def test_a_folder_without_records_is_answered_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="instruct2act eval --out"):
        report.read([tmp_path])


def test_memory_does_not_grow_with_episodes(tmp_path: Path, made: Made) -> None:
    lines = [made(seed, program="pass\n" * 100).line() for seed in range(10)]

    def peak(times: int) -> int:
        path = tmp_path / RECORDS
        path.write_text("".join(lines) * times, encoding="utf-8")
        tracemalloc.start()
        assert tally.fold(rows(path)).all().played == 10 * times
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    small = peak(20)
    assert peak(400) < 1.5 * small + 50_000


def test_appended_records_are_read_back(tmp_path: Path, made: Made) -> None:
    append(tmp_path / RECORDS, made(3))
    (row,) = rows(tmp_path / RECORDS)
    assert row.key == made(3).spec.key()
