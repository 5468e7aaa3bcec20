from pathlib import Path

import pytest

import sim
from instruct2act import asking, config
from instruct2act.evaluation import suites
from instruct2act.evaluation.suites import Suite
from sim.pictures import Studio
from sim.task import TaskRecipe
from sim.variation import VARIATIONS
from skills.errors import Mistake


@pytest.mark.parametrize("name", suites.names())
def test_suites_that_come_along_can_be_played(name: str) -> None:
    suite = suites.load(name, {"episodes": 2})
    specs = suite.specs()
    assert suite.about
    assert len({spec.key() for spec in specs}) == len(specs) >= 2
    config.load(sets=suite.settings())
    for spec in specs:
        assert spec.level in sim.TASKS[spec.task or ""].levels


def test_parts_are_played_as_one_and_tell_themselves_apart() -> None:
    suite = suites.load("transfer", {"episodes": 2, "tasks": ("rotate", "twist")})
    specs = suite.specs()
    assert {(spec.task, spec.variation) for spec in specs[:14]} == {
        (task, variation) for task in ("rotate", "twist") for variation in ("", *VARIATIONS)
    }
    assert len(specs) == 28 and {spec.seed for spec in specs[:14]} == {0}
    words = suites.load("words", {"episodes": 6, "tasks": ("rotate",)}).specs()
    assert {spec.wording for spec in words} == {"", "paraphrases", "typos", "german", "impossible"}
    assert {spec.wording for spec in words if spec.refusal} == {"impossible"}
    said = [spec.text for spec in words if spec.wording == "typos"]
    assert len(set(said)) == 4 and said[:2] == said[4:]


@pytest.mark.parametrize("wording", ["paraphrases", "typos", "german", "impossible"])
def test_sentences_of_suites_can_be_said(wording: str) -> None:
    suite = suites.load(f"words/{wording}", {})
    for task, said in suite.sentences.items():
        own = TaskRecipe(sim.TASKS[task], "L1").draft(0, 0, Studio(), (128, 256)).instruction
        for sentence in said:
            spoken = asking.instruction(sentence, {}, (), own)
            assert "$" not in spoken.text and spoken.text != own.text
            assert set(spoken.slots) == set(own.slots) or suite.refusal


def test_a_run_that_is_stopped_early_has_some_of_each() -> None:
    specs = Suite(tasks=("rotate", "rearrange"), levels=("L1", "L2"), episodes=2, seed0=5).specs()
    assert len({(spec.task, spec.level) for spec in specs[:4]}) == 4
    assert {spec.seed for spec in specs[:4]} == {5} and {spec.seed for spec in specs[4:]} == {6}


def test_trials_are_episodes_of_their_own() -> None:
    specs = Suite(tasks=("rotate",), episodes=1, trials=3).specs()
    assert [spec.trial for spec in specs] == [0, 1, 2]
    assert len({spec.key() for spec in specs}) == 3


def test_the_command_line_goes_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("tasks: [rotate]\nepisodes: 7\nset: {sim.motion: arm, sandbox.calls: 9}\n", encoding="utf-8")
    suite = suites.load(str(file), {"episodes": 3, "tasks": None, "levels": suites.parted("all")})
    assert (suite.episodes, suite.tasks) == (3, ("rotate",))
    assert {spec.level for spec in suite.specs()} == set(sim.TASKS["rotate"].levels)
    settings = config.load(sets=suite.settings())
    assert (settings.sim.motion, settings.sandbox.calls) == ("arm", 9)


def test_a_file_says_how_to_play_as_the_command_line_does(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    said = "perception: oracle\nauthor: replay\nworkers: 3\nrunner: ray\nset: {llm.cassette: a.yaml}\n"
    file.write_text(f"tasks: [rotate]\n{said}", encoding="utf-8")
    suite = suites.load(str(file), {"perception": None, "author": None, "workers": None, "runner": None})
    settings = config.load(sets=suite.settings())
    assert (settings.perception.segmenter, settings.author.provider, settings.workers) == ("oracle", "replay", 3)
    assert (suite.runner, str(settings.llm.cassette)) == ("ray", "a.yaml")
    asked = {"perception": "default", "author": "offline", "workers": 1, "runner": "serial"}
    over = suites.load(str(file), asked)
    settings = config.load(sets=over.settings())
    assert (settings.perception.segmenter, settings.author.provider, settings.workers) == ("sam", "offline", 1)
    assert over.runner == "serial"
    assert suites.load("transfer", asked).specs() == suites.load("transfer", {}).specs()
    assert "perception.segmenter=oracle" in suites.load("words", {"perception": "oracle"}).settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task: rotate", "did you mean 'tasks'"),
        ("episodes: 0", "episodes"),
        ("[1, 2]", "keys and values"),
        ("tasks: [", "not YAML"),
        ("variation: ligth", "did you mean 'light'"),
        ("refusal: true", "sentences that nothing can do"),
        ("sentences: {rotate: [Spin it.]}", "a wording"),
        ("{wording: typos, sentences: {rotat: [Spin it.]}}", "did you mean 'rotate'"),
        ("parts: [sixx]", "did you mean 'six'"),
        ("parts: [words]", "a part can't have parts"),
    ],
)
def test_a_mistake_in_a_file_is_answered_in_a_sentence(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Mistake, match=said):
        suites.load(str(file), {}).specs()


def test_unknown_names_are_answered_with_what_there_is() -> None:
    with pytest.raises(Mistake, match="did you mean 'six'"):
        suites.load("sixx", {})
    with pytest.raises(Mistake, match="did you mean 'rotate'"):
        Suite(tasks=("rotat",)).specs()
    with pytest.raises(Mistake, match="L9"):
        Suite(levels=("L9",)).specs()
