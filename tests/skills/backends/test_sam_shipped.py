"""The shipped weights see the simulator's tables."""

from __future__ import annotations

import numpy as np
import pytest
from parted import block, fits, look

import sim
from sim.world import World
from skills.backends.sam import build
from skills.backends.sam.segmenter import SamSegmenter
from skills.types import Bool, Image, View


@pytest.fixture(scope="module")
def segmenter() -> SamSegmenter:
    return build()


@pytest.fixture(scope="module")
def looks() -> list[View]:
    found = []
    for number, task in enumerate([name for name, task in sorted(sim.TASKS.items()) if "L1" in task.levels][:6]):
        env = sim.make(task, "L1", 500 + number)
        found.append(env.look()["top"])
        env.close()
    return found


def _truths(view: View) -> list[Bool]:
    assert view.truth is not None
    seen = view.truth.segmentation
    return [seen == i for i in np.unique(seen) if i >= 0 and (seen == i).sum() > 60]


def _iou(a: Bool, b: Bool) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_everything_finds_the_objects_and_leaves_the_table_out(segmenter: SamSegmenter, looks: list[View]) -> None:
    found, missed, surplus = 0, 0, 0
    for view in looks:
        masks = segmenter.everything(segmenter.encode(Image(view.rgb)))
        assert [mask.area for mask in masks] == sorted((mask.area for mask in masks), reverse=True)
        assert all(mask.area < 0.3 * mask.array.size for mask in masks)
        truths = _truths(view)
        hits = [max((_iou(mask.array, truth) for mask in masks), default=0.0) >= 0.75 for truth in truths]
        found, missed = found + sum(hits), missed + len(hits) - sum(hits)
        surplus += sum(all(_iou(mask.array, truth) < 0.5 for truth in truths) for mask in masks)
    assert found >= 0.85 * (found + missed)
    assert surplus <= 0.1 * (found + missed)


@pytest.mark.slow
def test_a_click_gives_the_object_under_it(segmenter: SamSegmenter, looks: list[View]) -> None:
    rng = np.random.default_rng(0)
    fits = []
    for view in looks:
        encoded = segmenter.encode(Image(view.rgb))
        truths = _truths(view)
        clicks = [[np.argwhere(truth)[rng.integers(truth.sum())][::-1]] for truth in truths]
        masks, _, _ = segmenter.prompt(encoded, points=np.array(clicks, np.float64)).best()
        fits += [_iou(mask, truth) for mask, truth in zip(masks, truths)]
    assert np.mean(fits) > 0.8


def test_the_same_picture_gives_the_same_masks(segmenter: SamSegmenter, looks: list[View]) -> None:
    one, other = (segmenter.everything(segmenter.encode(Image(looks[0].rgb))) for _ in range(2))
    assert len(one) == len(other)
    for a, b in zip(one, other):
        np.testing.assert_array_equal(a.array, b.array)


def test_masks_are_handles_of_their_picture(segmenter: SamSegmenter, looks: list[View]) -> None:
    image = Image(looks[0].rgb)
    masks = segmenter.everything(segmenter.encode(image))
    assert {mask.image_id for mask in masks} == {image.id}
    assert len({mask.id for mask in masks}) == len(masks)
    for mask in masks:
        x0, y0, x1, y1 = mask.box_xyxy
        assert mask.array[y0:y1, x0:x1].sum() == mask.area == mask.array.sum()


@pytest.mark.slow
def test_the_grid_matches_the_published_generator_on_real_masks(looks: list[View]) -> None:
    from instruct2act.training.engine import Picture
    from instruct2act.training.published import beside_published
    from skills.backends.sam.grid import Grid

    pictures = []
    for view in looks[:2]:
        assert view.truth is not None
        pictures.append(Picture(view.rgb, view.truth.segmentation.astype(np.int16)))
    found = beside_published(build(), pictures, Grid(16, pred_iou_thresh=0.5, stability_score_thresh=0.5))
    assert found["published masks"] >= 4
    assert found["matched"] == 1.0
    assert found["mean IoU"] >= 0.99


@pytest.mark.needs("weights")
def test_a_large_block_that_the_border_cuts_off_is_a_thing_where_depth_tells_so(segmenter: SamSegmenter) -> None:
    with World() as world:
        seen = look(world, (block(0.06, 0.5, 0.3), 0.45, 0.45), (block(0.02), 0.5, -0.2, 0.0, "green"))
    found = segmenter.everything(segmenter.encode(Image(seen.view.rgb, view=seen.view)))
    assert len(found) == 2 and min(fits([mask.array for mask in found], seen.truths)) > 0.9
