"""Trains the networks that judge which regions of a picture are one thing, on regions as it makes them itself.

First the segmenter looks at pictures of the data engine, and what it knows before it asks what belongs together is
kept. Then pictures are agglomerated, and what was judged on the way is compared with the truth: at first by what
affinities and masks alone say, and again, twice, by what was learnt until then. A region is of the thing that most of
its pixels show. (The scheme is that of Nunez-Iglesias et al., PLoS ONE 2013, and DAgger's: Ross et al., AISTATS 2011.)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F

from instruct2act.training.augment import recolored
from instruct2act.training.engine import Picture, pictures
from instruct2act.training.evaluate_sam import noisy
from instruct2act.training.loop import Average, Budget, Report, learning_rate, resumed, save, silent, until_spent
from instruct2act.training.pool import SHARD
from skills.backends.sam.agglomeration.judge import Judge, JudgeConfig
from skills.backends.sam.agglomeration.merging import TOGETHER, Chances, agglomerated
from skills.backends.sam.agglomeration.scene import Scene
from skills.backends.sam.agglomeration.traits import NEAR, SAME
from skills.types import Bool, Float, Image, Int

if TYPE_CHECKING:
    from skills.backends.sam.segmenter import SamSegmenter

WITHOUT, EXACT, RECOLORED = 0.2, 0.5, 0.3
"""Shares of pictures without depth, with exact depth, and in other light or by a worse camera."""
ROUNDS = 3
"""How often lessons are made: with each share of the budget that is spent, anew by what was learnt."""

_NOISE, _LOST = (0.0005, 0.006), 0.05
"""Metres of noise, and the greatest share of depths that are missing."""
_HEAVIEST = 20.0
"""Weight of a pair, at most: of one whose smaller region shows all that there is of a thing; it goes with the root of
that share."""
_DOUBTFUL = 0.05
"""Share of a pair's weight that it has at least, however mixed its regions are."""


@dataclass(frozen=True)
class Options:
    """What ``train`` needs to know.

    Attributes:
        folder: for scenes, lessons and the checkpoint; training goes on from a checkpoint that is there.
        steps, minutes: the budget, one of the two; with steps, a seed gives the same weights on the same machine.
        shards: of scenes, 128 in each, some two and a half minutes to make.
        seed: of weights and pictures.
        pairs: in a step, for each member of the judge.
        peak: learning rate at its highest.
        keep_every_s: seconds between checkpoints.
    """

    folder: Path
    steps: int = 0
    minutes: float = 0.0
    shards: int = 36
    seed: int = 0
    pairs: int = 1024
    peak: float = 3e-3
    keep_every_s: float = 60.0


@dataclass(frozen=True, eq=False)
class Lessons:
    """Pairs of regions, and whether they are one thing.

    Attributes:
        traits: (M, TRAITS) float16.
        one: (M,) bool.
        weight: (M,) float32.
    """

    traits: Float
    one: Bool
    weight: Float


