from collections.abc import Sequence

import numpy as np
import pytest

import sim
from instruct2act.authoring.llm import Completion, Message
from instruct2act.authoring.policy import Policy
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.exports.retelling import CantRetell, retell
from instruct2act.runtime import Runtime

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail")]


def test_what_was_done_is_done_again_and_seen(records: list[EpisodeRecord], runtime: Runtime) -> None:
    record = records[1]
    told = retell(record, runtime)
    assert len(told.steps) == len(record.actions) == 3 and len(told.history) == 4
    assert sum(step.gained for step in told.steps) == pytest.approx(1.0)
    assert [score.score for score in told.scores][-1] == pytest.approx(record.reward)
    assert told.scores[0].score < told.scores[-1].score
    assert "{" not in told.words and told.words.startswith("Put the")
    for step, next in zip(told.steps, [*(step.seen for step in told.steps[1:]), told.last]):
        assert not np.array_equal(step.seen.views["top"].rgb, next.views["top"].rgb)


def test_its_actions_can_be_stepped_in_the_environment(records: list[EpisodeRecord], runtime: Runtime) -> None:
    for record in (records[1], records[3]):
        told, spec = retell(record, runtime), record.spec
        env = sim.make(spec.task or "", spec.level, spec.seed)
        assert np.array_equal(told.steps[0].state, env.reset(seed=spec.seed)[0]["agent_pos"])
        ended = False
        for step in told.steps:
            ended = env.step(step.vector)[2]
        assert ended and env.verdict() is not None and env.verdict().success
        env.close()


def test_what_goes_otherwise_is_not_told(records: list[EpisodeRecord], runtime: Runtime) -> None:
    record = records[3]
    moved = record.actions[0].model_copy(update={"end": (0.5, 0.0, 0.0, 0.0)})
    with pytest.raises(CantRetell, match="went otherwise"):
        retell(record.model_copy(update={"actions": (moved,)}), runtime)
    with pytest.raises(CantRetell, match="did you mean"):
        retell(record.model_copy(update={"spec": record.spec.model_copy(update={"task": "rotat"})}), runtime)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"program": ""}, "no program"),
        ({"actions": ()}, "nothing was moved"),
        ({"status": "interrupted"}, "interrupted"),
        ({"spec": EpisodeSpec(robot="arm 1234", text="Stop.")}, "real table"),
        ({"spec": EpisodeSpec(task="rotate", pictures={"x": "0" * 64})}, "pictures of a person's own"),
    ],
)
def test_what_cant_be_told_says_why(
    change: dict[str, object], why: str, records: list[EpisodeRecord], runtime: Runtime
) -> None:
    with pytest.raises(CantRetell, match=why):
        retell(records[0].model_copy(update=change), runtime)


class _Mends:
    """An author whose first program moves something and then fails; the second one does what was asked."""

    model = "mends"

    def __init__(self, good: str) -> None:
        lines = good.split("\n")
        failing = [f"{line}\n    SAM(image)[99]" if "RobotExecution(" in line else line for line in lines]
        self.answers = ["\n".join(failing), good]

    def complete(self, messages: Sequence[Message]) -> Completion:
        return Completion(f"```python\n{self.answers.pop(0)}\n```", self.model)


def test_answers_that_were_sent_back_are_given_again(records: list[EpisodeRecord], runtime: Runtime) -> None:
    good = records[0]
    author = _Mends(good.program)
    mending = Runtime(runtime.config)
    vars(mending).update(gateway=runtime.gateway, segmenter=runtime.segmenter, retriever=runtime.retriever)
    vars(mending)["policy"] = Policy(author, runtime.gateway, turns=2)
    record = run_episode(good.spec, mending)
    assert len(record.attempts) == 1 and len(record.actions) == 2
    told = retell(record, runtime)
    assert len(told.steps) == 2
