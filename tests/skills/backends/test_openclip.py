"""The small checkpoint as a retriever, on tables of the simulator."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from instruct2act.training import evaluate_clip as judge
from instruct2act.training.tables import SEEN, Table
from instruct2act.training.tables import tables as drawn_tables
from skills.backends import Retriever
from skills.backends.openclip import build
from skills.backends.weights import PATHS
from skills.errors import NothingFound
from skills.types import Image

TABLES = 25


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return build()


@pytest.fixture(scope="module")
def tables() -> list[Table]:
    return list(drawn_tables(7, TABLES, SEEN))


@pytest.fixture(scope="module")
def answers(retriever: Retriever, tables: list[Table]) -> judge.Answers:
    return judge.ask(retriever, tables, 7, judge.true_crops)


@pytest.mark.parametrize("aspect", ["identity", "texture", "shape"])
def test_vectors_are_unit_and_do_not_depend_on_company(retriever: Retriever, tables: list[Table], aspect: str) -> None:
    crops = [thing.crop for table in tables[:5] for thing in table.things]
    together = retriever.embed_images(crops, aspect)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([retriever.embed_images([crop], aspect) for crop in crops])
    assert np.allclose(together, alone, atol=1e-3)
    assert retriever.embed_images([], aspect).shape == (0, together.shape[1])


@pytest.mark.parametrize(
    ("question", "least"),
    [("picture", 0.97), ("name", 0.95), ("name, shorter", 0.85), ("same texture", 0.93), ("same shape", 0.9)],
)
def test_the_right_thing_comes_first(answers: judge.Answers, question: str, least: float) -> None:
    rate, askings = answers.rates()[question]
    assert askings >= 20
    assert rate >= least


def test_what_is_not_there_is_refused_and_what_is_there_is_not(retriever: Retriever, answers: judge.Answers) -> None:
    low = retriever.minimum["text"]
    assert np.mean(np.array(answers.absent["name"]) < low) >= 0.8
    assert np.mean(np.array(answers.right["name"]) >= low) >= 0.95


@pytest.mark.slow
def test_a_persons_own_picture_finds_its_thing(retriever: Retriever, tables: list[Table]) -> None:
    """Enlarged, before white, without mask or camera."""
    right = []
    for table in tables:
        vectors = retriever.embed_images([thing.crop for thing in table.things])
        for index, thing in enumerate(table.things):
            alone = np.where(thing.picture.mask[..., None], thing.picture.rgb, 255).astype(np.uint8)
            alone = cv2.copyMakeBorder(alone, 9, 9, 9, 9, cv2.BORDER_CONSTANT, value=(255, 255, 255))
            own = Image(cv2.resize(alone, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC))
            right.append(int((vectors @ retriever.embed_images([own])[0]).argmax()) == index)
    assert np.mean(right) >= 0.85


def test_turning_the_crop_changes_nothing_that_matters(retriever: Retriever, tables: list[Table]) -> None:
    crops = [thing.picture for table in tables[:6] for thing in table.things]
    straight = retriever.embed_images(crops)
    for turns in (1, 2, 3):
        turned = [replace(c, rgb=np.rot90(c.rgb, turns).copy(), mask=np.rot90(c.mask, turns).copy()) for c in crops]
        assert np.median((straight * retriever.embed_images(turned)).sum(1)) > retriever.minimum["identity"]


def test_texts_share_the_space_and_do_not_depend_on_company(retriever: Retriever) -> None:
    phrases = ["the red heart", "something striped", "bowl"]
    together = retriever.embed_texts(phrases)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together, np.concatenate([retriever.embed_texts([phrase]) for phrase in phrases]), atol=1e-4)
    assert retriever.embed_texts([]).shape == (0, together.shape[1])


def test_things_can_be_named(retriever: Retriever, tables: list[Table]) -> None:
    things = [thing for table in tables for thing in table.things]
    names = retriever.names([thing.crop for thing in things])  # type: ignore[attr-defined]
    right = [name.startswith(thing.texture.name) for name, thing in zip(names, things)]
    assert np.mean(right) >= 0.9


def test_unknown_words_are_refused(retriever: Retriever) -> None:
    with pytest.raises(NothingFound, match="'giraffe'"):
        retriever.embed_texts(["the red heart", "a giraffe"])


def test_errors_say_what_there_is(retriever: Retriever, tmp_path: object) -> None:
    with pytest.raises(ValueError, match="no aspect 'weight'; it has: identity, shape, texture"):
        retriever.embed_images([], "weight")
    with pytest.raises(FileNotFoundError, match="instruct2act train clip"):
        build(pretrained=f"{tmp_path}/none.safetensors")
    with pytest.raises(ValueError, match="no checkpoint that `instruct2act train clip` makes"):
        build(pretrained=PATHS["sam"])
    with pytest.raises(ValueError, match="did you mean 'ViT-B-32"):
        build(model="ViT-B-23")
    with pytest.raises(ValueError, match="needs weights"):
        build(model="ViT-B-32")
    with pytest.raises(FileNotFoundError, match="no weights for ViT-B-32"):
        build(model="ViT-B-32", pretrained=f"{tmp_path}/none.pt")


def test_it_is_the_published_clip(retriever: Retriever) -> None:
    import open_clip

    model = retriever._model.clip  # type: ignore[attr-defined]
    assert isinstance(model, open_clip.CLIP)
    known = model.token_embedding.weight.abs().sum(1) > 0
    assert 0 < int(known.sum()) < 300
    words = open_clip.SimpleTokenizer(context_length=model.context_length)(["the red heart"])
    assert bool(known[words[0, :5]].all())
