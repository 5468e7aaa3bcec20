"""Every example of a prompt is carried out on a simulated scene: what a model is shown works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

import sim
from instruct2act import config
from instruct2act.authoring import prompt
from instruct2act.authoring.llm import Completion, Message
from instruct2act.authoring.policy import Policy
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.events import Ended, Event
from instruct2act.runtime import Runtime
from skills.types import Image, Observation

pytestmark = pytest.mark.needs("jail")

SCENE = "red heart @0.4,-0.3; red star @0.6,-0.3; green container @0.5,0.2; blue block @0.35,0.4"
EXAMPLES = {style: dict(prompt.examples(style)) for style in prompt.styles() if prompt.examples(style)}


class Shows:
    """An author that answers with an example."""

    model = "example"

    def __init__(self, code: str) -> None:
        self.code = code

    def complete(self, messages: Sequence[Message]) -> Completion:
        return Completion(f"```python\n{self.code}\n```", self.model)


class Last:
    """Keeps the last look at the table."""

    wants_frames = False
    seen: Observation | None = None

    def hear(self, event: Event) -> None:
        if isinstance(event, Ended):
            self.seen = event.observation

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime(config.load(sets=["perception.segmenter=oracle", "perception.retriever=oracle"])) as made:
        yield made


def where(seen: Observation) -> dict[str, np.ndarray]:
    """What is seen of each thing: its pixels' mean (x, y)."""
    truth = seen.views["top"].truth
    assert truth is not None
    return {
        f"{told.texture} {told.name}": np.argwhere(truth.segmentation == id).mean(axis=0)[::-1]
        for id, told in truth.objects.items()
        if (truth.segmentation == id).any()
    }


def played(text: str, runtime: Runtime, spec: EpisodeSpec, pictures: dict[str, Image]) -> Observation:
    """How the table looks after an example."""
    (code,) = [examples[text] for examples in EXAMPLES.values() if text in examples]
    shows = Runtime(runtime.config)
    vars(shows).update(gateway=runtime.gateway, segmenter=runtime.segmenter, retriever=runtime.retriever)
    vars(shows)["policy"] = Policy(Shows(code), runtime.gateway, turns=1)
    last = Last()
    record = run_episode(spec, shows, [last], pictures=pictures)
    assert record.status == "finished", record.error
    assert record.actions and all(action.status == "done" for action in record.actions)
    assert spec.task is None or record.success
    assert last.seen is not None
    return last.seen


def start() -> tuple[Observation, dict[str, Image]]:
    """The scene of words before anything moves, and a picture of each thing in it."""
    env = sim.make_objects(SCENE)
    seen = Observation(env.look(), 0.0)
    env.close()
    view = seen.views["top"]
    assert view.truth is not None
    pictures = {
        f"{told.texture} {told.name}": Image(view.rgb, view.truth.segmentation == id, truth=told)
        for id, told in view.truth.objects.items()
    }
    return seen, pictures


def test_every_example_has_a_scene_here() -> None:
    assert {text for examples in EXAMPLES.values() for text in examples} == {WORDS, PICTURES, REARRANGE}


WORDS = "Put all red objects into the green container, each turned by 90 degrees."
PICTURES = "Put the {dragged_obj} to the left of the {base_obj}, then restore it."
REARRANGE = "Rearrange to this {scene}."


def test_words(runtime: Runtime) -> None:
    before, after = where(start()[0]), where(played(WORDS, runtime, EpisodeSpec(objects=SCENE, text=WORDS), {}))
    container = before["green container"]
    for name in ("red heart", "red star"):
        assert name not in after or np.linalg.norm(after[name] - container) < 15
    assert np.linalg.norm(after["blue block"] - before["blue block"]) < 1


def test_pictures(runtime: Runtime) -> None:
    seen, pictures = start()
    given = {"dragged_obj": pictures["red star"], "base_obj": pictures["blue block"]}
    spec = EpisodeSpec(objects=SCENE, text=PICTURES, pictures=dict.fromkeys(given, "0" * 64))
    before, after = where(seen), where(played(PICTURES, runtime, spec, given))
    assert all(np.linalg.norm(after[name] - before[name]) < 3 for name in before)


def test_scene(runtime: Runtime) -> None:
    played(REARRANGE, runtime, EpisodeSpec(task="rearrange", seed=3, text=REARRANGE), {})
