"""Crops for training and judging the small CLIP: objects of simulated scenes, each with what it is called.

A scene holds several objects on a table of any look. It is arranged twice and seen by two cameras, so that an object
comes twice, turned and lit differently: the pairs that teach what stays the same. Most objects wear named textures and
have named shapes; the rest are drawn at random, so that the model learns to see and not to tick names off a list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from instruct2act.training.engine import UNSEEN_FAMILIES, UNSEEN_PATTERNS, random_camera, random_look
from sim import objects
from sim.cameras import CameraSpec
from sim.objects import SHAPES, Shape
from sim.textures import COLORS, TEXTURES, Texture, random_texture
from sim.world import World
from skills.backends.openclip.pixels import metres_per_pixel
from skills.types import Bool, Float, Int, Pose, UInt8, View, Workspace

_T = TypeVar("_T")
PATCH = 72
"""Pixels a side of a stored crop; larger objects are shrunk to fit."""

OBJECT, OTHER = 255, 128
"""Values of a stored crop's fourth channel: the object, another object; 0 is the surface under them."""

SCENE_OBJECTS = 8
BANK = 1200
"""Random textures, and a quarter as many random shapes, that training draws from."""

TRAIN, HELD_OUT = 1, 2
"""Seeds of the banks. No random texture or shape of one is in the other; the held-out bank's wildest ones are of
patterns and families that training never draws."""


@lru_cache(maxsize=4)
def texture_bank(seed: int) -> tuple[Texture, ...]:
    """Named textures first, then random ones: any at all, and the vocabulary's patterns in colours near the named."""
    rng = np.random.default_rng([seed, 1])
    found = list(TEXTURES.values())
    patterns = ("solid", "solid", "stripe", "polka dot", "swirl", "paisley", "checkerboard")
    for number in range(BANK):
        texture = _kept(lambda: random_texture(rng), lambda found: found.pattern in UNSEEN_PATTERNS, seed)
        if number % 2:
            texture = replace(random_texture(rng, patterns), tile=float(rng.uniform(0.08, 0.13)))
            near = [_near(COLORS[str(word)], rng) for word in rng.permutation(list(COLORS))[: len(texture.colors)]]
            texture = replace(texture, colors=tuple(near), dark=bool(rng.random() < 0.25))
        found.append(replace(texture, name=f"random {number} {texture.pattern}"))
    return tuple(found)


def bank_digest(seed: int) -> str:
    """Names a bank: crops that were rendered from another one, by earlier code, must not be mixed in."""
    return hashlib.sha256(repr(texture_bank(seed)).encode()).hexdigest()[:16]


