import re
from collections import Counter
from pathlib import Path

import pytest

from instruct2act.bench import kills, transfer
from sim.variation import VARIATIONS
from skills.errors import Mistake, UnknownName

CASSETTE = Path(__file__).parents[1] / "authoring" / "cassettes" / "tasks.yaml"


def _rows(said: str) -> dict[str, list[float]]:
    """Row -> percent by column; the published rows excepted."""
    ours = said.partition("Transferring")[0].splitlines()
    at = [place for place, line in enumerate(ours) if "  n = " in line]
    return {ours[place - 1][:24].strip(): [float(word) for word in ours[place - 1][24:].split()] for place in at}


@pytest.mark.slow
@pytest.mark.needs("jail")
@pytest.mark.needs("weights")
def test_the_table_has_a_row_a_setting_and_a_column_a_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = transfer.Asked(rows=("as it is", "boxes for masks"), tasks=("rotate",), episodes=1)
    transfer.transfer(asked, CASSETTE, tmp_path)
    said = capsys.readouterr().out
    heading = next(line for line in said.splitlines() if line.startswith("percent"))
    assert heading.split()[1:] == [
        "seen", "unseen", "new_background", "more_distractors", "light", "camera_moved", "sensor_noise", "mean",
    ]  # fmt: skip
    rows = _rows(said)
    assert list(rows) == ["as it is", "boxes for masks"] and {len(row) for row in rows.values()} == {8}
    assert said.splitlines()[-5].split()[3:] == ["82.5", "80.0", "65.0", "75.0", "75.6"]
    lines = {path: path.read_bytes() for path in tmp_path.glob("*/records.jsonl")}
    assert {path.parent.name for path in lines} == {"as-it-is", "boxes-for-masks"}
    transfer.transfer(asked, CASSETTE, tmp_path)
    assert capsys.readouterr().out == said
    assert {path: path.read_bytes() for path in lines} == lines, "what is there is not played again"


@pytest.mark.slow
@pytest.mark.needs("jail")
@pytest.mark.needs("weights")
def test_rows_that_act_where_their_skill_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs of a language model track what they moved: without tracking none of them gets to its end."""
    suite = tmp_path / "three.yaml"
    suite.write_text("parts: [transfer/seen, transfer/light, transfer/camera_moved]\n")
    task = ("pick_in_order_then_restore",)
    asked = transfer.Asked(suite=str(suite), parts=("tracking",), tasks=task, episodes=1)
    transfer.transfer(asked, CASSETTE, tmp_path / "out")
    rows = _rows(capsys.readouterr().out)
    assert rows["as it is"][-1] > 50 and set(rows["without tracking"]) == {0.0}
    assert {path.name for path in (tmp_path / "out" / "tracking").iterdir()} == {"as-it-is", "without-tracking"}


def test_every_part_has_its_episodes_in_every_column() -> None:
    asked = transfer.Asked(episodes=1)
    found = {name: part.specs(asked) for name, part in transfer.parts(CASSETTE).items()}
    for name, tasks in (("all", 6), ("tracking", 2), ("views", 1)):
        by_column = Counter(spec.variation for spec in found[name])
        assert set(by_column) == {"", *VARIATIONS} and set(by_column.values()) == {tasks}
    assert {(spec.task, spec.level) for spec in found["tracking"]} == {
        ("follow_motion", "L4"),
        ("pick_in_order_then_restore", "L1"),
    }
    asked_for = re.findall(r"Track\(", CASSETTE.read_text(encoding="utf-8"))
    assert len(asked_for) == len({spec.task for spec in found["tracking"]})


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (transfer.Asked(rows=("no deptt",)), "did you mean 'no depth'"),
        (transfer.Asked(parts=("trackin",)), "did you mean 'tracking'"),
    ],
)
def test_a_row_that_is_none_is_named(asked: transfer.Asked, meant: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=meant):
        transfer.transfer(asked, CASSETTE, tmp_path)


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_kills_lose_and_double_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kills.kills(2, 1, tmp_path / "kills", 0)
    assert "records lost 0, doubled 0, changed 0" in capsys.readouterr().out
    with pytest.raises(Mistake, match="holds records already"):
        kills.kills(2, 1, tmp_path / "kills", 0)
