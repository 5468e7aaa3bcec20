"""Best of several programs: tried on a stand-in of the table, chosen by the author's own reward, one of them runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from doubles.spoiling import Spoiling

import sim
from instruct2act import clones, config
from instruct2act.authoring.llm import LLM, Completion, Message, load
from instruct2act.authoring.policy import Policy
from instruct2act.authoring.reward import RewardWriter
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.events import Carried, Event, SkillCalled
from instruct2act.runtime import Runtime
from instruct2act.sandbox import Gateway
from sim.oracle import play
from sim.robot import SimRobot
from skills.robots import RobotInfo
from skills.types import Instruction

pytestmark = pytest.mark.needs("jail")

ORACLE = ["perception.segmenter=oracle", "perception.retriever=oracle", "llm.repairs=0"]
SCENE = "red heart @0.4,-0.2; blue bowl @0.6,0.1; green star @0.4,0.3"
SPEC = EpisodeSpec(objects=SCENE, text="put the red heart into the blue bowl")
INTO = """def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    thing, place = CLIPRetrieval(objs, "{0}"), CLIPRetrieval(objs, "{1}")
    return RobotExecution(action=PickPlace(pick=Pixel2Loc(thing, masks), place=Pixel2Loc(place, masks)))
"""
RIGHT, ASIDE, OTHER = (INTO.format(*pair) for pair in (("red heart", "blue bowl"), ("red heart", "green star"),
                                                       ("green star", "blue bowl")))  # fmt: skip


class Lists:
    """Answers with each of some programs in turn, and rewards as the embedded author does."""

    model = "lists"

    def __init__(self, *programs: str) -> None:
        self.programs = list(programs)

    def complete(self, messages: Sequence[Message]) -> Completion:
        return Completion(f"```python\n{self.programs.pop(0)}```\n", self.model)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as made:
        yield made


def runtime(gateway: Gateway, author: LLM, *sets: str) -> Runtime:
    made = Runtime(config.load(sets=[*ORACLE, *sets]))
    turns = made.config.llm.repairs + 1
    vars(made).update(gateway=gateway, policy=Policy(author, gateway, turns=turns))
    vars(made)["rewards"] = RewardWriter(load("offline"), gateway.backend)
    return made


class Heard:
    wants_frames = False

    def __init__(self) -> None:
        self.events: list[Event] = []

    def hear(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass


def test_the_program_with_the_best_score_runs_and_the_others_are_kept(gateway: Gateway) -> None:
    heard = Heard()
    made = runtime(gateway, Lists(ASIDE, OTHER, RIGHT, ASIDE), "llm.candidates=4")
    record = run_episode(SPEC, made, [heard])
    assert record.program.strip() == RIGHT.strip()
    assert record.reward is not None and record.reward > 0.9
    # The last one was the first again: tried once.
    assert [one.program.strip() for one in record.candidates] == [p.strip() for p in (ASIDE, OTHER, RIGHT)]
    assert [one.chosen for one in record.candidates] == [False, False, True]
    assert {one.clone for one in record.candidates} == {"snapshot"}
    assert all(one.score is not None and one.score < 0.5 for one in record.candidates if not one.chosen)
    assert EpisodeRecord.model_validate_json(record.line()) == record


def test_what_is_tried_is_heard_by_nobody_and_moves_nothing(gateway: Gateway) -> None:
    heard = Heard()
    made = runtime(gateway, Lists(ASIDE, RIGHT), "llm.candidates=2")
    record = run_episode(SPEC, made, [heard])
    assert len([event for event in heard.events if isinstance(event, Carried)]) == len(record.actions) == 1
    calls = [event for event in heard.events if isinstance(event, SkillCalled)]
    assert len(calls) == len(record.calls)


def test_a_stand_in_does_to_the_last_bit_what_the_table_does(gateway: Gateway) -> None:
    made = runtime(gateway, Lists(RIGHT))
    spec = EpisodeSpec(task="rearrange", seed=3)
    robot = made.robot(spec)
    make = clones.maker(spec, robot.env.instruction, robot, robot.observe(), made)
    clone = make()
    assert clone.origin == "snapshot"
    for one in (robot, clone.robot):
        list(play(one.env))
    assert clone.robot.history == robot.history
    clone.robot.close()
    robot.close()


def test_one_that_cannot_be_used_is_left_out_and_one_that_breaks_ranks_last(gateway: Gateway) -> None:
    made = runtime(
        gateway,
        Lists("def main(:", "def main() -> dict:\n    return SAM(image=GetImage())[99]\n", RIGHT),
        "llm.candidates=3",
    )
    record = run_episode(SPEC, made)
    assert [one.chosen for one in record.candidates] == [False, True]
    assert record.candidates[0].error["type"] == "IndexError"
    assert record.status == "finished"


def test_none_that_can_be_used_ends_like_a_single_one(gateway: Gateway) -> None:
    made = runtime(gateway, Lists(*["def main(:"] * 3), "llm.candidates=2")
    record = run_episode(SPEC, made)
    assert (record.status, record.failed_at, record.candidates) == ("failed", "llm", ())


def test_a_person_s_own_program_has_no_rivals(gateway: Gateway) -> None:
    made = runtime(gateway, Lists(), "llm.candidates=4")
    record = run_episode(SPEC.model_copy(update={"program": RIGHT}), made)
    assert record.status == "finished" and not record.candidates


class Real(SimRobot):
    """A simulated arm that says it is a real one."""

    @property
    def info(self) -> RobotInfo:
        return replace(super().info, simulated=False)


@pytest.mark.slow
def test_a_table_that_is_not_simulated_is_made_of_what_is_seen(gateway: Gateway) -> None:
    made = runtime(gateway, Lists(ASIDE, RIGHT), "llm.candidates=2", "reward.state=perceived")
    vars(made)["robot"] = lambda _: Real(sim.make_objects(SCENE))
    record = run_episode(SPEC, made)
    assert {one.clone for one in record.candidates} == {"perceived"}
    assert [one.chosen for one in record.candidates] == [False, True]
    assert record.reward is not None and record.reward > 0.5


def test_clicks_mean_the_same_on_a_stand_in_that_was_seen(gateway: Gateway) -> None:
    made = runtime(gateway, Lists(), "reward.state=perceived")
    robot = Real(sim.make_objects(SCENE, size=(256, 512)))  # the stand-in's camera has other pixels
    start = robot.observe()
    truth = start.views["top"].truth
    assert truth is not None
    rows, columns = np.nonzero(truth.segmentation == robot.env.inventory().index("red heart"))
    asked = Instruction("take it away", clicks=((float(columns.mean()), float(rows.mean())),))
    clone = clones.maker(SPEC, asked, robot, start, made)()
    seen = clone.robot.observe().views["top"].truth
    assert seen is not None
    (x, y), *_ = clone.instruction.clicks
    assert seen.objects[int(seen.segmentation[round(y), round(x)])].name == "heart"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_best_of_four_mends_an_author_that_spoils_every_other_program(gateway: Gateway) -> None:
    """Of all tasks; docs/rewards.md has the figures."""
    rates = {}
    for count in (1, 4):
        author = Spoiling(load("offline"), np.random.default_rng(7))
        made = runtime(gateway, author, f"llm.candidates={count}")
        specs = [EpisodeSpec(task=name, level=task.levels[0], seed=0) for name, task in sim.TASKS.items()]
        rates[count] = float(np.mean([bool(run_episode(spec, made).success) for spec in specs]))
        assert 0.35 < author.spoilt / author.programs < 0.65
    assert rates[1] < 0.75 and rates[4] > 0.85, rates
