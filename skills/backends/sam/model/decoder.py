"""The published mask decoder, computed in another order: the same numbers, several times sooner.

``segment_anything.modeling.MaskDecoder`` projects every image token to queries, keys and values for every prompt,
though a prompt brings only a handful of tokens. Here the projections are moved to the prompt's side, using that
``(W_q q) . (W_k k) = (W_k^T W_q q) . k`` and ``sum_t a_t W_v x_t = W_v sum_t a_t x_t``; the first layer's image tokens
are shared by all prompts on an image; and the upscaling, which makes the masks, is a separate step, so that a prompt
whose predicted IoU is too low is dropped before it.

Shapes: B images, P prompts on each, S tokens a prompt (outputs included), T image tokens, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Attended:
    """Prompts after the two-way transformer.

    Attributes:
        mask_tokens: (N, M, C) one for each mask; the first is the single-mask output.
        image_tokens: (N, T, C).
        iou: (N, M) predicted IoU.
        grid: (h, w), T = h * w.
        fine: (1 or N, T, 4, C / 4) and (1 or N, T, 4, 4, C / 8) features for the upscaling, from models that have them.
    """

    mask_tokens: torch.Tensor
    image_tokens: torch.Tensor
    iou: torch.Tensor
    grid: tuple[int, int]
    fine: tuple[torch.Tensor, torch.Tensor] | None = None

    def keep(self, which: torch.Tensor) -> Attended:
        """Some of the prompts, by index or (N,) bool."""
        fine = self.fine
        if fine is not None and len(fine[0]) > 1:
            fine = fine[0][which], fine[1][which]
        return Attended(self.mask_tokens[which], self.image_tokens[which], self.iou[which], self.grid, fine)


def add_dense(features: torch.Tensor, dense: torch.Tensor) -> torch.Tensor:
    """Adds the dense prompt embedding (N, C, h, w) to the image embedding (1 or N, C or more, h, w)."""
    own, rest = features[:, : dense.shape[1]] + dense, features[:, dense.shape[1] :]
    return torch.cat([own, rest.expand(len(own), -1, -1, -1)], dim=1) if rest.shape[1] else own


def attend(decoder: Any, image: torch.Tensor, image_pe: torch.Tensor, prompts: torch.Tensor) -> Attended:
    """Everything up to the mask tokens and the predicted IoU.

    Args:
        decoder: a published ``MaskDecoder``.
        image: (B, C or 4 C, h, w) image embedding plus dense prompt embedding, the small model's with its fine
            features; for mask inputs B = N and P = 1.
        image_pe: (1, C, h, w) position encoding.
        prompts: (B, P, S', C) sparse prompt embeddings.

    Returns:
        N = B * P prompts, in order.
    """
    batch, count = prompts.shape[:2]
    outputs = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
    tokens = torch.cat([outputs.expand(batch, count, -1, -1), prompts], dim=2)
    width = decoder.transformer_dim
    fine = _fine(image[:, width:]) if image.shape[1] > width else None
    if fine is not None and batch > 1 and count > 1:
        fine = fine[0].repeat_interleave(count, dim=0), fine[1].repeat_interleave(count, dim=0)
    keys = image[:, :width].flatten(2).transpose(1, 2)
    key_pe = image_pe.flatten(2).transpose(1, 2)
    queries, query_pe = tokens, tokens
    for layer in decoder.transformer.layers:
        queries = _among_tokens(layer, queries, query_pe)
        looked = _tokens_to_image(layer.cross_attn_token_to_image, queries + query_pe, keys + key_pe, keys)
        queries = layer.norm2(queries + looked)
        queries = layer.norm3(queries + layer.mlp(queries))
        back = _image_to_tokens(layer.cross_attn_image_to_token, keys + key_pe, queries + query_pe, queries)
        keys = layer.norm4(keys[:, None] + back).flatten(0, 1)
        queries, query_pe = queries.flatten(0, 1)[:, None], query_pe.flatten(0, 1)[:, None]
    final = decoder.transformer.final_attn_token_to_image
    queries = queries + _tokens_to_image(final, queries + query_pe, keys + key_pe, keys)
    states = decoder.transformer.norm_final_attn(queries)[:, 0]
    masks = states[:, 1 : 1 + decoder.num_mask_tokens]
    return Attended(masks, keys, decoder.iou_prediction_head(states[:, 0]), (image.shape[2], image.shape[3]), fine)


def upscale(decoder: Any, attended: Attended, masks: slice | torch.Tensor = slice(1, None)) -> torch.Tensor:
    """The masks' logits at four cells a token.

    Args:
        decoder: a published ``MaskDecoder``.
        attended: N prompts.
        masks: which of the mask outputs; the three of the multimask output by default. A tensor (N,) names one for
            each prompt.

    Returns:
        (N, M, 4 h, 4 w) logits.
    """
    first, norm, activation, second, last = decoder.output_upscaling
    (height, width), count = attended.grid, len(attended.mask_tokens)
    x = _twice(first, attended.image_tokens)
    if attended.fine is not None:
        x = x + attended.fine[0]
    x = activation(F.layer_norm(x, x.shape[-1:], norm.weight, norm.bias, norm.eps))
    x = _twice(second, x)
    if attended.fine is not None:
        x = x + attended.fine[1]
    x = last(x)
    chosen = range(decoder.num_mask_tokens)[masks] if isinstance(masks, slice) else range(decoder.num_mask_tokens)
    weights = torch.stack([decoder.output_hypernetworks_mlps[i](attended.mask_tokens[:, i]) for i in chosen], dim=2)
    if isinstance(masks, torch.Tensor):
        weights = weights[torch.arange(count, device=masks.device), :, masks][..., None]
    logits = x.reshape(count, -1, x.shape[-1]) @ weights
    cells = logits.view(count, height, width, 2, 2, 2, 2, -1)
    found: torch.Tensor = cells.permute(0, 7, 1, 3, 5, 2, 4, 6).reshape(count, -1, 4 * height, 4 * width)
    return found


def _fine(packed: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Fine features (B, 3 C, h, w), laid out as the upscaling has them: rows before columns, coarse before fine."""
    quarter, half = (part.flatten(2) for part in packed.tensor_split([packed.shape[1] // 3], dim=1))
    batch, _, tokens = quarter.shape
    first = quarter.reshape(batch, -1, 4, tokens).permute(0, 3, 2, 1)
    second = half.reshape(batch, -1, 2, 2, 2, 2, tokens).permute(0, 6, 2, 4, 3, 5, 1)
    return first, second.flatten(4, 5).flatten(2, 3)


def _among_tokens(layer: Any, queries: torch.Tensor, query_pe: torch.Tensor) -> torch.Tensor:
    flat, pe = queries.flatten(0, 1), query_pe.flatten(0, 1)
    if layer.skip_first_layer_pe:
        flat = layer.self_attn(q=flat, k=flat, v=flat)
    else:
        flat = flat + layer.self_attn(q=flat + pe, k=flat + pe, v=flat)
    mixed: torch.Tensor = layer.norm1(flat).view(queries.shape)
    return mixed


def _tokens_to_image(attention: Any, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Queries (B, P, S, C) look at image tokens (B, T, C)."""
    heads, width = attention.num_heads, attention.internal_dim // attention.num_heads
    batch, count, length, channels = queries.shape
    query = attention.q_proj(queries).view(batch, count, length, heads, width) / width**0.5
    # The bias of k_proj adds the same to every score of a query: softmax does not see it.
    asks = torch.einsum("bpsnd,ndc->bpnsc", query, attention.k_proj.weight.view(heads, width, channels))
    weights = (asks.reshape(batch, -1, channels) @ keys.transpose(1, 2)).softmax(dim=-1)
    seen = (weights @ values).view(batch, count, heads, length, channels)
    value = torch.einsum("bpnsc,ndc->bpsnd", seen, attention.v_proj.weight.view(heads, width, channels))
    answer: torch.Tensor = attention.out_proj(value.flatten(-2) + attention.v_proj.bias)
    return answer


def _image_to_tokens(attention: Any, image: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Image tokens (B, T, C) look at prompt tokens (B, P, S, C), separately for each prompt: (B, P, T, C)."""
    heads, width = attention.num_heads, attention.internal_dim // attention.num_heads
    batch, count, length, channels = keys.shape
    key = attention.k_proj(keys).view(batch, count, length, heads, width) / width**0.5
    offers = torch.einsum("bpsnd,ndc->bpnsc", key, attention.q_proj.weight.view(heads, width, channels))
    bias = torch.einsum("bpsnd,nd->bpns", key, attention.q_proj.bias.view(heads, width))
    scores = (offers.reshape(batch, -1, channels) @ image.transpose(1, 2)).view(batch, count, heads, length, -1)
    weights = (scores + bias[..., None]).softmax(dim=-2).view(batch, count, heads * length, -1)
    value = attention.v_proj(values).view(batch, count, length, heads, width)
    gives = torch.einsum("bpsnd,cnd->bpnsc", value, attention.out_proj.weight.view(channels, heads, width))
    answer: torch.Tensor = weights.transpose(-1, -2) @ gives.flatten(2, 3) + attention.out_proj.bias
    return answer


def _twice(layer: Any, x: torch.Tensor) -> torch.Tensor:
    """A 2 x 2 transposed convolution of stride 2 as a product: (N, ..., C) to (N, ..., 4, C'), rows before columns."""
    channels = layer.out_channels
    weight = layer.weight.permute(2, 3, 1, 0).reshape(4 * channels, -1)
    return F.linear(x, weight, layer.bias.repeat(4)).view(*x.shape[:-1], 4, channels)
