"""A real cluster of two nodes on loopback; one of them is lost in the middle."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from instruct2act.evaluation.record import RECORDS, read

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail"), pytest.mark.needs("ray"), pytest.mark.timeout(600)]
COMMAND = [sys.executable, "-m", "instruct2act.cli", "eval", "--runner", "ray", "--tasks", "visual_manipulation"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).parent / "ray_cluster.py"
    running = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield running
    finally:
        running.communicate(timeout=120)


@pytest.fixture(scope="module")
def address(cluster: subprocess.Popen[str]) -> str:
    return _heard(cluster)


def _played(out: Path) -> list[int]:
    return [record.spec.seed for record in read(out / RECORDS)] if (out / RECORDS).is_file() else []


def _asked(cluster: subprocess.Popen[str], line: str) -> str:
    assert cluster.stdin is not None
    cluster.stdin.write(f"{line}\n")
    cluster.stdin.flush()
    return _heard(cluster)


def _heard(cluster: subprocess.Popen[str]) -> str:
    assert cluster.stdout is not None
    return next(line[2:].strip() for line in cluster.stdout if line.startswith("> "))


def test_models_in_actors_are_placed_by_parts_of_a_gpu_and_serve_episodes(
    cluster: subprocess.Popen[str], address: str, tmp_path: Path
) -> None:
    shared = ["--ray-models", "2", "--ray-gpu-per-model", "0.25", "--ray-address", address, "--out", str(tmp_path)]
    assert _asked(cluster, "gpus") == "1"
    running = subprocess.Popen([*COMMAND, "--episodes", "4", *shared], stderr=subprocess.PIPE, text=True)
    free = set()
    while running.poll() is None:
        free.add(_asked(cluster, "gpus"))
        time.sleep(0.2)
    _, said = running.communicate(timeout=100)
    assert running.returncode == 0, said
    assert "0.5" in free and not free - {"1", "0.75", "0.5"}
    records = read(tmp_path / RECORDS)
    assert Counter(record.spec.seed for record in records) == Counter(range(4))
    assert {record.status for record in records} <= {"finished", "failed"}
    assert all("sam" in record.weights and record.pictures for record in records)


def test_models_that_no_gpu_has_room_for_are_said(address: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--ray-models", "3", "--ray-gpu-per-model", "0.4", "--ray-address", address, "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    assert "1 GPU has room for 2 of 3 models" in done.stderr and "--ray-gpu-per-model" in done.stderr


def test_a_lost_node_loses_and_doubles_nothing(cluster: subprocess.Popen[str], address: str, tmp_path: Path) -> None:
    """It takes a worker along, and one of the two models: Ray spreads them."""
    running = subprocess.Popen(
        [*COMMAND, "--episodes", "8", "--ray-models", "2", "--ray-address", address, "--out", str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 400
    while len(_played(tmp_path)) < 2 and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running.poll() is None
    assert _asked(cluster, "lose") == "lost"
    _, said = running.communicate(timeout=500)
    assert running.returncode == 0, said
    assert Counter(_played(tmp_path)) == Counter(range(8))


def test_an_address_that_does_not_answer_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--episodes", "1", "--ray-address", "127.0.0.1:1", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 2
    assert "no Ray cluster at 127.0.0.1:1" in done.stderr