class Trainer:
    """The judge, its optimiser, its averaged weights, and the lessons that it had."""

    def __init__(self, options: Options, config: JudgeConfig | None = None) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.judge = Judge(config or JudgeConfig()).train()
        self.optimizer = torch.optim.AdamW(self.judge.parameters(), lr=options.peak, weight_decay=1e-3)
        self.average = Average(self.judge)
        self.budget = Budget(options.steps, options.minutes)
        self.path = options.folder / "checkpoint.pt"
        self._given = options.folder / f"lessons-{options.seed}"
        self._shards = sorted(_of_training(options.folder, options.seed).glob("*.npz"))
        self._had = 0
        self._lessons: Lessons | None = None
        state = resumed(self.path, options.seed, self.judge, self.average, self.budget)
        if state is not None:
            self.optimizer.load_state_dict(state["optimizer"])
        elif self._given.is_dir():
            shutil.rmtree(self._given)  # another training's, whose judge is gone

    def save(self) -> None:
        """Writes the checkpoint."""
        others = {"sizes": asdict(self.judge.config), "optimizer": self.optimizer.state_dict()}
        save(self.path, self.options.seed, self.judge, self.average, self.budget, **others)

    def step(self) -> dict[str, float]:
        """One step, on pairs that each member draws by their weight from all lessons so far."""
        while self._had < min(ROUNDS, 1 + int(ROUNDS * self.budget.spent)):
            self._learn_more(self._had)
        rng = np.random.default_rng([self.options.seed, self.budget.done])
        share = rng.random((self.judge.config.members, self.options.pairs))
        drawn = np.searchsorted(self._reach, share * self._reach[-1])
        logits = self.judge(self._traits[drawn].float())
        one = self._one[drawn]
        loss = F.binary_cross_entropy_with_logits(logits, one)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.peak * learning_rate(self.budget.done, self.budget.spent)
        self.optimizer.step()
        self.average.update(self.judge)
        self.budget.done += 1
        return {"loss": float(loss.detach()), "right": float(((logits > 0) == (one > 0)).float().mean())}

    def _learn_more(self, number: int) -> None:
        path = self._given / f"{number}.npz"
        if not path.exists():
            chances = by_affinity if number == 0 else self._averaged().chances
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                of = _together(self._of_shards(chances))
                np.savez(file, **{each.name: getattr(of, each.name) for each in fields(of)})
            unfinished.rename(path)
        with np.load(path) as stored:
            of = Lessons(**stored)
        self._lessons = of = of if self._lessons is None else _together([self._lessons, of])
        self._had += 1
        self._traits, self._one = torch.from_numpy(of.traits), torch.from_numpy(of.one).float()
        self._reach = np.cumsum(of.weight, dtype=np.float64)
        if number == 0:
            seen = self._traits.float()
            for buffer, value in ((self.judge.mean, seen.mean(dim=0)), (self.judge.deviation, seen.std(dim=0) + 1e-3)):
                buffer.copy_(value)
            self.average = Average(self.judge) if self.budget.done == 0 else self.average

    def _of_shards(self, chances: Chances) -> list[Lessons]:
        """Each shard's lessons, by as many processes as there are cores; one shard is not worth another process."""
        learn = partial(_of_shard, chances)
        if len(self._shards) == 1:
            return [learn(self._shards[0])]
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), torch.set_num_threads, (1,)) as pool:
            return list(pool.map(learn, self._shards))

    def _averaged(self) -> Judge:
        judge = Judge(self.judge.config).eval()
        judge.load_state_dict(self.average.state)
        return judge


def by_affinity(traits: Float) -> Float:
    """(M,) what masks and affinities say of pairs (M, TRAITS) before anything was learnt: `TOGETHER` if both waver."""
    return np.asarray(2 * TOGETHER * (0.55 * traits[:, NEAR] + 0.45 * traits[:, SAME]), np.float64)


def lessons(of: Iterable[tuple[Scene, Int]], chances: Chances, seed: int = 0) -> Lessons:
    """What there is to learn from agglomerating scenes.

    Args:
        of: scenes, each with the truth: (H, W) ids, -1 for the table.
        chances: whose judgment regions grow by.
        seed: draws which pairs are kept: more of those that count more.
    """
    rng = np.random.default_rng(seed)
    found: list[Lessons] = []
    for scene, truth in of:
        agglomerated(scene, chances, witness=_taught(scene, truth, rng, found))
    return _together(found)


def _together(of: Sequence[Lessons]) -> Lessons:
    return Lessons(*(np.concatenate([getattr(each, it.name) for each in of]) for it in fields(Lessons)))


def _of_shard(chances: Chances, path: Path) -> Lessons:
    return lessons(scenes(path), chances, seed=int(path.stem))


