"""Made-up records, and the settings of evaluations that are played for real: ground truth as perception, no GPU."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from instruct2act import config
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec, identity

ORACLE = ["perception.segmenter=oracle", "perception.retriever=oracle"]


@pytest.fixture(scope="session")
def settings() -> config.Config:
    return config.load(sets=ORACLE)


@pytest.fixture(scope="session")
def origin(settings: config.Config) -> Origin:
    return Origin.of(settings)


@pytest.fixture
def made() -> Callable[..., EpisodeRecord]:
    """A record of ``rotate`` with this seed; any field can be given."""

    def make(seed: int = 0, task: str = "rotate", level: str = "L1", **more: object) -> EpisodeRecord:
        spec = EpisodeSpec(task=task, level=level, seed=seed)
        given: dict[str, object] = {
            "id": identity(spec, "c", "p", {}, "0"),
            "spec": spec,
            "config": "c",
            "version": "0",
            "instruction": "Rotate it.",
            "status": "finished",
            "success": True,
        }
        return EpisodeRecord.model_validate({**given, **more})

    return make
