from pathlib import Path

import pytest

from instruct2act.bench import throughput
from instruct2act.evaluation.record import RECORDS
from skills.errors import Mistake

ORACLE = ["perception.segmenter=oracle", "perception.retriever=oracle"]


def test_a_rate_is_of_when_every_worker_was_warm_and_had_work() -> None:
    """Two workers: slow at first, then one episode a second each, and the last one alone takes ten."""
    cold = [(10.0, 5.0), (20.0, 15.0), (30.0, 25.0), (40.0, 35.0)]
    warm = [(40.5 + 0.5 * n, 36.0 + n) for n in range(8)]
    a_second, cores = throughput.rate([*cold, *warm, (54.0, 54.0)], 2)
    assert (a_second, cores) == (pytest.approx(2.0), pytest.approx(2.0))
    assert throughput.rate([(float(n), 0.5 * n) for n in range(6)], 1) == (1.0, 0.5)


def test_what_cant_be_measured_is_said(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="too few"):
        throughput.throughput(1, 1, False, tmp_path)
    (tmp_path / "serial").mkdir()
    (tmp_path / "serial" / RECORDS).write_bytes(b"")
    with pytest.raises(Mistake, match="another folder"):
        throughput.throughput(2, 1, False, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.needs("jail")
def test_every_runner_has_its_turn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    throughput.throughput(2, 1, False, tmp_path, sets=ORACLE)
    said = capsys.readouterr().out
    rows = [line for line in said.partition("of one process")[2].splitlines() if "(" in line]
    names = [row[:24].strip() for row in rows]
    assert names[0] == "serial" and names[1] == "1 process" and names[-1] == "2 processes" and len(names) == 4
    assert all(float(row[24:34]) > 0 for row in rows)
    assert rows[1][34:].split()[:4] == ["1.00", "(1.00", "to", "1.00)"]
