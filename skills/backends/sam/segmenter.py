"""Segment Anything behind the project's ``Segmenter``: pixels in, masks at the picture's size out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from skills.backends import Candidates, Encoded
from skills.backends.sam.affinity.network import AffinityNet
from skills.backends.sam.affinity.network import layers as affinity_layers
from skills.backends.sam.agglomeration.judge import Judge
from skills.backends.sam.agglomeration.scene import Scene
from skills.backends.sam.color.outline import snap, snap_surface
from skills.backends.sam.depth.relief import Relief, relief, spread
from skills.backends.sam.everything import parted, surface, sweep
from skills.backends.sam.model.decoder import Attended, add_dense, attend, upscale
from skills.backends.sam.model.height import layers
from skills.backends.sam.settings import Sweep
from skills.types import Bool, Float, Image, Mask

_BATCH = 32
_HELD = 1 << 22
"""Logits at the picture's size that are held at once: large pictures are gone through a few masks at a time."""
_LONGEST = 512
"""Pixels along the longest side of a picture that affinities are told of: twice what the network was trained on."""


@dataclass(frozen=True)
class Features:
    """What ``encode`` keeps of a picture.

    Attributes:
        embedding: (1, C, h, w).
        image_pe: (1, C, h, w) position encoding.
        inside: (height, width) of the picture as the model saw it, padding left out.
        picture: (height, width) of the picture itself.
        relief: its depth, seen from the plane under everything; None where there is none.
    """

    embedding: torch.Tensor
    image_pe: torch.Tensor
    inside: tuple[int, int]
    picture: tuple[int, int]
    relief: Relief | None = None


