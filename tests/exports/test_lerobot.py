"""The folder as its readers see it; the lerobot package itself opens it in `make test-lerobot`."""

import json
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as parquet
import pytest

import sim
from instruct2act.evaluation.record import EpisodeRecord
from instruct2act.exports import exporting, lerobot
from skills.errors import Mistake

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail")]


@pytest.fixture(scope="module")
def dataset(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data") / "set"
    assert exporting.run(folder, "lerobot", out, "all", None, True, None, []) == 0
    return out


def _table(path: Path) -> dict[str, list[object]]:
    found: dict[str, list[object]] = parquet.read_table(path).to_pydict()
    return found


def test_rows_are_actions_with_what_was_asked_and_gained(dataset: Path, records: list[EpisodeRecord]) -> None:
    rows = _table(dataset / "data/chunk-000/file-000.parquet")
    played = [records[0], records[1], records[3]]
    assert rows["episode_index"] == [0, 1, 1, 1, 2] and rows["index"] == list(range(5))
    assert rows["program"] == [one.program for one in played for _ in one.actions]
    assert rows["next.done"] == [True, False, False, True, True] == rows["next.success"]
    assert sum(rows["next.reward"][1:4]) == pytest.approx(1.0)  # type: ignore[arg-type]
    assert np.shape(rows["action"]) == (5, 6) and np.abs(rows["action"]).max() <= 1
    assert np.shape(rows["observation.state"]) == (5, 4)
    info = json.loads((dataset / "meta/info.json").read_text())
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (3, 5, 3)
    assert set(info["features"]) == {*rows, "observation.images.top", "observation.images.front"}


def test_films_show_what_the_environment_shows(dataset: Path, records: list[EpisodeRecord]) -> None:
    episodes = _table(dataset / "meta/episodes/chunk-000/file-000.parquet")
    for camera in ("top", "front"):
        key = f"observation.images.{camera}"
        with av.open(str(dataset / f"videos/{key}/chunk-000/file-000.mp4")) as film:
            frames = {float(frame.time): frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)}
        assert sorted(frames) == [0.0, 1.0, 2.0, 3.0, 4.0]
        for place, record in enumerate((records[0], records[1], records[3])):
            spec = record.spec
            env = sim.make(spec.task or "", spec.level, spec.seed, variation=spec.variation)
            shown = frames[episodes[f"videos/{key}/from_timestamp"][place]]  # type: ignore[index]
            assert np.abs(shown.astype(int) - env.look()[camera].rgb).mean() < 6  # colours at half resolution
            env.close()


def test_tasks_are_words_that_pandas_takes_for_an_index(dataset: Path) -> None:
    table = parquet.read_table(dataset / "meta/tasks.parquet")
    assert json.loads(table.schema.metadata[b"pandas"])["index_columns"] == ["task"]
    assert table.to_pydict()["task_index"] == [0, 1, 2]
    assert all("{" not in words for words in table.to_pydict()["task"])


def test_statistics_are_those_of_the_rows(dataset: Path) -> None:
    stats = json.loads((dataset / "meta/stats.json").read_text())
    actions = np.array(_table(dataset / "data/chunk-000/file-000.parquet")["action"])
    assert stats["action"]["mean"] == pytest.approx(actions.mean(0).tolist())
    assert stats["action"]["count"] == [5]
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    found = lerobot._Pictures().add(pixels)
    scaled = pixels.reshape(-1, 3) / 255
    for name, expected in (
        ("mean", scaled.mean(0)),
        ("std", scaled.std(0)),
        ("min", scaled.min(0)),
        ("max", scaled.max(0)),
    ):
        assert np.ravel(found[name]) == pytest.approx(expected), name
    assert np.ravel(found["q50"]) == pytest.approx(np.quantile(scaled, 0.5, axis=0), abs=0.01)


def test_a_folder_that_holds_something_is_left_alone(dataset: Path) -> None:
    with pytest.raises(Mistake, match="holds something"):
        lerobot.exporter(dataset)
