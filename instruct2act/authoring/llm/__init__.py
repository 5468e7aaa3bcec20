"""What a language model must offer. A provider is a module or package beside this file, named as the config names it.

Its module has ``build(settings) -> LLM``, with ``settings`` the part ``llm`` of the config; heavy imports, and keys
from the environment, belong inside it. A module whose name starts with an underscore is a provider's own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from instruct2act import registry
from instruct2act.config import Llm
from skills.types import Image


@dataclass(frozen=True, eq=False)
class Message:
    """One turn of a conversation.

    Attributes:
        role: who speaks.
        text: what is said.
        images: pictures that go along by name, for models that take them.
        words: the same pictures by name as perception describes them, for the others.
    """

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[tuple[str, Image], ...] = ()
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Completion:
    """An answer.

    Attributes:
        text: as it came.
        model: as the model names itself.
        tokens_in, tokens_out: as counted by the provider; an estimate where it counts none.
        seconds: from asking to the last token.
        fingerprint: of the weights and settings that answered, where the provider tells one.
        cost: money, by the prices of the config; 0 where none are set.
    """

    text: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    fingerprint: str = ""
    cost: float = 0.0


class LLM(Protocol):
    """Answers messages. The same protocol for a hosted model, a recording and the embedded author.

    One that can make use of pictures, or of words about them, has an attribute ``sees = True``; for the others nobody
    looks. One that hears its answers come piece by piece has an attribute ``on_text``, None or a function that is told
    the answer so far.
    """

    @property
    def model(self) -> str:
        """What answers, for records."""

    def complete(self, messages: Sequence[Message]) -> Completion:
        """One answer to a conversation that ends with a user's turn.

        Raises:
            LLMError: no answer could be had.
        """


class LLMError(Exception):
    """No answer could be had: what was asked of whom, what came back, what to do."""


class OutOfBudget(LLMError):
    """The next call could cost more than is left; nothing was asked. No further call of this process will be."""


def load(provider: str, settings: Llm | None = None) -> LLM:
    """The provider of that name, behind a cassette where the settings name one.

    Raises:
        UnknownName: there is no such module.
        Mistake: the settings can't be.
    """
    settings = settings or Llm()
    model: LLM = registry.find(__name__, provider).build(settings)
    if settings.replay == "off" or provider == "replay":
        return model
    wrapped: LLM = registry.find(__name__, "replay").wrap(model, settings)
    return wrapped


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has: four characters each."""
    return (len(text) + 3) // 4


def digest(messages: Sequence[Message]) -> str:
    """SHA-256 over roles, texts and pictures: what an answer may depend on."""
    parts: list[Any] = []
    for message in messages:
        pictures = [
            (name, image.shape, hashlib.sha256(image.rgb.tobytes()).hexdigest()) for name, image in message.images
        ]
        parts.append([message.role, message.text, pictures, message.words])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
