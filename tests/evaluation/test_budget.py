"""An evaluation with a hosted model stops before its workers have spent more than they may, together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from doubles.chat_server import ChatServer, says

from instruct2act import config
from instruct2act.evaluation.evaluate import GivenUp, Way, evaluate
from instruct2act.evaluation.record import EpisodeSpec, read

BUDGET = 24_000
ANSWER = "```python\ndef main() -> dict:\n    return RobotExecution([])\n```"


@pytest.mark.slow
@pytest.mark.needs("jail")
def test_workers_share_what_may_be_spent(tmp_path: Path) -> None:
    specs = [EpisodeSpec(task="visual_manipulation", seed=seed) for seed in range(8)]
    with ChatServer(says(ANSWER, tokens=(3000, 500))) as server:
        ours = ["author.provider=openai", f"llm.base_url={server.url}", "llm.model=m", "llm.pictures=nothing"]
        bounds = [f"llm.budget_tokens={BUDGET}", "llm.repairs=0"]
        oracle = ["perception.segmenter=oracle", "perception.retriever=oracle"]
        settings = config.load(sets=[*ours, *bounds, *oracle])
        with pytest.raises(GivenUp, match=r"llm\.budget_tokens"):
            evaluate(specs, settings, tmp_path / "out", Way("processes", 2))
        asked = len(server.asked)
        with pytest.raises(GivenUp, match=r"llm\.budget_tokens"):
            evaluate(specs, settings, tmp_path / "out", Way("processes", 2))
        assert len(server.asked) == asked
    used = json.loads((tmp_path / "out" / "spending.json").read_text(encoding="utf-8"))["used"]
    assert used["tokens_in"] + used["tokens_out"] <= BUDGET
    assert used["tokens_in"] >= 3000 * asked > 0  # more where a worker was ended in mid-call
    lost = [record for record in read(tmp_path / "out" / "records.jsonl") if record.status == "infrastructure"]
    assert {record.label for record in lost} == {"budget"}
