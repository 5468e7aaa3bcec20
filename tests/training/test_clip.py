"""Training the small CLIP: captions that mean what they say, crops, batches, and a run that can be interrupted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from instruct2act.training import batches, captions, clip, crops, export_clip, looks, loop, nouns
from instruct2act.training import evaluate_clip as judge
from instruct2act.training.tables import SEEN, tables
from sim.objects import SHAPES
from sim.textures import TEXTURES, Texture
from skills.backends.openclip import build
from skills.backends.openclip.pixels import SIDE
from skills.errors import Mistake
from skills.types import UInt8


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    for number in range(2):
        crops.write_shard(folder / "crops-1", seed=1, number=number, crops=200, named=1.0)
    return folder


# --- captions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEXTURES)
def test_a_textures_own_name_fits_it_best(name: str) -> None:
    look = looks.looks()[looks.own_look(name)]
    fits = {other: look.fits(texture) for other, texture in TEXTURES.items()}
    assert fits[name] == 1
    assert all(not fit > 0.5 for other, fit in fits.items() if other != name)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shapes_own_name_is_a_noun_that_fits_it(name: str) -> None:
    assert nouns.noun_fits(name, SHAPES[name]) == 1


@pytest.mark.parametrize(
    ("color", "word", "dark", "fits"),
    [
        ((255, 87, 89), "red", False, 1),
        ((235, 30, 30), "red", False, 1),
        ((20, 60, 220), "blue", False, 1),
        ((20, 60, 220), "red", False, 0),
        ((178, 61, 62), "red", True, 1),
        ((178, 61, 62), "red", False, 0.5),
        ((250, 250, 250), "white", False, 1),
        ((89, 169, 79), "purple", False, 0),
    ],
)
def test_colours_are_called_what_people_call_them(
    color: tuple[int, int, int], word: str, dark: bool, fits: float
) -> None:
    assert looks.called(color, word, dark) == fits


def test_nobody_can_say_where_red_turns_orange() -> None:
    between = (249, 114, 66)
    assert not looks.called(between, "red") > 0.5 or not looks.called(between, "orange") > 0.5
    assert looks.called(between, "green") == 0


def test_random_textures_are_judged_by_their_colours() -> None:
    striped = Texture("random", "stripe", ((240, 30, 30), (250, 230, 30)))
    assert looks.Look("stripe", ("red", "yellow")).fits(striped) == 1
    assert looks.Look("stripe").fits(striped) == 1
    assert looks.Look("stripe", ("red", "blue")).fits(striped) == 0
    assert looks.Look("polka dot", ("red", "yellow")).fits(striped) == 0
    assert looks.Look("solid", ("green",)).fits(striped) == 0


def test_every_phrase_is_made_of_the_words_listed() -> None:
    tokens, rng = clip.Tokens(), np.random.default_rng(0)
    phrases = [captions.say(look, noun, rng) for look in looks.looks() for noun in rng.choice(nouns.all_nouns(), 4)]
    assert tokens.rows(phrases).shape == (len(phrases), 24)


# --- crops --------------------------------------------------------------------------------------------------------


def test_crops_show_one_object_with_its_scale() -> None:
    found = [crop for scene in islice(crops.scenes(np.random.default_rng(0), crops.TRAIN, 1.0), 6) for crop in scene]
    assert len(found) > 40
    for crop in found:
        owner = crop.patch[..., 3]
        assert crop.patch.shape == (crops.PATCH, crops.PATCH, 4)
        assert (owner == crops.OBJECT).sum() >= 9
        assert set(np.unique(owner)) <= {0, crops.OTHER, crops.OBJECT}
        wide = np.ptp(np.flatnonzero((owner == crops.OBJECT).any(axis=0))) * crop.metres_per_pixel
        assert 0.005 < wide < 0.6
    alike = {crop.thing: (crop.shape, crop.texture) for crop in found}
    assert all(alike[crop.thing] == (crop.shape, crop.texture) for crop in found)


@pytest.mark.slow
def test_a_pool_is_what_was_written(pool: Path) -> None:
    read = crops.read_pool(pool / "crops-1")
    assert len(read) == len(read.patches) == 400
    assert len(set(read.thing[:200]) & set(read.thing[200:])) == 0
    assert read.patches[399].shape == (crops.PATCH, crops.PATCH, 4)


def test_crops_in_other_textures_are_not_mixed_in(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crops, "bank_digest", lambda seed: "another")
    with pytest.raises(ValueError, match="another version"):
        crops.read_pool(pool / "crops-1")


def test_a_spoilt_mask_still_shows_the_object() -> None:
    rng = np.random.default_rng(0)
    owner = np.zeros((40, 40), np.uint8)
    owner[10:25, 12:30] = crops.OBJECT
    owner[26:38, 5:35] = crops.OTHER
    masks = [batches.spoilt_mask(owner, rng) for _ in range(200)]
    overlap = [(mask & (owner == crops.OBJECT)).sum() / (mask | (owner == crops.OBJECT)).sum() for mask in masks]
    assert min(overlap) > 0.5
    assert len({mask.tobytes() for mask in masks}) > 20


# --- batches ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawer(pool: Path) -> batches.Batches:
    return batches.Batches(crops.read_pool(pool / "crops-1"), crops.TRAIN)


def test_a_batch_says_what_fits_what(drawer: batches.Batches) -> None:
    batch = drawer.draw(np.random.default_rng(3))
    count = len(batch.pixels)
    assert batch.pixels.shape == (count, SIDE, SIDE, 3)
    assert batch.fits.shape == (count, len(batch.phrases))
    for table in (batch.same_object, batch.same_texture, batch.same_shape):
        assert np.isnan(np.diag(table)).all()
        assert np.array_equal(table, table.T, equal_nan=True)
    pairs = np.arange(0, count, 2)
    assert (batch.same_object[pairs, pairs + 1] == 1).all()  # two crops of each
    assert (batch.fits[pairs, np.arange(0, len(batch.phrases), 2)] == 1).all()  # a phrase for each


def test_batches_repeat(drawer: batches.Batches) -> None:
    one, other = (drawer.draw(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.pixels, other.pixels)
    assert one.phrases == other.phrases


# --- training -----------------------------------------------------------------------------------------------------


def test_ranked_asks_right_before_less_right_before_wrong() -> None:
    torch = pytest.importorskip("torch")
    fits = torch.tensor([[1.0, 0.5, 0.0, float("nan")]])
    good = clip.ranked(torch.tensor([[4.0, 2.0, 0.0, 9.0]]), fits)
    swapped = clip.ranked(torch.tensor([[2.0, 4.0, 0.0, 9.0]]), fits)
    wrong = clip.ranked(torch.tensor([[0.0, 2.0, 4.0, 9.0]]), fits)
    assert float(good) < float(swapped) < float(wrong)
    assert float(clip.ranked(torch.zeros(1, 2), torch.zeros(1, 2))) == 0


@pytest.mark.slow
def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = clip.Options(folder=pool, steps=6, shards=2)
    cut = replace(whole, folder=pool / "cut")
    (pool / "cut").mkdir()
    (pool / "cut" / "crops-1").symlink_to(pool / "crops-1")
    straight = loop.load(clip.train(whole))

    class Interrupted(Exception):
        pass

    learn = clip.Trainer.learn

    def dies(trainer: clip.Trainer, batch: batches.Batch) -> dict[str, float]:
        losses = learn(trainer, batch)
        if trainer.budget.done == 3:
            trainer.save(cut.folder / clip.CHECKPOINT)
            raise Interrupted
        return losses

    monkeypatch.setattr(clip.Trainer, "learn", dies)
    with pytest.raises(Interrupted):
        clip.train(cut)
    monkeypatch.undo()
    resumed = loop.load(clip.train(cut))
    assert straight is not None
    assert resumed is not None
    assert straight["step"] == resumed["step"] == 6
    assert all(bool((straight["average"][name] == kept).all()) for name, kept in resumed["average"].items())


def test_another_runs_checkpoint_is_refused(pool: Path) -> None:
    trainer = clip.Trainer(clip.Options(folder=pool, steps=6, seed=2))
    (pool / "other").mkdir()
    trainer.save(pool / "other" / clip.CHECKPOINT)
    with pytest.raises(Mistake, match="is of seed"):
        clip.Trainer(clip.Options(folder=pool, steps=6)).load(pool / "other" / clip.CHECKPOINT)
    with pytest.raises(FileNotFoundError, match="instruct2act train clip"):
        export_clip.export(pool / "nowhere")


@pytest.mark.slow
def test_a_short_training_beats_chance(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_clip, "calibrate", partial(judge.calibrate, count=8))
    folder = pool / "slow"
    folder.mkdir()
    (folder / "crops-1").symlink_to(pool / "crops-1")
    clip.train(clip.Options(folder=folder, steps=40, shards=2))
    weights = export_clip.export(folder, tables=4, out=folder / "clip.safetensors")
    answers = judge.ask(build(pretrained=weights), list(tables(9, 15, SEEN)), 9, judge.true_crops)
    assert answers.rates()["picture"][0] > 0.5  # by chance 1 in 3 to 7
    assert weights.stat().st_size < 8_000_000
    assert "40 steps" in weights.with_suffix(".md").read_text(encoding="utf-8")


def test_relit_keeps_colours_recognisable() -> None:
    rng = np.random.default_rng(0)
    patch: UInt8 = np.full((8, 8, 3), (200, 100, 50), np.uint8)
    means = np.array([batches.relit(patch, rng).reshape(-1, 3).mean(0) for _ in range(100)])
    assert np.abs(means.mean(0) - (200, 100, 50)).max() < 6
    assert means.std(0).min() > 1