def _taught(
    scene: Scene, truth: Int, rng: np.random.Generator, found: list[Lessons]
) -> Callable[[Int, Int, Int, Float], None]:
    parts, (ids, shown) = scene.parts(), np.unique(truth, return_inverse=True)
    rows = np.bincount(parts.ravel() * len(ids) + shown.ravel(), minlength=(int(parts.max()) + 1) * len(ids))
    pixels = rows.reshape(-1, len(ids))
    whole = pixels.sum(axis=0)

    def hear(root: Int, one: Int, other: Int, traits: Float) -> None:
        of = np.zeros(pixels.shape)
        np.add.at(of, root, pixels)
        area, most = np.maximum(of.sum(axis=1), 1), of.argmax(axis=1)
        pure = 2 * of.max(axis=1) / area - 1
        share = np.minimum(area[one], area[other]) / np.minimum(whole[most[one]], whole[most[other]])
        weight = np.clip(_HEAVIEST * np.sqrt(share), 1, _HEAVIEST)
        weight = weight * np.maximum(np.minimum(pure[one], pure[other]), _DOUBTFUL)
        chance = np.minimum(1, weight / _HEAVIEST)
        kept = rng.random(len(one)) < chance
        weight = (weight / chance).astype(np.float32)
        found.append(Lessons(traits[kept].astype(np.float16), (most[one] == most[other])[kept], weight[kept]))

    return hear


def scenes(path: Path) -> Iterator[tuple[Scene, Int]]:
    """What ``write_scenes`` kept in a file, each with the truth: (H, W) ids, -1 for the table."""
    with np.load(path) as stored:
        for number in range(int(stored["count"])):
            kept = {each.name: stored[f"{number} {each.name}"] for each in fields(Scene)}
            kept["affinity"], kept["shows"] = (kept[name] / np.float32(255) for name in ("affinity", "shows"))
            kept["noise"] = float(kept["noise"])
            yield Scene(**kept), stored[f"{number} truth"]


def write_scenes(folder: Path, seed: int, number: int, segmenter: SamSegmenter, count: int = SHARD) -> Path:
    """Shard ``number`` of a training's scenes: pictures of the data engine as the segmenter knows them; kept if there.

    Returns:
        The file, complete: it is renamed into place.
    """
    path = _of_training(folder, seed) / f"{number:05d}.npz"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, number, 2])
    drawn = pictures(rng, whole=True)
    kept: dict[str, Any] = {}
    made = 0
    for picture in islice(drawn, count):
        seen = _as_seen(picture, rng)
        scene = segmenter.scene(segmenter.encode(Image(seen.rgb, view=seen.view)))
        if scene is None:
            continue
        for each in fields(Scene):
            value = np.asarray(getattr(scene, each.name))
            small = np.round(255 * value).astype(np.uint8) if each.name in ("affinity", "shows") else value
            kept[f"{made} {each.name}"] = small
        kept[f"{made} truth"] = picture.segmentation
        made += 1
    drawn.close()  # type: ignore[attr-defined]
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.savez_compressed(file, count=np.array(made), **kept)
    unfinished.rename(path)
    return path


def _as_seen(picture: Picture, rng: np.random.Generator) -> Picture:
    """A picture as a camera takes it: some without depth, some with noise in it, some in other light."""
    kind = rng.random()
    if rng.random() < RECOLORED:
        picture = replace(picture, rgb=recolored(picture.rgb, rng))
    if kind < WITHOUT:
        return replace(picture, view=None)
    if kind < WITHOUT + EXACT:
        return picture
    noise, lost = float(np.exp(rng.uniform(*np.log(_NOISE)))), rng.uniform(0, _LOST)
    return noisy(picture, int(rng.integers(1 << 30)), depth_noise_m=noise, depth_lost=lost)


def _of_training(folder: Path, seed: int) -> Path:
    return folder / f"scenes-{seed}"


def shown(folder: Path, seed: int) -> int:
    """Scenes that a training had."""
    return sum(1 for path in _of_training(folder, seed).glob("*.npz") for _ in scenes(path))


def train(options: Options, report: Report = silent) -> Path:
    """Trains until the budget is spent, going on from the folder's checkpoint if there is one.

    Args:
        options: see there.
        report: hears the figures every twenty steps, and before that how many shards of scenes there are.

    Returns:
        The checkpoint's path; ``instruct2act.training.export_agglomeration`` makes shipped weights of it.
    """
    from skills.backends.sam import build

    segmenter = build(agglomeration=None)
    for number in range(options.shards):
        report({"rendered": number, "of": options.shards})
        write_scenes(options.folder, options.seed, number, segmenter)
    trainer = Trainer(options)
    until_spent(trainer.budget, trainer.step, trainer.save, options.keep_every_s, report)
    return trainer.path
