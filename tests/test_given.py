"""A person's own program and reward function, in the place of an author's."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from instruct2act import config, run
from instruct2act.authoring.llm import Completion, Message
from instruct2act.authoring.policy import Policy
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeSpec, key_of
from instruct2act.runtime import Runtime

pytestmark = pytest.mark.needs("jail")

SCENE = "red heart @0.4,-0.2; blue bowl @0.6,0.1"
ASIDE = """
def main():
    image = GetImage()
    objs, masks = ImageCrop(image, SAM(image))
    heart = Pixel2Loc(CLIPRetrieval(objs, "red heart"), masks)
    return RobotExecution(PickPlace(pick=heart, place=[0.4, 0.3], bounds=BOUNDS))
"""
LEFT_HALF = """
def reward(history, slots):
    right = [o for o in history[-1]["objects"] if o["pose"]["y"] > 0.2]
    return {"score": 1.0 if right else 0.0, "parts": {"moved right": 1.0 if right else 0.0}}
"""


class NeverAsked:
    """An author that must not be asked."""

    model = "never asked"

    def complete(self, messages: Sequence[Message]) -> Completion:
        raise AssertionError(f"asked: {messages[-1].text[:80]}")


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    sets = ["perception.segmenter=oracle", "perception.retriever=oracle"]
    with Runtime(config.load(sets=sets)) as made:
        yield made


def test_nobody_else_is_asked(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(runtime), "policy", Policy(NeverAsked(), runtime.gateway))
    monkeypatch.setattr(runtime.rewards, "llm", NeverAsked())
    spec = EpisodeSpec(objects=SCENE, text="put the red heart aside", program=ASIDE, reward=LEFT_HALF)
    record = run_episode(spec, runtime)
    assert (record.status, record.reward, record.model) == ("finished", 1.0, "a person")
    assert record.reward_parts == {"moved right": 1.0}
    assert record.program.strip() == ASIDE.strip()
    assert record.spec.program == ASIDE  # so that the record alone repeats it


def test_its_mistakes_are_found_before_anything_moves(runtime: Runtime) -> None:
    wrong = ASIDE.replace("SAM(image)", "SAMM(image)")
    record = run_episode(EpisodeSpec(objects=SCENE, text="put it aside", program=wrong), runtime)
    assert (record.status, record.failed_at, record.label) == ("failed", "program", "nonsense")
    assert "line 4" in record.error["message"] and "did you mean 'SAM'" in record.error["message"]
    assert not record.calls


@pytest.mark.parametrize(
    "source", ["~" * 30 + "\n```python\ndef main():\n    GetImage()\n", "REFUSED: no\n", "", "ü" * 99]
)
def test_whatever_is_given_is_a_program_or_a_mistake(runtime: Runtime, source: str) -> None:
    record = run_episode(EpisodeSpec(objects=SCENE, text="put it aside", program=source), runtime)
    assert (record.status, record.failed_at) == ("failed", "program")


def test_it_is_part_of_what_names_an_episode() -> None:
    asked = EpisodeSpec(task="rotate")
    given = asked.model_copy(update={"program": ASIDE})
    assert key_of(asked.model_dump(mode="json")) != key_of(given.model_dump(mode="json"))


def test_the_command_reads_it_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(ASIDE, encoding="utf-8")
    spec, _ = run.understood(run.Request("put it aside", objects=SCENE, program=tmp_path / "program.py"))
    assert spec.program == ASIDE
    with pytest.raises(run.Mistake, match=r"did you mean 'program.py'"):
        run.understood(run.Request("put it aside", objects=SCENE, program=tmp_path / "programm.py"))


@pytest.mark.parametrize(("task", "level"), [("same_texture", "L4"), ("rotate", "L1"), (None, "L1")])
def test_a_task_is_played_at_its_first_level_unless_another_is_asked_for(task: str | None, level: str) -> None:
    spec, _ = run.understood(run.Request("do it", task=task))
    assert spec.level == level
