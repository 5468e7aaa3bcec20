from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from sentences import FREE
from states import BOWL, HEART, RING, STAR, TABLE, at, moments, start
from test_policy import Scripted

from instruct2act.authoring.policy import NoProgram
from instruct2act.authoring.program import Program, Refusal
from instruct2act.authoring.reward import (
    RewardFailed,
    RewardFunction,
    RewardWriter,
    history_as_data,
    slots_as_data,
    state_as_data,
)
from instruct2act.authoring.trying import HANDFUL, made_up
from instruct2act.sandbox import Gateway
from instruct2act.sandbox.errors import Problem
from instruct2act.sandbox.guest import Backend, Guest
from skills.types import Instruction, Moment, ObjectState, Slot

Table = tuple[ObjectState, ...]

IN_BOWL = at(HEART, 0.55, 0.2, on=BOWL.id)
SCENE = [at(HEART, 0.6, 0.4), at(STAR, 0.3, -0.4)]
CASES: tuple[tuple[str, dict[str, Any], str, list[Table], bool], ...] = (
    ("put the red heart into the blue bowl", {}, "done", [start(IN_BOWL)], True),
    ("put the red heart into the blue bowl", {}, "wrong object", [start(at(STAR, 0.55, 0.2, on=2))], False),
    ("put the red heart into the blue bowl", {}, "beside it", [start(at(HEART, 0.55, 0.36))], False),
    ("put the red heart into the blue bowl", {}, "on the rim", [start(at(HEART, 0.55, 0.085, on=2))], False),
    ("put the red heart into the blue bowl", {}, "taken out", [start(IN_BOWL), start()], False),
    (
        "put the red heart into the blue bowl",
        {},
        "something else in too",
        [start(IN_BOWL), start(IN_BOWL, at(STAR, 0.55, 0.22, on=2))],
        False,
    ),
    (
        "put the red heart into the blue bowl",
        {},
        "another thing pushed aside",
        [start(IN_BOWL, at(RING, 0.3, 0.3))],
        True,
    ),
    ("put {it} into the bowl", {"it": [HEART.id]}, "by picture", [start(IN_BOWL)], True),
    ("put {it} into the bowl", {"it": [STAR.id]}, "another picture", [start(IN_BOWL)], False),
    ("rotate the heart by 60 degrees", {}, "done", [start(at(HEART, 0.41, -0.3, HEART.pose.yaw - 1.05))], True),
    ("rotate the heart by 60 degrees", {}, "other way", [start(at(HEART, 0.4, -0.3, HEART.pose.yaw + 1.05))], False),
    ("rotate the heart by 60 degrees", {}, "elsewhere", [start(at(HEART, 0.5, -0.3, HEART.pose.yaw - 1.05))], False),
    ("rotate the star by 30 degrees", {}, "by symmetry", [start(at(STAR, 0.4, 0, math.pi / 2 + 0.733))], True),
    ("rearrange to {scene}", {"scene": SCENE}, "done", [start(SCENE[0]), start(*SCENE)], True),
    ("rearrange to {scene}", {"scene": SCENE}, "half", [start(SCENE[0])], False),
    (
        "rearrange to {scene} and then restore",
        {"scene": SCENE},
        "done",
        [start(SCENE[0]), start(*SCENE), start(SCENE[1]), start()],
        True,
    ),
    ("rearrange to {scene} and then restore", {"scene": SCENE}, "never there", [start(SCENE[0]), start()], False),
    ("rearrange to {scene} and then restore", {"scene": SCENE}, "not back", [start(*SCENE)], False),
    ("put the heart in the bowl, then put it back", {}, "done", [start(IN_BOWL), start()], True),
    ("put the heart in the bowl, then put it back", {}, "never there", [start(at(HEART, 0.6, 0)), start()], False),
    ("put the heart to the left of the star", {}, "done", [start(at(HEART, 0.42, -0.14))], True),
    ("put the heart to the left of the star", {}, "right", [start(at(HEART, 0.42, 0.14))], False),
    ("put the heart 5 cm to the right of the star", {}, "done", [start(at(HEART, 0.4, 0.155))], True),
    ("put the heart 5 cm to the right of the star", {}, "too far", [start(at(HEART, 0.4, 0.3))], False),
    ("move the heart 10 cm to the right", {}, "done", [start(at(HEART, 0.4, -0.2))], True),
    ("move the heart 10 cm to the right", {}, "left", [start(at(HEART, 0.4, -0.4))], False),
    ("put the heart in the far right corner", {}, "done", [start(at(HEART, 0.65, 0.35))], True),
    ("put the heart between the star and the ring", {}, "done", [start(at(HEART, 0.525, -0.05))], True),
    ("swap the heart and the star", {}, "done", [start(at(HEART, 0.4, 0.0), at(STAR, 0.4, -0.3))], True),
    ("swap the heart and the star", {}, "half", [start(at(HEART, 0.4, 0.0), at(STAR, 0.6, 0.3))], False),
    (
        "put the heart and the star into the bowl",
        {},
        "done",
        [start(IN_BOWL, at(STAR, 0.57, 0.22, on=2))],
        True,
    ),
    ("put the heart and the star into the bowl", {}, "half", [start(IN_BOWL)], False),
    ("put the first clicked object into the bowl", {"click_1": [7]}, "done", [start(IN_BOWL)], True),
    ("put this here", {"click_1": [7], "spot_2": [0.6, 0.4]}, "done", [start(at(HEART, 0.61, 0.4))], True),
)


