"""Perception through an actor gives what it gives at home; requests that wait together are one batch."""

import asyncio
from typing import Any

import numpy as np
import pytest

import sim
from instruct2act import config
from instruct2act.evaluation.runners._served import Model, Served
from instruct2act.runtime import Runtime
from sim.robot import SimRobot
from skills.errors import NothingFound
from skills.types import Image
from tests.awaited import awaited

pytestmark = [pytest.mark.slow, pytest.mark.needs("weights")]


class _Near(Served):
    """Asks an actor's object that lives in this process, where Ray would ask one elsewhere."""

    def ask(self, method: str, *arguments: Any) -> Any:
        return awaited(getattr(self.model, method)(*arguments))


@pytest.fixture(scope="module")
def settings() -> config.Config:
    return config.load()


@pytest.fixture(scope="module")
def model(settings: config.Config) -> Model:
    return Model(settings.model_dump_json())


@pytest.fixture(scope="module")
def image() -> Image:
    robot = SimRobot(sim.make("visual_manipulation", "L1", 3))
    view = robot.observe().views["top"]
    robot.close()
    return Image(view.rgb, view=view)


def test_an_actor_sees_what_a_worker_sees_and_no_ground_truth(
    settings: config.Config, model: Model, image: Image
) -> None:
    with Runtime(settings) as home, _Near(settings, model) as away:
        expected = home.segmenter.everything(home.segmenter.encode(image))
        found = away.segmenter.everything(away.segmenter.encode(image))
        assert len(found) == len(expected) > 1
        for one, other in zip(found, expected):
            assert np.array_equal(one.array, other.array)
            assert one.image_id == image.id
        asked = [[[mask.box_xyxy[0] + 4, mask.box_xyxy[1] + 4]] for mask in expected]
        answers = [side.segmenter.prompt(side.segmenter.encode(image), points=asked) for side in (home, away)]
        assert np.array_equal(answers[0].masks, answers[1].masks)
        crops = [
            Image(image.rgb[y0:y1, x0:x1], view=image.view, origin_xy=(x0, y0))
            for x0, y0, x1, y1 in (mask.box_xyxy for mask in expected)
        ]
        for aspect in sorted(home.retriever.aspects):
            assert np.allclose(home.retriever.embed_images(crops, aspect), away.retriever.embed_images(crops, aspect))
        assert np.allclose(home.retriever.embed_texts(["red heart"]), away.retriever.embed_texts(["red heart"]))
        with pytest.raises(NothingFound):
            away.retriever.embed_texts(["qwxyz"])
        assert (away.retriever.name, away.retriever.minimum) == (home.retriever.name, home.retriever.minimum)


def test_what_several_episodes_ask_is_one_batch(model: Model, image: Image) -> None:
    crops = [[Image(image.rgb[:40, :40])], [Image(image.rgb[20:70, 30:90]), Image(image.rgb[60:, 100:])], []]

    async def together() -> list[Any]:
        model.batches.clear()
        return await asyncio.gather(*(model.embed_images(some, "identity") for some in crops[:2]))

    found = awaited(together())
    assert model.batches == [2]
    assert [len(part) for part in found] == [1, 2]
    for some, part in zip(crops, found):
        assert np.allclose(model.retriever.embed_images(some, "identity"), part, atol=1e-5)
