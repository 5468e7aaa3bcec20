"""Weights from a file: the small model's own format, and the published checkpoints through the published builders."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from skills.backends.sam.model.small import SmallConfig, build_small
from skills.backends.weights import PATHS, files

SMALL = "small"


def load_small(path: Path | None = None) -> Any:
    """The small model from a safetensors file that carries its sizes; the shipped one by default.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: it is no checkpoint of the small model.
    """
    path = path or PATHS["sam"]
    written, state = files.read(path, "config", "sam")
    # Files from before the model knew of depth do not say how many layers it sees.
    sam = build_small(SmallConfig(**{"layers": 3, **written, "stem": tuple(written["stem"])}))
    files.fill(sam, state, path, SMALL)
    return sam.eval()


def save_small(path: Path, state: dict[str, torch.Tensor], config: SmallConfig, **about: str) -> None:
    """Writes half-precision weights with the sizes to build the model, and strings about how they were made."""
    files.write(path, state, "config", asdict(config), **about)


def load_published(path: Path, model: str) -> Any:
    """A published checkpoint ("vit_h", "vit_l", "vit_b") or one of the same architecture.

    Only tensors are read from the file, never code.

    Raises:
        FileNotFoundError: the file is not there.
        ValueError: no such architecture, or the file holds another one.
    """
    from skills.backends.torchvision_ops import ensure_torchvision

    ensure_torchvision()
    from segment_anything import sam_model_registry

    if model not in sam_model_registry:
        near = difflib.get_close_matches(model, [*sam_model_registry, SMALL], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"no Segment Anything model is called {model!r}; there are {SMALL}, vit_b, vit_l, vit_h{hint}")
    if not path.is_file():
        raise FileNotFoundError(f"the checkpoint {path} is not there; download it and give its path in the config")
    sam = sam_model_registry[model]()
    state = torch.load(path, map_location="cpu", weights_only=True)
    files.fill(sam, state, path, model)
    return sam.eval()
