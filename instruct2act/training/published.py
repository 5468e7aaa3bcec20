"""The segmenter's grid beside the published mask generator: the same masks, and how much sooner."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np

from instruct2act.training.engine import Picture
from instruct2act.training.evaluate_sam import Figures, iou
from skills.backends.sam.grid import Grid, generate, grid_points
from skills.backends.sam.segmenter import SamSegmenter
from skills.types import Bool, Image


def beside_published(sam: SamSegmenter, pictures: Iterable[Picture], settings: Grid | None = None) -> Figures:
    """Same weights, points and thresholds, one picture after the other.

    Args:
        sam: a segmenter with its weights; only its model is used, on pictures padded to squares as published.
        pictures: to compare on.
        settings: of both.

    Returns:
        Published masks, the share of them that ours match at IoU 0.9, the mean IoU of the matches, seconds a picture of
        both, and seconds with points on the surface left out, which a coarse grid finds first.
    """
    from segment_anything import SamAutomaticMaskGenerator

    settings = settings or Grid()
    published = SamAutomaticMaskGenerator(
        sam.sam,
        points_per_side=settings.points_per_side,
        pred_iou_thresh=settings.pred_iou_thresh,
        stability_score_thresh=settings.stability_score_thresh,
        stability_score_offset=settings.stability_score_offset,
        box_nms_thresh=settings.box_nms_thresh,
    )
    square = SamSegmenter(sam.sam, square=True)
    fits: list[float] = []
    seconds: dict[str, list[float]] = {"published": [], "ours": [], "ours off the surface": []}
    for picture in pictures:
        start = time.perf_counter()
        theirs: list[Bool] = [record["segmentation"] for record in published.generate(picture.rgb)]
        seconds["published"].append(time.perf_counter() - start)
        start = time.perf_counter()
        encoded = square.encode(Image(picture.rgb))
        ours = [mask.array for mask in generate(square, encoded, settings)]
        seconds["ours"].append(time.perf_counter() - start)
        fits += [max((iou(mask, other) for other in ours), default=0.0) for mask in theirs]
        start = time.perf_counter()
        encoded = square.encode(Image(picture.rgb))
        surface = sam.surface(sam.encode(Image(picture.rgb)))
        points = grid_points(picture.segmentation.shape, settings.points_per_side)
        generate(square, encoded, settings, points[~surface[tuple(points.astype(int).T[::-1])]])
        seconds["ours off the surface"].append(time.perf_counter() - start)
    matched = [fit for fit in fits if fit >= 0.9]
    found = {"published masks": float(len(fits)), "matched": len(matched) / max(1, len(fits))}
    found["mean IoU"] = float(np.mean(matched)) if matched else float("nan")
    return found | {f"{name} s": float(np.mean(times)) for name, times in seconds.items()}
