"""Any server that speaks OpenAI's chat completions: hosted, vLLM, Ollama, llama.cpp; by `llm.base_url`.

Answers are streamed, so that one that grows without end is left early. What the server sends is hostile: bounded in
size and time (`_wire`), its texts made printable, the key taken out of them. The key is read from the environment for
each call and kept nowhere; it goes over https, or to this machine.

A call is repeated on 429, 408, 409, 5xx, cut connections and answers without content, up to `llm.retries` times within
`llm.deadline_s`, after what Retry-After asks for or an exponential wait with jitter. Nothing else is repeated.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from instruct2act.authoring.llm import Completion, LLMError, Message, _asking, estimated_tokens
from instruct2act.authoring.program import LARGEST_REPLY
from instruct2act.authoring.spending import Bill, Purse, most_tokens
from instruct2act.config import Llm
from instruct2act.sandbox.errors import clipped
from skills.errors import Mistake

HOSTED = "api.openai.com"
HERE = ("localhost", "127.0.0.1", "::1")
LONGEST_WAIT_S = 30.0
"""Between two tries, where the server names no time."""
BLIND = (400, 404, 415, 422, 500, 501)
PICTURED = ("image", "multimodal", "multi-modal", "vision", "content part")
"""Statuses and words by which servers say that a model takes no pictures."""
TOLD_BYTES = 300
"""Of a server's own words, in an error."""


@dataclass
class _Heard:
    """An answer as far as it came."""

    text: str = ""
    refusal: str = ""
    model: str = ""
    fingerprint: str = ""
    finished: str = ""
    tokens: tuple[int, int] | None = None


