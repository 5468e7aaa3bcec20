"""The data engine, the prompts and the training of the small segmenter."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from instruct2act.training import pool as pools
from instruct2act.training import sam as training
from instruct2act.training.augment import augment
from instruct2act.training.engine import Picture, pictures, take
from instruct2act.training.evaluate_sam import evaluate, size_group
from instruct2act.training.loop import Budget
from instruct2act.training.pool import TURN, Pool, fill, read_shard, write_shard
from instruct2act.training.prompting import correcting_point, loose_box, prompts_for
from sim.objects import SHAPES
from skills.backends import Candidates, Encoded
from skills.backends.sam.model.small import SmallConfig
from skills.errors import Mistake
from skills.types import Image, Mask

TINY = SmallConfig(width=32, depth=2, heads=2, stem=(8, 16), prompt_width=32)


@pytest.fixture(scope="module")
def few() -> list[Picture]:
    return list(islice(pictures(np.random.default_rng(0), whole=True), 6))


@pytest.mark.slow
def test_a_seed_gives_the_same_pictures(few: list[Picture]) -> None:
    again = list(islice(pictures(np.random.default_rng(0)), 6))
    for one, other in zip(few, again):
        np.testing.assert_array_equal(one.rgb, other.rgb)
        np.testing.assert_array_equal(one.segmentation, other.segmentation)
    other = next(pictures(np.random.default_rng(1)))
    assert other.rgb.shape != few[0].rgb.shape or (other.rgb != few[0].rgb).any()


def test_an_object_shows_no_more_than_it_would_alone(few: list[Picture]) -> None:
    shown = 0
    for picture in few:
        for thing, whole in picture.whole.items():
            area = int((picture.segmentation == thing).sum())
            assert area <= whole
            shown += area > 0
    assert shown >= 10


def test_pictures_come_back_from_a_shard(tmp_path: Path) -> None:
    path = write_shard(tmp_path, seed=3, number=1, count=4, whole=True)
    stored = read_shard(path)
    drawn = list(islice(pictures(np.random.default_rng([3, 1, 0]), whole=True), 4))
    for one, other in zip(stored, drawn):
        np.testing.assert_array_equal(one.rgb, other.rgb)
        np.testing.assert_array_equal(one.segmentation, other.segmentation)
        assert one.whole == {thing: area for thing, area in other.whole.items() if area}
        assert one.view is not None and other.view is not None
        assert one.view.truth is None and other.view.truth is None, "what is judged never sees the truth"
        np.testing.assert_array_equal(one.view.depth_m, other.view.depth_m)
        middle = [[10.0, 20.0]], [1.0]
        np.testing.assert_array_equal(one.view.camera.back_project(*middle), other.view.camera.back_project(*middle))
    assert write_shard(tmp_path, seed=3, number=1, count=4).stat().st_mtime_ns == path.stat().st_mtime_ns
    pool = Pool.read(tmp_path)
    assert any((pool.draw(np.random.default_rng(0)).rgb == picture.rgb).all() for picture in stored)
    with pytest.raises(FileNotFoundError, match="no pictures"):
        Pool.read(tmp_path / "empty")


def test_a_pool_larger_than_memory_is_seen_in_turns(tmp_path: Path) -> None:
    for number in range(5):
        write_shard(tmp_path, seed=3, number=number, count=1)
    pictures = [read_shard(path)[0].rgb.tobytes() for path in sorted(tmp_path.glob("*.npz"))]
    pool, rng = Pool.read(tmp_path, resident=2), np.random.default_rng(0)

    def seen(step: int) -> set[int]:
        pool.turn(step)
        return {pictures.index(pool.draw(rng).rgb.tobytes()) for _ in range(40)}

    assert [seen(step) for step in (0, TURN - 1, TURN, 4 * TURN, 5 * TURN)] == [{0, 1}, {0, 1}, {1, 2}, {0, 4}, {0, 1}]


def test_heights_come_back_from_a_shard_and_are_those_of_the_things(tmp_path: Path) -> None:
    stored = read_shard(write_shard(tmp_path, seed=3, number=1, count=6))
    drawn = list(islice(pictures(np.random.default_rng([3, 1, 0]), height=True), 6))
    measured = 0
    for one, other in zip(stored, drawn):
        np.testing.assert_array_equal(one.rgb, other.rgb)
        assert one.height is not None
        if other.height is None:
            assert np.isnan(one.height).all()
            continue
        np.testing.assert_array_equal(one.height, other.height)
        things = one.segmentation >= 0
        measured += int(things.sum())
        assert (one.height[things] > 0.0002).mean() > 0.97, (
            "things are above the plane, marks by less than a millimetre"
        )
    assert measured > 1000


@pytest.mark.slow
def test_shards_without_heights_are_rendered_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "write_shard", partial(write_shard, count=8))
    old = write_shard(tmp_path, seed=3, number=0, count=2, whole=True)
    with np.load(old) as stored:
        assert "height" not in stored
    fill(tmp_path, seed=3, shards=1)
    anew = read_shard(old)
    assert len(anew) == 8 and any(np.isfinite(picture.height).any() for picture in anew)
    written = old.stat().st_mtime_ns
    fill(tmp_path, seed=3, shards=1)
    assert old.stat().st_mtime_ns == written


def test_a_checkpoint_of_other_sizes_is_named(tmp_path: Path) -> None:
    training.Trainer(training.Options(tmp_path, steps=4), replace(TINY, layers=3)).save()
    with pytest.raises(Mistake, match=r"checkpoint\.pt is of a model of other sizes"):
        training.Trainer(training.Options(tmp_path, steps=4), TINY)


def test_a_segmenter_is_judged_with_depth_only_where_it_is_shown_any(few: list[Picture]) -> None:
    class Truthful:
        """Knows the answer of pictures whose depth it is shown, and nothing of others."""

        name = "truthful"

        def encode(self, image: Image) -> Encoded:
            return Encoded(image, None)

        def everything(self, encoded: Encoded) -> list[Mask]:
            if encoded.image.view is None:
                return []
            (picture,) = (it for it in few if it.view is encoded.image.view)
            return [Mask.of(picture.segmentation == i) for i in np.unique(picture.segmentation) if i >= 0]

        def prompt(self, encoded: Encoded, points: np.ndarray) -> Candidates:
            none = np.zeros((len(points), 3, *encoded.image.shape), bool)
            for i, (x, y) in enumerate(points[:, 0].astype(int)):
                for mask in self.everything(encoded):
                    if mask.array[y, x]:
                        none[i] = mask.array
            return Candidates(none, np.zeros((len(points), 3)), np.zeros((len(points), 3, 1, 1)))

    for depth in (False, True):
        figures = evaluate(Truthful(), few, np.random.default_rng(0), depth=depth).figures()
        assert figures["picked IoU, large"] == float(depth)
        assert figures["recall at 0.75, large"] == float(depth)


@pytest.mark.slow
def test_unseen_pictures_share_no_surface_with_trained_ones() -> None:
    from instruct2act.training import engine

    rng = np.random.default_rng(0)
    surfaces = {split: {engine._surface(rng, split).pattern for _ in range(200)} for split in ("train", "unseen")}
    textures = {split: {engine._texture(rng, split).pattern for _ in range(200)} for split in ("train", "unseen")}
    shapes = {split: {engine._shape(rng, split).name for _ in range(200)} for split in ("train", "unseen")}
    for drawn in (surfaces, textures):
        assert drawn["unseen"]
        assert not drawn["train"] & drawn["unseen"]
    assert shapes["unseen"] == set(engine.UNSEEN_FAMILIES)
    assert shapes["train"] & shapes["unseen"] <= set(SHAPES)


def test_augmenting_moves_the_truth_along_with_the_picture() -> None:
    rng = np.random.default_rng(0)
    rgb = np.full((128, 256, 3), 40, np.uint8)
    rgb[30:60, 100:150] = 220
    ids = np.where(rgb[..., 0] > 100, 0, -1).astype(np.int16)
    picture = Picture(rgb, ids, height=np.where(ids == 0, 0.03, 0.0).astype(np.float16))
    seen = {"nothing": 0, "exact": 0, "noisy": 0}
    for _ in range(80):
        changed = augment(picture, rng)
        assert changed.rgb.shape == rgb.shape and changed.height is not None
        inside = changed.segmentation == 0
        known = np.isfinite(changed.height)
        exact = len(np.unique(changed.height[known])) <= 2
        seen["exact" if exact and known.all() else "noisy" if known.any() else "nothing"] += 1
        if inside.any() and not inside.all():
            assert changed.rgb[inside].mean() > changed.rgb[~inside].mean() + 20
            if (inside & known).any():
                assert changed.height[inside & known].mean() > changed.height[~inside & known].mean() + 0.02
    assert min(seen.values()) > 8
    assert np.isnan(augment(Picture(rgb, ids), rng).height).all()


def test_prompts_ask_for_their_targets(few: list[Picture]) -> None:
    rng = np.random.default_rng(0)
    chosen = [picture for picture in few if picture.segmentation.shape == few[0].segmentation.shape]
    prompts = prompts_for(chosen, rng, each=20)
    assert np.isnan(prompts.point[:, 0]).any()
    for target, (x, y), box in zip(prompts.target, prompts.point, prompts.box):
        assert np.isnan(x) != np.isnan(box[0])
        if not np.isnan(x):
            assert target[int(y), int(x)]
    mask = np.zeros((128, 256), bool)
    mask[20:40, 50:90] = True
    for _ in range(50):
        np.testing.assert_allclose(loose_box(mask, rng), (50, 20, 90, 40), atol=8.01)
        x, y, label = correcting_point(np.roll(mask, 5, axis=1), mask, rng)
        assert label == (50 <= x < 55)


def test_the_loss_is_least_for_the_truth_and_knows_the_fit() -> None:
    target = torch.zeros(1, 32, 64, dtype=torch.bool)
    target[:, 8:24, 16:40] = True
    exact = (target[:, None, ::2, ::2].float() * 2 - 1).expand(1, 4, 16, 32) * 12
    half = exact.clone()
    half[..., 14:] = -12
    good, fits = training.judge(exact, torch.ones(1, 4), target)
    bad, worse = training.judge(half, torch.ones(1, 4), target)
    assert good < 0.01 < 0.2 < bad
    torch.testing.assert_close(fits, torch.ones(1, 4))
    torch.testing.assert_close(worse, torch.full((1, 4), 0.5))


@pytest.mark.slow
def test_training_learns_goes_on_after_an_interruption_and_repeats(tmp_path: Path) -> None:
    def run(folder: Path, steps: int) -> training.Trainer:
        trainer = training.Trainer(training.Options(folder, steps=4, pictures=2, prompts=3), TINY)
        while trainer.budget.done < steps:
            trainer.step(pool)
        trainer.save()
        return trainer

    write_shard(tmp_path / "pool", seed=0, number=0, count=12)
    pool = Pool.read(tmp_path / "pool")
    whole = run(tmp_path / "a", 4)
    run(tmp_path / "b", 2)
    resumed = run(tmp_path / "b", 4)
    assert whole.budget.done == resumed.budget.done == 4
    before = training.Trainer(training.Options(tmp_path / "c", steps=4), TINY).model.state_dict()
    moved = 0.0
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, rtol=1e-3, atol=1e-4)
        moved += float((value - before[name]).abs().sum())
    assert moved > 0


def test_a_budget_is_steps_or_minutes() -> None:
    assert Budget(steps=10, done=5).spent == 0.5
    assert Budget(minutes=10, before_s=300).spent == pytest.approx(0.5, abs=0.01)
    with pytest.raises(ValueError, match="steps or minutes"):
        Budget()


def test_the_truth_judged_by_itself_is_perfect(few: list[Picture]) -> None:
    from sim.cameras import TOP
    from sim.textures import TEXTURES
    from sim.world import World
    from skills.backends.oracle import Oracle
    from skills.types import Pose

    class Seeing(Oracle):
        """The oracle, handed the truth of the picture that is being judged."""

        def encode(self, image):  # type: ignore[no-untyped-def]
            from skills.backends import Encoded

            return Encoded(image, picture.segmentation)

    with World() as world, World() as bare:
        for i, name in enumerate(("heart", "pan", "small block")):
            world.add(SHAPES[name], TEXTURES["red"], Pose(0.5, -0.3 + 0.3 * i), fixed=True)
        picture = take(world, TOP, bare=bare)
    tally = evaluate(Seeing(), [picture], np.random.default_rng(0))
    figures = tally.figures()
    assert figures["picked IoU, large"] == figures["recall at 0.75, large"] == figures["picked IoU, small"] == 1.0
    assert figures["false masks"] == 0.0
    assert [size_group(picture.segmentation == i) for i in range(3)] == ["large", "large", "small"]
