from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import sim
from instruct2act.evaluation.record import EpisodeRecord
from instruct2act.exports import exporting
from instruct2act.exports.coco import counts


@given(arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_run_lengths_are_coco_s(array: np.ndarray) -> None:
    assert masks.encode(np.asfortranarray(array.astype(np.uint8)))["counts"].decode() == counts(array)


@pytest.mark.slow
@pytest.mark.needs("jail")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:pycocotools")
def test_coco_s_own_tools_read_it(folder: Path, records: list[EpisodeRecord], tmp_path: Path) -> None:
    assert exporting.run(folder, "coco", tmp_path / "set", "all", None, True, None, []) == 0
    truth = COCO(str(tmp_path / "set" / "instances.json"))
    assert len(truth.imgs) >= 3
    first = truth.imgs[1]
    assert first["episode"] == records[0].spec.scene()
    pixels = np.asarray(Image.open(tmp_path / "set" / first["file_name"]))
    env = sim.make("rotate", seed=1, variation="light")
    view = env.look()["top"]
    assert np.array_equal(pixels, view.rgb) and view.truth is not None
    shown = [truth.annToMask(one).astype(bool) for one in truth.imgToAnns[1]]
    names = {truth.cats[one["category_id"]]["name"] for one in truth.imgToAnns[1]}
    assert names == {known.name for known in view.truth.objects.values()}
    assert np.array_equal(np.logical_or.reduce(shown), view.truth.segmentation >= 0)
    env.close()
    found = COCOeval(truth, truth.loadRes(str(tmp_path / "set" / "results.json")), "segm")
    found.params.useCats = 0
    found.evaluate()
    found.accumulate()
    found.summarize()
    assert found.stats[0] == pytest.approx(1.0), "the oracle's masks are the simulator's"
