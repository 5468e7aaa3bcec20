"""The rearranged decoder gives the published decoder's numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from skills.backends.sam.model.decoder import add_dense, attend, upscale
from skills.backends.sam.model.small import SmallConfig, build_small

PROMPTS = 5


@pytest.fixture(scope="module")
def sam() -> Any:
    torch.manual_seed(0)
    return build_small(SmallConfig(width=32, depth=2, heads=2, stem=(8, 16), prompt_width=32))


def _published(sam: Any, features: torch.Tensor, sparse: torch.Tensor, dense: torch.Tensor, multimask: bool) -> Any:
    h, w = features.shape[-2:]
    return sam.mask_decoder(
        image_embeddings=features,
        image_pe=sam.prompt_encoder.get_dense_pe()[..., :h, :w],
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense[..., :h, :w],
        multimask_output=multimask,
    )


@pytest.mark.parametrize("with_mask", [False, True])
@torch.no_grad()
def test_same_logits_and_scores(sam: Any, with_mask: bool) -> None:
    features = sam.image_encoder(torch.randn(1, 3, 64, 128))
    points = torch.rand(PROMPTS, 2, 2) * 64, torch.tensor([[1, 0]] * PROMPTS)
    mask = torch.randn(PROMPTS, 1, 32, 64) if with_mask else None
    sparse, dense = sam.prompt_encoder(points, None, mask)
    pe = sam.prompt_encoder.get_dense_pe()[..., :8, :16]
    if with_mask:
        attended = attend(sam.mask_decoder, add_dense(features, dense), pe, sparse[:, None])
    else:
        attended = attend(sam.mask_decoder, add_dense(features, dense[:1, :, :8, :16]), pe, sparse[None])
    for multimask, masks in ((True, slice(1, None)), (False, slice(0, 1))):
        logits, iou = _published(sam, features, sparse, dense, multimask)
        torch.testing.assert_close(upscale(sam.mask_decoder, attended, masks), logits, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(attended.iou[:, masks], iou, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_one_mask_for_each_prompt_is_the_same_mask(sam: Any) -> None:
    features = torch.randn(1, 128, 8, 16)
    attended = attend(sam.mask_decoder, features, torch.randn(1, 32, 8, 16), torch.randn(1, PROMPTS, 2, 32))
    every = upscale(sam.mask_decoder, attended, slice(None))
    which = torch.tensor([3, 0, 1, 2, 3])
    chosen = upscale(sam.mask_decoder, attended, which)
    torch.testing.assert_close(chosen[:, 0], every[torch.arange(PROMPTS), which])
    few = upscale(sam.mask_decoder, attended.keep(torch.tensor([1, 4])), slice(None))
    torch.testing.assert_close(few, every[[1, 4]])


def test_images_in_a_batch_do_not_mix(sam: Any) -> None:
    images, pe, prompts = torch.randn(3, 128, 8, 16), torch.randn(1, 32, 8, 16), torch.randn(3, PROMPTS, 2, 32)
    together = upscale(sam.mask_decoder, attend(sam.mask_decoder, images, pe, prompts))
    alone = upscale(sam.mask_decoder, attend(sam.mask_decoder, images[1:2], pe, prompts[1:2]))
    torch.testing.assert_close(together[PROMPTS : 2 * PROMPTS], alone, rtol=1e-4, atol=1e-4)
