"""What a language model must offer. A provider is a module or package beside this file, named as the config names it.

Its module has ``build(**options) -> LLM``; heavy imports, and keys from the environment, belong inside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from instruct2act import registry
from skills.types import Image


@dataclass(frozen=True, eq=False)
class Message:
    """One turn of a conversation.

    Attributes:
        role: who speaks.
        text: what is said.
        images: pictures that go along by name, for models that take them; the text alone must do for the others.
    """

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[tuple[str, Image], ...] = ()


@dataclass(frozen=True)
class Completion:
    """An answer.

    Attributes:
        text: as it came.
        model: as the model names itself.
        tokens_in, tokens_out: as counted by the provider; an estimate where it counts none.
        seconds: from asking to the last token.
    """

    text: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0


class LLM(Protocol):
    """Answers messages. The same protocol for a hosted model, a recording and the embedded author."""

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


def load(provider: str, options: Mapping[str, Any] | None = None) -> LLM:
    """The provider of that name.

    Raises:
        UnknownName: there is no such module.
    """
    model: LLM = registry.find(__name__, provider).build(**(options or {}))
    return model


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has: four characters each."""
    return (len(text) + 3) // 4


def digest(messages: Sequence[Message]) -> str:
    """SHA-256 over roles, texts and pictures: what an answer may depend on."""
    parts: list[Any] = []
    for message in messages:
        pictures = [(name, hashlib.sha256(image.rgb.tobytes()).hexdigest()) for name, image in message.images]
        parts.append([message.role, message.text, pictures])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
