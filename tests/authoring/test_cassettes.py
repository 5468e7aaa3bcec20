"""What a language model answered to the printed prompts, played through the provider that speaks to such models.

The server is the double, which knows each answer by the question that it was given for: a prompt that has changed since
is said by the last test, and changes no other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from instruct2act import config
from instruct2act.authoring import prompt
from instruct2act.authoring.llm import digest
from instruct2act.authoring.llm.replay import ASKED_CHARS, Cassette
from instruct2act.authoring.program import Program, take_out
from instruct2act.bench.cassettes import SETTINGS
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.runtime import Runtime
from sim import TASKS
from tests.doubles.chat_server import ChatServer, answers

pytestmark = pytest.mark.needs("jail")
FILE = Path(__file__).parent / "cassettes" / "tasks.yaml"
SEEDS = {
    "manipulate_old_neighbor": 4,
    "novel_adj_and_noun": 4,
    "novel_noun": 1,
    "rotate": 3,
    "twist": 1,
}
"""The first seed with the instruction that was shown; 0 for the others."""
MISTAKEN = {"novel_adj", "novel_adj_and_noun", "novel_noun"}
"""Where the model took a picture that teaches a word for a picture of the very thing."""
REJECTED = {"novel_adj_and_noun"}
"""Where its reward function is 0 whatever happens, which the checks before use find."""
QUICK = ("rearrange_then_restore", "novel_noun")


def documents() -> list[dict[str, Any]]:
    _, *kept = yaml.safe_load_all(FILE.read_text(encoding="utf-8"))
    return kept


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with answered() as made:
        yield made


@contextmanager
def answered(*more: str) -> Iterator[Runtime]:
    kept = {document["asked"].strip(): document["text"] for document in documents()}

    def answer(body: dict[str, Any]) -> str:
        said = body["messages"][-1]["content"]
        text = said if isinstance(said, str) else "\n".join(part["text"] for part in said)
        return str(kept[text[:ASKED_CHARS].strip()])

    with ChatServer(answers(answer)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "the-key-of-the-double")
        oracle = ("perception.segmenter=oracle", "perception.retriever=oracle")
        own = ("author.provider=openai", "llm.replay=off", f"llm.base_url={server.url}", "llm.model=m")
        with Runtime(config.load(sets=[*SETTINGS, *oracle, *own, *more])) as made:
            yield made


@pytest.mark.parametrize("task", [pytest.param(t, marks=() if t in QUICK else pytest.mark.slow) for t in TASKS])
def test_its_program_does_what_it_did_when_it_was_kept(task: str, runtime: Runtime) -> None:
    record = run_episode(EpisodeSpec(task=task, level=TASKS[task].levels[0], seed=SEEDS.get(task, 0)), runtime)
    if task in MISTAKEN:
        assert (record.status, record.label) == ("failed", "perception"), record.error
    else:
        assert record.success, record.error
    assert (record.reward is None) == (task in REJECTED), "its reward function ran"


@pytest.mark.slow
def test_what_failed_was_mended_when_the_model_was_told_what_was_wrong() -> None:
    with answered("llm.repairs=1") as runtime:
        for task in sorted(MISTAKEN):
            spec = EpisodeSpec(task=task, level=TASKS[task].levels[0], seed=SEEDS.get(task, 0))
            record = run_episode(spec, runtime)
            assert record.success and len(record.attempts) == 1, record.error
            assert record.reward is not None


def test_there_is_a_program_and_a_reward_for_every_task() -> None:
    first = [document for document in documents() if "<instruction>" in document["asked"]]
    found = [take_out(document["text"], _entry(document)) for document in first]
    assert all(isinstance(one, Program) for one in found)
    assert len(found) == 2 * len(TASKS) == 34


def test_it_is_a_cassette_that_names_its_model_and_holds_no_key() -> None:
    assert Cassette(FILE).model == "Claude"
    text = FILE.read_text(encoding="utf-8")
    assert "sk-" not in text and "api_key" not in text.lower()


def test_the_prompts_are_still_those_that_were_shown(runtime: Runtime) -> None:
    """If this fails, prompts or skills changed: the answers say nothing of the new ones, and want to be asked anew."""
    robot = runtime.robot(EpisodeSpec(task="rearrange"))
    try:
        shown = runtime.seen(robot.env.instruction, robot.observe())
        program = runtime.policy.digest(robot.env.instruction, shown)
        reward = digest(prompt.for_reward(robot.env.instruction, robot.history[0].objects, "compact"))
    finally:
        robot.close()
    assert Cassette(FILE).find(program)
    assert Cassette(FILE).find(reward)


def _entry(document: dict[str, Any]) -> str:
    return "reward" if 'wanted: "reward"' in document["asked"] else "main"
