"""The provider `openai`, with the real client, against a server on loopback that misbehaves."""

from __future__ import annotations

import base64
import email.utils
import io
import logging
import threading
import time
import traceback
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from doubles import chat_server as double
from doubles.chat_server import ChatServer, chunk, says, status
from hypothesis import given as tried
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from pydantic import ValidationError

from instruct2act.authoring.llm import LLMError, Message, OutOfBudget, _asking, load
from instruct2act.authoring.llm.openai import OpenAI
from instruct2act.authoring.program import LARGEST_REPLY, Refusal, take_out
from instruct2act.config import Llm
from skills.errors import Mistake
from skills.types import Image

KEY = "sk-thisMustNeverBeSeen0123456789"
ASK = (Message("system", "You write programs."), Message("user", "put a into b"))


KEYS = st.sampled_from(
    ["id", "model", "choices", "delta", "content", "refusal", "finish_reason", "usage", "prompt_tokens", "error"]
) | st.text(max_size=3)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def author(server: ChatServer | str, waits: list[float] | None = None, **given: Any) -> OpenAI:
    url = server if isinstance(server, str) else server.url
    made = load("openai", Llm(**{"base_url": url, "model": "asked-for", "deadline_s": 10.0, **given}))
    assert isinstance(made, OpenAI)
    made.sleep = (waits if waits is not None else []).append
    return made


def trouble(reply: double.Reply, asked: Sequence[Message] = ASK, **given: Any) -> str:
    """What is said of a server that always replies so; the key is in none of it."""
    with ChatServer(reply) as server, pytest.raises(LLMError) as raised:
        author(server, **given).complete(asked)
    told = "".join(traceback.format_exception(raised.value))
    assert KEY not in told
    assert KEY not in repr(raised.value.__dict__)
    assert len(str(raised.value)) < 1000
    return str(raised.value)


# --- a server that behaves --------------------------------------------------------------------------------------------


def test_an_answer_comes_whole_with_its_facts() -> None:
    with ChatServer(says("def main():\n    pass\n")) as server:
        answer = author(server, price_in=1.0, price_out=10.0).complete(ASK)
    assert answer.text == "def main():\n    pass\n"
    assert (answer.model, answer.fingerprint) == (double.MODEL, double.FINGERPRINT)
    assert (answer.tokens_in, answer.tokens_out) == (100, 20)
    assert answer.cost == pytest.approx(100e-6 + 200e-6)
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.body["messages"] == [{"role": m.role, "content": m.text} for m in ASK]
    assert (asked.body["model"], asked.body["stream"], asked.body["max_tokens"]) == ("asked-for", True, 2000)
    assert "temperature" not in asked.body


def test_a_server_that_counts_nothing_is_counted_by_estimate() -> None:
    with ChatServer(says("x" * 400, tokens=None)) as server:
        answer = author(server).complete(ASK)
    assert answer.tokens_out == 100
    assert answer.tokens_in > 0


def test_fields_can_be_added_and_dropped() -> None:
    extra = {"stream_options": None, "reasoning_effort": "low", "temperature": 0}
    with ChatServer(says("x")) as server:
        author(server, extra=extra, temperature=1.0).complete(ASK)
    body = server.asked[0].body
    assert "stream_options" not in body
    assert (body["reasoning_effort"], body["temperature"]) == ("low", 0)


def test_the_bound_goes_by_the_name_that_a_server_knows_and_can_t_be_moved() -> None:
    with ChatServer(says("x")) as server:
        author(server, extra={"max_tokens": None}, max_tokens=300).complete(ASK)
    body = server.asked[0].body
    assert "max_tokens" not in body and body["max_completion_tokens"] == 300
    hosted = _asking.request(Llm(base_url="https://api.openai.com/v1", model="m"), ASK, False)
    assert "max_tokens" not in hosted and hosted["max_completion_tokens"] == 2000
    for extra in ({"max_tokens": 10**6}, {"max_tokens": None, "max_completion_tokens": None}, {"n": 8}):
        with pytest.raises(ValidationError):
            Llm(extra=extra)


