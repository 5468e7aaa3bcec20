"""Pictures kept on disk, so that training never waits for the renderer: one process writes shards, another reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from instruct2act.training.engine import Picture, Split, pictures
from skills.types import Camera, View

SHARD = 128
"""Pictures in a shard."""
RESIDENT, TURN = 64, 20
"""Shards of a pool that are in memory at a time, and steps of training after which one makes room for the next."""
USUAL, _USUALLY = (128, 256), 0.85
"""(height, width) of the simulator's views, and the share of steps that take pictures of that size only."""


def write_shard(
    folder: Path, seed: int, number: int, split: Split = "train", count: int = SHARD, whole: bool = False
) -> Path:
    """Renders shard ``number`` of a pool, as ``engine.pictures`` draws them; kept if it is there.

    Pictures of different sizes share a shard: each is stored in the upper left of a square, with its height and width.
    With ``whole`` also what each object would show by itself, depths and cameras; else with heights.

    Returns:
        ``<folder>/<number>.npz``, complete: it is renamed into place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:05d}.npz"
    if path.exists():
        return path
    # A scene's own generator would cost a world each; a shard's costs one for all its scenes.
    rng = np.random.default_rng([seed, number, 0 if split == "train" else 1])
    drawn = pictures(rng, split, whole=whole, height=not whole)
    chosen = [next(drawn) for _ in range(count)]
    drawn.close()  # type: ignore[attr-defined]
    side = max(max(picture.rgb.shape) for picture in chosen)
    rgb = np.zeros((count, side, side, 3), np.uint8)
    segmentation = np.full((count, side, side), -1, np.int16)
    for i, picture in enumerate(chosen):
        height, width = picture.segmentation.shape
        rgb[i, :height, :width], segmentation[i, :height, :width] = picture.rgb, picture.segmentation
    measured: dict[str, Any] = {}
    if views := [picture.view for picture in chosen if picture.view is not None]:
        depth = np.zeros((count, side, side), np.float32)
        for i, view in enumerate(views):
            depth[i, : view.camera.height, : view.camera.width] = view.depth_m
        poses = np.array([view.camera.base_from_camera for view in views])
        measured = {"depth": depth, "intrinsics": np.array([view.camera.intrinsics for view in views]), "pose": poses}
    if any(picture.height is not None for picture in chosen):
        measured["height"] = np.full((count, side, side), np.nan, np.float16)
        for i, picture in enumerate(chosen):
            if picture.height is not None:
                measured["height"][i, : picture.height.shape[0], : picture.height.shape[1]] = picture.height
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        sizes = np.array([picture.segmentation.shape for picture in chosen], np.int16)
        areas = np.zeros((count, 1 + max(max(picture.whole, default=0) for picture in chosen)), np.int32)
        for i, picture in enumerate(chosen):
            areas[i, list(picture.whole)] = list(picture.whole.values())
        np.savez_compressed(file, rgb=rgb, segmentation=segmentation, size=sizes, whole=areas, **measured)
    unfinished.rename(path)
    return path


def read_shard(path: Path) -> list[Picture]:
    """The pictures of one shard."""
    with np.load(path) as stored:
        rgb, ids, sizes, whole = (stored[name] for name in ("rgb", "segmentation", "size", "whole"))
        measured = [stored[name] for name in ("depth", "intrinsics", "pose")] if "depth" in stored else None
        heights = stored.get("height")
    found = []
    for i, (height, width) in enumerate(sizes):
        areas = {int(thing): int(whole[i, thing]) for thing in np.flatnonzero(whole[i])}
        part = np.ascontiguousarray(rgb[i, :height, :width]), np.ascontiguousarray(ids[i, :height, :width])
        view = None
        if measured:
            depth, intrinsics, pose = (each[i] for each in measured)
            camera = Camera("any", int(width), int(height), intrinsics, pose)
            view = View(part[0], camera, np.ascontiguousarray(depth[:height, :width]))
        up = None if heights is None else np.ascontiguousarray(heights[i, :height, :width])
        found.append(Picture(*part, areas, view, up))
    return found


def fill(folder: Path, seed: int, shards: int, report: Callable[[int, int], None] = lambda _done, _of: None) -> None:
    """Renders the shards of a pool that are missing, and anew those from before pictures had heights.

    Args:
        folder: where they go.
        seed: of their pictures.
        shards: how many the pool shall have.
        report: hears how many of how many are there.
    """
    for number in range(shards):
        report(number, shards)
        path = folder / f"{number:05d}.npz"
        if path.exists() and not _has_heights(path):
            path.unlink()
        write_shard(folder, seed, number)


def filled(folder: Path, seed: int, shards: int, report: Callable[[Mapping[str, float]], None]) -> Pool:
    """A training's pool, its missing shards rendered; ``report`` hears how many of how many are there."""
    fill(_of_training(folder, seed), seed, shards, lambda done, of: report({"rendered": done, "of": of}))
    return Pool.read(_of_training(folder, seed))


def rendered(folder: Path, seed: int) -> int:
    """Pictures in a training's pool."""
    return SHARD * len(list(_of_training(folder, seed).glob("*.npz")))


def _of_training(folder: Path, seed: int) -> Path:
    return folder / f"pool-{seed}"


def _has_heights(path: Path) -> bool:
    with np.load(path) as stored:
        return "height" in stored


@dataclass
class Pool:
    """The pictures of a folder, of which a part is in memory at a time: a pool may be larger than that.

    Attributes:
        paths: of its finished shards.
        resident: shards in memory, 30 MB each.
    """

    paths: Sequence[Path]
    resident: int = RESIDENT
    _held: dict[int, list[Picture]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, resident: int = RESIDENT) -> Pool:
        """Every finished shard of a folder.

        Raises:
            FileNotFoundError: there is none.
        """
        paths = sorted(folder.glob("*.npz"))
        if not paths:
            raise FileNotFoundError(f"no pictures in {folder}; instruct2act.training.pool.fill renders some")
        pool = cls(paths, resident)
        pool.turn(0)
        return pool

    def turn(self, step: int) -> None:
        """Holds what is in memory at a step of the training: every ``TURN`` steps a shard makes room for the next."""
        whole = len(self.paths)
        first = step // TURN if whole > self.resident else 0
        wanted = [(first + k) % whole for k in range(min(self.resident, whole))]
        if list(self._held) != wanted:
            self._held = {number: self._held.get(number) or read_shard(self.paths[number]) for number in wanted}

    def draw(self, rng: np.random.Generator, size: tuple[int, int] | None = None) -> Picture:
        """One picture of those in memory at random; of a given (height, width) if asked, which one must have."""
        shards = list(self._held.values())
        while True:
            shard = shards[int(rng.integers(len(shards)))]
            picture = shard[int(rng.integers(len(shard)))]
            if size is None or picture.segmentation.shape == size:
                return picture

    def alike(self, rng: np.random.Generator, count: int) -> list[Picture]:
        """Several pictures of one size, mostly that of the simulator's views."""
        drawn = [self.draw(rng, USUAL if rng.random() < _USUALLY else None)]
        height, width = drawn[0].segmentation.shape
        return drawn + [self.draw(rng, (height, width)) for _ in range(count - 1)]


def held_out(folder: Path, split: Split, count: int, seed: int = 10_000) -> Sequence[Picture]:
    """Pictures for judging: other seeds than training's; made once and kept in ``folder``."""
    path = write_shard(folder / f"{split}-{count}-depth", seed, 0, split, count, whole=True)
    return read_shard(path)
