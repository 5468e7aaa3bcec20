from __future__ import annotations

import pytest

from instruct2act.authoring import prompt
from instruct2act.authoring.llm import load
from instruct2act.authoring.llm.offline.again import read_again
from instruct2act.authoring.llm.offline.plan import Words
from instruct2act.authoring.llm.offline.reading.parse import parse
from skills.types import Instruction

from sentences import into  # isort: skip

BOWL = Words("blue bowl")
HEART = "nothing fits 'red and yellow stripe heart': the closest of 4 objects is number 2"
LOOK = "nothing fits 'red and yellow stripe object': the closest of 4 objects is number 2"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("troubles", "meant"),
    [
        ([], "red and yellow stripe heart"),
        ([HEART], "red and yellow stripe object"),
        ([HEART, LOOK], "heart"),
        (["nothing fits 'pyramid'"], "red and yellow stripe heart"),
        (["action 0 missed: nothing was held"], "red and yellow stripe heart"),
        ([f"{HEART}; api_calls_so_far: RobotExecution(9)"], "red and yellow stripe heart"),
    ],
)
def test_what_was_not_found_is_read_more_loosely(troubles: list[str], meant: str) -> None:
    plan = parse("put the red and yellow striped heart into the blue bowl")
    assert read_again(plan, troubles).steps == (into(Words(meant), BOWL),)


def test_the_embedded_author_answers_a_failure_with_another_reading() -> None:
    author = load("offline")
    messages = prompt.for_program(Instruction("put the green heart into the bowl"))
    first = author.complete(messages).text
    second = author.complete(prompt.again(messages, first, "nothing fits 'green heart': the closest of 3")).text
    assert 'CLIPRetrieval(objs, "green heart"' in first
    assert 'CLIPRetrieval(objs, "green object"' in second
    assert author.complete(prompt.again(messages, first, "the arm is stuck")).text == first