def test_a_refusal_in_the_protocol_s_own_form_is_one() -> None:
    with ChatServer(double.refuses("I can't\nhelp with that.")) as server:
        answer = author(server).complete(ASK)
    assert take_out(answer.text) == Refusal("", "I can't help with that.", "")


# --- pictures ---------------------------------------------------------------------------------------------------------


def pictured() -> tuple[Message, ...]:
    image = Image(np.full((4, 8, 3), 200, np.uint8), np.arange(32).reshape(4, 8) > 0)
    return (ASK[0], Message("user", "put {a} away", (("a", image),), (("a", 'red "heart"\nnow obey'),)))


def test_pictures_go_along() -> None:
    with ChatServer(says("x")) as server:
        author(server).complete(pictured())
    parts = server.asked[0].body["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["text", "text", "image_url"]
    data = base64.b64decode(parts[2]["image_url"]["url"].removeprefix("data:image/png;base64,"))
    shown = np.asarray(Pillow.open(io.BytesIO(data)))
    assert shown.shape == (112, 224, 3)
    assert shown[0, 0].tolist() == [255] * 3
    assert shown[-1, -1].tolist() == [200] * 3


def test_without_pictures_words_stand_for_them_as_data() -> None:
    with ChatServer(says("x")) as server:
        author(server, images="off").complete(pictured())
    text = server.asked[0].body["messages"][1]["content"]
    assert text.splitlines()[-1] == '"a": "red \\"heart\\"\\nnow obey"'


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (400, "image_url is not supported by this model"),
        (500, "image input is not supported"),
        (400, "m is not a multimodal model"),
    ],
)
def test_a_server_that_takes_no_pictures_gets_words_from_then_on(code: int, told: str) -> None:
    with ChatServer(status(code, told), says("x")) as server:
        model = author(server, retries=0)
        assert model.complete(pictured()).text == "x"
        assert model.complete(pictured()).text == "x"
    kinds = [type(asked.body["messages"][1]["content"]) for asked in server.asked]
    assert kinds == [list, str, str]


def test_pictures_that_must_go_along_are_not_left_out() -> None:
    assert "llm.images=off" in trouble(status(400, "image_url is not supported"), pictured(), images="on")


# --- trying again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        status(429),
        status(500),
        status(503),
        double.hangs_up(),
        double.cut("half a wo"),
        double.cut("half a wo", chunked=True),
        double.events("{not json"),
        double.events("[]"),
        double.events("[" * 100_000),
        double.events(chunk({"content": ["no", "text"]}), "[DONE]"),
        double.events(chunk({}, choices=[]), "[DONE]"),
        double.events(chunk({"content": ""}, "stop"), "[DONE]"),
        double.events({"error": {"message": "overloaded", "type": "server_error"}}),
        double.events("[DONE]"),
    ],
    ids=[
        "429",
        "500",
        "503",
        "hangs up",
        "cut",
        "cut in a chunk",
        "malformed",
        "a list",
        "deep",
        "no text",
        "empty choice",
        "nothing",
        "error in the stream",
        "done at once",
    ],
)
def test_what_may_be_better_next_time_is_asked_again(first: double.Reply) -> None:
    waits: list[float] = []
    with ChatServer(first, first, says("at last")) as server:
        assert author(server, waits).complete(ASK).text == "at last"
    assert len(server.asked) == 3
    assert 0.25 <= waits[0] <= 0.5 <= waits[1] <= 1.0


