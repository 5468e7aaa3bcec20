"""Finding everything that fits: among cut-outs, by one aspect; in a picture, by words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from skills import skill
from skills.backends import Retriever
from skills.context import Context
from skills.errors import BadArgument, NothingFound
from skills.likeness import Aspect, alike
from skills.perception import NEAR, asked_for, cut, everything, fitting, plain, similarities
from skills.types import Bool, Image, Mask

_ANY_THING = re.compile(r"\b(objects?|things?|items?|ones?)$")
"""Nouns that leave open what a thing is: such a phrase says how it looks."""

JUST_FITS, JUST_NEAR = 0.25, 0.3
"""What FindAll would just take, by text_threshold and box_threshold: Language Segment-Anything's defaults."""


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
    if isinstance(query, str) and fits.any() and _ANY_THING.search(plain(query)):
        fits |= _dressed_alike(ctx.retriever, objs, order[0])
    found = [i for i in order if fits[i]]
    if not found:
        raise NothingFound(
            f"nothing fits {asked_for(query)} in {aspect}: the closest of {len(open_to)} objects is number {order[0]} "
            f"with similarity {scores[order[0]]:.2f}, and {minimum:.2f} is needed"
        )
    return found


def _dressed_alike(retriever: Retriever, objs: Sequence[Image], best: int) -> Bool:
    """(N,) which things wear the best one's texture: words for a look fit them too, whatever their shape does to it."""
    if "texture" not in retriever.aspects:
        return np.zeros(len(objs), np.bool_)
    likeness, least = alike(retriever, objs, objs[best], "texture")
    return np.asarray(likeness >= least)


@skill("TextSAM")
def text_sam(
    ctx: Context, image: Image, words: str, box_threshold: float = 0.3, text_threshold: float = 0.25
) -> list[Mask]:
    """Masks of all things that words name, best first.

    Args:
        image: a whole picture.
        words: a phrase, or several parted by "." or ";" ("red block. bowl"): any of them.
        box_threshold: how near a mask has to come to the best one of the picture, 0 to 1 (1: the best alone).
        text_threshold: how well it has to fit the words, 0 to 1 (0.25: just).

    Raises:
        NothingFound: nothing does.
    """
    phrases = [phrase.strip() for phrase in re.split(r"[.;]", words) if phrase.strip()]
    if not phrases:
        raise BadArgument("empty words name nothing: say what to look for, such as 'red block. bowl'")
    masks = everything(ctx, image)
    if not masks:
        raise NothingFound("there is nothing in this picture")
    crops = [cut(image, mask, i) for i, mask in enumerate(masks)]
    fits, kept = np.zeros(len(masks)), np.zeros(len(masks), bool)
    for phrase in phrases:
        scores, minimum = similarities(ctx.retriever, crops, phrase)
        fit = np.interp(scores, (0.0, max(minimum, 1e-6), 1.0), (0.0, JUST_FITS, 1.0))
        near = np.interp(scores / max(float(scores.max()), 1e-6), (0.0, NEAR, 1.0), (0.0, JUST_NEAR, 1.0))
        kept |= (fit >= text_threshold) & (near >= box_threshold)
        fits = np.maximum(fits, fit)
    if not kept.any():
        raise NothingFound(
            f"nothing is {words!r} by {text_threshold:g}: the closest of {len(masks)} things fits by {fits.max():.2f}"
        )
    ctx.cut_from |= {crop.id: mask for crop, mask in zip(crops, masks)}
    return [masks[i] for i in np.argsort(-fits, kind="stable") if kept[i]]
