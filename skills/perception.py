"""Looking: pictures, masks, cut-outs, and which of them a phrase or another picture means."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from skills import skill
from skills.backends import Retriever
from skills.context import Context
from skills.errors import BadArgument, NothingFound
from skills.types import Bool, Float, Image, Mask, ObjectTruth, View

MARGIN = 2
"""Pixels of surroundings that a cut-out keeps on each side of the box."""

NEAR = 0.75
"""Share of the best thing's similarity with a phrase that others need to be meant by it too."""

_ARTICLES = re.compile(r"^(?:(?:a|an|the|this|that|all|any)\s+)+", re.IGNORECASE)


@skill("GetImage")
def get_image(ctx: Context, view: Literal["top", "front"] = "top") -> Image:
    """Takes a new picture of the table. Take another after objects have moved.

    Args:
        view: "top", from straight above, is what everything else works best on; "front" shows sides and heights.
    """
    camera = ctx.camera if view == "top" else view
    if camera not in (there := ctx.cameras):
        raise BadArgument(f"this robot has no camera called {camera!r}; it has: {', '.join(there)}")
    image = ctx.take(camera)
    ctx.settle_plans()
    ctx.note("image", {"image": image})
    return image


@skill("SAM")
def sam(
    ctx: Context,
    image: Image,
    points: list[tuple[float, float]] | None = None,
    boxes: list[tuple[float, float, float, float]] | None = None,
) -> list[Mask]:
    """Segments a picture (the table's, or one of `templates`): one mask for each thing in it.

    Args:
        image: what to segment.
        points: (x, y) pixels, such as `clicks`: gives one mask for each point, in order, and no others.
        boxes: (x0, y0, x1, y1) pixels: likewise, after the points' masks.
    """
    ctx.pictures[image.id] = image
    if points is None and boxes is None:
        masks = everything(ctx, image)
        if image.mask is None and image.view is not None and image.id not in ctx.looked:
            ctx.wanted[image.id] = masks
    elif not points and not boxes:
        raise BadArgument("points and boxes are empty: leave both out to segment everything")
    else:
        masks = []
        height, width = image.shape
        for i, point in enumerate(points or ()):
            asked = f"point {i}, ({point[0]:g}, {point[1]:g}),"
            if not (0 <= point[0] < width and 0 <= point[1] < height):
                raise BadArgument(f"{asked} lies outside the picture of {width} x {height} pixels")
            masks.append(_prompted(ctx, image, asked, points=[[point]]))
        for i, box in enumerate(boxes or ()):
            asked = f"box {i}, ({', '.join(f'{v:g}' for v in box)}),"
            if not (all(math.isfinite(v) for v in box) and box[0] < box[2] and box[1] < box[3]):
                raise BadArgument(f"{asked} is empty: a box is (x0, y0, x1, y1) with x0 < x1 and y0 < y1")
            masks.append(_prompted(ctx, image, asked, boxes=[box]))
    prompt = "everything" if points is None and boxes is None else "points" if boxes is None else "boxes"
    ctx.note("segmentation", {"image": image, "masks": tuple(masks), "prompt": prompt})
    return masks


def everything(ctx: Context, image: Image) -> list[Mask]:
    """One mask for each thing in a picture, which is known from then on."""
    ctx.pictures[image.id] = image
    masks = ctx.segmenter.everything(ctx.encoded(image))
    return [mask if mask.image_id == image.id else replace(mask, image_id=image.id) for mask in masks]


def _prompted(ctx: Context, image: Image, asked: str, **prompt: npt.ArrayLike) -> Mask:
    arrays, scores, logits = ctx.segmenter.prompt(ctx.encoded(image), **prompt).best()
    if not arrays[0].any():
        raise NothingFound(f"{asked} lies on no object; call SAM(image) to see everything there is")
    return Mask.of(arrays[0], float(scores[0]), low_res_logits=logits[0], image_id=image.id)


