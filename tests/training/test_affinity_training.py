"""Training of the network that tells what belongs together."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from instruct2act.training import affinity as training
from instruct2act.training import export_affinity
from instruct2act.training.engine import Picture, pictures
from instruct2act.training.pool import Pool, write_shard
from skills.backends.sam.affinity.network import INPUTS, OFFSETS, AffinityConfig, load
from skills.errors import Mistake

TINY = AffinityConfig((8, 12, 16))


def test_pairs_are_one_thing_or_not_and_table_with_table_does_not_count() -> None:
    things = torch.tensor([[[-1, -1, 0, 0, 1], [-1, -1, 0, 0, 1], [-1, -1, -1, 2, 2], [-1, -1, -1, 2, 2]]])
    together, counted = training.pairs(things)
    right = OFFSETS.index((0, 1))
    assert counted[0, right].int().tolist()[0] == [0, 1, 1, 1, 0]
    assert together[0, right].int().tolist()[0] == [0, 0, 1, 0, 0]
    slanted = OFFSETS.index((3, -3))
    assert counted[0, slanted].int().tolist()[0] == [0, 0, 0, 1, 1], "from the upper right to the lower left"
    assert together[0, slanted].int().sum() == 0
    assert (together[0, -1] == (things[0] >= 0)).all() and counted[0, -1].all()


def test_what_is_told_right_is_counted_among_neighbours() -> None:
    things = torch.tensor([[[0, 0, 1], [0, 0, 1]]])
    together, counted = training.pairs(things)
    assert training.told(torch.where(together, 4.0, -4.0), together, counted) == {"together": 1.0, "apart": 1.0}
    assert training.told(torch.full_like(together, 4.0, dtype=torch.float), together, counted)["apart"] == 0.0


def test_small_things_count_more_a_pixel() -> None:
    things = np.full((32, 48), -1, np.int16)
    things[2:6, 2:6], things[8:30, 8:46] = 0, 1
    height = np.where(things >= 0, 0.02, 0.0).astype(np.float32)
    picture = Picture(np.zeros((32, 48, 3), np.uint8), things, {}, height=height)
    seen, _, _, weight = training.lesson([picture, picture])
    assert seen.shape == (2, INPUTS, 32, 48)
    assert weight[0, 3, 3] == 3.0 and weight[0, 10, 10] == 0.5 and weight[0, 0, 0] == pytest.approx(0.7)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("affinity")
    write_shard(folder / "pool-0", seed=0, number=0, count=6)
    return folder


@pytest.mark.slow
def test_training_goes_on_where_it_was_stopped(pool: Path, tmp_path: Path) -> None:
    drawn = Pool.read(pool / "pool-0")
    whole = training.Trainer(training.Options(tmp_path / "whole", steps=4, pictures=2), TINY)
    for _ in range(4):
        whole.step(drawn)
    first = training.Trainer(training.Options(tmp_path / "cut", steps=4, pictures=2), TINY)
    for _ in range(2):
        first.step(drawn)
    first.save()
    second = training.Trainer(training.Options(tmp_path / "cut", steps=4, pictures=2), TINY)
    assert second.budget.done == 2
    for _ in range(2):
        second.step(drawn)
    for name, value in whole.average.state.items():
        torch.testing.assert_close(second.average.state[name], value)
    with pytest.raises(Mistake, match="is of seed 0, not 1"):
        training.Trainer(training.Options(tmp_path / "cut", steps=4, seed=1), TINY)
    with pytest.raises(Mistake, match="a model of other sizes"):
        training.Trainer(training.Options(tmp_path / "cut", steps=4), AffinityConfig((4, 6)))


@pytest.mark.slow
def test_a_short_training_learns_to_tell_apart_and_is_exported_with_its_card(pool: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "pool-0").mkdir(parents=True)
    (folder / "pool-0" / "00000.npz").symlink_to(pool / "pool-0" / "00000.npz")
    told: list[float] = []
    options = training.Options(folder, steps=80, shards=1, pictures=2)
    training.train(options, lambda figures: told.append(figures["loss"]) if "loss" in figures else None)
    assert told[-1] < 0.8 * told[0]
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        export_affinity.export(tmp_path)
    path = export_affinity.export(folder, pictures=2, out=tmp_path / "affinity.safetensors")
    assert load(path).widths == AffinityConfig().widths and path.stat().st_size < 8_000_000
    written = path.with_suffix(".md").read_text(encoding="utf-8")
    assert "80 steps" in written and "| tasks + depth |" in written


def test_pictures_without_depth_teach_too() -> None:
    picture = next(islice(pictures(np.random.default_rng(0)), 1))
    bare = Picture(picture.rgb, picture.segmentation, {}, height=np.full(picture.segmentation.shape, np.nan))
    seen, together, counted, weight = training.lesson([bare])
    assert torch.isfinite(seen).all() and together.any() and counted.any() and (weight > 0).all()
