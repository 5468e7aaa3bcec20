"""What `doctor` says of the author; nothing is sent, and the key itself is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from instruct2act import config
from instruct2act.doctor import author, interpreter

KEY = "sk-thisMustNeverBeSeen0123456789"


def test_the_embedded_author_needs_nothing() -> None:
    told = author(config.load())
    assert (told.state, told.found) == ("ok", "offline, offline-grammar-1")


def test_a_hosted_model_says_whether_its_key_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = config.load(sets=["author.provider=openai", "llm.model=m"])
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    told = author(chosen)
    assert told.state == "broken" and "OPENAI_API_KEY" in told.found and told.advice
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    told = author(chosen)
    assert told.state == "ok" and "key in OPENAI_API_KEY: set" in told.found
    assert KEY not in repr(told)


def test_a_model_without_a_name_and_a_cassette_that_is_not_there_are_said_so(tmp_path: Path) -> None:
    local = ["author.provider=openai", "llm.base_url=http://127.0.0.1:1/v1"]
    assert "llm.model" in author(config.load(sets=local)).found
    missing = [*local, "llm.model=m", f"llm.cassette={tmp_path / 'none.yaml'}", "llm.replay=replay-or-fail"]
    assert "no cassette" in author(config.load(sets=missing)).found


@pytest.mark.needs("jail")
@pytest.mark.parametrize("choice", ["monty", "cpython"])
def test_both_interpreters_run_a_program(choice: Any) -> None:
    told = interpreter(choice)
    assert (told.state, told.found.split()[0]) == ("ok", choice) and told.found.endswith("runs programs")
