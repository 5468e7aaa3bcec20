from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import FREE, MEANINGS, POINTED, REFUSED, Meaning, into
from tiers import others_slow

import sim
from instruct2act.authoring.llm.offline.plan import Free, InScene, Put, Words
from instruct2act.authoring.llm.offline.programs import program
from instruct2act.authoring.llm.offline.reading.names import canonical
from instruct2act.authoring.llm.offline.reading.parse import grammar, narrowed, parse
from instruct2act.authoring.llm.offline.reading.prepare import NotUnderstood, prepare
from instruct2act.bench.paraphrases import mean_the_same
from instruct2act.evaluation.published import SIX
from sim.objects import SHAPES
from sim.textures import TEXTURES

SAID: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("paraphrases.yaml").read_text(encoding="utf-8"))

FREELY: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("free.yaml").read_text(encoding="utf-8"))


def slots_of(text: str) -> Mapping[str, Mapping[str, Any]]:
    kinds = {"scene": "scene", "before": "scene", "after": "scene", "frame": "frame"}
    names = [name for name in re.findall(r"\{(\w+)\}", text) if name != "mystery"]
    return {name: {"kind": kinds.get(name.split("_")[0], "object")} for name in names}


@pytest.mark.parametrize("task", others_slow(MEANINGS, fast=SIX))
def test_a_task_may_be_said_in_many_ways(task: str) -> None:
    said = SAID[task]
    for text in (*said["forms"], *said["said"]):
        sentence = Template(text).substitute(said.get("words", {}))
        assert mean_the_same(parse(sentence, slots_of(sentence)).steps, MEANINGS[task]), sentence


def test_every_task_has_a_dozen_paraphrases() -> None:
    assert set(SAID) == set(MEANINGS) == set(sim.TASKS)
    assert all(len({*said["said"]} - {*said["forms"]}) >= 12 for said in SAID.values())


def test_what_is_read_faster_is_read_alike() -> None:
    ours, larks = narrowed(grammar()), grammar()
    for text, _ in FREE[::8]:
        prepared = prepare(text, {}).text
        assert ours.parse(prepared) == larks.parse(prepared), text


@pytest.mark.parametrize(("text", "meaning"), FREE, ids=[text for text, _ in FREE])
def test_a_free_sentence_is_understood(text: str, meaning: Meaning) -> None:
    assert parse(text).steps == meaning


@pytest.mark.parametrize(("text", "other"), FREELY["alike"])
def test_two_ways_to_say_the_same(text: str, other: str) -> None:
    assert mean_the_same(parse(text).steps, parse(other).steps)


@pytest.mark.parametrize("text", FREELY["refused"])
def test_what_a_plan_can_not_hold_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood) as told:
        parse(text, slots_of(text))
    assert told.value.missing
    assert told.value.hint


def test_a_slip_of_the_keyboard_is_said() -> None:
    plan = parse("plcae the heart itno the bowl")
    assert plan.steps == parse("place the heart into the bowl").steps
    assert '# Read "plcae" as "place", "itno" as "into".' in program(plan)


@pytest.mark.parametrize(("text", "meaning"), POINTED, ids=[text for text, _ in POINTED])
def test_clicks_are_taken_in_order(text: str, meaning: Meaning) -> None:
    assert parse(text, clicks=2).steps == meaning


@pytest.mark.parametrize("text", [text for text, _ in FREE[::4]])
def test_courtesy_and_punctuation_change_nothing(text: str) -> None:
    wanted = parse(text).steps
    assert parse(f"Please {text}.").steps == wanted
    assert parse(f"  could you   {text}, please? ").steps == wanted


@pytest.mark.parametrize(("text", "understood", "missing"), REFUSED, ids=[text for text, _, _ in REFUSED])
def test_what_is_not_understood_is_said_in_parts(text: str, understood: str, missing: str) -> None:
    with pytest.raises(NotUnderstood) as told:
        parse(text, slots_of(text))
    assert told.value.understood.startswith(understood)
    assert missing in told.value.missing
    assert told.value.hint


def test_how_fast_is_not_a_step() -> None:
    plan = parse("slowly put the heart into the bowl")
    assert (plan.steps, plan.speed) == (parse("put the heart into the bowl").steps, 0.3)


def test_a_word_slot_stands_for_its_word() -> None:
    said = parse("put the {what} into the bowl", {"what": {"kind": "word", "word": "red heart"}})
    assert said.steps == parse("put the red heart into the bowl").steps


def test_a_slot_without_a_picture_is_named() -> None:
    with pytest.raises(NotUnderstood, match="mystery") as told:
        parse("put {mystery} into {base_obj}", {"base_obj": {"kind": "object"}})
    assert "{base_obj}" in told.value.hint


@pytest.mark.parametrize(
    ("said", "caption"),
    [
        (("striped heart",), "stripe heart"),
        (("block", "red_and_yellow dots"), "red and yellow polka dot block"),
        (("polka-dotted one",), "polka dot object"),
        (("polka-dot object",), "polka-dot object"),
        (("red_and_blue polka-dot heart",), "red and blue polka dot heart"),
        (("red",), "red object"),
        (("letter V",), "letter V"),
        (("granite G",), "granite letter G"),
    ],
)
def test_names_take_the_captions_form(said: tuple[str, ...], caption: str) -> None:
    assert canonical(*[part.split() for part in said]) == caption


WORDS = [word for text, _ in FREE for word in text.split()]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_a_salad_of_known_words_is_a_plan_or_a_refusal(text: str) -> None:
    try:
        plan = parse(text, clicks=2)
    except NotUnderstood as told:
        assert told.hint
    else:
        assert plan.steps


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_a_plan_or_a_refusal(text: str) -> None:
    try:
        parse(text, {"scene": {"kind": "scene"}}, clicks=1)
    except NotUnderstood as told:
        assert told.hint


@pytest.mark.parametrize("texture", TEXTURES)
def test_every_texture_keeps_its_name(texture: str) -> None:
    said = parse(f"Put the {texture} object in {{scene}} into the {texture} bowl.", {"scene": {"kind": "scene"}})
    assert said.steps == (into(InScene(f"{texture} object", "scene"), Words(f"{texture} bowl")),)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_keeps_its_name(shape: str) -> None:
    assert parse(f"put the green paisley {shape} aside").steps == (Put(Words(f"green paisley {shape}"), Free()),)
