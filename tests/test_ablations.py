"""The switches of perception as settings, from pixels, and what they leave on."""

from collections.abc import Iterator

import numpy as np
import pytest

import sim
from instruct2act import config
from instruct2act.runtime import Runtime
from skills.backends.boxed import Boxed
from skills.errors import Mistake
from skills.sight import Sight
from skills.types import Image

pytestmark = pytest.mark.needs("weights")


@pytest.fixture(scope="module")
def table() -> Iterator[Image]:
    env = sim.make("visual_manipulation", seed=1)
    view = env.look()["top"]
    yield Image(view.rgb, view=view.without_truth())
    env.close()


def _masks(sets: list[str], image: Image) -> list[float]:
    """Shares of the picture that masks take, largest first."""
    segmenter = Runtime(config.load(sets=sets)).segmenter
    return [mask.area / mask.array.size for mask in segmenter.everything(segmenter.encode(image))]


def test_what_is_switched_is_what_the_setting_names() -> None:
    perception = config.load(sets=["perception.depth=off", "perception.views=top"]).perception
    assert perception.sight == Sight(truth=False, depth=False, beside=False)
    assert config.load().perception.sight == Sight()
    digests = {
        config.load(sets=[entry]).digest()
        for entry in ("perception.masks=bbox", "perception.masks=unfiltered", "perception.tracking=off", "workers=2")
    }
    assert len(digests) == 4 and config.load().digest() in digests


def test_unfiltered_masks_bring_the_table_and_repeats(table: Image) -> None:
    filtered, raw = _masks([], table), _masks(["perception.masks=unfiltered"], table)
    assert max(filtered) < 0.2 < max(raw)
    assert len(raw) > 2 * len(filtered)


def test_boxes_are_made_of_the_segmenter_s_own(table: Image) -> None:
    runtime = Runtime(config.load(sets=["perception.masks=bbox"]))
    assert isinstance(runtime.segmenter, Boxed)
    found = runtime.segmenter.everything(runtime.segmenter.encode(table))
    assert found and all(np.count_nonzero(mask.array) == mask.area for mask in found)
    assert sum(_masks(["perception.masks=bbox"], table)) > sum(_masks([], table))


def test_ground_truth_has_nothing_to_filter() -> None:
    with pytest.raises(Mistake, match="filtered"):
        _ = Runtime(config.load(sets=["perception.segmenter=oracle", "perception.masks=unfiltered"])).segmenter
