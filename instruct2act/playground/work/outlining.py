"""Masks as a page and other programs read them: rings of points, COCO's run lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skills.types import Bool, Mask

_FINER = 4
"""Outlines run along the edges of pixels, not through their middles: contours of the mask enlarged so many times."""
_MOST_POINTS = 400


def outline(array: Bool) -> list[list[list[float]]]:
    """Rings of [x, y] around a (H, W) mask and around its holes; (0, 0) is the picture's upper left corner."""
    import cv2

    large = np.asarray(array, np.uint8).repeat(_FINER, axis=0).repeat(_FINER, axis=1)
    contours, _ = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    rings = []
    for contour in contours:
        near = cv2.approxPolyDP(contour, 0.5 * _FINER, True)[:, 0, :]
        if len(near) >= 3:
            rings.append(np.round((near[:_MOST_POINTS] + 0.5) / _FINER, 2).tolist())
    return rings


def shown(mask: Mask, id: str) -> dict[str, Any]:
    """A mask without its pixels."""
    return {
        "id": id,
        "score": round(mask.score, 4),
        "stability": round(mask.stability, 4),
        "area": mask.area,
        "box": list(mask.box_xyxy),
        "outline": outline(mask.array),
    }


def coco(masks: Sequence[Mask], labels: Sequence[str], size: tuple[int, int], name: str) -> dict[str, Any]:
    """One picture's masks as COCO: run lengths, which holes survive; unnamed things are "thing".

    Args:
        masks: (H, W) each.
        labels: what each shows, "" where nobody knows.
        size: (height, width).
        name: of the picture's file.
    """
    from instruct2act.exports.coco import counts

    names = sorted({label or "thing" for label in labels} or {"thing"})
    return {
        "images": [{"id": 1, "file_name": name, "height": size[0], "width": size[1]}],
        "categories": [{"id": place, "name": each} for place, each in enumerate(names, 1)],
        "annotations": [
            {
                "id": place,
                "image_id": 1,
                "category_id": names.index(label or "thing") + 1,
                "segmentation": {"size": list(size), "counts": counts(mask.array)},
                "area": mask.area,
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "iscrowd": 0,
                "score": mask.score,
            }
            for place, (mask, label) in enumerate(zip(masks, labels), 1)
            for x0, y0, x1, y1 in [mask.box_xyxy]
        ],
    }
