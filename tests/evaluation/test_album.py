import hashlib
import io

import pytest
from PIL import Image

from instruct2act.config import Config
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.evaluation.runners import Played, play
from instruct2act.runtime import Runtime

pytestmark = pytest.mark.needs("jail")


@pytest.fixture(scope="module")
def played(settings: Config, origin: Origin) -> Played:
    with Runtime(settings) as runtime:
        return play(EpisodeSpec(task="visual_manipulation", seed=1), runtime, origin, "all")


def test_pictures_stand_with_the_call_that_made_them(played: Played) -> None:
    record = played.record
    assert record.success
    names = [
        "before" if shown.call == -1 else "after" if shown.call == -2 else record.calls[shown.call].name
        for shown in record.pictures
    ]
    titles = dict(zip(names, record.pictures))
    assert names[0] == "before" and names[-1] == "after"
    assert titles["SAM"].title.startswith("Segmentation")
    assert titles["CLIPRetrieval"].title.startswith("Retrieval")
    assert titles["RobotExecution"].title == "Plan: 1 motion, 1 done"
    assert {shown.title for shown in record.pictures} >= {"{dragged_obj_1}", "{base_obj}", "After"}


def test_pictures_are_named_by_what_they_are(played: Played) -> None:
    assert {shown.file for shown in played.record.pictures} == set(played.pictures)
    for name, content in played.pictures.items():
        assert name == hashlib.sha256(content).hexdigest()[:24] + ".webp"
        assert Image.open(io.BytesIO(content)).size[0] >= 16
    assert sum(map(len, played.pictures.values())) < 150_000


def test_pictures_can_be_left_out(settings: Config, origin: Origin) -> None:
    with Runtime(settings) as runtime:
        for wanted in ("none", "failed"):
            one = play(EpisodeSpec(task="rotate", seed=1), runtime, origin, wanted)  # type: ignore[arg-type]
            assert one.record.success and not one.record.pictures and not one.pictures
