"""What perception must offer. A backend is a module or package beside this file, named as the config names it.

Its module has ``build(**options) -> Segmenter`` or ``build(**options) -> Retriever``; heavy imports belong inside it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt

from skills.types import Bool, Float, Image, Mask

ENTRY = "build"
"""What makes a module of this package a backend; others here are helpers."""

# torch's threads spin while they wait for one another: where another program has a core, a picture takes 17 times as
# long. OpenMP reads this when torch is first imported, which only backends do.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@dataclass(frozen=True, eq=False)
class Encoded:
    """An image after the costly step.

    Attributes:
        image: what was encoded.
        features: whatever the backend keeps.
    """

    image: Image
    features: Any


@dataclass(frozen=True, eq=False)
class Candidates:
    """Answers to N prompts, three each (whole, part, subpart in no fixed order).

    Attributes:
        masks: (N, 3, H, W) bool, the size of the image.
        scores: (N, 3) float32 predicted IoU.
        low_res_logits: (N, 3, h, w) float32.
    """

    masks: Bool
    scores: Float
    low_res_logits: Float

    def best(self) -> tuple[Bool, Float, Float]:
        """Each prompt's mask (N, H, W) of the highest predicted IoU, its score (N,), its logits (N, h, w)."""
        pick = self.scores.argmax(axis=1)
        rows = range(len(pick))
        return self.masks[rows, pick], self.scores[rows, pick], self.low_res_logits[rows, pick]


class Segmenter(Protocol):
    """Promptable segmentation, by Segment Anything's interface (Kirillov et al. 2023, section 2)."""

    name: str

    def encode(self, image: Image) -> Encoded:
        """The costly step; callers cache it by ``image.id``."""

    def everything(self, encoded: Encoded) -> list[Mask]:
        """One mask for each thing that can be told apart, the surface under them left out; largest first."""

    def prompt(
        self,
        encoded: Encoded,
        points: npt.ArrayLike | None = None,
        labels: npt.ArrayLike | None = None,
        boxes: npt.ArrayLike | None = None,
        mask_input: npt.ArrayLike | None = None,
    ) -> Candidates:
        """Answers N prompts at once.

        Args:
            encoded: the image.
            points: (N, K, 2) pixels (x, y).
            labels: (N, K) 1 inside, 0 outside, -1 padding; all inside when left out.
            boxes: (N, 4) box_xyxy pixels.
            mask_input: (N, h, w) low-resolution logits of an earlier answer.
        """


class Retriever(Protocol):
    """Pictures and words in one space; unit vectors, so that a dot product is a cosine.

    Attributes:
        aspects: at least {"identity"}; "texture" and "shape" where the backend can tell them apart.
        minimum: cosine below which nothing fits, by "text" and by aspect.
        temperature: the cosines' scale before a softmax over crops (CLIP's logit scale).
    """

    name: str
    aspects: frozenset[str]
    minimum: Mapping[str, float]
    temperature: float

    def embed_images(self, crops: Sequence[Image], aspect: str = "identity") -> Float:
        """(N, D) float32 unit vectors. ``identity`` compares with text and between pictures at any rotation."""

    def embed_texts(self, words: Sequence[str]) -> Float:
        """(N, D) float32 unit vectors in the space of ``identity``.

        Raises:
            NothingFound: a phrase is made of words that this backend does not know; it is named.
        """
