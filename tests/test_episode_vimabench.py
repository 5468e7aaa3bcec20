"""Episodes on VIMABench, or on a stand-in for it: what is recorded, and what is nobody's failure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from instruct2act import config
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.options import EnvName
from instruct2act.runtime import Runtime
from skills.errors import Mistake

pytestmark = pytest.mark.needs("jail")

DOUBLE = Path(__file__).parent / "doubles" / "vimabench"
Play = Callable[..., EpisodeRecord]


@pytest.fixture(scope="module")
def play() -> Play:
    def run(
        task: str = "visual_manipulation", checkout: Path | None = DOUBLE, given: tuple[str, ...] = (), **more: object
    ) -> EpisodeRecord:
        sets = [
            *given,
            "perception.segmenter=oracle",
            "perception.retriever=oracle",
            *EnvName.vimabench.settings(checkout, None),
        ]
        with Runtime(config.load(sets=sets)) as runtime:
            return run_episode(EpisodeSpec(task=task, **more), runtime)

    return run


def test_an_episode_is_played_judged_and_rewarded(play: Play) -> None:
    record = play(seed=2)
    assert record.status == "finished" and record.success and record.verdicts == {"vima": True}
    assert [action.status for action in record.actions] == ["done"]
    assert record.reward == pytest.approx(1.0), record.reward_parts


def test_a_stand_in_of_it_is_built_again_from_its_seed(play: Play) -> None:
    record = play(seed=2, given=("llm.candidates=2", "llm.looks=1"))
    (tried,) = record.candidates  # the embedded author writes the same program twice
    assert (tried.clone, tried.chosen, tried.score) == ("seed", True, record.reward)
    assert record.status == "finished" and len(record.actions) == len(record.looks) == 1


@pytest.mark.parametrize(("task", "told"), [("overtaxed", "too busy"), ("dies", "status 3"), ("crowded", "no room")])
def test_what_is_not_the_systems_fault_is_infrastructure(play: Play, task: str, told: str) -> None:
    record = play(task)
    assert record.status == "infrastructure" and record.success is None
    assert told in record.error["message"]


def test_a_motion_that_would_never_end_is_a_failure(play: Play) -> None:
    record = play("stuck")
    assert record.status == "finished" and record.success is False and record.failed_at == "motion"


def test_what_vimabench_cannot_play_is_said(play: Play) -> None:
    with pytest.raises(Mistake, match="--vimabench PATH"):
        play(checkout=None)
    with pytest.raises(Mistake, match="name one with --task"):
        play(task=None, objects="red heart; blue bowl", text="put the heart into the bowl")


def test_where_it_lies_is_no_part_of_an_episode() -> None:
    here, there = (config.load(sets=EnvName.vimabench.settings(Path(place), None)) for place in ("a b/c: d", "/e"))
    assert here.vimabench.path == Path("a b/c: d") and here.digest() == there.digest() != config.load().digest()
