"""Comparing: which things are alike, what differs, by how much, and how far something was turned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from skills import skill
from skills.context import Context
from skills.errors import BadArgument, NothingFound, SkillError
from skills.following import what_turned
from skills.likeness import alike
from skills.measures import Attribute, measure
from skills.registration import turn
from skills.types import Image

NOTICED: dict[str, float] = {"height": 0.008, "size": 0.15, "lightness": 0.05}
"""The least difference that counts: metres, share of the smaller one, CIE L* / 100."""


@skill("Compare")
def compare(ctx: Context, objs1: list[Image], objs2: list[Image]) -> dict[str, Any]:
    """In what the things of objs1 differ from their partners in objs2, over all pairs (objs1[k], objs2[k]).

    Returns {"attribute": "height" | "size" | "lightness" | "texture" | "shape", "more": whether objs1 have more of it,
    "by": mean difference}. Use Measure with that attribute to find things that have more or less of it.

    Raises:
        NothingFound: no difference goes the same way in every pair.
    """
    if len(objs1) != len(objs2) or not objs1:
        raise BadArgument(f"objs1 and objs2 are pairs: {len(objs1)} and {len(objs2)} pictures are not")
    best: tuple[float, str, float] | None = None
    for attribute in get_args(Attribute):
        found = _differences(ctx, objs1, objs2, attribute)
        if found is None:
            continue
        noticed, by = found
        if best is None or noticed > best[0]:
            best = noticed, attribute, by
    if best is not None:
        return {"attribute": best[1], "more": best[2] > 0, "by": abs(best[2])}
    for aspect in ("texture", "shape"):
        pairs = [alike(ctx.retriever, [one], other, aspect) for one, other in zip(objs1, objs2)]
        if all(scores[0] < minimum for scores, minimum in pairs):
            return {"attribute": aspect, "more": False, "by": float(np.mean([1 - scores[0] for scores, _ in pairs]))}
    raise NothingFound(f"nothing differs in the same way in all {len(objs1)} pairs")


def _differences(
    ctx: Context, objs1: Sequence[Image], objs2: Sequence[Image], attribute: Attribute
) -> tuple[float, float] | None:
    """How many times the least that counts the smallest difference is, and the mean one; None when signs differ."""
    try:
        one = np.array([measure(ctx, obj, attribute) for obj in objs1])
        other = np.array([measure(ctx, obj, attribute) for obj in objs2])
    except SkillError:
        return None
    apart = one - other
    relative = apart / np.minimum(one, other) if attribute == "size" else apart
    least = float(np.abs(relative).min()) / NOTICED[attribute]
    if least < 1 or abs(np.sign(apart).sum()) < len(apart):
        return None
    return least, float(apart.mean())


@skill("Measure")
def measure_skill(ctx: Context, obj: Image, attribute: Attribute) -> float:
    """One property of a thing, to find the tallest, the largest, the darkest.

    Args:
        obj: from ImageCrop, or one of `templates`.
        attribute: "height" in metres, "size" of its outline seen from above in square metres, or "lightness" from 0
            (black) to 1 (white).
    """
    return measure(ctx, obj, attribute)


@skill("RotationBetween")
def rotation_between(ctx: Context, before: Image, after: Image) -> float:
    """Degrees by which a thing was turned between two pictures of it, clockwise positive seen from above.

    The smallest, where the thing's symmetry allows several.

    Args:
        before, after: the thing, cut out of two pictures; or two whole pictures of a table on which one thing turned.
    """
    if before.mask is None and after.mask is None:
        before, after = what_turned(ctx, before, after)
    elif before.mask is None or after.mask is None:
        raise BadArgument("before and after are both cut out, or both whole pictures")
    return -math.degrees(turn(before, after)[0])
