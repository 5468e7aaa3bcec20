"""The switches of perception as settings, from pixels, and what they leave on."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import sim
from instruct2act import config
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
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


@pytest.mark.slow
def test_boxes_are_made_of_the_segmenter_s_own(table: Image) -> None:
    runtime = Runtime(config.load(sets=["perception.masks=bbox"]))
    assert isinstance(runtime.segmenter, Boxed)
    found = runtime.segmenter.everything(runtime.segmenter.encode(table))
    assert found and all(np.count_nonzero(mask.array) == mask.area for mask in found)
    assert sum(_masks(["perception.masks=bbox"], table)) > sum(_masks([], table))


def test_ground_truth_has_nothing_to_filter() -> None:
    with pytest.raises(Mistake, match="filtered"):
        _ = Runtime(config.load(sets=["perception.segmenter=oracle", "perception.masks=unfiltered"])).segmenter


# --- what a program meets under a setting, in an episode from pixels --------------------------------------------------

MOVED_AND_KNOWN_AGAIN = """
def main():
    image = GetImage()
    objs, masks = ImageCrop(image, SAM(image))
    heart = CLIPRetrieval(objs, "red heart")
    RobotExecution(PickPlace(pick=Pixel2Loc(heart, masks), place=[0.4, 0.3, 0.0]))
    print(Pixel2Loc(Track(masks[heart], GetImage())))
    return {}
"""
HEIGHT = """
def main():
    image = GetImage()
    objs, masks = ImageCrop(image, SAM(image))
    print(Measure(objs[CLIPRetrieval(objs, "red block")], "height"))
    return {}
"""
FRONT = """
def main():
    print(len(SAM(GetImage(view="front"))))
    return {}
"""
MASKS = """
def main():
    image = GetImage()
    for mask in SAM(image):
        print(mask.area)
    return {}
"""


@pytest.fixture(scope="module")
def meets() -> Callable[..., EpisodeRecord]:
    """Plays a program under settings, on a table with a heart and a block."""

    def play(program: str, *sets: str) -> EpisodeRecord:
        spec = EpisodeSpec(text="Do it.", objects="red heart @0.4,-0.2; red block @0.6,0.1", program=program)
        with Runtime(config.load(sets=sets)) as runtime:
            return run_episode(spec, runtime)

    return play


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_without_tracking_what_moved_is_not_known_again(meets: Callable[..., EpisodeRecord]) -> None:
    kept = meets(MOVED_AND_KNOWN_AGAIN)
    assert kept.status == "finished", kept.error
    assert [float(word) for word in kept.prints.strip("[] \n").split(",")][:2] == pytest.approx([0.4, 0.3], abs=0.02)
    lost = meets(MOVED_AND_KNOWN_AGAIN, "perception.tracking=off")
    assert lost.status == "failed" and "tracking is switched off" in lost.error["message"]
    assert [action.status for action in lost.actions] == ["done"], "what it did before is the same"


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_a_single_view_is_the_one_from_above(meets: Callable[..., EpisodeRecord]) -> None:
    assert int(meets(FRONT).prints) > 0
    alone = meets(FRONT, "perception.views=top")
    assert alone.status == "failed" and "it has: top" in alone.error["message"]


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_without_depth_height_takes_two_views(meets: Callable[..., EpisodeRecord]) -> None:
    """0.07 m by depth; by two views less exactly; by one not at all."""
    heights = [float(meets(HEIGHT, *sets).prints) for sets in ((), ("perception.depth=off",))]
    assert heights[0] == pytest.approx(heights[1], abs=0.02) and heights[0] != heights[1]
    alone = meets(HEIGHT, "perception.depth=off", "perception.views=top")
    assert alone.status == "failed" and "no depth, and no other view" in alone.error["message"]


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_boxes_and_unfiltered_masks_reach_the_program(meets: Callable[..., EpisodeRecord]) -> None:
    own, boxed, raw = (
        [int(line) for line in meets(MASKS, *sets).prints.split()]
        for sets in ((), ("perception.masks=bbox",), ("perception.masks=unfiltered",))
    )
    assert len(boxed) == len(own) == 2 and sum(boxed) > 1.1 * sum(own)
    assert len(raw) > 4 and max(raw) > 5 * max(own)
