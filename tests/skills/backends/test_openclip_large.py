"""A user's own open_clip model: the published architecture, weights from a file, nothing else to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skills.backends.openclip import build
from skills.backends.torchvision_ops import ensure_torchvision
from skills.types import Image


@pytest.mark.slow
def test_any_open_clip_name_and_file(tmp_path: Path) -> None:
    ensure_torchvision()
    import open_clip
    import torch

    torch.manual_seed(0)
    published = open_clip.create_model("ViT-B-32")
    torch.save(published.state_dict(), tmp_path / "mine.pt")
    retriever = build(model="ViT-B-32", pretrained=tmp_path / "mine.pt", minimum_text=0.2)
    assert retriever.aspects == {"identity"}
    assert retriever.minimum["text"] == 0.2
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    mask = np.zeros((40, 60), np.bool_)
    mask[10:30, 10:50] = True
    elsewhere = np.where(mask[..., None], rgb, 0).astype(np.uint8)
    vectors = retriever.embed_images([Image(rgb, mask), Image(elsewhere, mask), Image(rgb)])
    assert vectors.shape == (3, 512)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[1], atol=1e-5)  # what the mask leaves out does not count
    assert not np.allclose(vectors[0], vectors[2], atol=1e-3)
    texts = retriever.embed_texts(["a giraffe", "the red heart"])
    assert texts.shape == (2, 512)
    tokens = open_clip.get_tokenizer("ViT-B-32")(["a photo of a giraffe"])
    with torch.inference_mode():
        expected = published.eval().encode_text(tokens, normalize=True).numpy()
    assert np.allclose(texts[:1], expected, atol=1e-4)
    with pytest.raises(ValueError, match="no aspect 'shape'"):
        retriever.embed_images([Image(rgb)], "shape")
