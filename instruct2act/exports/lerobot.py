"""LeRobotDataset v3.0: a row an action, as ``TabletopEnv`` steps; pictures as MP4, numbers and texts as Parquet.

The folder opens with ``LeRobotDataset(repo_id, root=folder)``; what the columns mean is in docs/export.md. The actions
are the environment's own, so that a row can be stepped again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from instruct2act.evaluation.record import EpisodeRecord
from instruct2act.events import Listener
from instruct2act.exports.parquet import Table, pandas_index
from instruct2act.exports.retelling import Telling
from instruct2act.exports.video import Mp4
from skills.errors import Mistake
from skills.types import Float

VERSION = "v3.0"
FPS = 1
"""Rows are actions, not moments: a second each by definition."""
EPISODES_A_FILE = 1000
"""Episodes of one Parquet file and of one film a camera."""
QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}

_FILE = "chunk-{chunk_index:03d}/file-{file_index:03d}"
_STATE, _ACTION = ["x", "y", "z", "yaw"], ["x0", "y0", "yaw0", "x1", "y1", "yaw1"]
_NUMBERS: Mapping[str, tuple[str, list[str] | None, int]] = {
    "observation.state": ("float32", _STATE, 4),
    "action": ("float32", _ACTION, 6),
    "next.reward": ("float32", None, 1),
    "next.score": ("float32", None, 1),
    "next.done": ("bool", None, 1),
    "next.success": ("bool", None, 1),
    "timestamp": ("float32", None, 1),
    "frame_index": ("int64", None, 1),
    "episode_index": ("int64", None, 1),
    "index": ("int64", None, 1),
    "task_index": ("int64", None, 1),
}
_TEXTS = ("program", "status")


def exporter(out: Path) -> Dataset:
    """A new data set.

    Raises:
        Mistake: the folder holds something, or the extra ``export`` is not installed.
    """
    return Dataset(out)


class Dataset:
    """Writes a data set, an episode at a time; memory does not grow with its pictures."""

    def __init__(self, out: Path) -> None:
        if out.exists() and any(out.iterdir()):
            raise Mistake(f"{out}/ holds something already; name another folder with --out")
        self.out = out
        self._tasks: dict[str, int] = {}
        self._episodes: list[dict[str, Any]] = []
        self._numbers: dict[str, list[Float]] = {name: [] for name in _NUMBERS}
        self._pictures: dict[str, _Pictures] = {}
        self._films: dict[str, Mp4] = {}
        self._rows: Table | None = None
        self._size = (0, 0)
        self._frames = 0

    def begin(self, record: EpisodeRecord) -> Sequence[Listener]:
        """Nobody needs to hear it."""
        del record
        return ()

    def drop(self) -> None:
        """Nothing was written yet."""

    def keep(self, told: Telling) -> None:
        """Adds an episode's rows and frames."""
        number, length = len(self._episodes), len(told.steps)
        place = {"chunk_index": number // EPISODES_A_FILE // 1000, "file_index": number // EPISODES_A_FILE % 1000}
        if number % EPISODES_A_FILE == 0:
            self._next_files(place)
        columns = self._columns(told, number)
        assert self._rows is not None
        self._rows.add({**columns, "program": [told.record.program] * length, "status": [told.record.status] * length})
        films: dict[str, Any] = {}
        stats = {name: summary(columns[name]) for name in _NUMBERS}
        for camera in told.steps[0].seen.views:
            frames = np.stack([step.seen.views[camera].rgb for step in told.steps])
            key = f"observation.images.{camera}"
            film = self._film(key, place)
            films |= {f"videos/{key}/{name}": value for name, value in place.items()}
            films[f"videos/{key}/from_timestamp"] = film.frames / FPS
            for frame in frames:
                film.add(frame)
            films[f"videos/{key}/to_timestamp"] = film.frames / FPS
            self._size = (frames.shape[1], frames.shape[2])
            stats[key] = self._pictures.setdefault(key, _Pictures()).add(frames)
        for name in _NUMBERS:
            self._numbers[name].append(columns[name])
        self._episodes.append(
            {
                "episode_index": number,
                "tasks": [told.words],
                "length": length,
                "dataset_from_index": self._frames,
                "dataset_to_index": self._frames + length,
                **{f"data/{name}": value for name, value in place.items()},
                **{f"meta/episodes/{name}": 0 for name in place},
                **films,
                **{f"stats/{key}/{name}": value for key, found in stats.items() for name, value in found.items()},
                "record": told.record.id,
            }
        )
        self._frames += length

    def close(self) -> str:
        """Writes what is known at the end: the tables of episodes and tasks, statistics, the description."""
        self._end_files()
        if not self._episodes:
            return f"{self.out}/ was not written: no episode could be exported"
        meta = self.out / "meta"
        episodes = meta / "episodes" / f"{_FILE.format(chunk_index=0, file_index=0)}.parquet"
        Table(episodes).add({name: [one[name] for one in self._episodes] for name in self._episodes[0]}).close()
        tasks = list(self._tasks)
        index = pandas_index("task", "task_index")
        Table(meta / "tasks.parquet", index).add({"task_index": list(self._tasks.values()), "task": tasks}).close()
        stats = {name: summary(np.concatenate(found)) for name, found in self._numbers.items()}
        stats |= {name: found.summary() for name, found in self._pictures.items()}
        _write(meta / "stats.json", stats)
        _write(meta / "info.json", self._info())
        return (
            f"{self.out}/: LeRobotDataset {VERSION}, {len(self._episodes)} episodes, {self._frames} actions; "
            f'LeRobotDataset("own/{self.out.name}", root="{self.out}") opens it'
        )

    def _columns(self, told: Telling, number: int) -> dict[str, Any]:
        length = len(told.steps)
        last = np.arange(length) == length - 1
        task = self._tasks.setdefault(told.words, len(self._tasks))
        scores = [score.score for score in told.scores[1:]] or [told.record.reward or 0.0] * length
        return {
            "observation.state": np.stack([step.state for step in told.steps]),
            "action": np.stack([step.vector for step in told.steps]),
            "next.reward": np.array([step.gained for step in told.steps], np.float32),
            "next.score": np.array(scores[:length], np.float32),
            "next.done": last,
            "next.success": last & bool(told.record.success),
            "timestamp": np.arange(length, dtype=np.float32) / FPS,
            "frame_index": np.arange(length),
            "episode_index": np.full(length, number),
            "index": self._frames + np.arange(length),
            "task_index": np.full(length, task),
        }

    def _next_files(self, place: Mapping[str, int]) -> None:
        self._end_files()
        self._rows = Table(self.out / "data" / f"{_FILE.format(**place)}.parquet")

    def _end_files(self) -> None:
        for film in self._films.values():
            film.close()
        if self._rows is not None:
            self._rows.close()
        self._films, self._rows = {}, None

    def _film(self, key: str, place: Mapping[str, int]) -> Mp4:
        if key not in self._films:
            self._films[key] = Mp4(self.out / "videos" / key / f"{_FILE.format(**place)}.mp4", FPS)
        return self._films[key]

    def _info(self) -> dict[str, Any]:
        height, width = self._size
        film: dict[str, Any] = {"video.fps": FPS, "video.height": height, "video.width": width, "video.channels": 3}
        film |= {"video.pix_fmt": "yuv420p", "video.is_depth_map": False, "has_audio": False}
        pictures = {
            key: {"dtype": "video", "shape": [height, width, 3], "names": ["height", "width", "channels"], "info": film}
            for key in self._pictures
        }
        numbers = {
            name: {"dtype": dtype, "shape": [width], "names": names} for name, (dtype, names, width) in _NUMBERS.items()
        }
        texts = {name: {"dtype": "string", "shape": [1], "names": None} for name in _TEXTS}
        return {
            "codebase_version": VERSION,
            "robot_type": "table",
            "total_episodes": len(self._episodes),
            "total_frames": self._frames,
            "total_tasks": len(self._tasks),
            "chunks_size": 1000,
            "data_files_size_in_mb": 100,
            "video_files_size_in_mb": 200,
            "fps": FPS,
            "splits": {"train": f"0:{len(self._episodes)}"},
            "data_path": f"data/{_FILE}.parquet",
            "video_path": f"videos/{{video_key}}/{_FILE}.mp4",
            "features": {**pictures, **numbers, **texts},
        }


class _Pictures:
    """Statistics of one camera's pictures by channel, in [0, 1]: a histogram holds all that they are made of."""

    def __init__(self) -> None:
        self._counts = np.zeros((3, 256), np.int64)
        self._frames = 0

    def add(self, frames: Any) -> dict[str, Any]:
        """Counts (N, H, W, 3) uint8 frames; returns the statistics of these alone."""
        own = np.stack([np.bincount(frames[..., channel].ravel(), minlength=256) for channel in range(3)])
        self._counts += own
        self._frames += len(frames)
        return _of_histogram(own, len(frames))

    def summary(self) -> dict[str, Any]:
        """The statistics of all."""
        return _of_histogram(self._counts, self._frames)


def summary(values: Any) -> dict[str, list[float]]:
    """Statistics of (N,) or (N, D) numbers, as LeRobot normalises with."""
    table = np.asarray(values, np.float64).reshape(len(values), -1)
    found = {"min": table.min(0), "max": table.max(0), "mean": table.mean(0), "std": table.std(0)}
    found |= {name: np.quantile(table, share, axis=0) for name, share in QUANTILES.items()}
    return {**{name: value.tolist() for name, value in found.items()}, "count": [len(table)]}


def _of_histogram(counts: Any, frames: int) -> dict[str, Any]:
    levels, total = np.arange(256) / 255, counts.sum(1)
    mean = counts @ levels / total
    found = {"mean": mean, "std": np.sqrt(np.maximum(counts @ levels**2 / total - mean**2, 0.0))}
    below = counts.cumsum(1)
    for name, share in {"min": 0.0, **QUANTILES, "max": 1.0}.items():
        # The smallest level at or below which this share of the pixels lies.
        found[name] = np.array([levels[np.searchsorted(row, max(1, share * row[-1]))] for row in below])
    return {**{name: value.reshape(3, 1, 1).tolist() for name, value in found.items()}, "count": [frames]}


def _write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
