"""Records name the weights that they were made with, by content."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruct2act import config
from instruct2act.runtime import Runtime
from skills.backends import weights


@pytest.mark.needs("weights")
def test_every_shipped_checkpoint_is_named_and_ones_own_take_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = {name: weights.sha256(path) for name, path in weights.PATHS.items()}
    found = Runtime(config.load()).weights
    assert found == {"openclip": shipped["clip"]} | {
        name: shipped[name] for name in ("sam", "affinity", "agglomeration")
    }
    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(b"weights")
    own = Runtime(config.load(sets=[f"perception.segmenter_options.affinity={mine}"])).weights
    assert own == found | {"affinity": weights.sha256(mine)}
    monkeypatch.setenv("HOME", str(tmp_path))
    at_home = Runtime(config.load(sets=["perception.segmenter_options.affinity=~/mine.safetensors"])).weights
    assert at_home == own
    without = Runtime(config.load(sets=["perception.segmenter_options.agglomeration=null"])).weights
    assert set(found) - set(without) == {"agglomeration"}


@pytest.mark.needs("weights")
def test_a_published_model_comes_alone(tmp_path: Path) -> None:
    mine = tmp_path / "sam_vit_b.pth"
    mine.write_bytes(b"weights")
    options = (f"perception.segmenter_options.checkpoint={mine}", "perception.segmenter_options.model=vit_b")
    found = Runtime(config.load(sets=options)).weights
    assert set(found) == {"sam", "openclip"} and found["sam"] == weights.sha256(mine)