WRITTEN: dict[str, RewardFunction] = {}
"""Each reward is written and checked once."""


def clicks(text: str) -> tuple[tuple[float, float], ...]:
    return ((60, 40), (180, 90)) if "click" in text or "here" in text else ()


def write(rewards: RewardWriter, text: str, slots: dict[str, Any]) -> RewardFunction:
    kinds = {name: Slot("scene" if name == "scene" else "object") for name in slots if f"{{{name}}}" in text}
    asked = f"{text} {sorted(slots.items())}"
    if asked not in WRITTEN:
        written = rewards.write(Instruction(text, kinds, clicks(text)), TABLE, slots)
        assert isinstance(written, RewardFunction)
        written.close()
        WRITTEN[asked] = written
    return WRITTEN[asked]


@pytest.mark.parametrize(("text", "slots", "what", "tables", "good"), CASES, ids=[f"{c[0]}: {c[2]}" for c in CASES])
def test_a_score_is_what_a_person_would_say(
    rewards: RewardWriter, text: str, slots: dict[str, Any], what: str, tables: list[Table], good: bool
) -> None:
    with write(rewards, text, slots) as function:
        assert (function.score(moments(start(), *tables), slots).score > 0.5) == good
        assert function.score(moments(start()), slots).score < 0.5


def test_sentences_about_what_is_there_have_rewards(rewards: RewardWriter) -> None:
    absent = (
        "pan",
        "block",
        "letter",
        "the A",
        "dish",
        "box",
        "tiger",
        "red objects",
        "red heart",
        "frame",
        "line",
        "square",
        "hearts",
        "two stars",
    )
    about = [text for text, _ in FREE if not any(word in text for word in absent)]
    assert len(about) > 20
    for text in about[::5]:
        written = rewards.write(Instruction(text), TABLE, {})
        assert isinstance(written, RewardFunction), text
        written.close()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("put the pyramid into the crown", "the pyramid: there is none"),
        ("put the heart into the crown", "the crown: there is none"),
        ("put all purple things into the bowl", "the purple object: there is none"),
        ("stack the three hearts", "3 hearts: there are 1"),
    ],
)
def test_what_is_not_there_has_no_reward_and_the_author_says_why(
    rewards: RewardWriter, text: str, missing: str
) -> None:
    written = rewards.write(Instruction(text), TABLE, {})
    assert isinstance(written, Refusal)
    assert missing in written.missing
    assert "red heart" in written.hint


def test_what_is_not_understood_has_no_reward(rewards: RewardWriter) -> None:
    assert isinstance(rewards.write(Instruction("make me a coffee"), TABLE, {}), Refusal)


def problems(gateway: Gateway, source: str) -> list[Problem]:
    with RewardFunction(Program(source, "reward"), gateway.backend) as function:
        return function.problems(TABLE, {})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('return {"score": 0.5, "parts": {}}', "whatever becomes"),
        ('return {"score": 2.0, "parts": {}}', "must be a number in"),
        ('return {"score": math.nan, "parts": {}}', ""),
        ("return 1.0", "score"),
        ('return {"score": history[-1]["objects"][0]["pose"]["x"] % 1, "parts": {}}', "order"),
        ('return {"score": insidee(history, [7], [2]), "parts": {}}', "insidee"),
        ('SEEN.append(1)\n    return {"score": 1 / (1 + len(SEEN)), "parts": {}}', "earlier calls"),
        ("while True:\n        pass", ""),
        ("return {", "syntax"),
    ],
    ids=["constant", "too much", "no number", "no parts", "by order", "unknown word", "remembers", "endless", "syntax"],
)
def test_a_bad_reward_function_is_found_before_use(gateway: Gateway, body: str, why: str) -> None:
    source = f"SEEN = []\n\n\ndef reward(history, slots):\n    {body}\n"
    found = problems(gateway, source)
    assert found
    assert why in str(found[0]) or why in found[0].stage


def test_a_bad_one_goes_back_to_its_author(gateway: Gateway) -> None:
    constant = '```python\ndef reward(history, slots):\n    return {"score": 0.5, "parts": {}}\n```'
    good = (
        "```python\ndef reward(history, slots):\n"
        '    return {"score": inside(history, find(history, "heart"), find(history, "bowl")), "parts": {}}\n```'
    )
    author = Scripted(constant, good)
    written = RewardWriter(author, gateway.backend).write(Instruction("put the heart into the bowl"), TABLE, {})
    assert isinstance(written, RewardFunction)
    written.close()
    assert "whatever becomes of the objects" in author.asked[1][-1].text


