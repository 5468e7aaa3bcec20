"""A small evaluation that is played for real, once: what all formats are made of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from instruct2act import config
from instruct2act.config import Config
from instruct2act.evaluation.evaluate import evaluate
from instruct2act.evaluation.record import RECORDS, EpisodeRecord, EpisodeSpec, read
from instruct2act.runtime import Runtime

ORACLE = ["perception.segmenter=oracle", "perception.retriever=oracle"]
SPECS = [
    EpisodeSpec(task="rotate", seed=1, variation="light"),
    EpisodeSpec(task="pick_in_order_then_restore", seed=0),
    EpisodeSpec(task="rotate", seed=2, text="Paint {dragged_obj} blue.", wording="impossible", refusal=True),
    EpisodeSpec(task="visual_manipulation", seed=1),
]


@pytest.fixture(scope="session")
def settings() -> Config:
    return config.load(sets=ORACLE)


@pytest.fixture(scope="session")
def folder(settings: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("evaluation")
    evaluate(SPECS, settings, made)
    return made


@pytest.fixture(scope="session")
def records(folder: Path) -> list[EpisodeRecord]:
    return read(folder / RECORDS)


@pytest.fixture(scope="session")
def runtime(settings: Config) -> Iterator[Runtime]:
    with Runtime(settings) as made:
        yield made
