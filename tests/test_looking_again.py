"""After a run the author looks at what came of it: it goes on with what is left, or says that it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest

from instruct2act import config
from instruct2act.authoring import prompt
from instruct2act.authoring.llm import LLM, Completion, Message, load
from instruct2act.authoring.policy import Policy
from instruct2act.authoring.program import Done, Program, Unusable, take_out
from instruct2act.authoring.reward import RewardWriter
from instruct2act.authoring.seeing import BEFORE, TABLE
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Gateway

pytestmark = pytest.mark.needs("jail")

ORACLE = ["perception.segmenter=oracle", "perception.retriever=oracle"]
SCENE = "red heart @0.4,-0.2; blue bowl @0.6,0.1; green star @0.4,0.3; yellow ring @0.65,-0.3"
BOTH = EpisodeSpec(objects=SCENE, text="put the red heart and the green star into the blue bowl")
INTO = """def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    thing, place = CLIPRetrieval(objs, "{0}"), CLIPRetrieval(objs, "{1}")
    return RobotExecution(action=PickPlace(pick=Pixel2Loc(thing, masks), place=Pixel2Loc(place, masks)))
"""
HEART, STAR = (INTO.format(name, "blue bowl") for name in ("red heart", "green star"))


class Says:
    """Answers with each of some texts in turn, then as the author inside does."""

    model = "says"

    def __init__(self, *texts: str, then: LLM | None = None, sees: bool = False) -> None:
        self.texts, self.then, self.sees = list(texts), then, sees
        self.asked: list[list[Message]] = []

    def complete(self, messages: Sequence[Message]) -> Completion:
        self.asked.append(list(messages))
        if not self.texts and self.then is not None:
            return self.then.complete(messages)
        text = self.texts.pop(0)
        return Completion(text if text.startswith("DONE") else f"```python\n{text}```\n", self.model)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as made:
        yield made


def play(gateway: Gateway, author: LLM, spec: EpisodeSpec, *sets: str) -> EpisodeRecord:
    made = Runtime(config.load(sets=[*ORACLE, *sets]))
    vars(made).update(gateway=gateway, _author=author)
    vars(made)["policy"] = Policy(author, gateway, turns=made.config.llm.repairs + 1)
    vars(made)["rewards"] = RewardWriter(load("offline"), gateway.backend)
    return run_episode(spec, made)


def test_it_sees_both_tables_and_its_rewards_parts_and_goes_on(gateway: Gateway) -> None:
    author = Says(HEART, STAR, "DONE", sees=True)
    record = play(gateway, author, BOTH, "llm.looks=3")
    assert (record.status, len(record.actions)) == ("finished", 2)
    assert record.reward is not None and record.reward > 0.5
    assert [name for name, _ in author.asked[1][-1].images] == [BEFORE, TABLE]
    told = [json.loads(look.trouble) for look in record.looks]
    assert [one["score"] < 0.5 for one in told] == [True, False]
    assert told[0]["parts"]["red heart inside blue bowl"] == 1.0 > told[0]["parts"]["green star inside blue bowl"]
    assert told[0]["actions_left"] == 19
    (_, words), *_ = author.asked[1][-1].words
    assert words.startswith("red heart moved 20 cm far and 30 cm right") and "green star" not in words
    assert EpisodeRecord.model_validate_json(record.line()) == record


def test_the_same_program_may_be_run_again(gateway: Gateway) -> None:
    aside = INTO.format("red heart", "green star")
    record = play(gateway, Says(aside, aside, "DONE"), BOTH, "llm.looks=2")
    assert record.status == "finished" and len(record.looks) == 2 and not record.attempts


@pytest.mark.slow
def test_looks_have_an_end_and_are_off_by_default(gateway: Gateway) -> None:
    author = Says(HEART, STAR, HEART)
    record = play(gateway, author, BOTH, "llm.looks=1")
    assert len(record.looks) == 1 and len(author.texts) == 1
    assert not play(gateway, Says(HEART), BOTH).looks


@pytest.mark.slow
def test_a_run_that_failed_is_mended_and_not_looked_at(gateway: Gateway) -> None:
    breaks = "def main() -> dict:\n    return SAM(image=GetImage())[99]\n"
    record = play(gateway, Says(breaks, HEART, "DONE"), BOTH, "llm.looks=2")
    assert len(record.attempts) == 1 and len(record.looks) == 1
    assert record.status == "finished"


@pytest.mark.slow
def test_no_look_without_actions_left(gateway: Gateway) -> None:
    loop = "def main() -> dict:\n    for _ in range(25):\n        info = _once()\n    return info\n\n\n"
    all_of_it = loop + HEART.replace("main", "_once")
    record = play(gateway, Says(all_of_it, "DONE"), BOTH, "llm.looks=2", "llm.repairs=0")
    assert not record.looks


@pytest.mark.parametrize("first", [HEART, STAR])
def test_the_embedded_author_does_what_is_missing(gateway: Gateway, first: str) -> None:
    record = play(gateway, Says(first, then=load("offline")), BOTH, "llm.looks=2")
    assert record.reward is not None and record.reward > 0.5
    assert len(record.actions) == 2 and len(record.looks) == 2


def test_the_embedded_author_is_done_when_its_reward_is_content(gateway: Gateway) -> None:
    record = play(gateway, load("offline"), BOTH, "llm.looks=3")
    assert len(record.looks) == 1 and len(record.actions) == 2 and record.status == "finished"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("rotate the red heart by 60 degrees", INTO.format("red heart", "blue bowl")),
        ("move the red heart 10 cm to the left", INTO.format("red heart", "blue bowl")),
        ("put the red heart into the blue bowl, then put it back", HEART),
    ],
)
def test_the_embedded_author_does_not_begin_again_what_is_relative(gateway: Gateway, text: str, first: str) -> None:
    spec = EpisodeSpec(objects=SCENE, text=text)
    record = play(gateway, Says(first, then=load("offline")), spec, "llm.looks=2")
    assert len(record.actions) == 1 and len(record.looks) == 1


def test_done_is_an_answer_only_after_a_look() -> None:
    assert isinstance(take_out("DONE"), Unusable)
    assert take_out("The heart lies in the bowl.\n\n**DONE**\n", may_end=True) == Done()
    assert isinstance(take_out("I am not done yet, DONE is far.", may_end=True), Unusable)
    assert isinstance(take_out(f"DONE\n```python\n{HEART}```", may_end=True), Program)


def test_a_look_is_told_as_data() -> None:
    messages = prompt.looked([], "x", '{"stage": "look", "parts": {"a": 1}}')
    assert messages[-1].text.split("\n")[0] == prompt.LOOKED
    assert json.loads(messages[-1].text.split("\n")[1])["parts"] == {"a": 1}
