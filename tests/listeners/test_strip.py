from pathlib import Path

import numpy as np
import pytest
from conftest import Play  # type: ignore[import-not-found]
from PIL import Image as Pillow

from instruct2act.events import Carried, Ended, Noted, SkillReturned
from instruct2act.listeners.panels import _involved as involved
from instruct2act.listeners.panels import panels
from instruct2act.listeners.story import Story
from instruct2act.listeners.strip import Strip
from skills.types import Image, Mask, Slot, View


def tell(play: Play) -> Story:
    story = Story()
    for event in play.events():
        story.hear(event)
    return story


def read(path: Path) -> np.ndarray:
    with Pillow.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


def test_the_strip_is_written_at_the_end_and_nothing_else_is_left(play: Play, tmp_path: Path) -> None:
    strip = Strip(tmp_path / "out" / "strip.png")
    for event in play.events():
        assert not (tmp_path / "out").exists() or isinstance(event, Ended)
        strip.hear(event)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["strip.png"]
    picture = read(strip.path)
    before = np.repeat(np.repeat(play.view.rgb, 3, axis=0), 3, axis=1)
    found = [y for y in range(60, 260) if np.array_equal(picture[y : y + 384, 32 : 32 + 768], before)]
    assert len(found) == 1, "the scene stands on the page, three times as large, pixel by pixel"


@pytest.mark.parametrize("stop", range(1, 12))
def test_an_episode_that_breaks_off_anywhere_still_gives_a_strip(play: Play, tmp_path: Path, stop: int) -> None:
    play.record = {"status": "interrupted", "success": None, "progress": None, "reward": None}
    strip = Strip(tmp_path / "strip.png")
    for event in list(play.events())[:stop]:
        strip.hear(event)
    strip.hear(Ended(play.end().record, None, {})) if stop % 2 else strip.close()
    assert read(strip.path).shape[1] == 1624


def test_nothing_is_written_for_an_episode_that_never_began(play: Play, tmp_path: Path) -> None:
    Strip(tmp_path / "strip.png").close()
    assert not list(tmp_path.iterdir())


def test_panels_follow_the_path_from_picture_to_motion(play: Play) -> None:
    titles = [title for title, _ in panels(tell(play))]
    assert titles == [
        "Before",
        "Segmentation: 6 masks",
        "Retrieval: which is meant",
        "Plan: 1 motion, 1 done",
        "After",
        "Result: success",
    ]


def test_the_chosen_crop_is_framed_and_its_object_outlined(play: Play) -> None:
    shown = dict(panels(tell(play)))
    retrieval = shown["Retrieval: which is meant"]
    frames = [(retrieval[y, x] == (0, 114, 92)).all() for y, x in ((5, 176 + 34), (5, 176 + 3 * 84 + 34))]
    assert frames == [True, False], "the first query chose crop 0, not crop 3"
    plan, plain = shown["Plan: 1 motion, 1 done"], shown["Before"]
    for index, drawn in ((0, True), (3, True), (5, False)):
        x0, _, x1, y1 = (3 * v for v in play.masks[index].box_xyxy)
        changed = (plan[y1 - 1, x0:x1] != plain[y1 - 1, x0:x1]).any(axis=1).mean()
        assert (changed > 0.9) if drawn else (changed == 0)


def test_motions_without_retrieval_outline_what_they_start_and_end_on() -> None:
    play = Play(clicks=[(30.0, 35.0), (210.0, 35.0)])
    story = Story()
    for event in play.events():
        if getattr(event, "kind", "") != "retrieval":
            story.hear(event)
    shown = dict(panels(story))
    assert "Before, with the clicks" in shown
    plan, plain = shown["Plan: 1 motion, 1 done"], np.repeat(np.repeat(play.view.rgb, 3, axis=0), 3, axis=1)
    for index, drawn in ((0, True), (3, True), (1, False)):
        x0, _, x1, y1 = (3 * v for v in play.masks[index].box_xyxy)
        assert (plan[y1 - 1, x0:x1] != plain[y1 - 1, x0:x1]).any() == drawn