def test_a_failure_while_scoring_is_an_error(gateway: Gateway) -> None:
    source = 'def reward(history, slots):\n    return {"score": slots["gone"], "parts": {}}\n'
    function = RewardFunction(Program(source, "reward"), gateway.backend)
    with function, pytest.raises(RewardFailed, match="gone"):
        function.score([Moment(None, TABLE)], {})


class Counted:
    """A backend that keeps the workers it gives out."""

    def __init__(self, backend: Backend) -> None:
        self._backend, self.guests = backend, list[Any]()
        self.name, self.version, self.language = backend.name, backend.version, backend.language

    def guest(self, *arguments: Any, **keywords: Any) -> Guest:
        self.guests.append(self._backend.guest(*arguments, **keywords))
        return self.guests[-1]

    def close(self) -> None:
        self._backend.close()


def test_a_reward_is_scored_by_the_worker_that_it_was_tried_in(gateway: Gateway) -> None:
    constant = '```python\ndef reward(history, slots):\n    return {"score": 0.5, "parts": {}}\n```'
    good = constant.replace("0.5", 'inside(history, find(history, "heart"), find(history, "bowl"))')
    counted = Counted(gateway.backend)
    instruction = Instruction("put the heart into the bowl")
    written = RewardWriter(Scripted(constant, good), counted).write(instruction, TABLE, {})
    assert isinstance(written, RewardFunction)
    first, second = counted.guests
    assert not Path(f"/proc/{first.pid}").exists(), "the one that failed is gone"
    assert written.score(moments(start(), start(IN_BOWL)), {}).score > 0.5
    assert len(counted.guests) == 2 and Path(f"/proc/{second.pid}").exists()
    written.close()
    assert not Path(f"/proc/{second.pid}").exists()
    assert written.score(moments(start()), {}).score < 0.5, "it may be asked again"
    assert len(counted.guests) == 3
    written.close()


def test_no_worker_is_left_where_no_reward_passes(gateway: Gateway) -> None:
    constant = '```python\ndef reward(history, slots):\n    return {"score": 0.5, "parts": {}}\n```'
    counted = Counted(gateway.backend)
    with pytest.raises(NoProgram):
        RewardWriter(Scripted(constant, constant), counted).write(Instruction("put it there"), TABLE, {})
    assert counted.guests and not any(Path(f"/proc/{guest.pid}").exists() for guest in counted.guests)


def test_made_up_outcomes_touch_every_object_and_scene() -> None:
    outcomes = made_up(TABLE, {"scene": SCENE})
    moved = {a.id for h in outcomes for a, b in zip(h[0].objects, h[-1].objects) if a.pose != b.pose}
    assert moved == {state.id for state in TABLE}
    shown = [(state.pose.x, state.pose.y) for state in SCENE]
    assert any(all((s.pose.x, s.pose.y) in shown for s in h[1].objects if s.id in (7, 5)) for h in outcomes if h[1:])


def test_the_first_few_outcomes_have_some_of_each_kind() -> None:
    few = made_up(TABLE, {"scene": SCENE})[:HANDFUL]
    assert {event.kind for history in few for event in history[-1].events} == {"touched", "dropped", "left_table"}
    ends = [{a.id: b for a, b in zip(h[0].objects, h[-1].objects) if a != b} for h in few]
    assert {id for moved in ends for id in moved} == {state.id for state in TABLE}
    assert any(len(moved) == len(SCENE) for moved in ends)
    assert any(b.on is not None for moved in ends for b in moved.values())
    assert any(b.pose.yaw != HEART.pose.yaw for moved in ends for id, b in moved.items() if id == HEART.id)


def test_one_that_scores_the_first_few_alike_is_tried_on_all(gateway: Gateway) -> None:
    tried = made_up(TABLE, {})
    places = [(end.pose.x, end.pose.y) for h in tried[HANDFUL:] for end in h[-1].objects if end.id == RING.id]
    x, y = next(place for place in places if place != (RING.pose.x, RING.pose.y))
    source = (
        "def reward(history, slots):\n"
        f"    return {{'score': float(at_spot(history, [{RING.id}], {x}, {y}, 0.001) >= 0.5), 'parts': {{}}}}\n"
    )
    assert not problems(gateway, source)
    assert problems(gateway, source.replace(f"{x}", "0.01"))


def test_one_that_stumbles_over_an_event_goes_back(gateway: Gateway) -> None:
    body = "return {'score': 0.5 * len([e['c'] for m in history for e in m['events']]), 'parts': {}}"
    found = problems(gateway, f"def reward(history, slots):\n    {body}\n")
    assert "KeyError" in str(found[0])


def test_data_is_plain() -> None:
    import json

    told = history_as_data(moments(start(), start(IN_BOWL)))
    assert json.loads(json.dumps(told))[1]["objects"][0] == state_as_data(IN_BOWL)
    assert told[0]["action"] is None
    assert told[1]["action"]["primitive"] == "pick_place"
    slots = slots_as_data({"scene": SCENE, "it": [7], "word": "red", "again": [state_as_data(HEART)]})
    assert json.loads(json.dumps(slots)) == slots
