"""Segment Anything: the project's small checkpoint, or a published one of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skills.backends.sam.segmenter import SamSegmenter


def build(
    checkpoint: str = "",
    model: str = "small",
    outline: float | None = None,
    device: str = "cpu",
    affinity: str | None = "",
    agglomeration: str | None = "",
    **settings: Any,
) -> SamSegmenter:
    """A segmenter with its weights.

    Args:
        checkpoint: path of a file with weights; "" for the small model that comes with the project.
        model: "small", or an architecture of ``segment_anything.sam_model_registry``: "vit_b", "vit_l", "vit_h".
        outline: how much the picture's colours count in where a mask's edge runs; by default 2 for the small model,
            whose mask cells are coarse, and 0 for the published ones.
        device: "cpu" or "cuda".
        affinity, agglomeration: paths of the weights that tell the small model which pixels belong together, and which
            regions; "" for those that come with the project, None for none. The published models do without.
        settings: of the everything mode, by the names in ``skills.backends.sam.settings.Sweep``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: unknown model or setting, or a file that does not fit it.
    """
    from skills.backends.sam.affinity import network
    from skills.backends.sam.agglomeration import judge
    from skills.backends.sam.model.checkpoints import SMALL, load_published, load_small
    from skills.backends.sam.segmenter import SamSegmenter
    from skills.backends.sam.settings import Sweep

    unknown = set(settings) - set(Sweep.__dataclass_fields__)
    if unknown:
        raise ValueError(
            f"the segmenter has no setting {sorted(unknown)}; there are {sorted(Sweep.__dataclass_fields__)}"
        )
    path = _path(checkpoint)
    if model == SMALL:
        weight = 2.0 if outline is None else outline
        told = None if affinity is None else network.load(_path(affinity))
        judged = None if agglomeration is None else judge.load(_path(agglomeration))
        return SamSegmenter(load_small(path), False, Sweep(**settings), weight, device, told, judged)
    if path is None:
        raise FileNotFoundError(f"{model!r} does not come with the project; give the path of its weights as checkpoint")
    return SamSegmenter(load_published(path, model), True, Sweep(**settings), outline or 0.0, device)


def _path(name: str) -> Path | None:
    return Path(name).expanduser() if name else None
