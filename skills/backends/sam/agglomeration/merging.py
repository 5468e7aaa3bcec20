"""Greedy agglomeration: of all pairs of regions the likeliest joins first, and then everything is judged anew.

After Nunez-Iglesias et al., Machine Learning of Hierarchical Clustering to Segment 2D and 3D Images (PLoS ONE 2013): a
classifier sees regions as they grow, and it learns on regions as it makes them itself. All pairs that prefer each other
join in one round, and specks whatever large region they prefer, which takes few rounds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skills.backends.sam.agglomeration import sums
from skills.backends.sam.agglomeration.scene import Scene
from skills.backends.sam.agglomeration.sums import Pairs
from skills.backends.sam.agglomeration.traits import traits
from skills.backends.sam.color.outline import Piece
from skills.types import Bool, Float, Int

TOGETHER = 0.25
"""Chance above which regions join: less than even, for what a thing falls apart into is lost twice."""
_MUCH_LARGER = 8
"""Times."""

Chances = Callable[[Float], Float]
"""Of the traits (M, TRAITS) of pairs: how likely each is one thing, (M,) in [0, 1]."""

Witness = Callable[[Int, Int, Int, Float], None]
"""Hears, each round, (P,) in which region each part is now, and of the pairs that are new or changed (M,) both regions
and (M, TRAITS) traits."""


def agglomerated(scene: Scene, chances: Chances, together: float = TOGETHER, witness: Witness | None = None) -> Int:
    """Parts a picture.

    Args:
        scene: what is known of it.
        chances: judges pairs.
        together: chance above which regions join.
        witness: hears what is judged.

    Returns:
        (H, W) labels, 0 for the surface; not without gaps.
    """
    labels = scene.parts()
    regions = sums.regions(scene, labels)
    pairs = sums.pairs(scene, labels, regions.known)
    root = np.arange(len(regions.area))
    chance: Float = np.zeros(len(pairs.one))
    fresh = np.ones(len(pairs.one), bool)
    while len(pairs.one):
        asked = np.flatnonzero(fresh)
        seen = traits(regions, pairs, asked, scene.noise)
        if witness is not None:
            witness(root, pairs.one[asked], pairs.other[asked], seen)
        chance[asked] = chances(seen)
        into, gone = _likeliest(pairs, chance, together, regions.area)
        if not len(into):
            break
        regions.join(into, gone)
        to = np.arange(len(root))
        to[gone] = into
        root = to[root]
        pairs, chance, fresh = _moved(pairs, chance, to)
        changed = np.zeros(len(root), bool)
        changed[into] = True
        changed[0] = False  # what joins the surface does not change what it is like
        fresh |= changed[pairs.one] | changed[pairs.other]
    return np.asarray(root[labels])


def _likeliest(pairs: Pairs, chance: Float, together: float, area: Float) -> tuple[Int, Int]:
    """Regions, and others that go to them: each to that which it is likeliest one with.

    Either it is so the other way round too, or the other is so much larger that it hardly changes by this.
    """
    area = np.where(np.arange(len(area)) > 0, area, np.inf)  # the surface goes nowhere
    best = np.full(len(area), together)
    np.maximum.at(best, pairs.one, chance)
    np.maximum.at(best, pairs.other, chance)
    turned = area[pairs.one] < area[pairs.other]
    into, gone = np.where(turned, pairs.other, pairs.one), np.where(turned, pairs.one, pairs.other)
    mutual = (chance >= best[into]) | (area[into] >= _MUCH_LARGER * area[gone])
    chosen = np.flatnonzero((chance > together) & (chance >= best[gone]) & mutual)
    chosen = chosen[np.unique(gone[chosen], return_index=True)[1]]
    chosen = chosen[~np.isin(into[chosen], gone[chosen])]
    return into[chosen], gone[chosen]


def _moved(pairs: Pairs, chance: Float, to: Int) -> tuple[Pairs, Float, Bool]:
    """Pairs of the regions as they are now, their chances, and which of them have none: those that met another."""
    one, other = to[pairs.one], to[pairs.other]
    apart = one != other
    one, other = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
    rows = np.column_stack([pairs.sums[apart], chance[apart], np.ones(len(one))])
    found = sums.gathered(one, other, rows)
    return Pairs(found.one, found.other, found.sums[:, :-2]), found.sums[:, -2], found.sums[:, -1] > 1


def things(labels: Int, pieces: list[Piece], known: Int) -> list[Piece]:
    """Masks (H, W) of labels, each with what the piece that it shares most with is made of.

    Args:
        labels: (H, W) as ``agglomerated`` returns them.
        pieces: the masks that ``known`` numbers.
        known: (H, W) as in ``Scene``.
    """
    numbers, flat = np.unique(labels, return_inverse=True)
    shared = np.bincount(flat.ravel() * (len(pieces) + 1) + known.ravel(), minlength=len(numbers) * (len(pieces) + 1))
    shared = shared.reshape(len(numbers), -1)
    shared[:, 0] = 0
    most = shared.argmax(axis=1)
    return [(labels == number, pieces[of - 1][1] if of else ()) for number, of in zip(numbers.tolist(), most) if number]