class _Again(Exception):
    """An answer that may be better when asked again; ``after``: seconds that the server wants to be left alone."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        self.after = after
        super().__init__(sentence)


class _Blind(Exception):
    """The server does not take pictures."""


@dataclass
class OpenAI:
    """A model behind a URL.

    Attributes:
        settings: the part ``llm`` of the config.
        purse: what was used so far.
        sleep: waits between tries.
        on_text: hears an answer as it comes, all of it so far each time; a repeated call begins anew.
    """

    settings: Llm
    purse: Purse
    sleep: Callable[[float], None] = time.sleep
    on_text: Callable[[str], None] | None = None
    sees: bool = True
    _generator: np.random.Generator = field(default_factory=np.random.default_rng)
    _pictures: bool = True

    @property
    def model(self) -> str:
        """As it was asked for; a completion says how the server names it."""
        return self.settings.model

    def complete(self, messages: Sequence[Message]) -> Completion:
        """One answer.

        Raises:
            OutOfBudget: it might cost more than is left.
            LLMError: the server did not answer, refused, or answered something else; says what to do.
        """
        began = time.monotonic()
        ends, tried, spent = began + self.settings.deadline_s, 0, Bill()
        while True:
            shown = self._pictures and self.settings.images != "off"
            try:
                heard = self._ask(messages, shown, ends, spent)
                break
            except _Blind as blind:
                if self.settings.images == "on":
                    raise LLMError(f"{blind}; set llm.images=off to have pictures told in words") from None
                self._pictures = False
            except _Again as trouble:
                wait = self._wait(tried, trouble.after)
                tried += 1
                if tried > self.settings.retries or time.monotonic() + wait >= ends:
                    raise LLMError(self._gave_up(trouble, tried, wait, ends)) from None
                self.sleep(wait)
        text = heard.text if heard.text or not heard.refusal else f"REFUSED: {' '.join(heard.refusal.split())}"
        return Completion(
            text,
            heard.model or self.settings.model,
            spent.tokens_in,
            spent.tokens_out,
            time.monotonic() - began,
            heard.fingerprint,
            self.purse.cost(spent.tokens_in, spent.tokens_out),
        )

    def _ask(self, messages: Sequence[Message], shown: bool, ends: float, spent: Bill) -> _Heard:
        """One try. What was heard before it broke off is paid for too: the server has computed it."""
        import httpx2
        import openai

        from instruct2act.authoring.llm import _wire

        heard, begun = _Heard(), time.monotonic()
        pictures = shown and any(message.images for message in messages)
        key = _key(self.settings)

        def work(exchange: _wire.Exchange) -> None:
            # What goes to this machine goes to no proxy.
            with openai.DefaultHttpx2Client(
                follow_redirects=False, event_hooks=exchange.hooks(), trust_env=not _here(self.settings)
            ) as http:
                client = openai.OpenAI(
                    api_key=key or "none",
                    base_url=self.settings.base_url,
                    timeout=max(exchange.left, 0.001),
                    max_retries=0,
                    http_client=http,
                )
                request = _asking.request(self.settings, messages, shown)
                extra = {} if key else {"extra_headers": {"Authorization": openai.omit}}
                _listen(client, request | extra, heard, lambda: self._so_far(heard.text, key))

        try:
            with self.purse.paying(most_tokens(messages), self.settings.max_tokens) as bill:
                # The deadline is the server's; waiting for other calls' bills is not its fault.
                exchange = _wire.Exchange(ends + time.monotonic() - begun)
                try:
                    exchange.run(lambda: work(exchange))
                finally:
                    if heard.tokens or heard.text or heard.refusal:
                        guess = most_tokens(messages) // 4, estimated_tokens(heard.text + heard.refusal)
                        bill.add(*(heard.tokens or guess))
                        spent.add(bill.tokens_in, bill.tokens_out)
        except (_wire.Late, openai.APITimeoutError):
            raise LLMError(
                f"{self._who} took longer than llm.deadline_s={self.settings.deadline_s:g}; "
                "raise it, or ask a faster model"
            ) from None
        except _wire.Unfit as unfit:
            raise LLMError(f"{self._who}: {unfit}") from None
        except openai.APIStatusError as error:
            raise self._status(error.status_code, _told(error.message, key), error.response.headers, pictures) from None
        except (openai.APIError, httpx2.HTTPError) as error:
            raise _Again(f"the connection broke ({_told(str(error), key)})") from None
        heard.text, heard.refusal = (_clean(text, key) for text in (heard.text, heard.refusal))
        heard.model, heard.fingerprint = (_told(text, key) for text in (heard.model, heard.fingerprint))
        if not heard.text.strip() and not heard.refusal.strip():
            raise self._empty(heard.finished)
        if not heard.finished:
            raise _Again("its answer broke off")
        return heard

    def _so_far(self, text: str, key: str) -> None:
        """Tells who listens; the end is held back by the key's length, lest a part of it slip through."""
        if self.on_text is not None:
            self.on_text(_clean(text, key)[: -len(key) or None])

    def _status(self, code: int, told: str, headers: Any, pictures: bool) -> Exception:
        """What an HTTP status other than success means for the call."""
        said = f"{self._who} answered {code}: {told}"
        if pictures and code in BLIND and any(word in told.lower() for word in PICTURED):
            return _Blind(said)
        if code in (408, 409, 429) or code >= 500:
            return _Again(f"it answered {code}: {told}", _asking.retry_after(headers, time.time()))
        advice = {
            401: f"is the key in {self.settings.key_env or 'no variable (llm.key_env is empty)'} the right one?",
            403: "the key may not use this model",
            404: f"is llm.base_url right, and is there a model {self.settings.model!r}?",
        }
        return LLMError(f"{said}; {advice.get(code, 'llm.extra can add or drop fields of the request')}")

    def _empty(self, finished: str) -> Exception:
        """What an answer without content means for the call."""
        if finished == "length":
            most = self.settings.max_tokens
            return LLMError(f"{self._who} used llm.max_tokens={most} without a word, by thinking perhaps; raise it")
        if finished == "content_filter":
            return LLMError(f"{self._who} held its answer back by a content filter")
        return _Again("it answered with nothing")

    def _wait(self, tried: int, after: float | None) -> float:
        spread = float(self._generator.uniform())
        if after is not None:
            return after + spread * min(1.0, 0.1 * after)
        return min(LONGEST_WAIT_S, 0.5 * 2.0**tried) * (0.5 + 0.5 * spread)

    def _gave_up(self, trouble: _Again, tried: int, wait: float, ends: float) -> str:
        if tried > self.settings.retries:
            return f"{self._who}, asked {tried} time{'s' if tried > 1 else ''}: {trouble}"
        left = max(ends - time.monotonic(), 0.0)
        return f"{self._who}: {trouble}; the next try is due in {wait:.1f} s, and llm.deadline_s leaves {left:.1f} s"

    @property
    def _who(self) -> str:
        return f"the model server {urlsplit(self.settings.base_url).netloc}"


