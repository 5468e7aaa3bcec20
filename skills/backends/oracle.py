"""Perception that reads the simulator's ground truth, so that a failure under it is not perception's.

Objects are known by the words of their texture and name. A phrase fits an object that has all of its words, and the
better, the fewer of the object's words it leaves out, above all of a texture that it begins to name: of a red heart and
a red and yellow polka dot heart, "the red heart" is the first, "the polka dot heart" the second, "the heart" either.
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from skills.backends import Candidates, Encoded
from skills.errors import SkillError
from skills.types import TABLE, Bool, Float, Image, Int, Mask, ObjectTruth

NEAR_PX = 4.0
"""How far beside an object a click may fall."""

_DIMENSIONS = 1 << 17
_SAME = {"striped": "stripe", "stripes": "stripe", "dotted": "dot", "dots": "dot", "dotty": "dot", "wood": "wooden"}
_SAME |= {"checkered": "checkerboard", "chequered": "checkerboard", "checked": "checkerboard", "gray": "grey"}
_SAME |= {"swirled": "swirl", "swirly": "swirl", "tiled": "tiles", "tile": "tiles", "circle": "round", "disc": "round"}
_ARTICLES = frozenset(("a", "an", "the", "this", "that", "of", "and", "with", "in", "all", "any", "some"))
_NOUNS = frozenset(("object", "objects", "thing", "things", "one", "ones", "item", "items", "piece", "pieces", "shape"))
_ADJECTIVES = frozenset(("coloured", "colored", "pattern", "patterned", "texture", "textured"))
_EMPTY = _ARTICLES | _NOUNS | _ADJECTIVES
"""Words that leave open which object is meant."""


class Oracle:
    """Segmenter and retriever in one: ground truth as masks and as embeddings."""

    name = "oracle"
    aspects = frozenset({"identity", "texture", "shape"})
    minimum: Mapping[str, float] = {"text": 0.001, "identity": 0.99, "texture": 0.99, "shape": 0.99}
    temperature = 100.0

    def encode(self, image: Image) -> Encoded:
        """Finds the object ids of an image's pixels.

        Raises:
            SkillError: the picture is not a simulator's.
        """
        if image.mask is not None:
            return Encoded(image, np.where(image.mask, 0, TABLE).astype(np.int32))
        if image.view is not None and image.view.truth is not None:
            return Encoded(image, image.view.truth.segmentation)
        raise SkillError("the oracle knows simulated pictures only: use --perception default for this picture")

    def everything(self, encoded: Encoded) -> list[Mask]:
        """One mask for each visible object, largest first."""
        segmentation: Int = encoded.features
        found = [Mask.of(segmentation == i, image_id=encoded.image.id) for i in np.unique(segmentation) if i != TABLE]
        return sorted(found, key=lambda mask: (-mask.area, mask.id))

    def prompt(
        self,
        encoded: Encoded,
        points: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        boxes: npt.ArrayLike | None = None,
        mask_input: npt.ArrayLike | None = None,
    ) -> Candidates:
        """The object under each prompt's first inside point, or whose box agrees best; nothing on the empty table."""
        segmentation: Int = encoded.features
        if points is not None:
            clicks = np.asarray(points, dtype=np.float64)
            kinds = np.ones(clicks.shape[:2]) if labels is None else np.asarray(labels)
            found = [_under(segmentation, p[int((k == 1).argmax())]) for p, k in zip(clicks, kinds)]
        else:
            found = [_boxed(segmentation, box) for box in np.asarray(boxes, dtype=np.float64).reshape(-1, 4)]
        masks = np.repeat(np.stack(found)[:, None], 3, axis=1)
        scores = np.tile(np.array([1.0, 0.0, 0.0], np.float32), (len(found), 1)) * masks.any(axis=(2, 3))
        return Candidates(masks, scores, np.where(masks, 10.0, -10.0).astype(np.float32))

    def embed_images(self, crops: Sequence[Image], aspect: str = "identity") -> Float:
        """(N, 131072) float32 unit vectors: for ``identity`` a component for each set of an object's words."""
        return np.stack([self._embed(self._truth(crop), aspect) for crop in crops])

    def embed_texts(self, words: Sequence[str]) -> Float:
        """(N, 131072) float32 unit vectors, one component each: the set of the phrase's words."""
        vectors = np.zeros((len(words), _DIMENSIONS), np.float32)
        vectors[range(len(words)), [_component(tokens(phrase)) for phrase in words]] = 1.0
        return vectors

    def names(self, crops: Sequence[Image]) -> list[str]:
        """What each picture shows: "red heart"."""
        return [f"{truth.texture} {truth.name}".strip() for truth in map(self._truth, crops)]

    @staticmethod
    def _truth(crop: Image) -> ObjectTruth:
        if crop.truth is None:
            raise SkillError("the oracle knows simulated pictures only: use --perception default for this picture")
        return crop.truth

    @staticmethod
    def _embed(truth: ObjectTruth, aspect: str) -> Float:
        vector = np.zeros(_DIMENSIONS, np.float32)
        if aspect != "identity":
            vector[_component({aspect, getattr(truth, "texture" if aspect == "texture" else "name")})] = 1.0
            return vector
        texture, own = tokens(truth.texture), sorted(tokens(f"{truth.texture} {truth.name}"))
        for count in range(len(own) + 1):
            for chosen in itertools.combinations(own, count):
                vector[_component(chosen)] += _weight(frozenset(chosen), texture, len(own))
        # Two names can have the same words, so the exact pair has a component of its own.
        vector[_component({"exactly", truth.texture, truth.name})] += 6.0
        unit: Float = vector / np.linalg.norm(vector)
        return unit


