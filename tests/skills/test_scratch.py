"""Temporary folders: there while held, gone when closed, swept up after a kill, and nobody else's ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skills.scratch import PREFIX, Scratch, sweep

_HOLDER = """
import sys, time
from skills.scratch import Scratch
print(Scratch("held").path, flush=True)
held = Scratch("held")
print(held.path, flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def _aged(folder: Path) -> None:
    long_ago = time.time() - 3600
    os.utime(folder / ".owner", (long_ago, long_ago))


def test_it_is_its_owners_alone_and_gone_when_closed() -> None:
    scratch = Scratch("trial")
    assert scratch.path.stat().st_mode & 0o777 == 0o700
    (scratch.path / "some").mkdir()
    scratch.close()
    scratch.close()
    assert not scratch.path.exists()


def test_a_collected_owner_leaves_nothing(place: Path) -> None:
    path = Scratch("trial").path
    assert not path.exists() and not list(place.iterdir())


def test_a_held_folder_is_never_swept(place: Path) -> None:
    with Scratch("trial") as folder:
        _aged(folder)
        assert sweep(place) == [] and folder.exists()


def test_a_killed_process_leaves_its_folder_to_the_next_sweep(place: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLDER], stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(place)}
    )
    assert child.stdout is not None
    collected, held = (Path(child.stdout.readline().strip()) for _ in range(2))
    assert not collected.exists() and held.exists()
    _aged(held)
    assert sweep(place) == []  # it lives
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert held.exists()
    assert sweep(place) == [held] and not held.exists()


def test_a_folder_being_made_is_left_alone(place: Path) -> None:
    fresh = place / f"{PREFIX}trial-1"
    fresh.mkdir()
    assert sweep(place) == []  # not locked yet
    (fresh / ".owner").touch()
    assert sweep(place) == []
    _aged(fresh)
    assert sweep(place) == [fresh]


def test_what_is_not_a_folder_of_ours_is_left_alone(place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / ".owner").touch()
    _aged(elsewhere)
    (place / f"{PREFIX}link").symlink_to(elsewhere)
    (place / f"{PREFIX}file").touch()
    (place / "another").mkdir()
    assert sweep(place) == []
    assert elsewhere.exists() and len(list(place.iterdir())) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system doesn't fork")
def test_a_forked_childs_end_is_not_its_parents() -> None:
    source = """
import os, sys
from skills.scratch import Scratch
scratch = Scratch("trial")
if os.fork() == 0:
    sys.exit(0)
os.wait()
print(scratch.path.exists())
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
