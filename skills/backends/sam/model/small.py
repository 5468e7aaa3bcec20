"""The small Segment Anything model: the published classes at a width that two CPU cores can train.

What differs from the published builders (``segment_anything.build_sam``):

* the picture's longest side becomes 256 px instead of 1024, and one mask cell covers 2 px instead of 4: tokens are
  8 px wide and the decoder's upscaling (x 4) is as published;
* a stem of stride-2 convolutions makes the tokens instead of one patch projection (Xiao et al. 2021, "Early
  convolutions help transformers see better");
* fine features of the stem skip the encoder and join the decoder's upscaling (as in SAM 2: Ravi et al. 2024, section
  4), since 8 px tokens alone are slow to learn outlines; they travel as further channels of the image embedding;
* the stem also takes the height of what each pixel shows (``height``), where a camera measures depth;
* positions are encoded at several scales instead of one, down to a few pixels;
* a picture is not padded to a square: the position embeddings are cropped to its own tokens, so 128 x 256 costs half.

The state dict is that of the published classes, stem and skips apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from skills.backends.sam.model.height import LAYERS
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
    layers: int = 3 + LAYERS
    """Of the stem's input: 3 colours, and what ``height.layers`` tells; a model of 3 knows colours only."""


class Stem(nn.Module):
    """(B, L, H, W) to (B, H / 8, W / 8, width), as the published ``PatchEmbed`` hands them on."""

    def __init__(self, layers: int, widths: tuple[int, int], out: int) -> None:
        super().__init__()
        first, second = widths
        self.layers = nn.Sequential(
            nn.Conv2d(layers, first, 3, stride=2, padding=1),
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

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The tokens of normalised pictures, and the features at a half (B, C, H / 2, W / 2) and at a quarter."""
        half = self.layers[:3](x)
        quarter = self.layers[3:9](half)
        tokens: torch.Tensor = self.layers[9](quarter)
        return tokens.permute(0, 2, 3, 1), half, quarter


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
        self.layers = config.layers
        self.patch_embed = Stem(config.layers, config.stem, config.width)
        for block in self.blocks:
            attention = FusedAttention(config.width, config.heads)
            attention.load_state_dict(block.attn.state_dict())
            block.attn = attention
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        first, second = config.stem
        self.skip_quarter = nn.Conv2d(second, config.prompt_width // 4, 3, padding=1)
        self.skip_half = nn.Conv2d(first, config.prompt_width // 8, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Encodes normalised pictures (B, L, H, W), H and W multiples of 8 up to 256.

        Returns:
            (B, 4 C, H / 8, W / 8), C the prompts' width: the embedding, then the fine features of each token's pixels,
            a quarter's and a half's; ``Upscaling`` takes them apart. Colours alone (L = 3) are a picture without depth.
        """
        x = F.pad(x, (0, 0, 0, 0, 0, self.layers - x.shape[1]))
        tokens, half, quarter = self.patch_embed(x)
        tokens = tokens + self.pos_embed[:, : tokens.shape[1], : tokens.shape[2]]
        for block in self.blocks:
            tokens = block(tokens)
        embedding = self.neck(tokens.permute(0, 3, 1, 2))
        fine = F.pixel_unshuffle(self.skip_quarter(quarter), 2), F.pixel_unshuffle(self.skip_half(half), 4)
        return torch.cat([embedding, *fine], dim=1)


class Upscaling(nn.Sequential):
    """The published decoder's upscaling, with fine features added on the way."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__(*layers)
        self.fine: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to (N, C / 8, 4 h, 4 w); ``fine`` (1 or N, 3 C, h, w) must have been set."""
        if self.fine is None:
            raise RuntimeError("no fine features were set; call the mask decoder, which sets them")
        first, norm, activation, second, last = self
        quarter, half = self.fine.tensor_split([self.fine.shape[1] // 3], dim=1)
        x = activation(norm(first(x) + F.pixel_shuffle(quarter, 2)))
        upscaled: torch.Tensor = last(second(x) + F.pixel_shuffle(half, 4))
        return upscaled


class SmallDecoder(MaskDecoder):  # type: ignore[misc]
    """The published mask decoder, whose image embeddings carry fine features for the upscaling."""

    def __init__(self, config: SmallConfig) -> None:
        super().__init__(
            transformer_dim=config.prompt_width,
            transformer=TwoWayTransformer(
                depth=2,
                embedding_dim=config.prompt_width,
                num_heads=config.decoder_heads,
                mlp_dim=config.decoder_mlp,
            ),
            activation=partial(nn.LeakyReLU, 0.1),
            iou_head_hidden_dim=config.prompt_width,
        )
        self.output_upscaling: Upscaling = Upscaling(self.output_upscaling)

    def predict_masks(self, image_embeddings: torch.Tensor, **more: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As published, the fine channels of the image embeddings handed to the upscaling."""
        self.output_upscaling.fine = image_embeddings[:, self.transformer_dim :]
        answer: tuple[torch.Tensor, torch.Tensor] = super().predict_masks(
            image_embeddings=image_embeddings[:, : self.transformer_dim], **more
        )
        return answer


def build_small(config: SmallConfig | None = None) -> Sam:
    """An untrained small model, in evaluation mode."""
    config = config or SmallConfig()
    side = LONG_SIDE // STRIDE
    prompts = PromptEncoder(config.prompt_width, (side, side), (LONG_SIDE, LONG_SIDE), 16, partial(nn.LeakyReLU, 0.1))
    # Published at scale 1, points some 20 px apart (of 256) are hardly told apart.
    frequencies = prompts.pe_layer.positional_encoding_gaussian_matrix
    frequencies *= torch.logspace(0, math.log10(FINEST), frequencies.shape[1])
    sam = Sam(
        image_encoder=SmallEncoder(config),
        prompt_encoder=prompts,
        mask_decoder=SmallDecoder(config),
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