class SamSegmenter:
    """A published ``Sam``, of any size, as a ``Segmenter``.

    Args:
        sam: the model, in evaluation mode.
        square: pad pictures to a square, as the published models need; the small one takes any shape.
        settings: of ``everything``.
        outline: weight of the picture's colours in where a mask's edge runs (``outline.snap``); 0: the logits alone.
        device: "cpu" or "cuda".
        affinity: tells of each pixel what it belongs to in ``everything``; None: nobody does.
        judge: of regions that might be one thing, where ``affinity`` tells; None: they stay as they are.
    """

    name = "sam"

    def __init__(
        self,
        sam: Any,
        square: bool,
        settings: Sweep | None = None,
        outline: float = 0.0,
        device: str = "cpu",
        affinity: AffinityNet | None = None,
        judge: Judge | None = None,
    ) -> None:
        from segment_anything.utils.transforms import ResizeLongestSide

        self.sam, self.square, self.settings = sam.to(device), square, settings or Sweep()
        self.outline = outline
        self.affinity, self.judge = None if affinity is None else affinity.to(device), judge
        self._swept: WeakKeyDictionary[Encoded, list[Mask]] = WeakKeyDictionary()
        self.side: int = sam.image_encoder.img_size
        self.patch: int = self.side // sam.prompt_encoder.image_embedding_size[0]
        self._resize = ResizeLongestSide(self.side)

    @torch.inference_mode()
    def encode(self, image: Image) -> Encoded:
        """Runs the image encoder on a picture, its longest side resized to the model's."""
        rgb = image.rgb if max(image.shape) == self.side else self._resize.apply_image(image.rgb)
        pixels = torch.from_numpy(np.ascontiguousarray(rgb)).to(self.sam.device).permute(2, 0, 1)[None].float()
        x = (pixels - self.sam.pixel_mean) / self.sam.pixel_std
        seen = relief(image)
        if seen is not None and getattr(self.sam.image_encoder, "layers", 3) > 3:
            height = cv2.resize(seen.raw.astype(np.float32), x.shape[:1:-1], interpolation=cv2.INTER_NEAREST)
            x = torch.cat([x, torch.from_numpy(layers(np.asarray(height, np.float32))).to(x.device)[None]], dim=1)
        height, width = x.shape[-2:]
        full = (self.side, self.side) if self.square else (self._whole(height), self._whole(width))
        embedding = self.sam.image_encoder(F.pad(x, (0, full[1] - width, 0, full[0] - height)))
        image_pe = self.sam.prompt_encoder.get_dense_pe()[..., : embedding.shape[2], : embedding.shape[3]]
        return Encoded(image, Features(embedding, image_pe, (height, width), image.shape, seen))

    @torch.inference_mode()
    def prompt(
        self,
        encoded: Encoded,
        points: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        boxes: npt.ArrayLike | None = None,
        mask_input: npt.ArrayLike | None = None,
    ) -> Candidates:
        """Answers N prompts at once; see ``Segmenter.prompt``.

        Raises:
            ValueError: nothing was asked, or the parts of the prompts differ in number.
        """
        lengths = {len(np.asarray(part)) for part in (points, boxes, mask_input) if part is not None}
        if len(lengths) != 1:
            raise ValueError(
                f"prompts need points, boxes or mask_input, as many of each; got {sorted(lengths)} of them"
            )
        masks, scores, low = [], [], []
        for start in range(0, lengths.pop(), _BATCH):
            some = slice(start, start + _BATCH)
            attended = self.attend(
                encoded.features,
                *(None if a is None else np.asarray(a)[some] for a in (points, labels, boxes, mask_input)),
            )
            logits = upscale(self.sam.mask_decoder, attended)
            masks.append(self.masks(logits, encoded))
            scores.append(attended.iou[:, 1:].cpu().numpy())
            low.append(logits.cpu().numpy())
        found = Candidates(np.concatenate(masks), np.concatenate(scores), np.concatenate(low))
        if self.outline and boxes is None and mask_input is None:
            self._recall(encoded, found, np.asarray(points, np.float64), labels)
        return found

    def everything(self, encoded: Encoded) -> list[Mask]:
        """One mask for each thing that can be told apart, the surface under them left out; largest first."""
        if encoded not in self._swept:
            self._swept[encoded] = sweep(self, encoded, self.settings)
        return list(self._swept[encoded])

    @torch.inference_mode()
    def affinities(self, encoded: Encoded) -> Float | None:
        """(len(OFFSETS) + 1, H, W) in [0, 1], what belongs together and last what shows a thing.

        None without such a network, and for pictures of more than ``_LONGEST`` pixels.
        """
        image, seen = encoded.image, encoded.features.relief
        if self.affinity is None or max(image.shape) > _LONGEST:
            return None
        height = np.full(image.shape, np.nan) if seen is None else seen.raw
        device = self.sam.device
        rgb = torch.from_numpy(np.ascontiguousarray(image.rgb)[None]).to(device)
        up = torch.from_numpy(np.asarray(height, np.float32)[None]).to(device)
        seen_by_it = affinity_layers(rgb, up, torch.tensor([spread(height)], device=device))
        told = self.affinity(seen_by_it.to(memory_format=torch.channels_last))
        return np.asarray(torch.sigmoid(told)[0].cpu().numpy(), np.float64)

    def scene(self, encoded: Encoded) -> Scene | None:
        """What is known before regions are joined in ``everything``; None where nobody tells what belongs together."""
        with torch.inference_mode():
            return parted(self, encoded, self.settings).scene

    def surface(self, encoded: Encoded) -> Bool:
        """(H, W) bool, the surface that ``everything`` leaves out, as far as its first prompts tell."""
        return surface(self, encoded, self.settings)

    def attend(
        self,
        features: Features,
        points: Any = None,
        labels: Any = None,
        boxes: Any = None,
        mask_input: Any = None,
    ) -> Attended:
        """The decoder's first half for prompts as in ``prompt``; ``upscale`` makes masks of those worth it."""
        encoder, device = self.sam.prompt_encoder, self.sam.device
        asked: Any = None
        if points is not None:
            at = torch.as_tensor(
                self._resize.apply_coords(np.asarray(points, np.float64), features.picture), device=device
            )
            sense = (
                torch.ones(at.shape[:2], device=device) if labels is None else torch.as_tensor(labels, device=device)
            )
            asked = at.float(), sense
        corners = None
        if boxes is not None:
            # Boxes are half open here and name their outermost pixels there.
            inner = np.asarray(boxes, np.float64) - np.array([0, 0, 1, 1])
            corners = torch.as_tensor(self._resize.apply_boxes(inner, features.picture), device=device).float()
        earlier = None if mask_input is None else torch.as_tensor(mask_input, device=device).float()[:, None]
        sparse, dense = encoder(asked, corners, earlier)
        if earlier is None:
            dense = dense[:1, :, : features.embedding.shape[2], : features.embedding.shape[3]]
            return attend(self.sam.mask_decoder, add_dense(features.embedding, dense), features.image_pe, sparse[None])
        return attend(self.sam.mask_decoder, add_dense(features.embedding, dense), features.image_pe, sparse[:, None])

    def _recall(self, encoded: Encoded, found: Candidates, points: Any, labels: Any) -> None:
        """Answers single inner points with what ``everything`` found there, which has looked at more than one point.

        The mask takes the place of the candidate of lowest predicted IoU and is scored above the others.
        """
        if points.shape[1] != 1 or (labels is not None and not np.all(np.asarray(labels) == 1)):
            return
        height, width = encoded.image.shape
        for i, (x, y) in enumerate(points[:, 0]):
            at = min(max(round(y), 0), height - 1), min(max(round(x), 0), width - 1)
            if (known := next((mask for mask in self.everything(encoded) if mask.array[at]), None)) is not None:
                worst = int(found.scores[i].argmin())
                found.masks[i, worst] = known.array
                found.scores[i, worst] = max(known.score, float(found.scores[i].max()) + 1e-3)
                if known.low_res_logits is not None:
                    found.low_res_logits[i, worst] = known.low_res_logits

    def masks(self, logits: torch.Tensor, encoded: Encoded, surfaces: bool = False) -> Bool:
        """Masks (N, M, H, W) bool of logits (N, M, h, w), their edges laid along the picture's colours."""
        parts = self.some_at_a_time(logits, encoded.features)
        return np.concatenate([self.cut(self.enlarge(part, encoded.features), encoded, surfaces) for part in parts])

    def some_at_a_time(self, logits: torch.Tensor, features: Features) -> list[torch.Tensor]:
        """Logits (N, M, h, w) in parts that take little memory when they are enlarged."""
        some = max(1, _HELD // (logits.shape[1] * features.picture[0] * features.picture[1]))
        return [logits[start : start + some] for start in range(0, len(logits), some)]

    def enlarge(self, logits: torch.Tensor, features: Features) -> torch.Tensor:
        """Logits (N, M, h, w) at the picture's size by the published steps: the model's pixels, then the picture's."""
        height, width = features.embedding.shape[2] * self.patch, features.embedding.shape[3] * self.patch
        full = F.interpolate(logits, (height, width), mode="bilinear", align_corners=False)
        full = full[..., : features.inside[0], : features.inside[1]]
        if features.inside == features.picture:
            return full
        return F.interpolate(full, features.picture, mode="bilinear", align_corners=False)

    def cut(self, full: torch.Tensor, encoded: Encoded, surfaces: bool = False) -> Bool:
        """Masks (N, M, H, W) bool of logits at the picture's size, their edges laid along the picture's colours."""
        logits = full.float().cpu().numpy() - self.sam.mask_threshold
        masks: Bool = logits > 0
        if self.outline:
            lay = snap_surface if surfaces else snap
            for at in np.ndindex(masks.shape[:2]):
                masks[at] = lay(encoded.image.rgb, logits[at], self.outline)
        return masks

    def _whole(self, pixels: int) -> int:
        return -(-pixels // self.patch) * self.patch
