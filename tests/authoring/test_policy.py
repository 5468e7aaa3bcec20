from __future__ import annotations

from collections.abc import Sequence

import pytest
from sentences import FREE, POINTED
from test_prompt import FORMS, instruction

from instruct2act.authoring.llm import Completion, Message, load
from instruct2act.authoring.policy import Attempt, NoProgram, Policy
from instruct2act.authoring.program import Program, Refusal
from instruct2act.sandbox import Gateway
from skills.types import Image, Instruction, Slot

GOOD = "```python\ndef main() -> dict:\n    return RobotExecution([])\n```"
UNKNOWN = "```python\ndef main() -> dict:\n    return RobotExecutoin([])\n```"
BROKEN = "```python\ndef main( -> dict:\n```"


class Scripted:
    """Says what it was given to say, in order."""

    model = "scripted"

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[Sequence[Message]] = []

    def complete(self, messages: Sequence[Message]) -> Completion:
        self.asked.append(messages)
        return Completion(self.answers.pop(0), self.model)


def test_an_unknown_skill_goes_back_to_the_author(gateway: Gateway) -> None:
    author = Scripted(UNKNOWN, GOOD)
    heard: list[Completion] = []
    written = Policy(author, gateway).write(Instruction("do nothing"), heard=heard.append)
    assert isinstance(written, Program)
    assert "RobotExecution([])" in written.source
    assert [answer.text for answer in heard] == [UNKNOWN, GOOD]
    last = author.asked[1][-1].text
    assert "RobotExecutoin" in last
    assert "'RobotExecution'" in last


def test_patience_ends(gateway: Gateway) -> None:
    author = Scripted(BROKEN, UNKNOWN, "no idea", GOOD)
    with pytest.raises(NoProgram) as told:
        Policy(author, gateway, turns=3).write(Instruction("do nothing"))
    assert told.value.turns == 3
    assert "no program" in str(told.value)
    assert told.value.program is not None


def test_an_answer_that_repeats_ends_it_earlier(gateway: Gateway) -> None:
    author = Scripted(UNKNOWN, UNKNOWN, GOOD)
    with pytest.raises(NoProgram):
        Policy(author, gateway, turns=5).write(Instruction("do nothing"))
    assert len(author.asked) == 2


def test_a_refusal_is_not_asked_again(gateway: Gateway) -> None:
    author = Scripted(Refusal("put", "the moon", "something near").as_text(), GOOD)
    assert Policy(author, gateway, turns=5).write(Instruction("put the moon")) == Refusal(
        "put", "the moon", "something near"
    )


def test_what_failed_before_is_told(gateway: Gateway) -> None:
    author = Scripted(GOOD)
    Policy(author, gateway).write(Instruction("do nothing"), [Attempt(UNKNOWN, "NothingFound: nothing fits 'heart'")])
    assert [message.role for message in author.asked[0]] == ["system", "user", "assistant", "user"]
    assert "nothing fits 'heart'" in author.asked[0][-1].text


def test_a_picture_that_was_not_given_is_found_before_anything_moves(gateway: Gateway, image: Image) -> None:
    program = '```python\ndef main() -> dict:\n    return {"a": templates["base_obj"]}\n```'
    told = Instruction("put {dragged_obj} away", {"dragged_obj": Slot("object", {"top": image})})
    with pytest.raises(NoProgram, match="base_obj"):
        Policy(Scripted(program), gateway, turns=1).write(told)


@pytest.mark.parametrize("task", FORMS)
def test_the_embedded_authors_programs_pass(task: str, policy: Policy, image: Image) -> None:
    text = FORMS[task]
    slots = {name: Slot(slot.kind, {"top": image}) for name, slot in instruction(text).slots.items()}
    written = policy.write(Instruction(text, slots))
    assert isinstance(written, Program)
    assert written == policy.write(Instruction(text, slots))


@pytest.mark.slow
def test_every_free_sentence_becomes_a_program_that_passes(policy: Policy) -> None:
    for text, _ in FREE:
        assert isinstance(policy.write(Instruction(text)), Program), text
    for text, _ in POINTED:
        assert isinstance(policy.write(Instruction(text, clicks=((60, 40), (180, 90)))), Program), text


def test_the_provider_is_the_file_of_that_name() -> None:
    assert load("offline").model.startswith("offline")
