from pathlib import Path

import pytest

from instruct2act import config
from instruct2act.evaluation.record import EpisodeSpec, read
from instruct2act.evaluation.runners import serial
from instruct2act.runtime import Runtime

ORACLE = ["perception.segmenter=oracle", "perception.retriever=oracle"]


@pytest.mark.needs("jail")
def test_a_run_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    specs = [EpisodeSpec(task="visual_manipulation", seed=seed) for seed in range(3)]
    path = tmp_path / "records.jsonl"
    with Runtime(config.load(sets=ORACLE)) as runtime:
        first = serial(specs[:2], runtime, path)
        path.write_bytes(path.read_bytes()[:-30])  # killed while writing
        heard: list[int] = []
        again = serial(specs, runtime, path, lambda record, done, of: heard.append(record.spec.seed))
    assert heard == [1, 2]
    assert [record.spec.seed for record in again] == [0, 1, 2]
    assert again[0] == first[0]
    assert [record.spec.seed for record in read(path)] == [0, 1, 2]
    same = ("id", "program", "success", "progress", "reward", "reward_parts")
    assert [getattr(again[1], name) for name in same] == [getattr(first[1], name) for name in same]
