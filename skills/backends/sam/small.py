"""The small Segment Anything model: the published classes at a width that two CPU cores can train.

What differs from the published builders (``segment_anything.build_sam``):

* the picture's longest side becomes 256 px instead of 1024, and one mask cell covers 2 px instead of 4: tokens are
  8 px wide and the decoder's upscaling (x 4) is as published;
* a stem of stride-2 convolutions makes the tokens instead of one patch projection (Xiao et al. 2021, "Early
  convolutions help transformers see better");
* positions are encoded at several scales instead of one, down to a few pixels;
* a picture is not padded to a square: the position embeddings are cropped to its own tokens, so 128 x 256 costs half.

The state dict is that of the published classes, stem apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from skills.backends.torchvision_ops import ensure_torchvision

ensure_torchvision()

from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer  # noqa: E402
from segment_anything.modeling.image_encoder import Attention  # noqa: E402

LONG_SIDE = 256
"""Pixels of the longest side of the picture that the model sees."""

STRIDE = 8
"""Pixels a token."""


FINEST = 6.0
"""Largest scale of the position encoding's random frequencies; the published scale is 1."""


@dataclass(frozen=True)
class SmallConfig:
    """Sizes of the model. The file with the weights carries them, so a checkpoint says itself how to build it."""

    width: int = 96
    depth: int = 5
    heads: int = 3
    window: int = 8
    stem: tuple[int, int] = (24, 48)
    prompt_width: int = 64
    decoder_mlp: int = 256
    decoder_heads: int = 4


class Stem(nn.Module):
    """(B, 3, H, W) to (B, H / 8, W / 8, width), as the published ``PatchEmbed`` hands them on."""

    def __init__(self, widths: tuple[int, int], out: int) -> None:
        super().__init__()
        first, second = widths
        self.layers = nn.Sequential(
            nn.Conv2d(3, first, 3, stride=2, padding=1),
            nn.GroupNorm(4, first),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            nn.GroupNorm(4, second),
            nn.ReLU(),
            nn.Conv2d(second, second, 3, padding=1),
            nn.GroupNorm(4, second),
            nn.ReLU(),
            nn.Conv2d(second, out, 3, stride=2, padding=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The tokens of normalised pictures."""
        tokens: torch.Tensor = self.layers(x)
        return tokens.permute(0, 2, 3, 1)


class FusedAttention(Attention):  # type: ignore[misc]
    """The published attention; outside training by torch's fused kernel (whose backward is slow on a CPU)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, h, w, C) tokens to the same shape."""
        if self.training:
            plain: torch.Tensor = super().forward(x)
            return plain
        batch, height, width, channels = x.shape
        qkv = self.qkv(x).reshape(batch, height * width, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*qkv.unbind(0))
        merged: torch.Tensor = self.proj(mixed.transpose(1, 2).reshape(batch, height, width, channels))
        return merged


class SmallEncoder(ImageEncoderViT):  # type: ignore[misc]
    """The published image encoder with the convolutional stem, for any picture whose longest side is 256 px."""

    def __init__(self, config: SmallConfig) -> None:
        every_other = tuple(range(1, config.depth, 2))
        super().__init__(
            img_size=LONG_SIDE,
            patch_size=STRIDE,
            embed_dim=config.width,
            depth=config.depth,
            num_heads=config.heads,
            out_chans=config.prompt_width,
            window_size=config.window,
            act_layer=nn.ReLU,
            global_attn_indexes=every_other,
        )
        self.patch_embed = Stem(config.stem, config.width)
        for block in self.blocks:
            attention = FusedAttention(config.width, config.heads)
            attention.load_state_dict(block.attn.state_dict())
            block.attn = attention
        nn.init.trunc_normal_(self.pos_embed, std=0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) normalised picture, H and W multiples of 8 up to 256, to (B, prompt_width, H / 8, W / 8)."""
        tokens = self.patch_embed(x)
        tokens = tokens + self.pos_embed[:, : tokens.shape[1], : tokens.shape[2]]
        for block in self.blocks:
            tokens = block(tokens)
        features: torch.Tensor = self.neck(tokens.permute(0, 3, 1, 2))
        return features


def build_small(config: SmallConfig | None = None) -> Sam:
    """An untrained small model, in evaluation mode; a published ``Sam`` through and through."""
    config = config or SmallConfig()
    side = LONG_SIDE // STRIDE
    prompts = PromptEncoder(config.prompt_width, (side, side), (LONG_SIDE, LONG_SIDE), 16, partial(nn.LeakyReLU, 0.1))
    # Published at scale 1, points some 20 px apart (of 256) are hardly told apart.
    frequencies = prompts.pe_layer.positional_encoding_gaussian_matrix
    frequencies *= torch.logspace(0, math.log10(FINEST), frequencies.shape[1])
    sam = Sam(
        image_encoder=SmallEncoder(config),
        prompt_encoder=prompts,
        mask_decoder=MaskDecoder(
            transformer_dim=config.prompt_width,
            transformer=TwoWayTransformer(
                depth=2,
                embedding_dim=config.prompt_width,
                num_heads=config.decoder_heads,
                mlp_dim=config.decoder_mlp,
            ),
            activation=partial(nn.LeakyReLU, 0.1),
            iou_head_hidden_dim=config.prompt_width,
        ),
    )
    _look_where_the_point_is(sam)
    return sam.eval()


def _look_where_the_point_is(sam: Sam) -> None:
    """Starts the cross attentions with equal projections of queries and keys: equal positions attend to each other.

    Without it, training spends its first hundreds of steps on finding out that a point's place means anything.
    """
    for embedding in sam.prompt_encoder.point_embeddings:
        embedding.weight.data *= 0.2
    transformer = sam.mask_decoder.transformer
    crossing = [transformer.final_attn_token_to_image]
    for layer in transformer.layers:
        crossing += [layer.cross_attn_token_to_image, layer.cross_attn_image_to_token]
    for attention in crossing:
        nn.init.orthogonal_(attention.q_proj.weight, gain=2.2)
        attention.k_proj.weight.data.copy_(attention.q_proj.weight.data)
