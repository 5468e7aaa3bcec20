"""The processes that look at scenes: one that broke is not asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from instruct2act.config import load
from instruct2act.playground.jobs.desk import Desk, Failed
from instruct2act.playground.processes.zygote import Zygote
from tests.awaited import awaited

pytestmark = [pytest.mark.slow, pytest.mark.needs("weights"), pytest.mark.needs("jail")]
CHECK: dict[str, Any] = {"do": "check", "program": "def main():\n    return {}\n", "slots": []}


def test_what_broke_is_replaced(tmp_path: Path) -> None:
    async def asked() -> list[int]:
        zygote = Zygote(load(), tmp_path)
        desk = Desk(zygote, 1, 512)
        try:
            await desk.ask("a scene", CHECK)
            before = desk._places[0].child
            await desk.ask("a scene", CHECK)
            same = desk._places[0].child
            with pytest.raises(Failed) as failed:
                await desk.ask("a scene", {"do": "what nobody knows of"})
            assert failed.value.ours and desk.failed == 1
            await desk.ask("a scene", CHECK)
            after = desk._places[0].child
            assert before is not None and before is same and after is not None
            assert before.ended.done()
            return [before.number, after.number]
        finally:
            await desk.close()
            await zygote.close()

    first, second = awaited(asked())
    assert second > first
