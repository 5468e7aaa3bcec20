"""Whole episodes whose programs and rewards need the one interpreter or the other."""

from collections.abc import Iterator

import pytest

from instruct2act import config
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.runtime import Runtime

pytestmark = pytest.mark.needs("jail")

SETS = ["perception.segmenter=oracle", "perception.retriever=oracle"]
SCENE = "red heart @0.4,-0.2; blue bowl @0.6,0.1"
STEPS = """
def main():
    image = GetImage()
    objs, masks = ImageCrop(image, SAM(image))
    places = [Pixel2Loc(CLIPRetrieval(objs, words), masks) for words in ("the red heart", "the blue bowl")]
    pick, place = {places}
    return RobotExecution(PickPlace(pick, place))
"""
REWARD = """
{head}
def reward(history, slots):
    at = {{o["texture"]: o["pose"] for o in history[-1]["objects"]}}
    far = {far}
    score = max(0.0, 1.0 - 5.0 * float(far))
    return {{"score": score, "parts": {{"near": score}}}}
"""
PLAIN = REWARD.format(head="import math", far='math.dist(*[(at[t]["x"], at[t]["y"]) for t in ("red", "blue")])')
NUMPY = REWARD.format(
    head="import numpy as np", far='np.linalg.norm([at["red"][k] - at["blue"][k] for k in ("x", "y")])'
)


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime(config.load(sets=SETS)) as made:
        yield made


@pytest.mark.parametrize(
    "program, reward, sandbox",
    [
        (STEPS.format(places="places"), PLAIN, "monty"),
        ("import numpy as np\n" + STEPS.format(places="np.array(places)"), NUMPY, "cpython"),
        (STEPS.format(places="places"), NUMPY, "monty"),
        ("class Plan(dict):\n    pass\n" + STEPS.format(places="places"), PLAIN, "cpython"),
    ],
)
def test_an_episode_uses_the_interpreter_that_its_program_needs(
    program: str, reward: str, sandbox: str, runtime: Runtime
) -> None:
    spec = EpisodeSpec(objects=SCENE, text="put the red heart into the blue bowl", program=program, reward=reward)
    record = run_episode(spec, runtime)
    assert record.status == "finished", record.error
    assert record.sandbox.split()[0] == sandbox
    assert record.reward is not None and record.reward > 0.8
    assert [action.status for action in record.actions] == ["done"]


@pytest.mark.slow
def test_a_setting_takes_the_choice_away() -> None:
    spec = EpisodeSpec(
        objects=SCENE, text="put the red heart into the blue bowl", program=STEPS.format(places="places"), reward=PLAIN
    )
    with Runtime(config.load(sets=[*SETS, "sandbox.backend=cpython"])) as runtime:
        assert run_episode(spec, runtime).sandbox.startswith("cpython")
    refused = spec.model_copy(update={"program": "import numpy as np\n" + STEPS.format(places="np.array(places)")})
    with Runtime(config.load(sets=[*SETS, "sandbox.backend=monty"])) as runtime:
        record = run_episode(refused, runtime)
        assert record.status == "failed" and "numpy" in str(record.error) and not record.actions
