"""Cassettes: what was answered once is answered again, by anyone, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from doubles.chat_server import ChatServer, answers
from hypothesis import given, settings
from hypothesis import strategies as st

from instruct2act.authoring.llm import LLM, Completion, LLMError, Message, load
from instruct2act.authoring.llm.replay import Cassette, Replay
from instruct2act.config import Llm
from skills.errors import Mistake
from skills.types import Image

KEY = "sk-thisMustNeverBeSeen0123456789"
PROGRAM = 'def main() -> dict:\n    # "put" it: there\n    return {}\n'


def ask(text: str = "put a into b", *images: tuple[str, Image]) -> list[Message]:
    return [Message("system", "You write programs."), Message("user", text, images)]


def server() -> ChatServer:
    """Answers with a program, and how often it was asked."""
    told: list[Any] = []

    def write(body: dict[str, Any]) -> str:
        told.append(body)
        return f"```python\n{PROGRAM}```\n{len(told)}"

    return ChatServer(answers(write))


def author(path: Path, replay: str, url: str = "http://127.0.0.1:9/v1", provider: str = "openai") -> LLM:
    told = {"base_url": url, "model": "m", "cassette": path, "replay": replay, "deadline_s": 5.0, "retries": 0}
    return load(provider, Llm(**told))


def test_a_run_repeats_without_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    path = tmp_path / "kept" / "answers.yaml"
    with server() as double:
        recording = author(path, "record", double.url)
        first = [recording.complete(ask(text)) for text in ("a", "b", "a")]
        assert len(double.asked) == 3
    monkeypatch.delenv("OPENAI_API_KEY")
    again = author(path, "replay-or-fail")
    assert [again.complete(ask(text)).text for text in ("a", "b", "a", "a", "b")] == [
        *(completion.text for completion in first),
        first[0].text,
        first[1].text,
    ]
    alone = author(path, "off", provider="replay")
    kept = alone.complete(ask("a"))
    assert (kept.model, kept.fingerprint) == (first[0].model, first[0].fingerprint)
    assert (kept.tokens_in, kept.tokens_out) == (100, 20)
    assert alone.model == "m"


def test_a_cassette_can_be_read_by_people_and_holds_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    path = tmp_path / "answers.yaml"
    with ChatServer(answers(lambda _: f"```python\n{PROGRAM}```\n# {KEY}")) as double:
        author(path, "record", double.url).complete(ask("put a into b\nnow"))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("---\ncassette: 1\nmodel: m\n")
    assert '    # "put" it: there\n' in text
    assert "put a into b\n" in text
    assert KEY not in text


def test_what_is_not_there_is_asked_once(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    with server() as double:
        author(path, "replay", double.url).complete(ask("a"))
        later = author(path, "replay", double.url)
        assert later.complete(ask("a")).text == later.complete(ask("a")).text
        later.complete(ask("b"))
        assert len(double.asked) == 2


def test_what_is_not_there_fails_where_nobody_is_to_be_asked(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    with server() as double:
        author(path, "record", double.url).complete(ask("a"))
    alone = author(path, "off", provider="replay")
    with pytest.raises(LLMError, match="no answer to this prompt"):
        alone.complete(ask("A"))
    with pytest.raises(LLMError, match="no answer to this prompt"):
        alone.complete(ask("a", ("a", Image(np.zeros((2, 2, 3), np.uint8)))))


def test_pictures_are_part_of_what_was_asked(tmp_path: Path) -> None:
    one, other = (Image(np.full((2, 2, 3), value, np.uint8)) for value in (1, 2))
    path = tmp_path / "answers.yaml"
    with server() as double:
        recording = author(path, "record", double.url)
        for image in (one, other):
            recording.complete(ask("a", ("a", image)))
    alone = author(path, "off", provider="replay")
    assert alone.complete(ask("a", ("a", other))).text != alone.complete(ask("a", ("a", one))).text


def test_two_writers_of_one_file_leave_one_header(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    one, other = Cassette(path), Cassette(path)
    one.keep("m", ask("a"), Completion("x", "m"))
    other.keep("m", ask("b"), Completion("y", "m"))
    alone = author(path, "off", provider="replay")
    assert [alone.complete(ask(text)).text for text in "ab"] == ["x", "y"]


def test_another_model_s_cassette_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    Cassette(path).keep("other", ask(), Completion("x", "other-1"))
    with pytest.raises(Mistake, match="answers of 'other', not of 'm'"):
        author(path, "replay")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cassette: 2\nmodel: m\n",
        "- 1\n",
        "cassette: 1\nmodel: m\n---\n5\n",
        "cassette: 1\nmodel: m\n---\nprompt: a\ntext: 5\n",
        "cassette: 1\nmodel: m\n---\n!!python/object/apply:os.system [echo]\n",
        "{",
        "[" * 5000,
    ],
)
def test_what_is_no_cassette_is_said_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Mistake, match=r"answers\.yaml"):
        author(path, "off", provider="replay")


def test_a_cassette_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no cassette"):
        author(tmp_path / "none.yaml", "replay-or-fail")
    with pytest.raises(Mistake, match=r"llm\.cassette"):
        load("replay")


@settings(max_examples=40)
@given(st.lists(st.text(max_size=60) | st.text(alphabet="ab :#-'\"|>\n\t\r\x85\u2028", max_size=30), max_size=4))
def test_every_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, texts: Sequence[str]) -> None:
    path = tmp_path_factory.mktemp("kept") / "answers.yaml"
    cassette = Cassette(path)
    for place, text in enumerate(texts):
        cassette.keep("m", ask(f"{place} {text}"), Completion(text, text[:5] or "m", 1, 2, 0.5, "f"))
    alone = Replay(None, Cassette(path), "replay-or-fail")
    for place, text in enumerate(texts):
        assert alone.complete(ask(f"{place} {text}")).text == text
    if texts:
        assert len(list(yaml.safe_load_all(path.read_text(encoding="utf-8")))) == len(texts) + 1
