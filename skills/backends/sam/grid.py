"""The published automatic mask generator's answer, sooner: the same points, thresholds and suppression.

``segment_anything.SamAutomaticMaskGenerator`` decodes and enlarges every mask and keeps the good ones as run lengths,
one by one in Python. Here a mask is made only where its predicted IoU passes, and masks stay arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from skills.backends import Encoded
from skills.backends.sam.model.decoder import upscale
from skills.types import Float, Mask

if TYPE_CHECKING:
    from skills.backends.sam.segmenter import SamSegmenter

_BATCH = 16
"""Prompts at once: few enough to stay in a core's cache."""


@dataclass(frozen=True)
class Grid:
    """The published generator's settings, by its names; crops of the picture are not asked about."""

    points_per_side: int = 32
    pred_iou_thresh: float = 0.88
    stability_score_thresh: float = 0.95
    stability_score_offset: float = 1.0
    box_nms_thresh: float = 0.7


def generate(
    segmenter: SamSegmenter, encoded: Encoded, settings: Grid | None = None, points: Float | None = None
) -> list[Mask]:
    """Every mask that the published generator finds, in its order: highest predicted IoU first.

    Args:
        segmenter: built with ``square=True`` where the same numbers as the published generator's are wanted.
        encoded: the picture.
        settings: the published ones by default.
        points: (N, 2) pixels to ask about, in place of the whole grid.
    """
    from torchvision.ops import nms

    settings = settings or Grid()
    at = grid_points(encoded.image.shape, settings.points_per_side) if points is None else points
    masks, scores, stabilities = [], [], []
    with torch.inference_mode():
        for start in range(0, len(at), _BATCH):
            attended = segmenter.attend(encoded.features, at[start : start + _BATCH, None])
            prompt, output = torch.nonzero(attended.iou[:, 1:] > settings.pred_iou_thresh, as_tuple=True)
            if not len(prompt):
                continue
            which, row = torch.unique(prompt, return_inverse=True)
            logits = upscale(segmenter.sam.mask_decoder, attended.keep(which))[row, output]
            full = segmenter.enlarge(logits[:, None], encoded.features)[:, 0]
            cut, offset = segmenter.sam.mask_threshold, settings.stability_score_offset
            inner, outer = ((full > cut + way * offset).sum(dim=(1, 2)) for way in (1, -1))
            stable = inner / outer
            good = stable >= settings.stability_score_thresh
            masks.append(full[good] > cut)
            scores.append(attended.iou[prompt, output + 1][good])
            stabilities.append(stable[good])
        if not masks:
            return []
        every, score, stability = torch.cat(masks), torch.cat(scores), torch.cat(stabilities)
        kept = nms(_boxes(every), score, settings.box_nms_thresh)
    found = zip(every[kept].cpu().numpy(), score[kept].tolist(), stability[kept].tolist())
    return [Mask.of(mask, value, stable, image_id=encoded.image.id) for mask, value, stable in found if mask.any()]


def grid_points(shape: tuple[int, int], per_side: int) -> Float:
    """(per_side ** 2, 2) pixels (x, y), rows first, half a step from the picture's edges."""
    steps = (np.arange(per_side) + 0.5) / per_side
    return np.stack(np.meshgrid(steps * shape[1], steps * shape[0]), axis=-1).reshape(-1, 2)


def _boxes(masks: torch.Tensor) -> torch.Tensor:
    """(N, 4) float boxes whose corners are the outermost pixels, as published; zeros for an empty mask."""
    rows, columns = masks.any(dim=2).int(), masks.any(dim=1).int()
    height, width = rows.shape[1], columns.shape[1]
    box = [
        columns.argmax(1),
        rows.argmax(1),
        width - 1 - columns.flip(1).argmax(1),
        height - 1 - rows.flip(1).argmax(1),
    ]
    return torch.stack(box, dim=1).float() * masks.flatten(1).any(dim=1)[:, None]