def test_waits_are_spread() -> None:
    waits: list[float] = []
    with ChatServer(status(500)) as server, pytest.raises(LLMError, match="asked 8 times"):
        author(server, waits, retries=7, deadline_s=300).complete(ASK)
    assert len(waits) == 7 and len(set(waits)) == 7
    assert max(waits) <= 30


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_server_that_names_a_time_is_left_alone_so_long(form: str) -> None:
    value = "500" if form == "seconds" else email.utils.formatdate(time.time() + 500, usegmt=True)
    waits: list[float] = []
    with ChatServer(status(429, retry_after=value), says("x")) as server:
        author(server, waits, deadline_s=3600.0).complete(ASK)
    assert len(waits) == 1 and 400 <= waits[0] <= 501  # a date is of whole seconds, and time goes on meanwhile


@pytest.mark.parametrize("value", ["soon", "nan", "-3", "Wed, 99 Foo 2026", "inf"])
def test_a_time_that_is_none_is_no_reason_to_hurry_or_to_wait_for_ever(value: str) -> None:
    waits: list[float] = []
    with ChatServer(status(429, retry_after=value), says("x")) as server:
        author(server, waits).complete(ASK)
    assert 0 <= waits[0] <= 1


def test_a_time_beyond_the_deadline_is_not_waited_for() -> None:
    told = trouble(status(429, "slow down", retry_after="100"))
    assert "slow down" in told and "llm.deadline_s" in told


@pytest.mark.parametrize(("code", "said"), [(401, "OPENAI_API_KEY"), (404, "asked-for"), (400, "llm.extra"), (418, "")])
def test_what_will_not_be_better_is_not_asked_again(code: int, said: str) -> None:
    with ChatServer(status(code, "because")) as server, pytest.raises(LLMError, match=f"{code}: .*because") as raised:
        author(server).complete(ASK)
    assert said in str(raised.value)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("why", "said"), [("length", "llm.max_tokens=2000"), ("content_filter", "filter")])
def test_an_answer_of_no_words_that_would_be_none_again_is_not_asked_for_twice(why: str, said: str) -> None:
    with ChatServer(double.events(chunk({}, why), "[DONE]")) as server, pytest.raises(LLMError) as raised:
        author(server).complete(ASK)
    assert said in str(raised.value)
    assert len(server.asked) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@tried(st.lists(JSON | st.dictionaries(KEYS, JSON, max_size=6), max_size=4), st.booleans())
def test_whatever_is_streamed_ends_as_an_answer_or_a_sentence(data: list[Any], whole: bool) -> None:
    with ChatServer(double.events(*data, *[chunk({"content": "x"}, "stop")] * whole, "[DONE]")) as server:
        try:
            answer = author(server, retries=0).complete(ASK)
        except LLMError:
            return
    assert isinstance(answer.text, str) and isinstance(answer.model, str) and isinstance(answer.fingerprint, str)
    assert 0 <= answer.tokens_in < 10**8 and 0 <= answer.tokens_out < 10**8
    answer.text.encode()


# --- time and size ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        double.drips(where="headers"),
        double.drips(where="body"),
        double.drips(where="events"),
        double.stalls("def ma"),
    ],
    ids=["headers", "within an event", "events without content", "silence"],
)
def test_the_deadline_holds_for_the_whole_call(reply: double.Reply) -> None:
    before = threading.active_count()
    began = time.monotonic()
    assert "llm.deadline_s=0.4" in trouble(reply, deadline_s=0.4)
    assert time.monotonic() - began < 20  # left alone, each would go on for 30 s or for ever
    for _ in range(100):  # the thread that was left behind ends too, and so does the server's
        if threading.active_count() <= before:
            break
        time.sleep(0.05)
    assert not [thread for thread in threading.enumerate() if thread.name == "llm call"]


def test_an_answer_without_end_is_left_early() -> None:
    with ChatServer(double.floods()) as server:
        answer = author(server).complete(ASK)
    assert LARGEST_REPLY < len(answer.text) < LARGEST_REPLY + 10_000
    assert not isinstance(take_out(answer.text), Refusal)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (double.one_line(1 << 25), "longer than 8 MB"),
        (double.floods(code=400), "longer than 8 MB"),
        (double.compressed(), "compressed"),
        (double.page(), "text/html"),
        (double.page('{"choices": []}', "application/json"), "application/json"),
        (double.moves("http://127.0.0.1:9/v1/chat/completions"), "307"),
    ],
    ids=["one endless line", "endless error", "bomb", "web page", "not streamed", "redirect"],
)
def test_what_is_no_answer_is_not_read(reply: double.Reply, said: str) -> None:
    assert said in trouble(reply)


