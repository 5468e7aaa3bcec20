"""A person in the author's place: the source that they wrote, checked and run as any author's answer is."""

from __future__ import annotations

from collections.abc import Sequence

from instruct2act.authoring.llm import Completion, Message

_FENCE = "~" * 30


class Given:
    """Answers every conversation with one source. Not a provider: what is said goes with an episode, not a config."""

    model = "a person"

    def __init__(self, source: str) -> None:
        self._source = source

    def complete(self, messages: Sequence[Message]) -> Completion:
        """The source."""
        del messages
        return Completion(fenced(self._source), self.model)


def fenced(source: str) -> str:
    """A source as an answer holds it, in a block that it can't leave."""
    return f"{_FENCE}python\n{source}\n{_FENCE}\n"
