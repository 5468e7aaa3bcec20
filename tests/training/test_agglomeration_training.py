"""Training of the judge of regions: what it is taught, that it goes on where it was stopped, and what comes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from instruct2act.training import agglomeration as training
from instruct2act.training import export_agglomeration
from skills.backends.sam import build
from skills.backends.sam.affinity.network import OFFSETS
from skills.backends.sam.agglomeration import judge as judges
from skills.backends.sam.agglomeration.judge import JudgeConfig
from skills.backends.sam.agglomeration.merging import TOGETHER, agglomerated
from skills.backends.sam.agglomeration.scene import Scene
from skills.backends.sam.agglomeration.traits import NEAR, TRAITS
from skills.errors import Mistake
from skills.types import Float, Int

TINY = JudgeConfig(8)


def halves() -> tuple[Scene, Int]:
    """Two things that touch, each in two parts as far as affinities are sure; and their truth."""
    truth = np.full((20, 40), -1)
    truth[4:16, 6:20], truth[4:16, 20:34] = 0, 1
    parts = np.where(truth >= 0, 1 + np.arange(40)[None] // 10, 0)
    told = np.zeros((len(OFFSETS) + 1, *truth.shape))
    for layer, (down, right) in zip(told, OFFSETS):
        layer[np.roll(parts, (-down, -right), (0, 1)) == parts] = 1
    told[-1] = truth >= 0
    return Scene.of(np.zeros((*truth.shape, 3), np.uint8), told, [], None, None), truth


def test_lessons_are_what_was_judged_and_the_truth_about_it() -> None:
    scene, truth = halves()
    assert scene.parts().max() == 4
    never = training.lessons([(scene, truth)] * 40, lambda seen: np.zeros(len(seen)))
    assert never.traits.shape == (len(never.one), TRAITS) and never.traits.dtype == np.float16
    assert len(never.one) == len(never.weight) and (never.weight > 0).all()
    # Of 0-1, 2-3 and 1-2 the first two are one thing; four pairs more are with the surface.
    asked = np.average(never.one, weights=never.weight)
    assert 0.1 < asked < 0.5
    once = training.lessons([(scene, truth)], lambda seen: np.zeros(len(seen)))
    assert np.count_nonzero(once.one) <= 2 and len(once.one) <= 7
    right = training.lessons([(scene, truth)], lambda seen: np.where(seen[:, NEAR] > -1, 0.9, 0))
    assert len(right.one) >= len(once.one), "regions that grew are judged again"


def test_what_matters_more_to_a_thing_weighs_more() -> None:
    scene, truth = halves()
    truth = truth.copy()
    truth[4:16, 34:] = 2
    speck = np.where((np.arange(20)[:, None] < 5) & (truth == 0), 3, truth)
    weights = []
    for of in (truth, speck):
        rows = [training.lessons([(scene, of)], lambda seen: np.zeros(len(seen)), seed=seed) for seed in range(20)]
        weights.append(sum(float(row.weight.sum()) for row in rows))
    assert weights[1] < weights[0], "mixed regions count less"


def test_by_affinity_counts_masks_too() -> None:
    seen = np.zeros((3, TRAITS), np.float32)
    seen[:, NEAR] = (1.0, 0.5, 0.5)
    seen[1, training.SAME] = 1.0
    told = training.by_affinity(seen) / (2 * TOGETHER)
    np.testing.assert_allclose(told, (0.55, 0.725, 0.275), atol=1e-6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    of = tmp_path_factory.mktemp("agglomeration")
    training.write_scenes(of, seed=0, number=0, segmenter=build(agglomeration=None), count=2)
    return of


@pytest.mark.slow
@pytest.mark.needs("weights")
def test_scenes_come_back_as_they_were_made(folder: Path) -> None:
    path = folder / "scenes-0" / "00000.npz"
    changed = path.stat().st_mtime_ns
    assert training.write_scenes(folder, 0, 0, segmenter=None, count=2) == path  # type: ignore[arg-type]
    assert path.stat().st_mtime_ns == changed, "what is there is kept"
    found = list(training.scenes(path))
    assert len(found) == 2
    for scene, truth in found:
        assert scene.affinity.shape == (len(OFFSETS), *truth.shape) and scene.known.shape == truth.shape
        assert scene.affinity.max() <= 1 and scene.rgb.dtype == np.uint8
        assert agglomerated(scene, training.by_affinity).shape == truth.shape
    assert training.shown(folder, 0) == 2


@pytest.mark.needs("weights")
@pytest.mark.slow
def test_training_goes_on_where_it_was_stopped(folder: Path, tmp_path: Path) -> None:
    def trainer(name: str, seed: int = 0, config: JudgeConfig = TINY) -> training.Trainer:
        of = tmp_path / name
        of.mkdir(exist_ok=True)
        if not (of / "scenes-0").exists():
            (of / "scenes-0").symlink_to(folder / "scenes-0")
        return training.Trainer(training.Options(of, steps=6, pairs=64, seed=seed), config)

    whole = trainer("whole")
    for _ in range(6):
        whole.step()
    first = trainer("cut")
    for _ in range(3):
        first.step()
    first.save()
    second = trainer("cut")
    assert second.budget.done == 3
    for _ in range(3):
        second.step()
    for name, value in whole.average.state.items():
        torch.testing.assert_close(second.average.state[name], value)
    assert second._had == training.ROUNDS
    with pytest.raises(Mistake, match="is of seed 0, not 1"):
        trainer("cut", seed=1)
    with pytest.raises(Mistake, match="a model of other sizes"):
        trainer("cut", config=JudgeConfig(6))
    (tmp_path / "cut" / "checkpoint.pt").unlink()
    trainer("cut")
    assert not (tmp_path / "cut" / "lessons-0").exists(), "lessons of a judge that is gone"


@pytest.mark.needs("weights")
@pytest.mark.slow
def test_shards_are_learnt_from_side_by_side(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "scenes-0").mkdir()
    for number in range(2):
        (tmp_path / "scenes-0" / f"{number:05}.npz").symlink_to(folder / "scenes-0" / "00000.npz")
    trainer = training.Trainer(training.Options(tmp_path, steps=6), TINY)
    path = folder / "scenes-0" / "00000.npz"
    for number, found in enumerate(trainer._of_shards(training.by_affinity)):
        alone = training.lessons(training.scenes(path), training.by_affinity, seed=number)
        assert len(alone.one) > 10 and np.array_equal(found.traits, alone.traits)


@pytest.mark.needs("weights")
@pytest.mark.slow
def test_a_short_training_learns_to_join_and_is_exported_with_its_card(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "scenes-0").symlink_to(folder / "scenes-0")
    told: list[float] = []
    options = training.Options(tmp_path, steps=400, shards=1, pairs=256)
    training.train(options, lambda figures: told.append(figures["loss"]) if "loss" in figures else None)
    assert told[-1] < 0.6 * told[0]
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        export_agglomeration.export(tmp_path / "none")
    path = export_agglomeration.export(tmp_path, pictures=2, out=tmp_path / "judge.safetensors")
    assert path.stat().st_size < 1_000_000
    judge = judges.load(path)

    def wrong(chances: training.Chances) -> float:
        of = training.lessons(training.scenes(folder / "scenes-0" / "00000.npz"), chances)
        said: Float = chances(of.traits.astype(np.float32)) > TOGETHER
        return float(np.average(said != of.one, weights=of.weight))

    assert wrong(judge.chances) < wrong(training.by_affinity)
    written = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "400 steps" in written and "| tasks + depth |" in written
