"""The segmenter's answers for all places in a picture, with as few prompts as it takes.

The published generator prompts a fixed grid, mostly on empty table. Here a coarse grid finds the large masks first,
the surface under the objects among them; after that only pixels that no accepted mask covers are asked about, from the
middle of what is left, until nothing is. Every accepted mask is then asked for once more from its own middle, with its
own logits as mask input, which corrects what a point near an edge got wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from skills.backends import Encoded
from skills.backends.sam.model.decoder import upscale
from skills.backends.sam.settings import Sweep
from skills.types import Bool, Float

if TYPE_CHECKING:
    from skills.backends.sam.segmenter import Features, SamSegmenter


@dataclass(frozen=True, eq=False)
class Answer:
    """A mask (H, W) with its predicted IoU, its stability and its (h, w) logits."""

    mask: Bool
    score: float
    stability: float
    logits: torch.Tensor


def answers(segmenter: SamSegmenter, encoded: Encoded, settings: Sweep) -> list[Answer]:
    """What is accepted of a whole picture, the surface too, no two of which contend for the same pixels.

    Args:
        segmenter: what answers prompts.
        encoded: the picture, encoded by it.
        settings: see there.
    """
    shape = encoded.image.shape
    found = coarse(segmenter, encoded, settings)
    tried = np.zeros(shape, bool)
    for _ in range(settings.rounds):
        points = _middles(~union([each.mask for each in found], shape) & ~tried, settings)
        if not len(points):
            break
        for x, y in points.astype(int):
            tried[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = True
        _ask(segmenter, encoded, points, found, settings)
    return _again(segmenter, encoded, found, settings) if settings.refine else found


def candidates(segmenter: SamSegmenter, encoded: Encoded, points: Float) -> Bool:
    """(3 N, H, W) all three masks of each point (N, 2), their edges laid along the picture's colours."""
    with torch.inference_mode():
        logits = upscale(segmenter.sam.mask_decoder, segmenter.attend(encoded.features, points[:, None]))
        return segmenter.masks(logits, encoded).reshape(-1, *encoded.image.shape)


def union(masks: Sequence[Bool], shape: tuple[int, int]) -> Bool:
    """(H, W) what any of the masks covers; nothing without masks."""
    covered: Bool = np.logical_or.reduce([np.zeros(shape, bool), *masks])
    return covered


def coarse(segmenter: SamSegmenter, encoded: Encoded, settings: Sweep) -> list[Answer]:
    """What is accepted of a coarse grid's points alone."""
    found: list[Answer] = []
    shape = encoded.image.shape
    _ask(segmenter, encoded, _grid(shape, settings.spacing * max(shape) / segmenter.side), found, settings)
    return found


def _ask(
    segmenter: SamSegmenter,
    encoded: Encoded,
    points: Float,
    found: list[Answer],
    settings: Sweep,
    earlier: Any = None,
) -> None:
    """Prompts single points and takes up what is good and new."""
    features = encoded.features
    for start in range(0, len(points), settings.batch):
        some = slice(start, start + settings.batch)
        with torch.inference_mode():
            attended = segmenter.attend(
                features, points[some, None], mask_input=None if earlier is None else earlier[some]
            )
            best = attended.iou[:, 1:].argmax(dim=1) + 1
            scores = attended.iou.gather(1, best[:, None])[:, 0]
            good = scores >= settings.predicted_iou
            if not good.any():
                continue
            logits = upscale(segmenter.sam.mask_decoder, attended.keep(good), best[good])
            parts = [_cut(segmenter, part, features, settings) for part in segmenter.some_at_a_time(logits, features)]
            masks, stabilities = (np.concatenate(each) for each in zip(*parts))
        values = scores[good].cpu().numpy()
        for i in np.argsort(-values, kind="stable"):
            if stabilities[i] >= settings.stability and masks[i].sum() >= settings.least_area:
                _take(found, Answer(masks[i], float(values[i]), float(stabilities[i]), logits[i, 0]), settings)


def _cut(segmenter: SamSegmenter, logits: torch.Tensor, features: Features, settings: Sweep) -> tuple[Bool, Float]:
    """Masks (N, H, W) of logits (N, 1, h, w) as they are, and their stabilities."""
    full = segmenter.enlarge(logits, features)[:, 0]
    inner, outer = ((full > cut).sum(dim=(1, 2)) for cut in (settings.offset, -settings.offset))
    return (full > segmenter.sam.mask_threshold).cpu().numpy(), (inner / outer.clamp(min=1)).cpu().numpy()


def _take(found: list[Answer], candidate: Answer, settings: Sweep) -> None:
    """Adds a mask unless a better one claims most of it; those it beats go."""
    rivals = [i for i, other in enumerate(found) if _contend(candidate.mask, other.mask, settings)]
    if all(candidate.score > found[i].score for i in rivals):
        for i in reversed(rivals):
            found.pop(i)
        found.append(candidate)


def _contend(a: Bool, b: Bool, settings: Sweep) -> bool:
    smaller = min(np.count_nonzero(a), np.count_nonzero(b))
    return settings.filtered and bool(np.count_nonzero(a & b) > settings.overlap * smaller)


def _again(segmenter: SamSegmenter, encoded: Encoded, found: list[Answer], settings: Sweep) -> list[Answer]:
    """Every mask once more, from its middle and with its own logits; what has no better answer stays as it was."""
    if not found:
        return found
    points = np.array([_middle(each.mask) for each in found])
    refined: list[Answer] = []
    _ask(segmenter, encoded, points, refined, settings, torch.stack([each.logits for each in found]))
    left = [each for each in found if not any(_contend(each.mask, other.mask, settings) for other in refined)]
    return refined + left


def _grid(shape: tuple[int, int], spacing: float) -> Float:
    """(N, 2) points (x, y), evenly spread."""
    rows, columns = (max(1, round(side / spacing)) for side in shape)
    y, x = (np.arange(rows) + 0.5) * shape[0] / rows, (np.arange(columns) + 0.5) * shape[1] / columns
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _middles(left: Bool, settings: Sweep) -> Float:
    """(N, 2) points (x, y) in the middle of what is left, the widest places first, no two in the same place."""
    depth = _depth(left)
    points: list[tuple[int, int]] = []
    while len(points) < settings.batch:
        y, x = divmod(int(depth.argmax()), depth.shape[1])
        reach = float(depth[y, x])
        if reach < settings.half_width:
            break
        points.append((x, y))
        cv2.circle(depth, (x, y), max(3, round(2 * reach)), 0.0, -1)
    return np.array(points, np.float64).reshape(-1, 2)


def _middle(mask: Bool) -> tuple[float, float]:
    """(x, y) of the pixel of a mask that is farthest from its edge."""
    depth = _depth(mask)
    y, x = divmod(int(depth.argmax()), depth.shape[1])
    return float(x), float(y)


def _depth(mask: Bool) -> Float:
    """(H, W) float32 distance of a mask's pixels to the nearest pixel outside, beyond the picture's border included."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth: Float = np.ascontiguousarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1])
    return depth
