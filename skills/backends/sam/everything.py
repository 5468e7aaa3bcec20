"""Everything in a picture, with as few prompts as it takes.

The published generator prompts a fixed grid, mostly on empty table. Here a coarse grid finds the large masks first,
the surface under the objects among them; after that only pixels that no accepted mask covers are asked about, from the
middle of what is left, until nothing is. Every accepted mask is then asked for once more from its own middle, with its
own logits as mask input, which corrects what a point near an edge got wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from skills.backends import Encoded
from skills.backends.sam.agglomeration.merging import TOGETHER, agglomerated, things
from skills.backends.sam.agglomeration.scene import Scene
from skills.backends.sam.agreement.account import agreed
from skills.backends.sam.color.contents import content_of
from skills.backends.sam.color.frames import unbroken
from skills.backends.sam.color.leftovers import complete
from skills.backends.sam.color.margin import margin
from skills.backends.sam.color.outline import Piece, filled
from skills.backends.sam.color.parting import told_apart
from skills.backends.sam.depth.raised import heights, raised_in, surfaces
from skills.backends.sam.depth.relief import EXACT
from skills.backends.sam.depth.solids import solids
from skills.backends.sam.model.decoder import upscale
from skills.types import Bool, Float, Image, Int, Mask

if TYPE_CHECKING:
    from skills.backends.sam.segmenter import Features, SamSegmenter

_RIM = 5
"""Pixels."""

_OPENING = 0.15
"""Share of a thing, its holes included, from which table that shows in it is a hole and no pattern."""


@dataclass(frozen=True)
class Sweep:
    """Settings of the everything mode.

    Attributes:
        spacing: pixels (of the model's picture) between the points of the coarse grid.
        predicted_iou, stability: what a mask needs to be accepted; the first asks ask for more, the last for this.
        offset: of the logits' cut, up and down, for the stability.
        overlap: share of the smaller of two masks that may lie in the other.
        least_area: pixels (of the picture) that a mask must have.
        half_width: pixels (of the picture) that something must measure from its middle to its edge.
        border, cover: a mask is the surface if it takes up these shares of the picture's border and of the picture.
        rounds, batch: how often to ask about what is left, and how many points each time.
        refine: ask accepted masks for once more.
        alike: share of colours that two touching pieces need in common to be one thing; 0: nothing is joined or added.
        least_left: pixels of what was missed, to be added as a thing.
        together: chance above which the regions of a picture are one thing (``agglomeration``); 0: nobody is asked.
        filtered: whether the surface, strips along the border, and answers that lie in better ones are left out.
    """

    spacing: float = 32.0
    predicted_iou: float = 0.25
    stability: float = 0.2
    offset: float = 1.0
    overlap: float = 0.6
    least_area: int = 12
    half_width: float = 1.4
    border: float = 0.12
    cover: float = 0.1
    rounds: int = 6
    batch: int = 32
    refine: bool = True
    alike: float = 0.75
    least_left: int = 24
    together: float = TOGETHER
    filtered: bool = True


@dataclass(frozen=True, eq=False)
class _Accepted:
    """A mask (H, W) with its predicted IoU, its stability and its (h, w) logits."""

    mask: Bool
    score: float
    stability: float
    logits: torch.Tensor


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
    accepted: list[_Accepted]
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
    shape = encoded.image.shape
    found = _coarse(segmenter, encoded, settings)
    tried = np.zeros(shape, bool)
    for _ in range(settings.rounds):
        points = _middles(~_union(found, shape) & ~tried, settings)
        if not len(points):
            break
        for x, y in points.astype(int):
            tried[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] = True
        _ask(segmenter, encoded, points, found, settings)
    if settings.refine:
        found = _again(segmenter, encoded, found, settings)
    accepted = [each for each in found if not _is_surface(each.mask, settings)]
    under = [each for each in found if _is_surface(each.mask, settings)]
    exact = _exact(segmenter, encoded, accepted)
    surface = _union_of(_exact(segmenter, encoded, under, surfaces=True), tried)
    if settings.filtered:
        beside = margin(encoded.image.rgb, surface)
        exact, surface = [mask & ~beside for mask in exact], surface | beside
    pieces: list[Piece] = [(mask, (i,)) for i, mask in enumerate(exact)]
    if under and settings.alike:
        pieces = unbroken(complete(encoded.image.rgb, surface, exact, settings.least_left, settings.alike))
        pieces = [piece for piece in _unpacked(encoded.image, surface, pieces) if piece[0].any()]
        pieces = told_apart(encoded.image.rgb, pieces, partial(_answers, segmenter, encoded))
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
        whole = filled(mask) & (mask | ~_union_of(of_masks, mask))
        _, labels, stats, _ = cv2.connectedComponentsWithStats((whole & surface).astype(np.uint8), connectivity=4)
        open_table = stats[:, cv2.CC_STAT_AREA] > _OPENING * np.count_nonzero(whole)
        open_table[0] = False
        held = []
        if height is not None and levels is not None:
            others = _union_of([other for other, _ in pieces if other is not mask], mask) & ~mask
            held = raised_in(height, levels, whole, others)
        else:
            by_color = content_of(image.rgb, whole & ~(open_table[labels] & ~mask))
            held = [by_color] if by_color is not None else []
        held = [content for content in held if np.count_nonzero(content & surface) <= 0.5 * np.count_nonzero(content)]
        found.append((mask & ~_union_of(held, mask), members))
        contents += held
    lost = [np.count_nonzero(mask & ~_union_of(contents, surface)) < 0.5 * np.count_nonzero(mask) for mask, _ in found]
    kept = [piece for piece, gone in zip(found, lost) if piece[1] or not gone]
    return kept + [(content, ()) for content in contents]


def _answers(segmenter: SamSegmenter, encoded: Encoded, points: Float) -> Bool:
    """All three masks (3 N, H, W) of each point, their edges laid along the picture's colours."""
    with torch.inference_mode():
        logits = upscale(segmenter.sam.mask_decoder, segmenter.attend(encoded.features, points[:, None]))
        return segmenter.masks(logits, encoded).reshape(-1, *encoded.image.shape)


def _union_of(masks: list[Bool], like: Bool) -> Bool:
    union: Bool = np.logical_or.reduce([np.zeros_like(like), *masks])
    return union


def _exact(segmenter: SamSegmenter, encoded: Encoded, found: list[_Accepted], surfaces: bool = False) -> list[Bool]:
    """Masks at the picture's size with their final outlines."""
    if not found:
        return []
    with torch.inference_mode():
        return list(segmenter.masks(torch.stack([it.logits for it in found])[:, None], encoded, surfaces)[:, 0])


def surface(segmenter: SamSegmenter, encoded: Encoded, settings: Sweep) -> Bool:
    """(H, W) what lies under everything, as far as the coarse grid tells."""
    found = _coarse(segmenter, encoded, settings)
    return _union([each for each in found if _is_surface(each.mask, settings)], encoded.image.shape)


def _coarse(segmenter: SamSegmenter, encoded: Encoded, settings: Sweep) -> list[_Accepted]:
    found: list[_Accepted] = []
    shape = encoded.image.shape
    _ask(segmenter, encoded, _grid(shape, settings.spacing * max(shape) / segmenter.side), found, settings)
    return found


def _ask(
    segmenter: SamSegmenter,
    encoded: Encoded,
    points: Float,
    found: list[_Accepted],
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
                _take(found, _Accepted(masks[i], float(values[i]), float(stabilities[i]), logits[i, 0]), settings)


def _cut(segmenter: SamSegmenter, logits: torch.Tensor, features: Features, settings: Sweep) -> tuple[Bool, Float]:
    """Masks (N, H, W) of logits (N, 1, h, w) as they are, and their stabilities."""
    full = segmenter.enlarge(logits, features)[:, 0]
    inner, outer = ((full > cut).sum(dim=(1, 2)) for cut in (settings.offset, -settings.offset))
    return (full > segmenter.sam.mask_threshold).cpu().numpy(), (inner / outer.clamp(min=1)).cpu().numpy()


def _take(found: list[_Accepted], candidate: _Accepted, settings: Sweep) -> None:
    """Adds a mask unless a better one claims most of it; those it beats go."""
    rivals = [i for i, other in enumerate(found) if _contend(candidate.mask, other.mask, settings)]
    if all(candidate.score > found[i].score for i in rivals):
        for i in reversed(rivals):
            found.pop(i)
        found.append(candidate)


def _contend(a: Bool, b: Bool, settings: Sweep) -> bool:
    smaller = min(np.count_nonzero(a), np.count_nonzero(b))
    return settings.filtered and bool(np.count_nonzero(a & b) > settings.overlap * smaller)


def _again(segmenter: SamSegmenter, encoded: Encoded, found: list[_Accepted], settings: Sweep) -> list[_Accepted]:
    """Every mask once more, from its middle and with its own logits; what has no better answer stays as it was."""
    if not found:
        return found
    points = np.array([_middle(each.mask) for each in found])
    refined: list[_Accepted] = []
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


def _union(found: list[_Accepted], shape: tuple[int, int]) -> Bool:
    union = np.zeros(shape, bool)
    for each in found:
        union |= each.mask
    return union


def _is_surface(mask: Bool, settings: Sweep) -> bool:
    edge = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return settings.filtered and bool(edge.mean() >= settings.border and mask.mean() >= settings.cover)


def _left_free(mask: Bool, surface: Bool, known: Int) -> bool:
    """Whether a region is for the most part the surface, and no more than half of a mask: what a letter leaves free."""
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