def test_a_thing_that_was_segmented_twice_is_named_once() -> None:
    play = Play(text="put the first clicked object into the second one")
    play.clicks = [(float(x), float(y)) for x, y in (play.centres[0], play.centres[3])]
    kept = [event for event in play.events() if not (isinstance(event, Noted) and event.kind == "retrieval")]
    story = Story()
    for event in kept:
        story.hear(event)
        if isinstance(event, Noted) and event.kind == "segmentation":
            clicked = [Mask.of(play.masks[index].array.copy(), 0.9) for index in (0, 3)]
            story.hear(Noted("segmentation", {"image": play.image, "masks": clicked, "prompt": "points"}))
    named = involved(story, story.looks[-1])
    assert [text for _, text in named] == ["click 1", "click 2"]


def test_a_second_look_gets_panels_of_its_own(play: Play) -> None:
    story = Story()
    events = list(play.events())
    second = View(play.view.rgb[::-1].copy(), play.camera)
    events[-1:-1] = [
        SkillReturned("GetImage", Image(second.rgb, view=second), "", 0.0),
        *[event for event in events if isinstance(event, Carried)],
    ]
    for event in events:
        story.hear(event)
    plans = [picture for title, picture in panels(story) if title.startswith("Plan")]
    assert len(plans) == 2 and not np.array_equal(plans[0], plans[1])


def test_a_query_by_picture_is_called_by_its_slot() -> None:
    play = Play()
    play.slots = {"dragged_obj": Slot("object", {"top": play.crops[0]})}
    story = tell(play)
    assert story.called(play.crops[0]) == "{dragged_obj}"
    assert story.called(play.crops[1]) == "a picture"
    assert story.called("the red heart") == "the red heart"


def test_nothing_fits_is_shown_as_such(play: Play) -> None:
    story = Story()
    for event in (play.begin(), play.retrieval("the unicorn", None)):
        story.hear(event)
    retrieval = dict(panels(story))["Retrieval: which is meant"]
    assert not (retrieval == (0, 114, 92)).all(axis=2).any(), "no frame"
    assert (retrieval == (176, 58, 0)).all(axis=2).any(), "said in red"


def test_two_views_of_one_unmoved_table_are_one_look(play: Play) -> None:
    story = Story()
    story.hear(play.begin())
    again = Play()
    for part in (play, again):
        story.hear(SkillReturned("GetImage", part.image, "", 0.0))
        story.hear(Noted("segmentation", {"image": part.image, "masks": part.masks, "prompt": "everything"}))
        story.hear(part.retrieval("the red block", 0))
    titles = [title for title, _ in panels(story)]
    assert titles == ["Before", "Segmentation: 6 masks", "Retrieval: which is meant", "Result: not finished"]


def test_a_crop_of_another_picture_is_not_outlined_on_the_table(play: Play) -> None:
    """A scene's picture has the table's camera and size, and is not the table."""
    other = Play()
    story = Story()
    for event in (play.begin(), SkillReturned("GetImage", play.image, "", 0.0), other.retrieval("the red block", 0)):
        story.hear(event)
    assert story.looks[0].retrievals and not story.looks[0].meant()


def test_a_match_is_shown_pair_by_pair(play: Play) -> None:
    scores = np.eye(6) * 0.5 + 0.4
    story = Story()
    story.hear(play.begin())
    story.hear(Noted("match", {"objs1": play.crops, "objs2": play.crops, "scores": scores, "pairs": ((0, 0), (3, 3))}))
    shown = dict(panels(story))["Matching: 2 of 6 and 6 things are the same"]
    for place, color in ((0, (220, 40, 40)), (1, (230, 200, 40))):
        found = np.argwhere((shown == color).all(axis=2))
        assert len(found) and (found[:, 1] // 180 == place).all()
