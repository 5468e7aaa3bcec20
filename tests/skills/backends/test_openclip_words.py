"""Words that the small checkpoint knows, and its answer to the others."""

from __future__ import annotations

import pytest

from instruct2act.training import captions
from sim.objects import SHAPES
from sim.textures import TEXTURES
from skills.backends.openclip.words import FILLERS, Lexicon
from skills.errors import NothingFound

LEXICON = Lexicon(captions.words())


@pytest.mark.parametrize("name", [*SHAPES, *TEXTURES])
def test_every_name_of_the_simulator_is_known_and_kept(name: str) -> None:
    assert LEXICON.known(f"The {name}.") == f"the {name.lower()}"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("two-tone", None),
        ("the red, round thing!", "the red round thing"),
        ("Hearts", "heart"),
        ("boxes", "box"),
        ("the purple-and-green block please", "the purple-and-green block"),
        ("that grey bowl", "grey bowl"),
        ("polka-dot heart", "polka-dot heart"),
        ("red_heart", "red heart"),
    ],
)
def test_phrases_are_brought_into_the_models_words(said: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(NothingFound):
            LEXICON.known(said)
    else:
        assert LEXICON.known(said) == kept


@pytest.mark.parametrize("phrase", ["zebra", "the red zebra", "zebra heart"])
def test_one_unknown_word_refuses_the_phrase_and_names_it(phrase: str) -> None:
    with pytest.raises(NothingFound, match=r"word not known to the small model: 'zebra'.*it knows: .*heart"):
        LEXICON.known(phrase)


def test_a_near_word_is_offered() -> None:
    with pytest.raises(NothingFound, match="did you mean 'triangle'"):
        LEXICON.known("the red triangel")


@pytest.mark.parametrize("phrase", ["", "  ", "please", "?!"])
def test_a_phrase_that_names_nothing_is_refused(phrase: str) -> None:
    with pytest.raises(NothingFound, match="names nothing"):
        LEXICON.known(phrase)


def test_fillers_are_not_words_of_captions() -> None:
    assert not FILLERS & set(captions.words())
