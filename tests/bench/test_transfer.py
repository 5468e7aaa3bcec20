from pathlib import Path

import pytest

from instruct2act.bench import kills, transfer
from skills.errors import Mistake, UnknownName


@pytest.mark.slow
@pytest.mark.needs("jail")
@pytest.mark.needs("weights")
def test_the_table_has_a_row_a_setting_and_a_column_a_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transfer.transfer("transfer", "as it is,boxes for masks", "rotate", "", 1, 1, tmp_path)
    lines = capsys.readouterr().out.splitlines()
    heading = next(line for line in lines if line.startswith("percent"))
    assert heading.split()[1:] == [
        "seen", "unseen", "new_background", "more_distractors", "light", "camera_moved", "sensor_noise", "mean",
    ]  # fmt: skip
    ours, theirs = (next(line for line in at if line.startswith("as it is")) for at in (lines, lines[::-1]))
    assert len(ours.split()) == 3 + 8 and theirs.split()[3:] == ["82.5", "80.0", "65.0", "75.0", "75.6"]
    assert {path.name for path in tmp_path.iterdir()} == {"as-it-is", "boxes-for-masks"}


def test_a_row_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'no depth'"):
        transfer.transfer("transfer", "no deptt", "rotate", "", 1, 1, tmp_path)


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_kills_lose_and_double_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kills.kills(2, 1, tmp_path / "kills", 0)
    assert "records lost 0, doubled 0, changed 0" in capsys.readouterr().out
    with pytest.raises(Mistake, match="holds records already"):
        kills.kills(2, 1, tmp_path / "kills", 0)