@lru_cache(maxsize=4)
def shape_bank(seed: int) -> tuple[Shape, ...]:
    """Named shapes first, then random ones."""
    rng = np.random.default_rng([seed, 2])
    random = [
        _kept(lambda: objects.random_shape(rng), lambda shape: shape.name in UNSEEN_FAMILIES, seed)
        for _ in range(BANK // 4)
    ]
    return (*SHAPES.values(), *random)


def _kept(draw: Callable[[], _T], unseen: Callable[[_T], bool], seed: int) -> _T:
    """The first draw of the kind that a bank keeps."""
    while True:
        found = draw()
        if unseen(found) == (seed == HELD_OUT):
            return found


def _near(color: tuple[int, int, int], rng: np.random.Generator) -> tuple[int, int, int]:
    r, g, b = (int(c) for c in np.clip(np.add(color, rng.normal(0, 14, 3)), 0, 255))
    return r, g, b


@dataclass(frozen=True, eq=False)
class Crop:
    """One object in one picture.

    Attributes:
        patch: (PATCH, PATCH, 4) uint8: RGB, and whose pixel it is (``OBJECT``, ``OTHER``, 0).
        metres_per_pixel: of the patch.
        thing: number of the object within its pool: two crops of one thing show the same object.
        shape, texture: indices into the banks.
        flat: seen from above, where turning the crop is turning the object.
    """

    patch: UInt8
    metres_per_pixel: float
    thing: int
    shape: int
    texture: int
    flat: bool


def scenes(rng: np.random.Generator, bank: int, named: float) -> Iterator[list[Crop]]:
    """Endless scenes, each as the crops of its objects in two pictures.

    Args:
        rng: decides everything.
        bank: seed of the random textures and shapes.
        named: share of objects that wear a named texture, and of those that have a named shape.
    """
    textures, shapes = texture_bank(bank), shape_bank(bank)
    thing = 0
    with World() as world:
        while True:
            wear = [_draw(rng, len(TEXTURES), len(textures), named) for _ in range(SCENE_OBJECTS)]
            have = [_draw(rng, len(SHAPES), len(shapes), named) for _ in range(SCENE_OBJECTS)]
            scales = [float(rng.uniform(0.8, 1.25)) if rng.random() < 0.4 else 1.0 for _ in range(SCENE_OBJECTS)]
            crops = []
            for _ in range(2):
                camera, size = random_camera(rng)
                world.clear()
                world.look = random_look(rng)
                ids = {}
                for number, spot in enumerate(_spots(rng)):
                    shape, texture = shapes[have[number]], textures[wear[number]]
                    ids[world.add(shape, texture, spot, fixed=True, scale=scales[number])] = number
                view = world.render(camera, segmentation=True, size=size)
                for id, number in ids.items():
                    cut = cut_out(view, id, _full_area(world, view, id))
                    if cut is not None:
                        crops.append(Crop(*cut, thing + number, have[number], wear[number], _from_above(camera)))
            thing += SCENE_OBJECTS
            yield crops


def _draw(rng: np.random.Generator, named: int, count: int, share: float) -> int:
    return int(rng.integers(named) if rng.random() < share or count == named else rng.integers(named, count))


def _spots(rng: np.random.Generator) -> list[Pose]:
    """Places on a jittered grid, near enough to each other for neighbours to touch or hide one another now and then."""
    bounds = Workspace()
    rows, columns = 2, SCENE_OBJECTS // 2
    spots = []
    for index in rng.permutation(rows * columns):
        row, column = divmod(int(index), columns)
        x = bounds.low[0] + (bounds.high[0] - bounds.low[0]) * (row + 0.5 + rng.uniform(-0.2, 0.2)) / rows
        y = bounds.low[1] + (bounds.high[1] - bounds.low[1]) * (column + 0.5 + rng.uniform(-0.2, 0.2)) / columns
        spots.append(Pose(x, y, 0.0, float(rng.uniform(0, 2 * np.pi))))
    if rng.random() < 0.3:  # one thing lies in or on another
        spots[1] = Pose(spots[0].x, spots[0].y, 0.006, spots[1].yaw)
    return spots


def _from_above(camera: CameraSpec) -> bool:
    """Whether turning the picture is turning the objects."""
    return float(camera.base_from_camera()[2, 2]) < -0.98


def _full_area(world: World, view: View, id: int) -> float:
    """Pixels that the object would cover if nothing hid it."""
    area, ground = 0.0, 0.0
    for number, ring in enumerate(world.footprint(id)):
        x, y = np.asarray(ring, dtype=np.float64).T
        ground = 0.5 * abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1)))
        area += ground if number == 0 else -ground
    pose = world.pose(id)
    near, _ = view.camera.project([[pose.x, pose.y, 0.0], [pose.x + 0.01, pose.y, 0.0], [pose.x, pose.y + 0.01, 0.0]])
    (a, b), (c, d) = near[1:] - near[0]
    return area * abs(float(a * d - b * c)) / 1e-4


