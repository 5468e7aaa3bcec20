"""A hosted model at the page: its program is seen as it streams, sent back and mended, and what it can't do is said."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from person import MARKS, somebody

from instruct2act.bench.browsing import OBJECTS, PROGRAM, SENTENCE, serving
from tests.doubles.chat_server import MODEL, Asked, ChatServer, Handler, chunk, says, status

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

pytestmark = MARKS
KEY = "sk-canary-of-a-key-0123456789"
REWARD = """def reward(history, slots):
    part = inside(history, find(history, "red heart"), find(history, "blue bowl"))
    return {"score": part, "parts": {"the heart is in the bowl": part}}
"""


def fenced(source: str) -> str:
    return f"```python\n{source}```\n"


class Halves:
    """An answer of which the second half comes when it is let go."""

    def __init__(self, text: str) -> None:
        self._text, self.let_go = text, threading.Event()

    def __call__(self, handler: Handler, _: Asked) -> None:
        middle = len(self._text) // 2
        handler.head()
        handler.event(chunk({"content": self._text[:middle]}))
        self.let_go.wait(200)
        handler.event(chunk({"content": self._text[middle:]}))
        handler.event(chunk({}, "stop"))
        handler.event("[DONE]")


def test_a_hosted_model(chromium: Chromium, folder: Path, tmp_path: Path) -> None:
    held = Halves(fenced(PROGRAM))
    wrong = says(fenced(PROGRAM.replace("PickPlace", "PickPlac")))
    unusable = [says("I can't score that.")] * 2
    replies = (held, says(fenced(REWARD)), wrong, says(fenced(PROGRAM)), *unusable, status(401, f"no {KEY}"))
    with ChatServer(*replies) as chat:
        sets = (f"llm.base_url={chat.url}", f"llm.model={MODEL}", "llm.key_env=CANARY_KEY", "llm.pictures=nothing")
        with (
            serving(tmp_path, *sets, "llm.deadline_s=250", environment={"CANARY_KEY": KEY}) as server,
            somebody(chromium, server.address, folder) as person,
        ):
            person.open().table(OBJECTS)
            person.fast()
            person.page.select_option("#author", "openai")
            person.sees("#author option:checked", MODEL)
            person.say(SENTENCE)

            person.page.click("#write")
            person.until(lambda: "ImageCrop" in person.program, "the first half of the program")
            assert "RobotExecution" not in person.program
            person.sees("#writing", "Writing the program …")
            person.page.wait_for_selector("#go:disabled")
            person.page.wait_for_selector("[data-act=run]:disabled")
            person.page.wait_for_selector("#program[readonly]")
            person.shot("70-streaming", whole=False)
            held.let_go.set()
            assert person.wrote() == PROGRAM
            person.sees("#writing", f"Written by {MODEL}")
            person.runs()
            assert person.ended() == "Finished."
            person.has("#result .track[aria-label='the heart is in the bowl']", "aria-valuenow", "1.00")

            person.page.click("#write")
            person.page.wait_for_selector("#writing:has-text('answer 2')")
            assert person.wrote() == PROGRAM
            person.sees("#writing", "Without a reward function: none of")
            assert "PickPlac" in str(chat.asked[3].body["messages"][-1])  # it was told what was wrong

            person.page.click("#write")
            person.page.wait_for_selector("#writing[data-kind=bad]")
            person.sees("#writing", "No program came:")
            person.page.wait_for_selector("#go:enabled")
            person.shot("71-no-program", whole=False)
            assert KEY not in person.page.content()
            assert chat.asked[0].headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in server.log.read_text(encoding="utf-8")
