"""The small checkpoint: open_clip's own CLIP, two aspect heads beside it, and how they lie in a safetensors file.

Most of a small CLIP would be its token table. The file holds the rows of the tokens that its captions used; the
others load as zeros, and the retriever refuses words that they spell.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.model import CLIP
from torch import Tensor, nn
from torch.nn import functional

from skills.backends.openclip.pixels import BACKGROUND
from skills.backends.weights import files

VOCABULARY = 49408
"""Rows of the token table of CLIP's published tokenizer."""

VISION = {"layers": [2, 2, 2, 1], "width": 16, "head_width": 64, "image_size": 64}
TEXT = {"context_length": 24, "width": 64, "heads": 4, "layers": 2}
EMBEDDING = 128
ASPECT_WIDTH = 64


class AspectHead(nn.Module):
    """One aspect of what the trunk saw: means and deviations of some feature maps, then two layers, to a unit vector.

    Texture is pooled over the object alone, so that it can't tell the object's outline; shape over the whole input.
    """

    def __init__(self, channels: Mapping[str, int], *, inside: bool, hidden: int = 128) -> None:
        super().__init__()
        self.layers, self.inside = tuple(channels), inside
        total = 2 * sum(channels.values())
        self.mlp = nn.Sequential(
            nn.LayerNorm(total), nn.Linear(total, hidden), nn.GELU(), nn.Linear(hidden, ASPECT_WIDTH)
        )

    def forward(self, maps: Mapping[str, Tensor], cover: Tensor) -> Tensor:
        """Feature maps (N, C, h, w) by layer name, and the object's mask (N, 1, 64, 64), to unit vectors."""
        pooled = []
        for name in self.layers:
            flat = maps[name].flatten(2).float()
            weight = torch.ones_like(flat[:, :1])
            if self.inside:
                weight = (
                    functional.adaptive_avg_pool2d(cover, (maps[name].shape[2], maps[name].shape[3])).flatten(2) + 1e-4
                )
            weight = weight / weight.sum(2, keepdim=True)
            mean = (flat * weight).sum(2, keepdim=True)
            spread = ((flat - mean).square() * weight).sum(2)
            pooled += [mean[:, :, 0], (spread + 1e-5).sqrt()]
        return functional.normalize(self.mlp(torch.cat(pooled, 1)), dim=1)


class SmallClip(nn.Module):
    """open_clip's CLIP, and the heads ``texture`` and ``shape`` on the maps of its vision tower.

    Attributes:
        clip: ``open_clip.model.CLIP`` with a ``ModifiedResNet`` as vision tower.
        heads: by aspect; ``identity`` is CLIP's own image embedding.
    """

    def __init__(self, vocabulary: int = VOCABULARY) -> None:
        super().__init__()
        self.clip: Any = CLIP(EMBEDDING, dict(VISION), {**TEXT, "vocab_size": vocabulary}, init_logit_bias=-8.0)
        width = int(VISION["width"])  # type: ignore[call-overload]
        maps = {"layer1": 4 * width, "layer2": 8 * width, "layer3": 16 * width, "layer4": 32 * width}
        self.heads = nn.ModuleDict(
            {
                "texture": AspectHead({name: maps[name] for name in ("layer1", "layer2", "layer3")}, inside=True),
                "shape": AspectHead({name: maps[name] for name in ("layer2", "layer3", "layer4")}, inside=False),
            }
        )

    def images(self, pixels: Tensor, aspects: tuple[str, ...] = ("identity", "texture", "shape")) -> dict[str, Tensor]:
        """(N, 3, 64, 64) inputs to (N, D) unit vectors by aspect."""
        tower = self.clip.visual
        maps, x = {}, tower.stem(pixels)
        for name in ("layer1", "layer2", "layer3", "layer4"):
            x = getattr(tower, name)(x)
            maps[name] = x
        found = {}
        if "identity" in aspects:
            found["identity"] = functional.normalize(tower.attnpool(x).float(), dim=1)
        cover = (pixels[:, :1] > BACKGROUND / 2 - 1).float()
        return found | {name: head(maps, cover) for name, head in self.heads.items() if name in aspects}

    def texts(self, tokens: Tensor) -> Tensor:
        """(N, context) token ids to (N, D) unit vectors, comparable with ``identity``."""
        return functional.normalize(self.clip.encode_text(tokens).float(), dim=1)


def tokenizer() -> Any:
    """CLIP's published tokenizer at the small model's context length."""
    return open_clip.SimpleTokenizer(context_length=TEXT["context_length"])


def to_file(model: SmallClip, token_ids: list[int], path: Path, facts: Mapping[str, Any]) -> None:
    """Writes half-precision weights of a model whose token table holds only the rows of ``token_ids``.

    Args:
        model: as trained.
        token_ids: ascending; row i of the model's table is the published tokenizer's token ``token_ids[i]``.
        path: of the safetensors file.
        facts: JSON values kept in its header: words, thresholds, temperature.
    """
    state = model.state_dict() | {"token_ids": torch.tensor(token_ids, dtype=torch.int32)}
    files.write(path, state, "facts", dict(facts))


def from_file(path: str | Path) -> tuple[SmallClip, dict[str, Any]]:
    """A model in evaluation mode with the full token table, and the facts kept beside its weights.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it is of another model.
    """
    facts, state = files.read(Path(path), "facts", "clip")
    rows, ids = state.pop("clip.token_embedding.weight"), state.pop("token_ids").long()
    table = torch.zeros(VOCABULARY, rows.shape[1])
    table[ids] = rows
    model = SmallClip()
    files.fill(model, state | {"clip.token_embedding.weight": table}, Path(path), "clip")
    return model.eval().to(memory_format=torch.channels_last), facts  # type: ignore[call-overload]