def cut_out(view: View, id: int, full_area: float = 0.0) -> tuple[UInt8, float] | None:
    """A stored crop's patch and scale; None where too little of the object shows, or the picture's edge cuts it."""
    if view.truth is None:
        raise ValueError("a crop's object is known from the view's truth; render with segmentation=True")
    who = view.truth.segmentation
    mask: Bool = who == id
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) < 5 or len(columns) < 5 or mask.sum() < 0.55 * full_area:
        return None
    height, width = mask.shape
    if rows[0] == 0 or columns[0] == 0 or rows[-1] == height - 1 or columns[-1] == width - 1:
        return None
    owner = np.where(mask, OBJECT, np.where(who >= 0, OTHER, 0)).astype(np.uint8)
    y, x = (rows[0] + rows[-1] + 1) / 2, (columns[0] + columns[-1] + 1) / 2
    side = max(PATCH, rows[-1] - rows[0] + 5, columns[-1] - columns[0] + 5)
    top, left = round(y - side / 2), round(x - side / 2)
    four = np.dstack([view.rgb, owner])
    padded = np.pad(four, ((side, side), (side, side), (0, 0)))
    padded = padded[top + side : top + 2 * side, left + side : left + 2 * side]
    scale = metres_per_pixel(view, (x, y))
    if scale is None:
        return None
    if side > PATCH:
        import cv2

        colors = cv2.resize(padded[..., :3], (PATCH, PATCH), interpolation=cv2.INTER_AREA)
        owners = cv2.resize(padded[..., 3], (PATCH, PATCH), interpolation=cv2.INTER_NEAREST)
        padded = np.dstack([colors, owners])
    return np.ascontiguousarray(padded), scale * side / PATCH


# --- pools --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pool:
    """Many crops. ``patches`` (N, PATCH, PATCH, 4) may lie on disk; the rest are (N,) arrays as in ``Crop``."""

    patches: Sequence[UInt8]
    metres_per_pixel: Float
    thing: Int
    shape: Int
    texture: Int
    flat: Bool

    def __len__(self) -> int:
        return len(self.thing)


def write_shard(folder: Path, seed: int, number: int, crops: int = 4096, bank: int = TRAIN, named: float = 0.7) -> Path:
    """Renders one shard of a pool: ``<number>.npy`` with patches and ``<number>.json`` beside it; kept if there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:05d}.json"
    if path.exists():
        return path
    kept: list[Crop] = []
    for found in scenes(np.random.default_rng([seed, number]), bank, named):
        kept += found
        if len(kept) >= crops:
            break
    np.save(path.with_suffix(".npy"), np.stack([crop.patch for crop in kept[:crops]]))
    columns: dict[str, Any] = {
        name: [getattr(crop, name) for crop in kept[:crops]]
        for name in ("metres_per_pixel", "thing", "shape", "texture", "flat")
    }
    columns["bank"] = [bank, bank_digest(bank)]
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(columns), encoding="utf-8")
    unfinished.rename(path)
    return path


class _Shards(Sequence[UInt8]):
    """Patches of several files as one sequence, read from disk when asked for."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._arrays = [np.load(file, mmap_mode="r") for file in files]
        self._ends = np.cumsum([len(array) for array in self._arrays])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: Any) -> Any:
        shard = int(np.searchsorted(self._ends, index, side="right"))
        before = self._ends[shard - 1] if shard else 0
        return self._arrays[shard][index - before]


def read_pool(folder: Path) -> Pool:
    """Every finished shard of a folder.

    Raises:
        FileNotFoundError: there is none.
        ValueError: they were rendered with other textures than the code has now.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise FileNotFoundError(f"no crops in {folder}; render some with instruct2act.training.crops.write_shard")
    tables = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    seed, digest = tables[0]["bank"]
    if digest != bank_digest(seed) or any(table.pop("bank") != [seed, digest] for table in tables):
        raise ValueError(f"the crops in {folder} wear textures of another version; remove the folder to render anew")
    shift = np.cumsum([0, *(max(table["thing"]) + 1 for table in tables)])
    thing = np.concatenate([np.array(table["thing"]) + shift[i] for i, table in enumerate(tables)])
    rest = {name: np.concatenate([np.array(table[name]) for table in tables]) for name in tables[0] if name != "thing"}
    return Pool(_Shards([file.with_suffix(".npy") for file in files]), thing=thing, **rest)