def build(settings: Llm) -> OpenAI:
    """The provider ``openai``.

    Raises:
        Mistake: no model, no key where one is needed, or a key that would cross the network in the open.
    """
    if not settings.model:
        raise Mistake("set llm.model to the name of a model that the server at llm.base_url has")
    if settings.replay != "replay-or-fail":
        _key(settings)
    return OpenAI(settings, Purse(settings))


def _key(settings: Llm) -> str:
    """The key from the environment; "" when none is to be sent."""
    server = urlsplit(settings.base_url)
    key = os.environ.get(settings.key_env, "").strip() if settings.key_env else ""
    if not key and server.hostname == HOSTED:
        raise Mistake(
            f"{HOSTED} wants a key: put it into the environment variable {settings.key_env or 'OPENAI_API_KEY'}"
        )
    if key and server.scheme == "http" and not _here(settings):
        raise Mistake(
            f"{settings.base_url} is not encrypted, and the key in {settings.key_env} would cross the network in the "
            "open; use https, or a tunnel to this machine, or llm.key_env='' to send no key"
        )
    return key


def _here(settings: Llm) -> bool:
    return urlsplit(settings.base_url).hostname in HERE


def _listen(client: Any, request: dict[str, Any], heard: _Heard, on_more: Callable[[], None]) -> None:
    """Sends a request and hears the answer, token by token, to its end or until it is too long."""
    from instruct2act.authoring.llm import _wire

    raw = client.chat.completions.with_raw_response.create(**request)
    kind = raw.headers.get("content-type", "nothing").partition(";")[0].strip().lower()
    with raw.parse() as stream:
        if kind != "text/event-stream":
            raise _wire.Unfit(f"it answered {clipped(kind, 60)} instead of a stream of events; is llm.base_url right?")
        try:
            for chunk in stream:
                _take_in(chunk, heard)
                on_more()
                if len(heard.text) + len(heard.refusal) > LARGEST_REPLY:
                    heard.finished = "too long"
                    return
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise _Again(f"it sent what is no chat completion ({type(error).__name__})") from None


def _take_in(chunk: Any, heard: _Heard) -> None:
    """Adds one event of the stream; the client's types are no promise of what a server sends."""
    heard.model = chunk.model or heard.model
    heard.fingerprint = chunk.system_fingerprint or heard.fingerprint
    heard.tokens = _asking.usage(chunk.usage) or heard.tokens
    for choice in (chunk.choices or [])[:1]:
        heard.text += (choice.delta and choice.delta.content) or ""
        heard.refusal += (choice.delta and choice.delta.refusal) or ""
        heard.finished = choice.finish_reason or heard.finished


def _clean(text: str, key: str) -> str:
    """A text without the key, and such that it can be written as UTF-8."""
    text = text.encode(errors="replace").decode()
    return text.replace(key, "[key]") if key else text


def _told(text: Any, key: str) -> str:
    """A server's own words, short enough for an error."""
    return " ".join(clipped(_clean(str(text), key), TOLD_BYTES).split())
