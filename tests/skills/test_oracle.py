"""Phrases against the names that the simulator gives."""

from __future__ import annotations

import numpy as np
import pytest

from sim.objects import SHAPES
from sim.textures import TEXTURES
from skills.backends.oracle import Oracle, build
from skills.errors import SkillError
from skills.types import TABLE, Image, ObjectTruth


def crop(texture: str, name: str) -> Image:
    return Image(np.zeros((4, 4, 3), np.uint8), truth=ObjectTruth(name, texture))


THINGS = [
    ("red", "heart"),
    ("red and yellow polka dot", "heart"),
    ("polka-dot", "block"),
    ("dark blue", "bowl"),
    ("green and blue stripe", "L-shaped block"),
    ("wooden", "letter A"),
    ("purple", "letter T"),
    ("granite", "shorter block"),
]


@pytest.mark.parametrize(
    ("phrase", "answer"),
    [
        ("red heart", 0),
        ("heart", 0),
        ("the red and yellow polka dot heart", 1),
        ("yellow polka-dotted heart", 1),
        ("polka dot block", 2),
        ("polka-dot object", 2),
        ("blue bowl", 3),
        ("bowl", 3),
        ("striped object", 4),
        ("L shaped block", 4),
        ("something with stripes in green and blue", None),
        ("letter A", 5),
        ("wooden thing", 5),
        ("purple object", 6),
        ("letter T", 6),
        ("shorter block", 7),
        ("red thing", 0),
        ("green heart", None),
        ("yellow and red stripe", None),
        ("letter B", None),
    ],
)
def test_phrases(phrase: str, answer: int | None) -> None:
    oracle = Oracle()
    scores = oracle.embed_images([crop(*thing) for thing in THINGS]) @ oracle.embed_texts([phrase])[0]
    if answer is None:
        assert scores.max() < oracle.minimum["text"]
    else:
        assert scores.argmax() == answer and scores.max() >= oracle.minimum["text"]


def test_every_full_name_means_its_own_object_among_all() -> None:
    oracle = build()
    rng = np.random.default_rng(0)
    textures, names = list(TEXTURES), list(SHAPES)
    for _ in range(30):
        things = [(str(rng.choice(textures)), str(rng.choice(names))) for _ in range(7)]
        vectors = oracle.embed_images([crop(*thing) for thing in things])
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
        texts = oracle.embed_texts([" ".join(thing) for thing in things])
        for thing, scores in zip(things, texts @ vectors.T):
            assert things[int(scores.argmax())] == thing
        same = vectors @ vectors.T >= oracle.minimum["identity"]
        assert (same == [[a == b for b in things] for a in things]).all()


def test_aspects_compare_one_thing_only() -> None:
    oracle = Oracle()
    things = [crop("red", "heart"), crop("red", "block"), crop("blue", "heart")]
    for aspect, partner in (("texture", 1), ("shape", 2)):
        vectors = oracle.embed_images(things, aspect)
        assert list(np.flatnonzero(vectors @ vectors[0] > oracle.minimum[aspect])) == [0, partner]


def test_a_picture_from_elsewhere_is_refused_in_words() -> None:
    photo = Image(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(SkillError, match="simulated pictures only"):
        Oracle().embed_images([photo])
    with pytest.raises(SkillError, match="simulated pictures only"):
        Oracle().encode(photo)


def test_clicks_and_boxes() -> None:
    oracle = Oracle()
    ids = np.full((40, 60), TABLE, np.int32)
    ids[5:25, 5:25] = 0
    ids[11:19, 11:19] = TABLE  # a ring
    ids[30:36, 40:46] = 1
    image = Image(np.zeros((40, 60, 3), np.uint8), mask=np.zeros((40, 60), bool))
    encoded = type(oracle.encode(image))(image, ids)
    masks, scores, _ = oracle.prompt(encoded, points=[[[6, 6]], [[15, 15]], [[48, 33]], [[58, 3]]]).best()
    assert [int(np.unique(ids[m & (ids != TABLE)])[0]) if m.any() else None for m in masks] == [0, 0, 1, None]
    assert list(scores) == [1, 1, 1, 0]
    boxed, _, _ = oracle.prompt(encoded, boxes=[(38, 28, 48, 38), (0, 0, 30, 30)]).best()
    assert [int(ids[m].max()) for m in boxed] == [1, 0]
    assert [mask.area for mask in oracle.everything(encoded)] == [336, 36]
