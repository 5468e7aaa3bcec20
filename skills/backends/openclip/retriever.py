"""The two retrievers: the small checkpoint with its aspects, and any open_clip model as published."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skills.backends.torchvision_ops import ensure_torchvision

ensure_torchvision()

import open_clip  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from skills.backends.openclip import pixels, small  # noqa: E402
from skills.backends.openclip.words import Lexicon  # noqa: E402
from skills.types import Float, Image  # noqa: E402

_AT_ONCE = 64
_BACKDROP = 128
"""Grey that stands in for what is not the object, for models that were trained on whole pictures."""


class SmallRetriever:
    """The small checkpoint: ``identity`` at any turn, ``texture`` whatever the shape, ``shape`` whatever the texture.

    Args:
        path: of a safetensors file that the training wrote.
        device: of torch.
    """

    name = "openclip"
    aspects: frozenset[str] = frozenset({"identity", "texture", "shape"})

    def __init__(self, path: Path, device: str = "cpu") -> None:
        self._model, facts = small.from_file(path)
        self._model.to(device)
        self._device = device
        self._tokenizer, self.lexicon = small.tokenizer(), Lexicon(facts["words"])
        self._names = [f"{texture} {shape}" for shape in facts["shapes"] for texture in facts["textures"]]
        self._named: Float | None = None
        self.minimum: Mapping[str, float] = facts["minimum"]
        self.temperature = float(self._model.clip.logit_scale.detach().exp())

    def embed_images(self, crops: Sequence[Image], aspect: str = "identity") -> Float:
        """(N, 128) for ``identity``, (N, 64) for the other aspects: float32 unit vectors.

        A crop whose size no camera tells is embedded at several sizes; its vector is their mean.

        Raises:
            ValueError: there is no such aspect.
        """
        _check_aspect(aspect, self.aspects, "the small checkpoint")
        if not crops:
            return np.zeros((0, small.EMBEDDING if aspect == "identity" else small.ASPECT_WIDTH), dtype=np.float32)
        drawn, owner = pixels.canvases(crops)
        inputs = torch.from_numpy(drawn).permute(0, 3, 1, 2)
        with torch.inference_mode():
            parts = [inputs[start : start + _AT_ONCE] for start in range(0, len(inputs), _AT_ONCE)]
            found = [self._model.images(part.to(self._device), (aspect,))[aspect].cpu() for part in parts]
            total = torch.zeros(len(crops), found[0].shape[1]).index_add_(0, torch.tensor(owner), torch.cat(found))
            vectors: Float = functional.normalize(total, dim=1).numpy()
        return vectors

    def embed_texts(self, words: Sequence[str]) -> Float:
        """(N, 128) float32 unit vectors, comparable with ``identity``.

        Raises:
            NothingFound: a phrase holds a word that the checkpoint has not learned.
        """
        phrases = [self.lexicon.known(phrase) for phrase in words]
        if not phrases:
            return np.zeros((0, small.EMBEDDING), dtype=np.float32)
        with torch.inference_mode():
            vectors: Float = self._model.texts(self._tokenizer(phrases).to(self._device)).cpu().numpy()
        return vectors

    def names(self, crops: Sequence[Image]) -> list[str]:
        """What each crop shows, "red and yellow polka dot heart": the nearest of all names, "" where none is near."""
        if self._named is None:
            self._named = self.embed_texts(self._names)
        if not crops:
            return []
        scores = self.embed_images(crops) @ self._named.T
        return [
            self._names[best] if row[best] >= self.minimum["text"] else ""
            for row, best in zip(scores, scores.argmax(axis=1))
        ]


class LargeRetriever:
    """Any open_clip model, built and loaded by open_clip itself.

    Args:
        model: one of ``open_clip.list_models()``.
        pretrained: a file of weights, or a tag that open_clip knows for the model.
        minimum: cosine below which nothing fits, by "text" and "identity".
        device: of torch.
    """

    name = "openclip"
    aspects: frozenset[str] = frozenset({"identity"})

    def __init__(
        self, model: str, pretrained: str | Path | None, minimum: Mapping[str, float], device: str = "cpu"
    ) -> None:
        there = open_clip.list_models()
        if model not in there:
            near = difflib.get_close_matches(model, there, n=3)
            hint = f"did you mean {' or '.join(map(repr, near))}? " if near else ""
            raise ValueError(
                f"open_clip has no model {model!r}; {hint}open_clip.list_models() names them, or use 'small'"
            )
        if pretrained is None:
            tags = ", ".join(open_clip.list_pretrained_tags_by_model(model)) or "none that open_clip knows"
            raise ValueError(f"{model} needs weights: pretrained=<file> or one of open_clip's tags ({tags})")
        if Path(pretrained).suffix in {".pt", ".pth", ".bin", ".safetensors"}:
            pretrained = Path(pretrained).expanduser()
            if not pretrained.is_file():
                raise FileNotFoundError(f"no weights for {model} at {pretrained}")
        built, _, self._transform = open_clip.create_model_and_transforms(
            model, pretrained=str(pretrained), device=device
        )
        self._model, self._device = built.eval(), device
        self._tokenizer = open_clip.get_tokenizer(model)
        self.minimum: Mapping[str, float] = dict(minimum)
        self.temperature = float(self._model.logit_scale.detach().exp())

    def embed_images(self, crops: Sequence[Image], aspect: str = "identity") -> Float:
        """(N, D) float32 unit vectors of each crop's object on grey, padded to a square.

        Raises:
            ValueError: the aspect is not ``identity``.
        """
        _check_aspect(aspect, self.aspects, "an open_clip model as published")
        found = []
        with torch.inference_mode():
            for start in range(0, len(crops), _AT_ONCE):
                inputs = torch.stack([self._transform(_on_grey(crop)) for crop in crops[start : start + _AT_ONCE]])
                found.append(self._model.encode_image(inputs.to(self._device), normalize=True).float().cpu())
        vectors: Float = torch.cat(found).numpy() if found else np.zeros((0, 0), dtype=np.float32)
        return vectors

    def embed_texts(self, words: Sequence[str]) -> Float:
        """(N, D) float32 unit vectors of "a photo of ..." each phrase, as CLIP was trained (Radford et al. 2021)."""
        if not words:
            return np.zeros((0, 0), dtype=np.float32)
        tokens = self._tokenizer([f"a photo of {phrase}" for phrase in words]).to(self._device)
        with torch.inference_mode():
            vectors: Float = self._model.encode_text(tokens, normalize=True).float().cpu().numpy()
        return vectors


def _on_grey(crop: Image):  # type: ignore[no-untyped-def]  # PIL.Image.Image
    from PIL import Image as Picture

    mask = pixels.foreground(crop.rgb) if crop.mask is None else crop.mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if len(rows) else (slice(None),) * 2
    object_only = np.where(mask[..., None], crop.rgb, _BACKDROP)[box].astype(np.uint8)
    height, width = object_only.shape[:2]
    side = round(1.15 * max(height, width)) + 2
    square = np.full((side, side, 3), _BACKDROP, dtype=np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = object_only
    return Picture.fromarray(square)


def _check_aspect(aspect: str, there: frozenset[str], who: str) -> None:
    if aspect not in there:
        raise ValueError(f"{who} has no aspect {aspect!r}; it has: {', '.join(sorted(there))}")
