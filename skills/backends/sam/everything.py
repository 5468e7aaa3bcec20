"""Everything in a picture: one mask for each thing, none for the surface under them.

The segmenter's answers are laid along colours and depth, completed from what stands out of the surface, and taken apart
where they hold several things; then a judge of regions joins what belongs together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from skills.backends import Encoded
from skills.backends.sam.agglomeration.merging import agglomerated, things
from skills.backends.sam.agglomeration.scene import Scene
from skills.backends.sam.agreement.account import agreed
from skills.backends.sam.answers import Answer, answers, candidates, coarse, union
from skills.backends.sam.color.contents import content_of
from skills.backends.sam.color.frames import unbroken
from skills.backends.sam.color.leftovers import complete
from skills.backends.sam.color.margin import margin
from skills.backends.sam.color.outline import Piece, filled
from skills.backends.sam.color.parting import told_apart
from skills.backends.sam.depth.raised import heights, raised_in, surfaces
from skills.backends.sam.depth.relief import EXACT
from skills.backends.sam.depth.solids import solids
from skills.backends.sam.settings import Sweep
from skills.types import Bool, Image, Int, Mask

if TYPE_CHECKING:
    from skills.backends.sam.segmenter import SamSegmenter

_RIM = 5
"""Pixels."""

_OPENING = 0.15
"""Share of a thing, its holes included, from which table that shows in it is a hole and no pattern."""


@dataclass(frozen=True, eq=False)
class Parted:
    """A picture before what belongs together was asked.

    Attributes:
        pieces: the things as far as masks, colours and depth tell.
        accepted: the answers that pieces are made of.
        surface: (H, W) what lies under everything, to the pixel.
        scene: these pieces with everything else that tells what belongs together; None where nothing does.
    """

    pieces: list[Piece]
    accepted: list[Answer]
    surface: Bool
    scene: Scene | None


def sweep(segmenter: SamSegmenter, encoded: Encoded, settings: Sweep) -> list[Mask]:
    """One mask for each thing that can be told apart, the surface left out; largest first.

    Args:
        segmenter: what answers prompts.
        encoded: the picture, encoded by it.
        settings: see there.
    """
    found = parted(segmenter, encoded, settings)
    pieces, scene = found.pieces, found.scene
    if scene is not None and segmenter.judge is not None:
        labels = agglomerated(scene, segmenter.judge.chances, settings.together)
        made = [it for it in things(labels, pieces, scene.known) if not _left_free(it[0], found.surface, scene.known)]
        pieces = [it for it in made if not _lies_under(it[0], encoded, settings)]
    masks = []
    for mask, members in pieces:
        if np.count_nonzero(mask) < settings.least_area or (settings.filtered and _is_margin(mask)):
            continue
        scores: dict[str, Any] = {"score": settings.predicted_iou, "stability": settings.stability}
        if members:
            best = max((found.accepted[i] for i in members), key=lambda it: it.score)
            scores = {"score": best.score, "stability": best.stability, "low_res_logits": best.logits.cpu().numpy()}
        masks.append(Mask.of(mask, image_id=encoded.image.id, **scores))
    return sorted(masks, key=lambda mask: (-mask.area, mask.id))


def parted(segmenter: SamSegmenter, encoded: Encoded, settings: Sweep) -> Parted:
    """What ``sweep`` knows before it asks what belongs together."""
    found = answers(segmenter, encoded, settings)
    accepted = [each for each in found if not _is_surface(each.mask, settings)]
    under = [each for each in found if _is_surface(each.mask, settings)]
    exact = _exact(segmenter, encoded, accepted)
    surface = union(_exact(segmenter, encoded, under, surfaces=True), encoded.image.shape)
    if settings.filtered:
        beside = margin(encoded.image.rgb, surface)
        exact, surface = [mask & ~beside for mask in exact], surface | beside
    pieces: list[Piece] = [(mask, (i,)) for i, mask in enumerate(exact)]
    if under and settings.alike:
        pieces = unbroken(complete(encoded.image.rgb, surface, exact, settings.least_left, settings.alike))
        pieces = [piece for piece in _unpacked(encoded.image, surface, pieces) if piece[0].any()]
        pieces = told_apart(encoded.image.rgb, pieces, partial(candidates, segmenter, encoded))
    if not settings.filtered:
        return Parted(pieces, accepted, surface, None)
    seen = encoded.features.relief
    if encoded.image.view is not None and seen is not None:
        pieces = agreed(encoded.image.rgb, seen, solids(seen, encoded.image.view), pieces)
        pieces = [piece for piece in pieces if not _lies_under(piece[0], encoded, settings)]
    told = segmenter.affinities(encoded) if settings.together else None
    if told is None:
        return Parted(pieces, accepted, surface, None)
    raised = seen.raised if seen is not None and seen.noise <= EXACT else None
    return Parted(pieces, accepted, surface, Scene.of(encoded.image.rgb, told, pieces, seen, raised))


def _unpacked(image: Image, surface: Bool, pieces: list[Piece]) -> list[Piece]:
    """The pieces, and what lies in or on them: by depth where the camera measures it, else by colour."""
    of_masks = [mask for mask, members in pieces if members]
    height = heights(image)
    levels = None if height is None else surfaces(height)
    found: list[Piece] = []
    contents: list[Bool] = []
    for mask, members in pieces:
        whole = filled(mask) & (mask | ~union(of_masks, mask.shape))
        _, labels, stats, _ = cv2.connectedComponentsWithStats((whole & surface).astype(np.uint8), connectivity=4)
        open_table = stats[:, cv2.CC_STAT_AREA] > _OPENING * np.count_nonzero(whole)
        open_table[0] = False
        held = []
        if height is not None and levels is not None:
            others = union([other for other, _ in pieces if other is not mask], mask.shape) & ~mask
            held = raised_in(height, levels, whole, others)
        else:
            by_color = content_of(image.rgb, whole & ~(open_table[labels] & ~mask))
            held = [by_color] if by_color is not None else []
        held = [content for content in held if np.count_nonzero(content & surface) <= 0.5 * np.count_nonzero(content)]
        found.append((mask & ~union(held, mask.shape), members))
        contents += held
    lost = [
        np.count_nonzero(mask & ~union(contents, surface.shape)) < 0.5 * np.count_nonzero(mask) for mask, _ in found
    ]
    kept = [piece for piece, gone in zip(found, lost) if piece[1] or not gone]
    return kept + [(content, ()) for content in contents]


def _exact(segmenter: SamSegmenter, encoded: Encoded, found: list[Answer], surfaces: bool = False) -> list[Bool]:
    """Masks at the picture's size with their final outlines."""
    if not found:
        return []
    with torch.inference_mode():
        return list(segmenter.masks(torch.stack([it.logits for it in found])[:, None], encoded, surfaces)[:, 0])


