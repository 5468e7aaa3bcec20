"""Finding everything that fits: among cut-outs, by one aspect; in a picture, by words."""

from __future__ import annotations

import re

import numpy as np

from skills import skill
from skills.context import Context
from skills.errors import BadArgument, NothingFound
from skills.likeness import Aspect, alike
from skills.perception import NEAR, asked_for, cut, everything, fitting, similarities
from skills.types import Float, Image, Mask

LEAST = 0.25
"""Confidence at which something just fits: Language Segment-Anything's text_threshold."""


@skill("FindAll")
def find_all(
    ctx: Context, objs: list[Image], query: str | Image, aspect: Aspect = "identity", exclude: list[int] | None = None
) -> list[int]:
    """The indices in `objs` of all things that fit the query, best first.

    Args:
        objs: from ImageCrop.
        query: a phrase ("the red objects"), or a picture.
        aspect: what of the picture has to be the same: "identity", "texture" (whatever the shape), "shape" (whatever
            the texture), or "profile" (round, square, … seen from above, whatever the size). Phrases: "identity".
        exclude: indices that are not meant.

    Raises:
        NothingFound: nothing fits.
    """
    left_out = set(exclude or ())
    for i in left_out:
        if not 0 <= i < len(objs):
            raise BadArgument(f"exclude holds {i}, which is not an index into {len(objs)} objects")
    open_to = [i for i in range(len(objs)) if i not in left_out]
    if not open_to:
        raise NothingFound(f"there are no objects in which to look for {asked_for(query)}")
    scores, minimum = alike(ctx.retriever, objs, query, aspect)
    order = sorted(open_to, key=lambda i: -scores[i])
    fits = fitting(np.where(np.isin(range(len(objs)), open_to), scores, -1.0), minimum, query)
    found = [i for i in order if fits[i]]
    if not found:
        raise NothingFound(
            f"nothing fits {asked_for(query)} in {aspect}: the closest of {len(open_to)} objects is number {order[0]} "
            f"with similarity {scores[order[0]]:.2f}, and {minimum:.2f} is needed"
        )
    return found


@skill("TextSAM")
def text_sam(
    ctx: Context, image: Image, words: str, box_threshold: float = 0.3, text_threshold: float = 0.25
) -> list[Mask]:
    """Masks of all things that words name, most certain first.

    Args:
        image: a whole picture.
        words: a phrase, or several parted by "." or ";" ("red block. bowl"): any of them.
        box_threshold: least confidence, 0 to 1, that a mask is one whole thing.
        text_threshold: least confidence, 0 to 1, that it is what the words say; 0.25 just fits.

    Raises:
        NothingFound: nothing is.
    """
    phrases = [phrase.strip() for phrase in re.split(r"[.;]", words) if phrase.strip()]
    if not phrases:
        raise BadArgument("empty words name nothing: say what to look for, such as 'red block. bowl'")
    masks = [mask for mask in everything(ctx, image) if mask.score >= box_threshold]
    if not masks:
        raise NothingFound(f"no mask of this picture is certain enough for box_threshold {box_threshold:g}")
    crops = [cut(image, mask, i) for i, mask in enumerate(masks)]
    confidence = np.max([_confidence(ctx, crops, phrase) for phrase in phrases], axis=0)
    order = [int(i) for i in np.argsort(-confidence, kind="stable") if confidence[i] >= text_threshold]
    if not order:
        raise NothingFound(
            f"nothing is {words!r} with confidence {text_threshold:g}: the closest of {len(masks)} things has "
            f"{confidence.max():.2f}"
        )
    for i in order:
        ctx.cut_from[crops[i].id] = masks[i]
    return [masks[i] for i in order]


def _confidence(ctx: Context, crops: list[Image], phrase: str) -> Float:
    """(N,) in [0, 1]: ``LEAST`` at the cosine from which FindAll would take a thing, 1 at 1, linear between."""
    scores, minimum = similarities(ctx.retriever, crops, phrase)
    least = max(minimum, NEAR * float(scores.max()))
    above = LEAST + (1 - LEAST) * (scores - least) / (1 - least)
    below = LEAST * np.maximum(scores, 0.0) / max(least, 1e-6)
    return np.asarray(np.where(scores >= least, above, below))