@skill("ImageCrop")
def image_crop(ctx: Context, image: Image, masks: list[Mask]) -> tuple[list[Image], list[Mask]]:
    """Cuts the masked things out of a picture. Returns (objs, masks): picture i shows the thing of mask i."""
    objs = [cut(image, mask, i) for i, mask in enumerate(masks)]
    for obj, mask in zip(objs, masks):
        ctx.cut_from[obj.id] = mask
    return objs, list(masks)


def cut(image: Image, mask: Mask, index: int = 0) -> Image:
    """What a mask shows, with a margin of surroundings; ``index`` names the mask in an error."""
    if mask.array.shape != image.shape:
        raise BadArgument(
            f"mask {index} is {mask.array.shape[1]} x {mask.array.shape[0]} pixels, the picture {image.shape[1]} x "
            f"{image.shape[0]}: crop masks from the picture that SAM found them in"
        )
    x0, y0, x1, y1 = mask.box_xyxy
    rows = slice(max(0, y0 - MARGIN), min(image.shape[0], y1 + MARGIN))
    columns = slice(max(0, x0 - MARGIN), min(image.shape[1], x1 + MARGIN))
    origin = (image.origin_xy[0] + columns.start, image.origin_xy[1] + rows.start)
    whole = image.view is not None and image.view.rgb.shape == image.rgb.shape
    truth = _named(image.view, mask.array) if whole and image.view else image.truth
    return Image(image.rgb[rows, columns], mask.array[rows, columns], image.view, origin, truth)


def _named(view: View, array: Bool) -> ObjectTruth | None:
    """What most of a mask's pixels belong to, where a simulator says."""
    if view.truth is None:
        return None
    ids, counts = np.unique(view.truth.segmentation[array], return_counts=True)
    return view.truth.objects.get(int(ids[counts.argmax()]))


@skill("CLIPRetrieval", aliases={"obj1": "objs"})
def clip_retrieval(
    ctx: Context,
    objs: list[Image],
    query: str | Image,
    pre_obj1: int | None = None,
    pre_obj2: int | None = None,
) -> int:
    """The index in `objs` of what fits the query best.

    Args:
        objs: from ImageCrop.
        query: a phrase ("the polka dot block", "the red object") or a picture (`templates["dragged_obj"]`, or an object
            cut out of another picture).
        pre_obj1, pre_obj2: indices found before, that this one can't be.

    Raises:
        NothingFound: nothing fits.
    """
    if not objs:
        raise NothingFound(f"there are no objects in which to look for {asked_for(query)}")
    excluded = {_index(i, objs, "pre_obj") for i in (pre_obj1, pre_obj2) if i is not None}
    open_to = [i for i in range(len(objs)) if i not in excluded]
    if not open_to:
        raise NothingFound(f"all {len(objs)} objects are excluded from the search for {asked_for(query)}")
    scores, minimum = similarities(ctx.retriever, objs, query)
    best = max(open_to, key=lambda i: scores[i])
    fits = bool(scores[best] >= minimum)
    weights = np.exp(ctx.retriever.temperature * (scores - scores[open_to].max()))
    weights[list(excluded)] = 0.0
    ctx.note(
        "retrieval",
        {
            "objs": tuple(objs),
            "excluded": tuple(sorted(excluded)),
            "masks": tuple(ctx.cut_from.get(obj.id) for obj in objs),
            "query": query if isinstance(query, Image) else plain(query),
            "scores": tuple(map(float, scores)),
            "probabilities": tuple(map(float, weights / weights.sum())),
            "minimum": minimum,
            "chosen": best if fits else None,
        },
    )
    if not fits:
        raise NothingFound(
            f"nothing fits {asked_for(query)}: the closest of {len(open_to)} objects is number {best} with similarity "
            f"{scores[best]:.2f}, and {minimum:.2f} is needed{_listed(ctx.retriever, [objs[i] for i in open_to])}"
        )
    return best


