"""torchvision imports, and suppresses boxes, whether or not its compiled operators load."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skills.backends.torchvision_ops import ensure_torchvision, nms


def _nms_by_definition(boxes: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    def iou(a: np.ndarray, b: np.ndarray) -> float:
        low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
        shared = float(np.prod(np.clip(high - low, 0, None)))
        both = float(np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2])) - shared
        return shared / both

    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(iou(boxes[i], boxes[j]) <= threshold for j in kept):
            kept.append(i)
    return kept


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30), st.sampled_from([0.3, 0.5, 0.7]))
def test_nms_keeps_what_its_definition_keeps(seed: int, count: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 50, (count, 2))
    boxes = np.hstack([corner, corner + rng.uniform(1, 30, (count, 2))])
    scores = rng.permutation(count).astype(np.float64)
    kept = nms(torch.from_numpy(boxes), torch.from_numpy(scores), threshold)
    assert kept.tolist() == _nms_by_definition(boxes, scores, threshold)


def test_torchvision_works_after_the_mend() -> None:
    ensure_torchvision()
    from torchvision.ops import batched_nms
    from torchvision.transforms.functional import resize

    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 10, 10], [0, 0, 10, 10]])
    kept = batched_nms(boxes, torch.tensor([0.9, 0.8, 0.7]), torch.tensor([0, 0, 1]), 0.5)
    assert kept.tolist() == [0, 2]
    assert resize(torch.zeros(3, 8, 8), [4, 4]).shape == (3, 4, 4)


def test_the_published_packages_import_after_the_mend() -> None:
    ensure_torchvision()
    import segment_anything

    assert set(segment_anything.sam_model_registry) >= {"vit_b", "vit_l", "vit_h"}
