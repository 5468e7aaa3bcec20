"""A hosted author behind the playground: its answer comes as it is written, and its key stays where it belongs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from instruct2act.bench.browsing import PROGRAM, SENTENCE, Server, serving
from tests.doubles.chat_server import MODEL, ChatServer, says, status

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail")]
KEY = "sk-canary-of-a-key-0123456789"
REWARD = """def reward(history, slots):
    part = inside(history, find(history, "red heart"), find(history, "blue bowl"))
    return {"score": part, "parts": {"inside": part}}
"""


def test_a_program_comes_as_it_is_written(tmp_path: Path) -> None:
    wrong = PROGRAM.replace("PickPlace", "PickPlac")
    replies = (says(f"```python\n{wrong}```"), says(f"```python\n{PROGRAM}```", pieces=40), status(401, f"no {KEY}"))
    with ChatServer(*replies) as chat:
        sets = (f"llm.base_url={chat.url}", f"llm.model={MODEL}", "llm.key_env=CANARY_KEY", "llm.pictures=nothing")
        with serving(tmp_path, *sets, environment={"CANARY_KEY": KEY}) as server:
            browser = server.browser()
            author = next(author for author in browser.hello()["authors"] if author["name"] == "openai")
            assert author["ready"] and author["streams"] and MODEL in author["label"]
            scene = browser.scene()["scene"]
            with browser.page() as page:
                browser.post("/api/plans", {"scene": scene, "text": SENTENCE, "author": "openai"})
                heard = []
                while not heard or heard[-1]["type"] != "plan_done":
                    heard.append(page.next())
            kinds = [event["type"] for event in heard]
            written = heard[kinds.index("written")]
            assert written["source"].strip() == PROGRAM.strip() and written["model"] == MODEL
            deltas = [event for event in heard[: kinds.index("written")] if event["type"] == "delta"]
            last = max(place for place, event in enumerate(deltas) if event["anew"])
            assert last > 0  # the second answer began anew
            told = "".join(event["text"] for event in deltas[last:])
            assert len(deltas) - last > 5 and f"```python\n{PROGRAM}```".startswith(told)
            assert "PickPlac" in heard[kinds.index("sent_back")]["trouble"]
            assert chat.asked[0].headers["authorization"] == f"Bearer {KEY}"
            everything = str(heard) + browser.get("/api/hello").body.decode() + server.log.read_text(encoding="utf-8")
            assert KEY not in everything
            assert KEY.encode() not in server.surroundings() != b""
    assert os.environ.get("CANARY_KEY") is None


def test_a_recording_is_an_author(tmp_path: Path) -> None:
    """What a model once answered is written again, without a model, a key or a network."""
    cassette = f"llm.cassette={tmp_path / 'answers.yaml'}"
    with ChatServer(says(f"```python\n{PROGRAM}```"), says(f"```python\n{REWARD}```")) as chat:
        sets = (f"llm.base_url={chat.url}", f"llm.model={MODEL}", "llm.pictures=nothing", cassette)
        with serving(tmp_path / "first", *sets, "llm.replay=record") as server:
            first = written(server, "openai")
        asked = len(chat.asked)
    assert [each["what"] for each in first] == ["program", "reward"] and asked == 2
    with serving(tmp_path / "second", *sets) as server:
        authors = {author["name"]: author for author in server.browser().hello()["authors"]}
        assert authors["replay"]["ready"]
        again = written(server, "replay")
    assert [each["source"] for each in again] == [each["source"] for each in first]


def written(server: Server, author: str) -> list[dict[str, Any]]:
    """What an author writes for the sentence."""
    browser = server.browser()
    browser.hello()
    scene = browser.scene()["scene"]
    with browser.page() as page:
        browser.post("/api/plans", {"scene": scene, "text": SENTENCE, "author": author})
        heard = []
        while not heard or heard[-1]["type"] != "plan_done":
            heard.append(page.next())
    return [event for event in heard if event["type"] == "written"]
