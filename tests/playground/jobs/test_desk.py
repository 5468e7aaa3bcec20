"""The processes that look at scenes: one that broke is not asked again."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from instruct2act.config import load
from instruct2act.playground.jobs.desk import Desk, Failed
from instruct2act.playground.processes.zygote import Child, Zygote
from tests.awaited import awaited

pytestmark = [pytest.mark.slow, pytest.mark.needs("weights"), pytest.mark.needs("jail")]
CHECK: dict[str, Any] = {"do": "check", "program": "def main():\n    return {}\n", "slots": []}


SCENE: dict[str, Any] = {"do": "masks", "id": "a scene", "everything": True}


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """One process, its zygote its own."""
    zygote = Zygote(load(), folder)
    made = Desk(zygote, 1, 512)
    try:
        yield made
    finally:
        await made.close()
        await zygote.close()


def at_work(desk: Desk) -> Child:
    """The process that answers."""
    child = desk._places[0].child
    assert child is not None
    return child


def test_what_breaks_twice_is_said_and_replaced(tmp_path: Path) -> None:
    async def asked() -> list[int]:
        async with desk(tmp_path) as made:
            await made.ask("a scene", CHECK)
            before = at_work(made)
            await made.ask("a scene", CHECK)
            assert at_work(made) is before
            with pytest.raises(Failed) as failed:
                await made.ask("a scene", {"do": "what nobody knows of"})
            assert failed.value.ours and made.failed == 1
            await made.ask("a scene", CHECK)
            assert before.ended.done()
            return [before.number, at_work(made).number]

    first, second = awaited(asked())
    assert second > first + 1  # the question was asked of a second process, too


def test_a_process_that_dies_is_not_noticed(tmp_path: Path) -> None:
    async def asked() -> tuple[Any, Any, int]:
        async with desk(tmp_path) as made:
            spec = {"objects": "red heart; blue bowl", "seed": 3, "text": "-"}
            first = await made.ask("a scene", {**SCENE, "spec": spec})
            os.kill(at_work(made).pid, signal.SIGSEGV)
            second = await made.ask("a scene", {**SCENE, "spec": spec})
            with pytest.raises(Failed, match="not known any more"):  # no mask of the one is a mask of the other
                old = {"do": "crop", "id": "a scene", "spec": spec, "mask": first["masks"][0]["id"]}
                await made.ask("a scene", {**old, "file": str(tmp_path / "crop.png")})
            return first["masks"], second["masks"], made.failed

    first, second, failed = awaited(asked())
    assert [mask["box"] for mask in first] == [mask["box"] for mask in second]
    assert len(first) == 2 and failed == 1
