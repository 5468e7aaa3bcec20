"""The command `reward eval`: rewards held against the goal, a good author's and bad ones'."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sim
from instruct2act import cli
from instruct2act.authoring.llm import Completion, Message
from instruct2act.authoring.llm import offline as embedded
from instruct2act.truth import evaluate
from instruct2act.truth.figures import Scored
from skills.errors import UnknownName

pytestmark = pytest.mark.needs("jail")

LIAR = """def reward(history, slots):
    moved = [a for a in all_ids(history) if moved(history, [a]) >= 0.5]
    return {"score": 1.0 if moved else 0.6, "parts": {}}
"""
LIAR = LIAR.replace("moved = [", "gone = [").replace("if moved else", "if gone else")


class Says:
    """An author of one reward."""

    model = "says"

    def __init__(self, text: str) -> None:
        self.text = text

    def complete(self, messages: Sequence[Message]) -> Completion:
        return Completion(self.text, self.model)


def asked(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["reward", "eval", *arguments])
    return result.exit_code, result.stdout


@pytest.mark.slow
def test_the_embedded_author_tells_the_truth(tmp_path: Path) -> None:
    out = tmp_path / "rewards"
    code, said = asked("--tasks", "visual_manipulation,rotate", "--episodes", "1", "--out", str(out), "--json")
    rows = [json.loads(line) for line in said.splitlines()]
    assert code == 0
    assert [row["task"] for row in rows] == ["rotate", "visual_manipulation", "all"]
    for row in rows:
        assert row["executed"] == 1.0 and row["auroc"] > 0.98 and row["false_rate"] == 0.0 and row["spearman"] > 0.8
    outcomes = [Scored(**json.loads(line)) for line in (out / "outcomes.jsonl").read_text().splitlines()]
    assert len(outcomes) == rows[-1]["n"] > 20
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.count("data:image/webp") == 2 * 2 * evaluate.SHOWN
    assert "<script" not in page and "def reward(history, slots)" in page


@pytest.mark.slow
def test_a_reward_that_claims_everything_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "build", lambda _=None: Says(f"```python\n{LIAR}```"))
    code, said = asked("--tasks", "visual_manipulation", "--episodes", "1", "--json")
    row = json.loads(said.splitlines()[0])
    assert code == 0 and row["executed"] == 1.0
    assert row["false_rate"] == 1.0 and row["auroc"] < 0.7
    assert row["false_claims"]["untouched"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("text", ["REFUSED\nunderstood: nothing\nnot understood: all of it", "no code here"])
def test_without_a_reward_nothing_is_executed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(embedded, "build", lambda _=None: Says(text))
    code, said = asked("--tasks", "rotate", "--episodes", "1")
    assert code == 1
    assert "0.0%" in said.splitlines()[-1]


def test_each_task_at_its_first_level_unless_levels_are_asked_for() -> None:
    assert evaluate.asked((), None) == [(name, task.levels[0]) for name, task in sim.TASKS.items()]
    assert evaluate.asked(("rotate", "follow_motion"), ()) == [
        ("rotate", "L1"), ("rotate", "L2"), ("rotate", "L3"), ("follow_motion", "L4"),
    ]  # fmt: skip
    with pytest.raises(UnknownName, match="did you mean"):
        evaluate.asked(("rotat",), None)
