"""Segment Anything behind the project's interface: the published numbers, files of one's own, helpful errors."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from skills.backends.sam import build
from skills.backends.sam.grid import Grid, generate
from skills.backends.sam.model.checkpoints import save_small
from skills.backends.sam.model.height import LAYERS, layers
from skills.backends.sam.model.small import SmallConfig, build_small
from skills.backends.sam.segmenter import SamSegmenter
from skills.types import Image

FIRST = "image_encoder.patch_embed.layers.0.weight"
TINY = SmallConfig(width=32, depth=2, heads=2, stem=(8, 16), prompt_width=32)


@pytest.fixture(scope="module")
def tiny() -> Any:
    torch.manual_seed(0)
    return build_small(TINY)


@pytest.fixture
def picture() -> Image:
    return Image(np.random.default_rng(0).integers(0, 256, (96, 160, 3), dtype=np.uint8))


def test_points_boxes_and_masks_give_the_published_predictors_numbers(tiny: Any, picture: Image) -> None:
    from segment_anything import SamPredictor

    segmenter, predictor = SamSegmenter(tiny, square=True), SamPredictor(tiny)
    predictor.set_image(picture.rgb)
    encoded = segmenter.encode(picture)
    points, labels = np.array([[30.0, 40.0], [90.0, 50.0]]), np.array([1, 0])
    masks, scores, low = predictor.predict(points, labels)
    ours = segmenter.prompt(encoded, points=points[None], labels=labels[None])
    np.testing.assert_allclose(ours.low_res_logits[0], low, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours.scores[0], scores, rtol=1e-3, atol=1e-3)
    assert (ours.masks[0] == masks).mean() > 0.999
    _, scores, low = predictor.predict(box=np.array([10, 20, 80, 60]), mask_input=low[:1])
    ours = segmenter.prompt(encoded, boxes=[[10, 20, 81, 61]], mask_input=ours.low_res_logits[:, 0])
    np.testing.assert_allclose(ours.low_res_logits[0], low, rtol=1e-3, atol=1e-3)


def test_the_grid_finds_what_the_published_generator_finds(tiny: Any, picture: Image) -> None:
    from segment_anything import SamAutomaticMaskGenerator

    # An untrained model's logits are small: cut them close.
    limits = {"pred_iou_thresh": -10.0, "stability_score_thresh": 0.6, "stability_score_offset": 0.001}
    theirs = SamAutomaticMaskGenerator(tiny, points_per_side=8, points_per_batch=64, **limits).generate(picture.rgb)
    segmenter = SamSegmenter(tiny, square=True)
    ours = generate(segmenter, segmenter.encode(picture), Grid(points_per_side=8, **limits))
    assert len(theirs) == len(ours) > 0
    for mask, record in zip(ours, theirs):
        assert mask.score == pytest.approx(record["predicted_iou"], abs=1e-3)
        assert mask.stability == pytest.approx(record["stability_score"], abs=1e-2)
        assert (mask.array == record["segmentation"]).mean() > 0.999


@pytest.mark.parametrize("shape", [(128, 256), (96, 160), (300, 200), (64, 64), (17, 400)])
def test_masks_have_the_pictures_size(tiny: Any, shape: tuple[int, int]) -> None:
    segmenter = SamSegmenter(tiny, square=False)
    encoded = segmenter.encode(Image(np.zeros((*shape, 3), np.uint8)))
    answer = segmenter.prompt(encoded, points=np.zeros((40, 1, 2)))
    assert answer.masks.shape == (40, 3, *shape)
    assert answer.scores.shape == (40, 3)
    again = segmenter.prompt(encoded, points=np.zeros((40, 1, 2)), mask_input=answer.best()[2])
    assert again.masks.shape == (40, 3, *shape)


def test_large_pictures_are_gone_through_a_few_masks_at_a_time(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from skills.backends.sam import segmenter as module

    large = Image(np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8))
    points = np.random.default_rng(1).uniform(20, 460, (12, 1, 2))
    segmenter = SamSegmenter(tiny, False, outline=2.0)
    whole = segmenter.prompt(segmenter.encode(large), points=points)
    held: list[int] = []
    enlarge = SamSegmenter.enlarge

    def noted(self: SamSegmenter, logits: torch.Tensor, features: Any) -> torch.Tensor:
        full = enlarge(self, logits, features)
        held.append(full.numel())
        return full

    monkeypatch.setattr(SamSegmenter, "enlarge", noted)
    monkeypatch.setattr(module, "_HELD", 2_000_000)
    another = SamSegmenter(tiny, False, outline=2.0)
    parts = another.prompt(another.encode(large), points=points)
    np.testing.assert_array_equal(whole.masks, parts.masks)
    assert len(held) > 3 and max(held) <= 2_000_000


def test_a_prompt_needs_something_to_go_by(tiny: Any, picture: Image) -> None:
    segmenter = SamSegmenter(tiny, square=False)
    encoded = segmenter.encode(picture)
    with pytest.raises(ValueError, match="need points, boxes or mask_input"):
        segmenter.prompt(encoded)
    with pytest.raises(ValueError, match="as many of each"):
        segmenter.prompt(encoded, points=np.zeros((2, 1, 2)), boxes=np.zeros((3, 4)))


def test_a_small_checkpoint_carries_its_own_sizes(tiny: Any, picture: Image, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    save_small(path, tiny.state_dict(), TINY, steps="0")
    loaded = build(checkpoint=str(path))
    scores = [s.prompt(s.encode(picture), points=[[[30, 40]]]).scores for s in (loaded, SamSegmenter(tiny, False))]
    np.testing.assert_allclose(*scores, atol=0.02)


def test_a_model_without_depth_may_be_loaded_and_one_with_it_may_be_shown_none(picture: Image, tmp_path: Path) -> None:
    colors = build_small(replace(TINY, layers=3))
    path = tmp_path / "colors.safetensors"
    save_small(path, colors.state_dict(), replace(TINY, layers=3), steps="0")
    with safe_open(path, framework="pt") as file:
        config = {name: value for name, value in json.loads(file.metadata()["config"]).items() if name != "layers"}
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(state, path, metadata={"config": json.dumps(config)})  # as written before the model knew of depth
    assert build(checkpoint=str(path)).sam.image_encoder.layers == 3
    both = build_small(TINY)
    both.load_state_dict(colors.state_dict() | {FIRST: torch.randn(8, 3 + LAYERS, 3, 3)})
    both.image_encoder.patch_embed.layers[0].weight.data[:, :3] = colors.state_dict()[FIRST]
    answers = [s.prompt(s.encode(picture), points=[[[30, 40]]]).scores for s in map(_plain, (colors, both))]
    np.testing.assert_allclose(*answers, atol=1e-5)


def test_the_model_sees_heights_where_a_picture_has_depth() -> None:
    height = np.array([[0.0, 0.004, 0.05], [np.nan, -1.0, 9.0]])
    coarse, fine, known = layers(height)
    np.testing.assert_allclose(coarse, [[0, 0.08, 1], [0, -1, 4]], atol=1e-6)
    np.testing.assert_allclose(fine, np.tanh(np.nan_to_num(height) / 0.004), atol=1e-6)
    np.testing.assert_array_equal(known, [[1, 1, 1], [0, 1, 1]])


def _plain(sam: Any) -> SamSegmenter:
    return SamSegmenter(sam, False)


def test_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="instruct2act train sam"):
        build(checkpoint=str(tmp_path / "nowhere.safetensors"))
    with pytest.raises(ValueError, match="did you mean 'vit_h'"):
        build(checkpoint=str(tmp_path / "sam.pth"), model="vith")
    with pytest.raises(FileNotFoundError, match="give the path"):
        build(model="vit_b")
    with pytest.raises(ValueError, match="predicted_iou"):
        build(points_per_side=3)


def test_a_file_of_another_architecture_is_named(tmp_path: Path) -> None:
    torch.save({"image_encoder.pos_embed": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="does not hold the weights of 'vit_b'"):
        build(checkpoint=str(tmp_path / "other.pth"), model="vit_b")


@pytest.mark.slow
def test_a_published_checkpoint_is_a_path(picture: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the published architecture, with two layers: twelve differ in nothing but a minute."""
    from segment_anything import SamPredictor, sam_model_registry
    from segment_anything.build_sam import _build_sam

    monkeypatch.setitem(sam_model_registry, "vit_b", partial(_build_sam, 96, 2, 3, [1]))
    torch.manual_seed(0)
    published = sam_model_registry["vit_b"]()
    torch.save(published.state_dict(), tmp_path / "sam_vit_b.pth")
    segmenter = build(checkpoint=str(tmp_path / "sam_vit_b.pth"), model="vit_b")
    predictor = SamPredictor(published.eval())
    predictor.set_image(picture.rgb)
    _, scores, low = predictor.predict(np.array([[30.0, 40.0]]), np.array([1]))
    ours = segmenter.prompt(segmenter.encode(picture), points=[[[30.0, 40.0]]])
    np.testing.assert_allclose(ours.scores[0], scores, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours.low_res_logits[0], low, rtol=1e-2, atol=1e-2)
    assert ours.masks.shape == (1, 3, *picture.shape)
