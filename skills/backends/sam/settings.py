"""What the everything mode is told."""

from __future__ import annotations

from dataclasses import dataclass

from skills.backends.sam.agglomeration.merging import TOGETHER


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
