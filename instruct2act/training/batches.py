"""Batches for training the small CLIP: crops hard to tell apart, spoilt as a segmenter spoils them, and phrases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instruct2act.training import captions
from instruct2act.training.crops import OBJECT, OTHER, Pool, shape_bank, texture_bank
from instruct2act.training.looks import looks, own_look
from instruct2act.training.nouns import ANYTHING, all_nouns, may_be_alike
from sim.objects import SHAPES
from sim.textures import COLORS, TEXTURES
from skills.backends.openclip.pixels import UNKNOWN_SIZES, Cutout, drawn_diameter, place
from skills.types import Bool, Float, Int, UInt8

GRID = (8, 6)
"""Textures and shapes of a batch's grid: every crop has neighbours that differ in one aspect alone."""

LOOSE = 16
"""Further objects of a batch, of any texture and shape."""

_SAME_FROM_ABOVE = ("block", "shorter block", "small block")


@dataclass(frozen=True, eq=False)
class Batch:
    """Crops, phrases, and what fits what (1 yes, 0 no, between: for want of better, NaN: not to be learned).

    Attributes:
        pixels: (N, 64, 64, 3) float32 inputs of the model.
        texture, shape: (N,) indices into the banks.
        phrases: M of them.
        fits: (N, M) float32, phrase to crop.
        same_object, same_texture, same_shape: (N, N) float32; the diagonal is NaN.
    """

    pixels: Float
    texture: Int
    shape: Int
    phrases: Sequence[str]
    fits: Float
    same_object: Float
    same_texture: Float
    same_shape: Float


class Batches:
    """Draws batches from a pool."""

    def __init__(self, pool: Pool, bank: int) -> None:
        self._pool = pool
        textures, shapes = texture_bank(bank), shape_bank(bank)
        worn, seen = np.unique(pool.texture), np.unique(pool.shape)
        by_look, by_noun = captions.fit_tables([textures[i] for i in worn], [shapes[i] for i in seen])
        self._by_look = np.full((len(by_look), len(textures)), np.nan, dtype=np.float32)
        self._by_noun = np.full((len(by_noun), len(shapes)), np.nan, dtype=np.float32)
        self._by_look[:, worn], self._by_noun[:, seen] = by_look, by_noun
        self._unsure = np.zeros((len(shapes), len(shapes)), dtype=np.bool_)
        for i in seen:
            self._unsure[i, seen] = [may_be_alike(shapes[i], shapes[j]) for j in seen]
        self._own_look = [own_look(name) for name in TEXTURES]
        self._combination: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._thing: dict[int, list[int]] = defaultdict(list)
        for index, (texture, shape, thing) in enumerate(zip(pool.texture, pool.shape, pool.thing)):
            self._combination[int(texture), int(shape)].append(index)
            self._thing[int(thing)].append(index)
        self._pairs = [found for found in self._thing.values() if len(found) > 1]
        self._shared = _shared_words()
        blocks = [list(SHAPES).index(name) for name in _SAME_FROM_ABOVE]
        self._block = np.isin(np.arange(len(shapes)), blocks)

    def draw(self, rng: np.random.Generator) -> Batch:
        """The batch that a generator decides."""
        chosen = np.array(self._grid(rng) + self._loose(rng))
        flat, scale = self._pool.flat[chosen], self._pool.metres_per_pixel[chosen]
        pixels = np.stack(
            [spoilt(self._pool.patches[i], float(s), bool(f), rng) for i, s, f in zip(chosen, scale, flat)]
        )
        return self._batch(pixels, self._pool.texture[chosen], self._pool.shape[chosen], rng)

    def _batch(self, pixels: Float, texture: Int, shape: Int, rng: np.random.Generator) -> Batch:
        phrases: list[str] = []
        meanings: list[int] = []
        nouns: list[int] = []
        for first in range(0, len(texture), 2):
            for full in (True, False):
                look, noun = self._phrase(int(texture[first]), int(shape[first]), full, rng)
                phrases.append(captions.say(looks()[look], all_nouns()[noun], rng))
                meanings.append(look)
                nouns.append(noun)
        fits = captions.fit(self._by_look[meanings][:, texture].T, self._by_noun[nouns][:, shape].T)
        textures = (texture[:, None] == texture).astype(np.float32)
        shapes = (shape[:, None] == shape).astype(np.float32)
        shapes[self._unsure[shape[:, None], shape] & (shapes == 0)] = np.nan
        blocks = self._block[shape]
        same = captions.fit(textures, np.where((blocks[:, None] & blocks) & (shapes == 0), np.float32(np.nan), shapes))
        shapes[blocks[:, None] & blocks] = 1  # a cube at any size
        for table in (textures, shapes, same):
            np.fill_diagonal(table, np.nan)
        return Batch(pixels, texture, shape, phrases, fits, same, textures, shapes)

    def _grid(self, rng: np.random.Generator) -> list[int]:
        seed = int(rng.integers(len(TEXTURES)))
        near = self._shared[seed] + rng.random(len(TEXTURES))  # ties in any order
        alike = np.argsort(-near)[: GRID[0] - 3]
        textures = list(dict.fromkeys([seed, *alike.tolist(), *rng.permutation(len(TEXTURES)).tolist()]))
        shapes = rng.permutation(len(SHAPES))[: GRID[1]]
        found: list[int] = []
        for texture in textures[: GRID[0]]:
            for shape in shapes:
                there = self._combination.get((texture, int(shape)), ())
                if len(there) > 1:
                    found += [int(i) for i in rng.choice(there, 2, replace=False)]
        return found

    def _loose(self, rng: np.random.Generator) -> list[int]:
        found: list[int] = []
        for index in rng.integers(len(self._pairs), size=LOOSE):
            found += [int(i) for i in rng.choice(self._pairs[int(index)], 2, replace=False)]
        return found

    def _phrase(self, texture: int, shape: int, full: bool, rng: np.random.Generator) -> tuple[int, int]:
        meanings = np.flatnonzero(self._by_look[:, texture] == 1)
        nouns = np.flatnonzero(self._by_noun[:, shape] == 1)
        named = shape < len(SHAPES)
        noun = all_nouns().index(tuple(SHAPES)[shape]) if named else int(rng.choice(nouns))
        look = (
            self._own_look[texture]
            if texture < len(TEXTURES)
            else int(rng.choice(meanings[1:]))
            if len(meanings) > 1
            else 0
        )
        if full and (look or named):
            return look, noun
        part = rng.random()
        if part < 0.3:
            look = 0 if named or not look else look
        else:
            look = int(rng.choice(meanings[1:])) if len(meanings) > 1 else 0
        if 0.3 <= part < 0.75:
            noun = int(rng.choice(nouns[-len(ANYTHING) :]))
        elif rng.random() < 0.5:
            noun = int(rng.choice(nouns))
        if look == 0 and all_nouns()[noun] in ANYTHING and texture < len(TEXTURES):
            look = self._own_look[texture]  # "the thing" teaches nothing
        return look, noun