def surface(segmenter: SamSegmenter, encoded: Encoded, settings: Sweep) -> Bool:
    """(H, W) what lies under everything, as far as the coarse grid tells."""
    found = [each.mask for each in coarse(segmenter, encoded, settings)]
    return union([mask for mask in found if _is_surface(mask, settings)], encoded.image.shape)


def _is_surface(mask: Bool, settings: Sweep) -> bool:
    edge = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return settings.filtered and bool(edge.mean() >= settings.border and mask.mean() >= settings.cover)


def _left_free(mask: Bool, surface: Bool, known: Int) -> bool:
    """Whether a region is for the most part the surface, and no more than half of a mask: what a letter leaves free.

    Args:
        mask: (H, W) the region.
        surface: (H, W) what lies under everything.
        known: (H, W) number of the mask that covers a pixel, 0 where none does.
    """
    within = np.bincount(known[mask], minlength=1)
    within[0] = 0
    most = int(within.argmax())
    mostly = 2 * np.count_nonzero(mask & surface) > np.count_nonzero(mask)
    return bool(mostly and 2 * within[most] <= np.count_nonzero(known == most))


def _lies_under(mask: Bool, encoded: Encoded, settings: Sweep) -> bool:
    """Whether a mask is the surface, and no large thing on it, as far as depth tells, that the border cuts off."""
    if not _is_surface(mask, settings):
        return False
    seen = encoded.features.relief
    return seen is None or bool(2 * np.count_nonzero(mask & seen.raised) < np.count_nonzero(mask))


def _is_margin(mask: Bool) -> bool:
    """Whether a mask is a strip along the picture's border: what lies beside the surface, not on it."""
    inner = mask[_RIM:-_RIM, _RIM:-_RIM]
    longest = max(int(np.count_nonzero(mask.any(axis=axis))) for axis in (0, 1))
    return bool(longest > 6 * _RIM and np.count_nonzero(inner) < 0.05 * np.count_nonzero(mask))
