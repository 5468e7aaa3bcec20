"""The command, films, recordings; what is left out, and what can't be."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from instruct2act import config
from instruct2act.evaluation.record import RECORDS, EpisodeRecord
from instruct2act.events import Started
from instruct2act.exports import exporting, mp4
from sim.cameras import TOP
from skills.errors import Mistake, UnknownName
from skills.types import Instruction, Observation, View

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail")]
COMMAND = [sys.executable, "-m", "instruct2act.cli", "export"]


def _export(
    folder: Path, to: str, out: Path, only: str = "all", limit: int | None = None, sets: tuple[str, ...] = ()
) -> int:
    return exporting.run(folder, to, out, only, limit, True, None, sets)


def test_films_are_mp4_and_end_with_the_episode(folder: Path, tmp_path: Path) -> None:
    assert _export(folder, "mp4", tmp_path, limit=1) == 0
    (film,) = tmp_path.glob("*.mp4")
    assert film.name.startswith("rotate-L1-1-")
    with av.open(str(film)) as opened:
        frames = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
    assert len(frames) > 60 and frames[0].shape == (520, 576, 3)
    assert (frames[0] != frames[-1]).any()


def test_a_film_of_what_is_left_out_is_taken_away(records: list[EpisodeRecord], tmp_path: Path) -> None:
    films = mp4.exporter(tmp_path)
    (film,) = films.begin(records[0])
    table = View(np.zeros((128, 256, 3), np.uint8), TOP.camera())
    film.hear(Started(Instruction("turn it"), Observation({"top": table}, 0.0), "a scene", []))
    film.close()
    assert len(list(tmp_path.iterdir())) == 1
    films.drop()
    assert not list(tmp_path.iterdir()) and films.close().endswith("0 films")


@pytest.mark.needs("rerun")
def test_recordings_open_with_rerun_s_own_reader(folder: Path, records: list[EpisodeRecord], tmp_path: Path) -> None:
    from rerun.chunk import RrdReader

    assert _export(folder, "rerun", tmp_path, only="success", limit=2) == 0
    for record in records[:2]:
        reader = RrdReader(str(tmp_path / f"{record.id}.rrd"))
        assert [store.recording_id for store in reader.recordings()] == [record.id]
        assert len(reader.blueprints()) == 1
        chunks = list(reader.stream().to_chunks())
        paths = {chunk.entity_path for chunk in chunks}
        wanted = (
            "instruction",
            "program",
            "calls",
            "verdict",
            "cameras/top/rgb",
            "cameras/top/depth",
            "cameras/top/masks",
        )
        more = ("world/objects/0", "world/arm/0", "world/motion", "reward/score")
        assert {f"/{path}" for path in (*wanted, *more)} <= paths
        parts = {path for path in paths if path.startswith("/reward/parts/")}
        assert len(parts) == len(record.reward_parts)
        assert {"event", "simulated"} <= {name for chunk in chunks for name in chunk.timeline_names}
        moments = sum(chunk.num_rows for chunk in chunks if chunk.entity_path == "/reward/score")
        assert moments == len(record.actions) + 1


def test_what_goes_otherwise_is_left_out_and_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    lines = (changed / RECORDS).read_text().splitlines()
    first = json.loads(lines[0])
    first["actions"][0]["end"][0] += 0.01
    (changed / RECORDS).write_text("\n".join([json.dumps(first), *lines[1:]]) + "\n")
    assert _export(changed, "coco", tmp_path / "out", limit=2) == 0
    said = capsys.readouterr()
    assert "1 of 2 episodes were left out" in said.err and "rotate L1 seed 1, light" in said.err
    assert "3 pictures" in said.out, "of the one episode that is left"


def test_a_run_of_one_s_own_needs_its_settings(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    line = (folder / RECORDS).read_text().splitlines()[3]
    (run / exporting.RUN_RECORD).write_text(line + "\n")
    with pytest.raises(Mistake, match="other settings"):
        _export(run, "coco", tmp_path / "out")
    oracle = ("perception.segmenter=oracle", "perception.retriever=oracle")
    assert config.load(sets=oracle).digest() == json.loads(line)["config"]
    assert _export(run, "coco", tmp_path / "out", sets=oracle) == 0


def test_what_cant_be_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'coco'"):
        _export(folder, "cocoo", tmp_path)
    with pytest.raises(Mistake, match="neither"):
        _export(tmp_path, "coco", tmp_path)
    with pytest.raises(Mistake, match="leave --config and --set out"):
        _export(folder, "coco", tmp_path, sets=("sandbox.calls=1",))
    done = subprocess.run(
        [*COMMAND, str(folder), "--to", "cocoo"], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 2 and "there are: coco, lerobot, mp4, rerun" in done.stderr
