"""Pictures kept on disk, so that training never waits for the renderer: one process writes shards, another reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from instruct2act.training.engine import Picture, Split, pictures

SHARD = 128
"""Pictures in a shard."""


def write_shard(
    folder: Path, seed: int, number: int, split: Split = "train", count: int = SHARD, whole: bool = False
) -> Path:
    """Renders shard ``number`` of a pool, as ``engine.pictures`` draws them; kept if it is there.

    Pictures of different sizes share a shard: each is stored in the upper left of a square, with its height and width.

    Returns:
        ``<folder>/<number>.npz``, complete: it is renamed into place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:05d}.npz"
    if path.exists():
        return path
    # A scene's own generator would cost a world each; a shard's costs one for all its scenes.
    drawn = pictures(np.random.default_rng([seed, number, 0 if split == "train" else 1]), split, whole=whole)
    chosen = [next(drawn) for _ in range(count)]
    drawn.close()  # type: ignore[attr-defined]
    side = max(max(picture.rgb.shape) for picture in chosen)
    rgb = np.zeros((count, side, side, 3), np.uint8)
    segmentation = np.full((count, side, side), -1, np.int16)
    for i, picture in enumerate(chosen):
        height, width = picture.segmentation.shape
        rgb[i, :height, :width], segmentation[i, :height, :width] = picture.rgb, picture.segmentation
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        sizes = np.array([picture.segmentation.shape for picture in chosen], np.int16)
        areas = np.zeros((count, 1 + max(max(picture.whole, default=0) for picture in chosen)), np.int32)
        for i, picture in enumerate(chosen):
            areas[i, list(picture.whole)] = list(picture.whole.values())
        np.savez_compressed(file, rgb=rgb, segmentation=segmentation, size=sizes, whole=areas)
    unfinished.rename(path)
    return path


def read_shard(path: Path) -> list[Picture]:
    """The pictures of one shard."""
    with np.load(path) as stored:
        rgb, ids, sizes, whole = (stored[name] for name in ("rgb", "segmentation", "size", "whole"))
    found = []
    for i, (height, width) in enumerate(sizes):
        areas = {int(thing): int(whole[i, thing]) for thing in np.flatnonzero(whole[i])}
        part = np.ascontiguousarray(rgb[i, :height, :width]), np.ascontiguousarray(ids[i, :height, :width])
        found.append(Picture(*part, areas))
    return found


@dataclass
class Pool:
    """The pictures of a folder, held in memory and grown as the folder grows.

    Attributes:
        folder: where ``write_shard`` puts shards.
        limit: shards held at most; the newest stay.
    """

    folder: Path
    limit: int = 160
    _shards: dict[Path, list[Picture]] = field(default_factory=dict)

    def grow(self, most: int = 1) -> int:
        """Reads up to ``most`` shards that came since; returns how many pictures there are."""
        fresh = [path for path in sorted(self.folder.glob("*.npz")) if path not in self._shards]
        for path in fresh[:most]:
            self._shards[path] = read_shard(path)
            if len(self._shards) > self.limit:
                self._shards.pop(next(iter(self._shards)))
        return sum(len(pictures) for pictures in self._shards.values())

    def draw(self, rng: np.random.Generator, size: tuple[int, int] | None = None) -> Picture:
        """One picture at random; of a given (height, width) if asked."""
        shards = list(self._shards.values())
        while True:
            shard = shards[int(rng.integers(len(shards)))]
            picture = shard[int(rng.integers(len(shard)))]
            if size is None or picture.segmentation.shape == size:
                return picture

    def __iter__(self) -> Iterator[Picture]:
        """All of them, in the order of their shards."""
        for shard in self._shards.values():
            yield from shard


def held_out(folder: Path, split: Split, count: int, seed: int = 10_000) -> Sequence[Picture]:
    """Pictures for judging: other seeds than training's; made once and kept in ``folder``."""
    path = write_shard(folder / f"{split}-{count}", seed, 0, split, count, whole=True)
    return read_shard(path)