def _shared_words() -> Float:
    """(T, T) how much two named textures have in common, colours above all: what is easily taken for each other."""
    words = [{*texture.name.split(), texture.pattern} - {"and"} for texture in TEXTURES.values()]
    worth = {word: 1.5 if word in COLORS else 1.0 for mine in words for word in mine}
    return np.array([[sum(worth[word] for word in mine & other) for other in words] for mine in words])


def spoilt(patch: UInt8, metres_per_pixel: float, flat: bool, rng: np.random.Generator) -> Float:
    """A stored crop as the model may get to see it: turned, relit, its mask not quite right, its size misjudged.

    Args:
        patch: (P, P, 4) uint8 as in ``crops.Crop``.
        metres_per_pixel: of the patch.
        flat: seen from above: any turn; else a small one.
        rng: decides.

    Returns:
        (64, 64, 3) float32.
    """
    cut = Cutout.of(relit(patch[..., :3], rng), spoilt_mask(patch[..., 3], rng), metres_per_pixel)
    metres = cut.diameter * metres_per_pixel
    if rng.random() < 0.08:
        metres = float(rng.choice(UNKNOWN_SIZES))
    diameter = min(drawn_diameter(metres) * float(np.exp(rng.normal(0, 0.04))), 64.0)
    turn = rng.uniform(-np.pi, np.pi) if flat else rng.normal(0, 0.15)
    return place(cut, diameter, float(turn), (float(rng.normal(0, 1)), float(rng.normal(0, 1))))


def relit(rgb: UInt8, rng: np.random.Generator) -> UInt8:
    """Slightly brighter or darker, tinted, with a camera's noise."""
    gain = np.exp(rng.normal(0, 0.04) + rng.normal(0, 0.012, 3))
    noisy = rgb * gain.astype(np.float32)
    if rng.random() < 0.5:
        noisy += rng.normal(0, rng.uniform(0, 4), rgb.shape).astype(np.float32)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def spoilt_mask(owner: UInt8, rng: np.random.Generator) -> Bool:
    """The object's mask, sometimes with a segmenter's mistakes.

    Args:
        owner: (P, P) uint8 whose pixel it is, as in ``crops.Crop``.
        rng: decides.
    """
    import cv2

    true = (owner == OBJECT).astype(np.uint8)
    kind, kernel = rng.random(), np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=np.uint8)
    mask = true
    if kind < 0.3:
        return np.asarray(true, dtype=np.bool_)
    if kind < 0.45:
        mask = cv2.dilate(true, kernel)
    elif kind < 0.6:
        mask = cv2.erode(true, kernel)
    elif kind < 0.8:  # a ragged edge
        grown, shrunk = cv2.dilate(true, kernel), cv2.erode(true, kernel)
        mask = np.where(rng.random(true.shape) < 0.5, grown, shrunk).astype(np.uint8)
    elif kind < 0.86:  # holes closed
        outer, _ = cv2.findContours(true, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        mask = cv2.drawContours(true.copy(), outer, -1, 1, cv2.FILLED)
    elif kind < 0.93:  # a slice missing
        y, x = np.nonzero(true)
        angle = rng.uniform(0, 2 * np.pi)
        along = np.cos(angle) * x + np.sin(angle) * y
        keep = along <= np.quantile(along, 1 - rng.uniform(0.03, 0.2))
        mask = np.zeros_like(true)
        mask[y[keep], x[keep]] = 1
    else:  # some of a neighbour
        mask = true | (cv2.dilate(true, kernel, iterations=3) & (owner == OTHER).astype(np.uint8))
    if mask.sum() < max(9, 0.4 * true.sum()):
        mask = true
    found: Bool = mask.astype(np.bool_)
    return found
