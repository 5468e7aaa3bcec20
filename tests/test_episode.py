"""Whole episodes with the oracle's perception: what is heard, what is recorded, how they end."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

import sim
from instruct2act import config
from instruct2act.authoring.llm import Completion, LLMError, Message
from instruct2act.authoring.policy import Policy
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.events import Carried, Ended, Event, Moving, SkillCalled, SkillReturned, Started, Written
from instruct2act.runtime import Runtime
from instruct2act.sandbox import StopFlag
from skills.errors import Mistake
from skills.types import Image

pytestmark = pytest.mark.needs("jail")

ORACLE = ["perception.segmenter=oracle", "perception.retriever=oracle"]
SENTENCE = "put the red heart into the blue bowl"
SCENE = "red heart @0.4,-0.2; blue bowl @0.6,0.1; green star @0.4,0.3"


class Heard:
    """Keeps every event."""

    def __init__(self, wants_frames: bool = False) -> None:
        self.wants_frames = wants_frames
        self.events: list[Event] = []

    def hear(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass


class Says:
    """An author that answers with one program."""

    model = "says"

    def __init__(self, code: str | Exception) -> None:
        self.code = code

    def complete(self, messages: Sequence[Message]) -> Completion:
        if isinstance(self.code, Exception):
            raise self.code
        return Completion(f"```python\n{self.code}\n```", self.model)


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime(config.load(sets=ORACLE)) as made:
        yield made


def _with(runtime: Runtime, code: str | Exception) -> Runtime:
    other = Runtime(runtime.config)
    vars(other).update(gateway=runtime.gateway, segmenter=runtime.segmenter, retriever=runtime.retriever)
    vars(other)["policy"] = Policy(Says(code), runtime.gateway, turns=1)
    return other


def test_events_come_in_order_and_the_record_holds_what_they_said(runtime: Runtime) -> None:
    heard = Heard(wants_frames=True)
    record = run_episode(EpisodeSpec(objects=SCENE, text=SENTENCE), runtime, [heard])
    kinds = [type(event) for event in heard.events]
    assert kinds[:2] == [Started, Written]
    assert kinds[-2:] == [Written, Ended]
    assert (record.status, record.success, record.failed_at) == ("finished", None, None)
    assert record.reward is not None and record.reward > 0.9
    calls = [event.name for event in heard.events if isinstance(event, SkillCalled)]
    assert [call.name for call in record.calls] == calls
    assert kinds.count(SkillCalled) == kinds.count(SkillReturned)
    frames = [event.frame for event in heard.events if isinstance(event, Moving)]
    assert any(frame is not None and frame.shape[2] == 3 for frame in frames)
    done = [event for event in heard.events if isinstance(event, Carried)]
    assert [action.status for action in record.actions] == [event.outcome.status for event in done] == ["done"]
    ended = heard.events[-1]
    assert isinstance(ended, Ended) and ended.record == record


def test_nobody_who_wants_frames_no_frames(runtime: Runtime) -> None:
    heard = Heard()
    run_episode(EpisodeSpec(objects=SCENE, text=SENTENCE), runtime, [heard])
    assert all(event.frame is None for event in heard.events if isinstance(event, Moving))


def test_an_episode_repeats(runtime: Runtime) -> None:
    spec = EpisodeSpec(task="rearrange", seed=5)
    one, other = (run_episode(spec, runtime).model_dump() for _ in range(2))
    for record in (one, other):
        record.pop("seconds")
        for call in record["calls"]:
            call.pop("seconds")
            call["arguments"] = {k: v for k, v in call["arguments"].items() if not any(c.isdigit() for c in v)}
    assert one == other


def test_clicks_point_at_things(runtime: Runtime) -> None:
    env = sim.make_objects(SCENE)
    truth = env.look()["top"].truth
    assert truth is not None
    pixels = []
    for name in ("green star", "blue bowl"):
        rows = np.argwhere(truth.segmentation == env.inventory().index(name))
        pixels.append(tuple(float(v) for v in rows[len(rows) // 2][::-1]))
    env.close()
    text = "put the first clicked object into the second one"
    record = run_episode(EpisodeSpec(objects=SCENE, text=text, clicks=tuple(pixels)), runtime)
    assert record.status == "finished"
    assert record.reward is not None and record.reward > 0.9


def test_a_picture_of_one_s_own_is_bound_by_looks(runtime: Runtime) -> None:
    env = sim.make_objects(SCENE)
    view = env.look()["top"]
    env.close()
    assert view.truth is not None
    id = next(id for id, it in view.truth.objects.items() if it.name == "heart")
    mask = view.truth.segmentation == id
    picture = Image(view.rgb, mask, truth=view.truth.objects[id])
    spec = EpisodeSpec(objects=SCENE, text="put {thing} into the blue bowl", pictures={"thing": "0" * 64})
    record = run_episode(spec, runtime, pictures={"thing": picture})
    assert record.status == "finished"
    assert record.reward is not None and record.reward > 0.9


def test_a_paraphrase_is_judged_by_the_task_s_goal(runtime: Runtime) -> None:
    spec = EpisodeSpec(task="rotate", seed=2)
    own = run_episode(spec, runtime)
    words = own.instruction.replace("Rotate the {dragged_obj}", "please turn {dragged_obj} clockwise by")
    said = run_episode(spec.model_copy(update={"text": words}), runtime)
    assert (own.success, said.success) == (True, True)
    wrong = run_episode(spec.model_copy(update={"text": "turn {dragged_obj} 10 degrees"}), runtime)
    assert (wrong.status, wrong.success, wrong.failed_at) == ("finished", False, "goal")


def test_a_sentence_of_one_s_own_has_the_task_s_words(runtime: Runtime) -> None:
    own = run_episode(EpisodeSpec(task="rotate", seed=2), runtime)
    said = run_episode(EpisodeSpec(task="rotate", seed=2, text="turn {dragged_obj} by $degrees degrees"), runtime)
    assert said.success and said.instruction == f"turn {{dragged_obj}} by {own.instruction.split()[-2]} degrees"


def test_a_refusal_that_moves_nothing_is_right_where_nothing_can_be_done(runtime: Runtime) -> None:
    spec = EpisodeSpec(task="rotate", seed=2, text="Paint {dragged_obj} blue.", wording="impossible", refusal=True)
    refused = run_episode(spec, runtime)
    assert (refused.status, refused.success, refused.progress, refused.actions) == ("refused", True, 1.0, ())
    obeyed = run_episode(spec.model_copy(update={"text": None}), runtime)
    assert (obeyed.status, obeyed.success, obeyed.failed_at) == ("finished", False, "llm")
    assert obeyed.label == "infeasible" and "refused" in obeyed.label_rule
    gave_up = run_episode(spec.model_copy(update={"refusal": False}), runtime)
    assert (gave_up.status, gave_up.success) == ("refused", False), "where it can be done, a refusal is a failure"


@pytest.mark.slow
def test_perceived_states_give_the_same_verdict(runtime: Runtime) -> None:
    perceiving = Runtime(config.load(sets=[*ORACLE, "reward.state=perceived"]))
    vars(perceiving)["gateway"] = runtime.gateway
    for task in ("visual_manipulation", "rotate", "rearrange_then_restore"):
        record = run_episode(EpisodeSpec(task=task, seed=1), perceiving)
        assert record.success is True
        assert record.reward_state == "perceived"
        assert record.reward is not None and record.reward > 0.5, (task, record.reward_parts)


@pytest.mark.parametrize(
    ("code", "status", "failed_at"),
    [
        ("def main():\n    return {'nothing': True}", "finished", "goal"),
        ("def main():\n    return Teleport(1)", "failed", "llm"),
        ("def main():\n    image = GetImage()\n    return SAM(image)[99]", "failed", "program"),
        ("def main():\n    while True:\n        pass", "failed", "program"),
        ("def main():\n    o = ImageCrop(GetImage(), [])[0]\n    return CLIPRetrieval(o, 'x')", "failed", "perception"),
        ("def main():\n    return PickPlace([9.0, 9.0, 0.0], [0.5, 0.0, 0.0])", "failed", "motion"),
        ("def main():\n    return RobotExecution(PickPlace([0.7, 0.45, 0.0], [0.5, 0.3, 0.0]))", "finished", "motion"),
        ("I would rather not.", "failed", "llm"),
        (LLMError("the model did not answer"), "infrastructure", "llm"),
    ],
)
def test_a_bad_end_is_told_with_its_stage(code: str | Exception, status: str, failed_at: str, runtime: Runtime) -> None:
    record = run_episode(EpisodeSpec(task="visual_manipulation", seed=0), _with(runtime, code))
    assert (record.status, record.failed_at) == (status, failed_at), record.error
    assert not record.success
    assert record.error["message"]


def test_stop_ends_a_motion_and_the_robot_moves_no_more(runtime: Runtime) -> None:
    stop = StopFlag()

    class Stopper(Heard):
        def hear(self, event: Event) -> None:
            super().hear(event)
            if isinstance(event, Moving):
                threading.Thread(target=stop.set, args=("enough",)).start()

    heard = Stopper()
    record = run_episode(EpisodeSpec(task="rearrange_then_restore", seed=3), runtime, [heard], stop)
    assert record.status == "interrupted"
    assert record.success is False
    assert len([event for event in heard.events if isinstance(event, Moving)]) < 100
    assert EpisodeRecord.model_validate_json(record.line()) == record


def test_a_listener_that_breaks_leaves_no_record_that_says_otherwise(runtime: Runtime) -> None:
    class Broken(Heard):
        def hear(self, event: Event) -> None:
            if isinstance(event, SkillCalled):
                raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        run_episode(EpisodeSpec(task="rotate", seed=0), runtime, [Broken()])


@pytest.mark.parametrize("fields", [{"task": "rotat"}, {"task": "rotate", "level": "L7"}, {"objects": "rde heart"}])
def test_what_cannot_be_is_said_before_anything_runs(fields: Mapping[str, Any], runtime: Runtime) -> None:
    heard = Heard()
    with pytest.raises(Mistake):
        run_episode(EpisodeSpec(text="put it there", **fields), runtime, [heard])
    assert heard.events == []


def test_ground_truth_is_kept_from_skills_unless_perception_is_the_oracle(runtime: Runtime) -> None:
    seen = []

    class Spy(Heard):
        def hear(self, event: Event) -> None:
            if isinstance(event, SkillReturned) and event.name == "GetImage":
                seen.append(event.result)

    blind = Runtime(_blind(runtime))
    vars(blind).update(gateway=runtime.gateway, segmenter=runtime.segmenter, retriever=runtime.retriever)
    run_episode(EpisodeSpec(task="rotate", seed=0), blind, [Spy()])
    assert seen and all(image.view.truth is None and image.truth is None for image in seen)


def _blind(runtime: Runtime) -> config.Config:
    named = runtime.config.perception.model_copy(update={"segmenter": "sam", "retriever": "openclip"})
    return runtime.config.model_copy(update={"perception": named})
