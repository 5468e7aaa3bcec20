"""Why an episode failed: each label from evidence, from whole episodes where the simulator can make them fail so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from instruct2act import config
from instruct2act.authoring.llm import Completion, LLMError, Message, OutOfBudget
from instruct2act.authoring.policy import Policy
from instruct2act.episode import run_episode
from instruct2act.evaluation.labels import LABELS, RULES, label, moved
from instruct2act.evaluation.record import Carried, EpisodeRecord, EpisodeSpec
from instruct2act.runtime import Runtime
from skills.types import Action, Moment, ObjectState, Pose

SPEC = EpisodeSpec(task="visual_manipulation", seed=3)
LOOK = """
def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    thing, base = CLIPRetrieval(objs, templates["dragged_obj"]), CLIPRetrieval(objs, templates["base_obj"])
    place = Pixel2Loc(base, masks)
    return RobotExecution([PickPlace(Pixel2Loc(thing, masks), {place})])
"""


class Says:
    model = "says"

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer

    def complete(self, messages: Sequence[Message]) -> Completion:
        if isinstance(self.answer, Exception):
            raise self.answer
        return Completion(self.answer, self.model)


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    sets = ["perception.segmenter=oracle", "perception.retriever=oracle", "sandbox.cpu_s=0.5", "sandbox.calls=20"]
    with Runtime(config.load(sets=sets)) as made:
        yield made


def played(runtime: Runtime, answer: str | Exception, spec: EpisodeSpec = SPEC) -> EpisodeRecord:
    other = Runtime(runtime.config)
    vars(other).update(gateway=runtime.gateway, segmenter=runtime.segmenter, retriever=runtime.retriever)
    author = Says(answer if isinstance(answer, Exception) else f"```python\n{answer}\n```")
    vars(other)["policy"] = Policy(author, runtime.gateway, turns=1)
    vars(other)["_author"] = author
    return run_episode(spec, other)


@pytest.mark.needs("jail")
@pytest.mark.parametrize(
    ("answer", "expected", "evidence"),
    [
        ("def main( -> dict:", "nonsense", "no usable answer"),
        ("def main() -> dict:\n    return Fly()", "nonsense", "Fly"),
        ("def main() -> dict:\n    while True: pass", "budget", "a limit of the sandbox"),
        ("def main() -> dict:\n    while True: GetImage()", "budget", "CallLimit"),
        (
            LOOK.replace('templates["base_obj"]', '"purple elephant"').replace("{place}", "place"),
            "perception",
            "elephant",
        ),
        (LOOK.replace("{place}", "[3.0, 0.0, 0.0]"), "infeasible", "workspace"),
        (LOOK.replace("Pixel2Loc(thing, masks), {place}", "[0.26, 0.49, 0.0], place"), "badpose", "a grasp missed"),
        (LOOK.replace("{place}", "[place[0], -place[1], 0.0]"), "badpose", "only things that the goal asks for"),
        (LLMError("no server"), "infrastructure", "no server"),
        (OutOfBudget("nothing left"), "budget", "nothing left"),
        (LOOK.replace("{place}", "place"), "", ""),
    ],
)
def test_a_failure_is_named_by_its_evidence(
    answer: str | Exception, expected: str, evidence: str, runtime: Runtime
) -> None:
    record = played(runtime, answer)
    assert (record.label, record.success is True) == (expected, not expected), (record.error, record.actions)
    assert evidence in record.label_rule
    assert label(EpisodeRecord.model_validate_json(record.line())) == (record.label, record.label_rule)


def _record(**more: Any) -> EpisodeRecord:
    given = {"id": "0", "spec": SPEC, "config": "c", "version": "0", "instruction": "", "status": "finished"}
    return EpisodeRecord.model_validate({**given, "success": False, **more})


def _action(*ids: int, status: str = "done", error: str = "") -> Carried:
    at = (0.5, 0.0, 0.0, 0.0)
    return Carried(primitive="pick_place", tool="suction", start=at, end=at, status=status, moved=ids, error=error)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"error": {"type": "Goal", "message": "too early: the star is in the bowl"}}, "disorder"),
        ({"actions": (_action(status="rejected", error="the budget of 3 actions is used"),)}, "budget"),
        ({"actions": (_action(7),), "asked": (1,), "weights": {"sam": "x"}}, "perception"),
        ({"actions": (_action(7),), "asked": (1,)}, ""),
        ({"actions": (_action(7), _action(1)), "asked": (1,), "weights": {"sam": "x"}}, ""),
        ({"actions": (_action(1, 2),), "asked": (1,)}, "badpose"),
        ({"verdicts": {"vima": True, "inside": False}}, "badpose"),
        ({"actions": ()}, ""),
        ({"status": "refused", "success": None}, ""),
        ({"status": "interrupted", "success": None}, ""),
        ({"success": None}, ""),
        ({"success": True, "verdicts": {"vima": True, "inside": False}}, ""),
    ],
)
def test_rules_on_what_is_hard_to_play(facts: dict[str, Any], expected: str) -> None:
    name, why = label(_record(**facts))
    assert name == expected
    assert bool(why) == bool(expected)


def test_every_label_has_a_rule() -> None:
    assert {name for name, _ in RULES} == set(LABELS)


def test_what_an_action_moved_is_what_lies_elsewhere_afterwards() -> None:
    def moment(*xs: float) -> Moment:
        states = tuple(ObjectState(id, "heart", "red", Pose(x, 0.0), (0.1, 0.1, 0.1)) for id, x in enumerate(xs))
        return Moment(Action("pick_place", Pose(0.5, 0), Pose(0.5, 0)), states)

    assert moved(moment(0.3, 0.5, 0.7), moment(0.301, 0.6, 0.7)) == (1,)
