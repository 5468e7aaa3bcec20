"""Retrieval with open_clip: the small checkpoint of this project, or any model and weights that open_clip can build.

``build()`` loads the small checkpoint: open_clip's own CLIP at a small size, with heads for texture and shape.
``build(model="ViT-B-32", pretrained="file.pt")`` loads anything open_clip has a name for, with ``identity`` alone.
"""

from __future__ import annotations

from pathlib import Path

from skills.backends import Retriever

SMALL = "small"
WEIGHTS = Path(__file__).parent.parent / "weights" / "clip_small.safetensors"


def build(
    model: str = SMALL,
    pretrained: str | Path | None = None,
    minimum_text: float = 0.18,
    minimum_identity: float = 0.6,
    device: str = "cpu",
) -> Retriever:
    """Loads a retriever.

    Args:
        model: "small", or any of ``open_clip.list_models()``.
        pretrained: a file of weights, or a tag that open_clip knows for the model; for "small" another file of the kind
            that ``instruct2act train clip`` writes.
        minimum_text: cosine below which no crop fits a phrase; for open_clip's models, whose cosines with text are low.
            The small checkpoint brings its own.
        minimum_identity: cosine below which no crop shows the thing of a picture; likewise.
        device: of torch, "cpu" or "cuda".

    Raises:
        ValueError: open_clip has no such model, or one was named without weights.
        FileNotFoundError: there is no such file.
    """
    from skills.backends.openclip.retriever import LargeRetriever, SmallRetriever

    if model == SMALL:
        return SmallRetriever(Path(pretrained or WEIGHTS).expanduser(), device)
    return LargeRetriever(model, pretrained, {"text": minimum_text, "identity": minimum_identity}, device)
