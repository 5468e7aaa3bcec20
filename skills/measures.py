"""What can be measured of a thing in a picture: height, size, lightness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from skills.context import Context
from skills.errors import BadArgument, NothingFound
from skills.footprints import filled, iou, pixels_of, table_points
from skills.perception import everything
from skills.types import Bool, Float, Image, Mask, View

Attribute = Literal["height", "size", "lightness"]

TOP_SHARE = 0.9
"""Quantile of a thing's visible heights that counts as its own: a few pixels beside its edge don't."""
HIGHEST_M = 0.25
STEP_M = 0.002
"""Heights that are tried where there is no depth."""
LEAST_FIT = 0.5
"""IoU with the upright solid over a thing's outline from which a mask of another view shows that thing."""


def whole(ctx: Context, obj: Image) -> Mask:
    """The pixels of a cut-out's thing in the picture that it was cut from.

    A picture without a mask shows one thing; the largest that the segmenter finds is meant.

    Raises:
        NothingFound: it finds none.
    """
    if (known := ctx.cut_from.get(obj.id)) is not None:
        return known
    if obj.mask is None:
        masks = everything(ctx, obj)
        if not masks:
            raise NothingFound("nothing can be seen in this picture")
        return masks[0]
    return Mask.of(_placed(obj), image_id=obj.id)


def measure(ctx: Context, obj: Image, attribute: Attribute) -> float:
    """Height (metres), size (of the filled outline seen from above, square metres) or lightness (CIE L*, [0, 1]).

    Raises:
        BadArgument: the picture's camera is not known, or nothing tells the height.
        NothingFound: the picture shows nothing.
    """
    rules: dict[str, Callable[[Context, Image], float]] = {"height": height, "size": size, "lightness": lightness}
    return rules[attribute](ctx, obj)


def height(ctx: Context, obj: Image) -> float:
    """From depth; without it, from how far the thing reaches beyond its footprint in another camera's slanted view."""
    view, mask = _view(obj, "height"), whole(ctx, obj)
    if view.depth_m is not None:
        points = table_points(view, pixels_of(mask.array), mask.array)
        return max(0.0, float(np.quantile(points[:, 2], TOP_SHARE)))
    found: list[tuple[float, float]] = []
    for other in ctx.other_views(mask.image_id):
        if other.view is not None:
            shown = [whole(ctx, other)] if other.mask is not None else everything(ctx, other)
            found.append(_reaching(mask, view, [m.array for m in shown], other.view))
    fit, best = max(found, default=(0.0, 0.0))
    if fit < LEAST_FIT:
        raise BadArgument("nothing tells the height of this thing: no depth, and no other view that shows it")
    return best


def size(ctx: Context, obj: Image) -> float:
    """From the camera's calibration, holes filled."""
    view, mask = _view(obj, "size"), whole(ctx, obj)
    pixels = pixels_of(filled(mask.array))
    level = float(np.median(table_points(view, pixels, mask.array)[:, 2]))
    here, right, below = (view.camera.meet_plane(pixels + step, level)[:, :2] for step in ((0, 0), (1, 0), (0, 1)))
    (ax, ay), (bx, by) = (right - here).T, (below - here).T
    return float(np.abs(ax * by - ay * bx).sum())


def lightness(ctx: Context, obj: Image) -> float:
    """The mean CIE L* / 100 of the pixels that are not at its border."""
    import cv2

    inside = whole(ctx, obj).array if obj.mask is None else obj.mask
    core = cv2.erode(np.pad(inside, 1).astype(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1].astype(bool)
    pixels = obj.rgb[core if core.any() else inside]
    lab = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return float(lab[..., 0].mean() / 100)


def _view(obj: Image, attribute: str) -> View:
    if obj.view is None:
        raise BadArgument(f"this picture's camera is not known, so it can't tell the {attribute} of what it shows")
    return obj.view


def _placed(obj: Image) -> Bool:
    """(H, W) mask of a cut-out in its camera's picture; the cut-out's own mask when there is no such picture."""
    assert obj.mask is not None
    if obj.view is None:
        return obj.mask
    array = np.zeros(obj.view.rgb.shape[:2], bool)
    x, y = obj.origin_xy
    array[y : y + obj.shape[0], x : x + obj.shape[1]] = obj.mask
    return array


def _reaching(mask: Mask, view: View, shown: Sequence[Bool], other: View) -> tuple[float, float]:
    """How well (IoU), and at which height, an upright solid over a mask explains one of the masks of another view."""
    import cv2

    contours, _ = cv2.findContours(filled(mask.array).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline: Float = max(contours, key=len)[:, 0].astype(np.float64)
    canvas = np.zeros(other.rgb.shape[:2], np.uint8)
    best = (0.0, 0.0)
    for z in np.arange(0.0, HIGHEST_M, STEP_M):
        ring, _ = other.camera.project(view.camera.meet_plane(outline, float(z)))
        cv2.fillPoly(canvas, [np.rint(ring * 16).astype(np.int32)], 1, shift=4)
        solid = canvas.astype(bool)
        for array in shown:
            best = max(best, (iou(solid, array), float(z)), key=lambda found: found[0])
    return best
