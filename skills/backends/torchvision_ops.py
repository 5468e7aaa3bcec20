"""Makes ``import torchvision`` work where its compiled operators do not load, as beside a CPU-only torch.

segment-anything and open_clip import torchvision for resizing and for non-maximum suppression. torchvision's wheel
carries operators compiled against one build of torch; beside another build they don't load, and the import fails on
``torchvision::nms``. `ensure_torchvision` then defines that operator in plain torch. Where torchvision is whole it
changes nothing.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import torch

_LIBRARIES: list[torch.library.Library] = []
"""An operator lives as long as the library that defined it."""


@functools.cache
def ensure_torchvision() -> bool:
    """Imports torchvision, mended if need be. Call it before importing segment_anything or open_clip.

    Returns:
        Whether torchvision's own compiled operators are in use.

    Raises:
        ModuleNotFoundError: torchvision is not installed.
    """
    if _compiled_operators_load():
        import torchvision

        return True
    _define_operators()
    import torchvision.ops.boxes

    # Only this module's guard is lifted: the operators that stay missing (roi_align, ...) keep saying so.
    torchvision.ops.boxes._assert_has_ops = lambda: None
    return False


def nms(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Greedy non-maximum suppression, as ``torchvision.ops.nms`` defines it.

    Args:
        boxes: (N, 4) float, box_xyxy.
        scores: (N,) float.
        iou_threshold: a box goes when its IoU with a kept one of a higher score is greater than this.

    Returns:
        (K,) int64 indices of the kept boxes, highest score first.
    """
    order = scores.argsort(descending=True, stable=True)
    x0, y0, x1, y1 = boxes[order].unbind(1)
    area = (x1 - x0) * (y1 - y0)
    alive = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    for i in range(len(order)):
        if not alive[i]:
            continue
        width = (torch.minimum(x1[i], x1[i + 1 :]) - torch.maximum(x0[i], x0[i + 1 :])).clamp(min=0)
        height = (torch.minimum(y1[i], y1[i + 1 :]) - torch.maximum(y0[i], y0[i + 1 :])).clamp(min=0)
        shared = width * height
        alive[i + 1 :] &= shared <= iou_threshold * (area[i] + area[i + 1 :] - shared)
    return order[alive]


def _compiled_operators_load() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "torchvision is not installed; pip install the torchvision that belongs to this torch"
        )
    for library in Path(spec.origin).parent.glob("_C*.*"):
        try:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
        except OSError:
            return False
    return hasattr(torch.ops.torchvision, "nms")


def _define_operators() -> None:
    """The two operators that ``import torchvision`` itself registers something for."""
    library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", nms, "CompositeExplicitAutograd")
    _LIBRARIES.append(library)