# --- the key ----------------------------------------------------------------------------------------------------------


def test_a_key_that_is_echoed_is_taken_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = trouble(status(401, "wrong: {authorization}"))
    assert "[key]" in told
    trouble(status(500, "trace: {authorization}"), retries=1)
    trouble(double.events({"error": {"message": f"failed for {KEY}", "type": "x"}}), retries=0)
    with ChatServer(says(f"print('{KEY}')")) as server:
        model = author(server)
        answer = model.complete(ASK)
        assert KEY not in repr(model)
    assert answer.text == "print('[key]')"
    assert KEY not in repr(answer)
    assert caplog.records
    assert KEY not in caplog.text


def test_a_server_of_one_s_own_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer(says("x")) as server:
        author(server, key_env="").complete(ASK)
        monkeypatch.delenv("OPENAI_API_KEY")
        author(server).complete(ASK)
    assert all("authorization" not in asked.headers for asked in server.asked)


def test_a_key_does_not_cross_the_network_in_the_open() -> None:
    with pytest.raises(Mistake, match="not encrypted") as raised:
        author("http://192.0.2.1:8000/v1")
    assert KEY not in str(raised.value)
    author("http://192.0.2.1:8000/v1", key_env="")
    author("https://192.0.2.1:8000/v1")


def test_a_hosted_model_without_a_key_says_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(Mistake, match="OPENAI_API_KEY"):
        author("https://api.openai.com/v1")
    with pytest.raises(Mistake, match="MY_KEY"):
        author("https://api.openai.com/v1", key_env="MY_KEY")
    with pytest.raises(Mistake, match=r"llm\.model"):
        author("http://127.0.0.1:1/v1", model="")


def test_what_goes_to_this_machine_goes_to_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ChatServer(says("x")) as server:
        assert author(server).complete(ASK).text == "x"


def test_text_that_is_no_unicode_can_still_be_written() -> None:
    with ChatServer(says("a \ud800 b")) as server:
        assert author(server).complete(ASK).text == "a ? b"


# --- the budget -------------------------------------------------------------------------------------------------------


def test_the_budget_stops_before_it_is_exceeded() -> None:
    with ChatServer(says("x", (500, 100))) as server:
        model = author(server, price_in=1.0, price_out=10.0, budget=0.005, max_tokens=200)
        calls = 0
        with pytest.raises(OutOfBudget, match=r"llm\.budget=0\.005"):
            for calls in range(10):  # noqa: B007
                model.complete(ASK)
        assert calls == len(server.asked) == 2
    assert model.purse.spent == pytest.approx(2 * (500 + 1000) / 1e6)


def test_tokens_can_be_bounded_without_prices() -> None:
    with ChatServer(says("x", (500, 100))) as server:
        model = author(server, budget_tokens=1400, max_tokens=200)
        model.complete(ASK)
        model.complete(ASK)
        with pytest.raises(OutOfBudget, match=r"1200 of llm\.budget_tokens=1400"):
            model.complete(ASK)
    assert len(server.asked) == 2


def test_an_answer_that_was_cut_is_paid_for() -> None:
    with ChatServer(double.cut("x" * 400), says("y", (10, 1))) as server:
        model = author(server)
        assert model.complete(ASK).tokens_out == 101
    assert model.purse.tokens_out == 101


def test_money_is_not_bounded_without_prices() -> None:
    with pytest.raises(Mistake, match=r"llm\.price_in"):
        author("http://127.0.0.1:1/v1", budget=1.0)
