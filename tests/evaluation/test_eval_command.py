"""The command as a person meets it: in a process of its own, which is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from instruct2act.evaluation.record import RECORDS, read

COMMAND = [sys.executable, "-m", "instruct2act.cli", "eval", "--perception", "oracle"]
FOUR = ["--tasks", "visual_manipulation,rotate", "--episodes", "2"]


def _eval(out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--out", str(out), *arguments], capture_output=True, text=True, timeout=240, check=False
    )


def _begun(out: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "--out", str(out), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _lines(out: Path) -> list[bytes]:
    path = out / RECORDS
    return path.read_bytes().split(b"\n")[:-1] if path.is_file() else []


def _wait_for(out: Path, lines: int, running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while len(_lines(out)) < lines and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_a_run_that_was_killed_goes_on_where_it_was_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    running = _begun(tmp_path, *FOUR)
    _wait_for(tmp_path, 1, running)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    kept = _lines(tmp_path)
    assert 1 <= len(kept) < 4
    with (tmp_path / RECORDS).open("ab") as lines:
        lines.write(b'{"schema_version": 1, "id": "to')  # as a kill in the middle of a line does
    done = _eval(tmp_path, *FOUR)
    assert done.returncode == 0, done.stderr
    assert "torn" in done.stderr and f"{len(kept)} of 4 episodes are there already" in done.stderr
    assert _lines(tmp_path)[: len(kept)] == kept
    records = read(tmp_path / RECORDS)
    assert Counter((record.spec.task, record.spec.seed) for record in records) == Counter(
        (task, seed) for task in ("visual_manipulation", "rotate") for seed in (0, 1)
    )
    assert all(record.success for record in records)
    refused = _eval(tmp_path, *FOUR, "--set", "sandbox.calls=7")
    assert (refused.returncode, "sandbox.calls: 200 -> 7" in refused.stderr) == (2, True)
    assert len(_lines(tmp_path)) == 4


@pytest.mark.needs("jail")
@pytest.mark.parametrize(
    "runner", [pytest.param("serial", marks=pytest.mark.slow), pytest.param("processes", marks=pytest.mark.slow)]
)
def test_an_interrupt_keeps_what_was_played(runner: str, tmp_path: Path) -> None:
    running = _begun(tmp_path, "--tasks", "rearrange", "--episodes", "40", "--runner", runner, "--workers", "2")
    _wait_for(tmp_path, 2, running)
    os.kill(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert "Traceback" not in said and "goes on from here" in said
    records = read(tmp_path / RECORDS)
    assert 2 <= len(records) < 40
    assert {record.status for record in records} <= {"finished", "interrupted"}


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    specs = ["--tasks", "visual_manipulation", "--episodes", "12", "--workers", "2", "--quiet"]
    rng = np.random.default_rng(5)
    kept: list[bytes] = []
    for _ in range(4):
        running = _begun(tmp_path, *specs)
        _wait_for(tmp_path, len(kept) + 1, running)
        time.sleep(float(rng.uniform(0, 1)))
        os.kill(running.pid, signal.SIGKILL)
        running.communicate(timeout=60)
        now = _lines(tmp_path)
        assert now[: len(kept)] == kept
        kept = now
    assert _eval(tmp_path, *specs).returncode == 0
    assert _lines(tmp_path)[: len(kept)] == kept
    assert Counter(record.spec.seed for record in read(tmp_path / RECORDS)) == Counter(range(12))


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_a_worker_outlives_no_host(tmp_path: Path) -> None:
    running = _begun(tmp_path, "--tasks", "rearrange", "--episodes", "40", "--workers", "2", "--quiet")
    _wait_for(tmp_path, 1, running)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text(encoding="utf-8").split()
    assert children
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    deadline = time.monotonic() + 20
    while any(_alive(int(child)) for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [child for child in children if _alive(int(child))]


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tasks", "rotat"], "did you mean 'rotate'"),
        (["--levels", "L9"], "L1, L2, L3"),
        (["--suite", "sixx"], "did you mean 'six'"),
        (["--set", "sandbox.cpu=1"], "did you mean 'sandbox.cpu_s'"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = _eval(tmp_path / "out", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_records_are_json_that_other_tools_read(tmp_path: Path) -> None:
    done = _eval(tmp_path, "--tasks", "rotate", "--episodes", "1", "--quiet")
    assert done.returncode == 0, done.stderr
    (line,) = _lines(tmp_path)
    kept = json.loads(line)
    assert (kept["spec"]["task"], kept["status"], kept["success"]) == ("rotate", "finished", True)