def similarities(retriever: Retriever, objs: Sequence[Image], query: str | Image) -> tuple[Float, float]:
    """Cosine of each object with a phrase or picture, (N,), and the least that counts as fitting."""
    crops = retriever.embed_images(list(objs), "identity")
    if isinstance(query, Image):
        asked, kind = retriever.embed_images([query], "identity"), "identity"
    else:
        phrase = plain(query)
        if not phrase:
            raise BadArgument("an empty phrase fits nothing: name what to look for, such as 'the red block'")
        asked, kind = retriever.embed_texts([phrase]), "text"
    return np.asarray(crops @ asked[0], dtype=np.float64), float(retriever.minimum.get(kind, -1.0))


def fitting(scores: Float, minimum: float, query: str | Image) -> Bool:
    """Which of several things fit, (N,) bool: all that reach the minimum and, for a phrase, come near the best.

    Similarities with words are low and depend on the phrase; between pictures they are what they are.
    """
    best = float(scores.max()) if isinstance(query, str) else -np.inf
    return np.asarray(scores >= max(minimum, NEAR * best))


def plain(phrase: str) -> str:
    """A phrase in lower case without leading articles, underscores and doubled spaces."""
    return _ARTICLES.sub("", " ".join(phrase.replace("_", " ").split())).lower().rstrip(".!?")


def asked_for(query: str | Image) -> str:
    """A query as a sentence names it."""
    return f"{plain(query)!r}" if isinstance(query, str) else "the picture"


def _listed(retriever: Retriever, objs: Iterable[Image]) -> str:
    """``"; there are: red heart, blue bowl"`` from a backend that can name what it sees, or nothing."""
    say = getattr(retriever, "names", None)
    named = [name for name in say(list(objs)) if name] if say else []
    return f"; there are: {', '.join(named)}" if named else ""


def _index(value: int, objs: Sequence[object], name: str) -> int:
    if not 0 <= value < len(objs):
        raise BadArgument(f"{name} {value} is not an index into {len(objs)} objects")
    return value


@skill("get_objs_match")
def get_objs_match(ctx: Context, objs_list1: list[Image], objs_list2: list[Image]) -> tuple[list[int], list[int]]:
    """Pairs equal objects of two pictures, such as a scene's and the table's.

    Returns (ids1, ids2): objs_list1[ids1[k]] and objs_list2[ids2[k]] are the same object; what has no partner is left
    out.
    """
    from scipy.optimize import linear_sum_assignment

    if not objs_list1 or not objs_list2:
        raise NothingFound(f"there are {len(objs_list1)} and {len(objs_list2)} objects: nothing to pair")
    both = ctx.retriever.embed_images([*objs_list1, *objs_list2], "identity")
    scores = np.asarray(both[: len(objs_list1)] @ both[len(objs_list1) :].T, dtype=np.float64)
    # Of equal twins the nearer one is meant: a billionth a pixel decides only where scores are equal.
    apart = np.linalg.norm(_middles(objs_list1)[:, None] - _middles(objs_list2)[None], axis=-1)
    rows, columns = linear_sum_assignment(-scores + 1e-9 * apart)
    least = ctx.retriever.minimum.get("identity", -1.0)
    kept = [(int(i), int(j)) for i, j in zip(rows, columns) if scores[i, j] >= least]
    ctx.note(
        "match",
        {
            "objs1": tuple(objs_list1),
            "objs2": tuple(objs_list2),
            "masks1": tuple(ctx.cut_from.get(obj.id) for obj in objs_list1),
            "masks2": tuple(ctx.cut_from.get(obj.id) for obj in objs_list2),
            "scores": scores,
            "pairs": tuple(kept),
        },
    )
    if not kept:
        raise NothingFound(
            f"none of {len(objs_list1)} objects looks like any of the other {len(objs_list2)}: the best similarity is "
            f"{scores.max():.2f}, and {least:.2f} is needed{_listed(ctx.retriever, objs_list2)}"
        )
    return [i for i, _ in kept], [j for _, j in kept]


def _middles(objs: Sequence[Image]) -> Float:
    return np.array([[obj.origin_xy[0] + obj.shape[1] / 2, obj.origin_xy[1] + obj.shape[0] / 2] for obj in objs])