def _weight(said: frozenset[str], texture: frozenset[str], count: int) -> float:
    """How well some of an object's ``count`` words describe it: half a texture is much less than a whole one."""
    left = texture - said if said & texture else frozenset[str]()
    return float(0.5 ** len(left) * 0.95 ** (count - len(said) - len(left)))


def _under(segmentation: Int, point: Float) -> Bool:
    """The object at a pixel, else the smallest one whose hole holds it, else one close by, else nothing."""
    from skills.footprints import filled

    height, width = segmentation.shape
    column, row = int(np.clip(round(point[0]), 0, width - 1)), int(np.clip(round(point[1]), 0, height - 1))
    hit = segmentation[row, column]
    if hit != TABLE:
        return np.asarray(segmentation == hit)
    around = [array for i in np.unique(segmentation) if i != TABLE and filled(array := segmentation == i)[row, column]]
    if around:
        return min(around, key=np.count_nonzero)
    rows, columns = np.nonzero(segmentation != TABLE)
    apart = np.hypot(columns - point[0], rows - point[1])
    if not len(apart) or apart.min() > NEAR_PX:
        return np.zeros_like(segmentation, dtype=bool)
    nearest = apart.argmin()
    return np.asarray(segmentation == segmentation[rows[nearest], columns[nearest]])


def _boxed(segmentation: Int, box: Float) -> Bool:
    best, mask = 0.0, np.zeros_like(segmentation, dtype=bool)
    for i in np.unique(segmentation):
        if i == TABLE:
            continue
        thing = Mask.of(segmentation == i)
        x0, y0, x1, y1 = thing.box_xyxy
        common = max(0.0, min(x1, box[2]) - max(x0, box[0])) * max(0.0, min(y1, box[3]) - max(y0, box[1]))
        union = (x1 - x0) * (y1 - y0) + (box[2] - box[0]) * (box[3] - box[1]) - common
        if common / union > best:
            best, mask = common / union, thing.array
    return mask


def tokens(phrase: str) -> frozenset[str]:
    """The words of a phrase that describe: lower case, one spelling; "polka dot" and "letter A" count as one."""
    plain = re.sub(r"\bl[- ]?shaped?\b", "lshape", phrase.lower())
    plain = re.sub(r"\bletter[- ]([a-z])\b", r"letter letter\1", plain)
    words = re.findall(r"[a-z]+", re.sub(r"\bpolka[- ]?", "", plain))
    return frozenset(_SAME.get(word, word) for word in words if word not in _EMPTY)


def _component(words: Sequence[str] | frozenset[str] | set[str]) -> int:
    return zlib.crc32("|".join(sorted(words)).encode()) % _DIMENSIONS


def build() -> Oracle:
    """The backend that a config calls ``oracle``; takes no options."""
    return Oracle()
