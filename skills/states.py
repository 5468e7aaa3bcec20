"""What is where on the table, from pictures alone: the objects' states that a reward can be given instead of truth."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from skills.backends import Retriever, Segmenter
from skills.errors import NothingFound
from skills.footprints import Footprint, filled, footprint, table_points
from skills.perception import cut
from skills.registration import turn
from skills.types import Bool, Float, Image, Mask, ObjectState, Pose, View

SAME = 0.9
"""A pairing of a new thing with an old one costs 1 - the cosine of their looks + half of move / ``FAR_M``; above this
they are two things."""
FAR_M = 0.5
"""A longer move costs no more, metres."""
WITHIN = 0.7
"""Share of a thing's filled outline inside a larger one's from which it counts as in or on it."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """A thing as last seen: its state, its cut-out, its embedding (D,)."""

    state: ObjectState
    crop: Image
    embedding: Float


class Watcher:
    """Follows the things on a table from picture to picture, by looks and place.

    Ids are given in the order of first being seen and kept. A thing that can't be seen any more keeps its last state:
    on a table, most likely something was put over it.
    """

    def __init__(
        self, segmenter: Segmenter, retriever: Retriever, shapes: Sequence[str] = (), textures: Sequence[str] = ()
    ) -> None:
        """Takes the models, and the words among which names are chosen (none: things stay without a name)."""
        self._segmenter, self._retriever = segmenter, retriever
        self._shapes, self._textures = self._vocabulary(shapes), self._vocabulary(textures)
        self._seen: dict[int, _Seen] = {}

    def look(self, view: View) -> tuple[ObjectState, ...]:
        """The states of everything in a view with a calibrated camera, by id; with depth, heights are measured."""
        seen, whole = self._see(view)
        self._seen |= seen
        self._seen |= _stacked(self._seen, whole)
        return tuple(one.state for one in self._seen.values())

    def glimpse(self, view: View) -> tuple[ObjectState, ...]:
        """The states of known things as another picture shows them (a scene to be reached); nothing is remembered."""
        seen, whole = self._see(view)
        return tuple(one.state for id, one in _stacked(seen, whole).items() if id in self._seen)

    def name(self, picture: Image) -> str:
        """What a picture of one thing looks like, among the words: "red and blue striped heart"; "" when none fits."""
        return f"{self._named(picture, self._textures)} {self._named(picture, self._shapes)}".strip()

    def find(self, picture: Image) -> int | None:
        """The id of the thing that a picture shows, or None when none looks like it."""
        if not self._seen:
            return None
        asked = self._retriever.embed_images([picture], "identity")[0]
        cosines = {id: float(one.embedding @ asked) for id, one in self._seen.items()}
        best = max(cosines, key=cosines.__getitem__)
        return best if cosines[best] >= self._retriever.minimum.get("identity", -1.0) else None

    def at(self, pixel: tuple[float, float]) -> int | None:
        """The id of the thing at a pixel (x, y) of the last look, or None on the table."""
        x, y = round(pixel[0]), round(pixel[1])
        for id, one in self._seen.items():
            column, row = x - one.crop.origin_xy[0], y - one.crop.origin_xy[1]
            height, width = one.crop.shape
            if 0 <= row < height and 0 <= column < width and (one.crop.mask is None or one.crop.mask[row, column]):
                return id
        return None

    def _see(self, view: View) -> tuple[dict[int, _Seen], dict[int, Bool]]:
        """What a view shows, by id (that of a known thing, or a new one), and filled outlines."""
        image = Image(view.rgb, view=view)
        masks = self._segmenter.everything(self._segmenter.encode(image))
        crops = [cut(image, mask) for mask in masks]
        places = [footprint(mask, view) for mask in masks]
        embeddings = self._retriever.embed_images(crops, "identity") if crops else np.zeros((0, 1), np.float32)
        known = self._pairs(embeddings, places)
        fresh = itertools.count(len(self._seen))
        seen: dict[int, _Seen] = {}
        whole: dict[int, Bool] = {}
        for i, (mask, crop, place) in enumerate(zip(masks, crops, places)):
            id = known[i] if i in known else next(fresh)
            seen[id] = _Seen(self._state(id, mask, crop, place, view), crop, embeddings[i])
            whole[id] = filled(mask.array)
        return seen, whole

    def _pairs(self, embeddings: Float, places: Sequence[Footprint]) -> dict[int, int]:
        """Index of a new thing -> id of the old one that it is."""
        from scipy.optimize import linear_sum_assignment

        ids = list(self._seen)
        if not ids or not places:
            return {}
        old = np.stack([self._seen[id].embedding for id in ids])
        at = np.array([[self._seen[id].state.pose.x, self._seen[id].state.pose.y] for id in ids])
        moves = np.linalg.norm(np.array([place.center for place in places])[:, None] - at[None], axis=-1)
        cost = np.clip(1 - embeddings @ old.T, 0, 1) + 0.5 * np.clip(moves / FAR_M, 0, 1)
        rows, columns = linear_sum_assignment(cost)
        return {int(i): ids[int(j)] for i, j in zip(rows, columns) if cost[i, j] < SAME}

    def _state(self, id: int, mask: Mask, crop: Image, place: Footprint, view: View) -> ObjectState:
        """What a mask says of a thing; its name and its heading come from when it was first seen."""
        old = self._seen.get(id)
        top = float(
            max(table_points(view, np.argwhere(mask.array)[:, ::-1].astype(float), mask.array)[:, 2].max(), 0.0)
        )
        yaw = old.state.pose.yaw + turn(old.crop, crop)[0] if old else 0.0
        across = np.ptp(place.outline, axis=0)
        return ObjectState(
            id,
            old.state.name if old else self._named(crop, self._shapes),
            old.state.texture if old else self._named(crop, self._textures),
            Pose(float(place.center[0]), float(place.center[1]), 0.0, float((yaw + np.pi) % (2 * np.pi) - np.pi)),
            (float(across[0]), float(across[1]), top),
            (tuple((float(x), float(y)) for x, y in place.outline),),
        )

    def _named(self, crop: Image, vocabulary: tuple[list[str], Float]) -> str:
        """The word that a cut-out looks like most; "" when none fits."""
        words, embeddings = vocabulary
        if not words:
            return ""
        cosines = embeddings @ self._retriever.embed_images([crop], "identity")[0]
        best = int(cosines.argmax())
        return words[best] if cosines[best] >= self._retriever.minimum.get("text", -1.0) else ""

    def _vocabulary(self, words: Sequence[str]) -> tuple[list[str], Float]:
        """The words that the retriever knows, and their embeddings (N, D)."""
        known: list[str] = []
        embeddings = []
        for word in words:
            try:
                embeddings.append(self._retriever.embed_texts([word])[0])
            except NothingFound:
                continue
            known.append(word)
        return known, np.array(embeddings)


def _stacked(seen: Mapping[int, _Seen], whole: Mapping[int, Bool]) -> dict[int, _Seen]:
    """Says what lies in or on what: a thing whose filled outline lies within that of a larger one."""
    told = dict(seen)
    for id, array in whole.items():
        area = int(array.sum())
        larger = {other: a for other, a in whole.items() if other != id and int(a.sum()) > area}
        shares = {other: int((array & a).sum()) / area for other, a in larger.items()}
        below = max((o for o, share in shares.items() if share > WITHIN), key=shares.__getitem__, default=None)
        told[id] = replace(seen[id], state=replace(seen[id].state, on=below))
    return told
