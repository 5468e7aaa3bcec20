"""A sandbox, the embedded author, and instructions of every task."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from instruct2act.authoring.policy import Policy
from instruct2act.authoring.reward import RewardWriter
from instruct2act.sandbox import Gateway
from skills.types import Image


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    with Gateway() as made:
        yield made


@pytest.fixture(scope="session")
def policy(gateway: Gateway) -> Policy:
    from instruct2act.authoring.llm import load

    return Policy(load("offline"), gateway)


@pytest.fixture(scope="session")
def rewards(gateway: Gateway) -> RewardWriter:
    from instruct2act.authoring.llm import load

    return RewardWriter(load("offline"), gateway.backend)


@pytest.fixture(scope="session")
def image() -> Image:
    return Image(np.zeros((8, 8, 3), np.uint8))
