"""What language models cost: counted, and refused before it is more than the budget.

A call's worst case is set aside before it is sent and settled by what the server reports, so that calls that run at
once can't overspend together. Covered: one process. Text is counted at one token a byte, which no tokenizer exceeds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from instruct2act.authoring.llm import Message, OutOfBudget
from instruct2act.config import Llm
from skills.errors import Mistake

A_PICTURE = 2000
"""Tokens that a picture of this project may count for; servers count between some 80 and 1,600."""
A_MESSAGE = 16
"""Tokens that a message's frame may count for."""


@dataclass
class Bill:
    """What one call used; filled in by whoever makes it.

    Attributes:
        tokens_in, tokens_out: as reported, or estimated.
    """

    tokens_in: int = 0
    tokens_out: int = 0

    def add(self, tokens_in: int, tokens_out: int) -> None:
        """An attempt was answered, in whole or in part."""
        self.tokens_in += tokens_in
        self.tokens_out += tokens_out


class Purse:
    """Tokens and money of a process.

    Attributes:
        tokens_in, tokens_out: used so far.
    """

    def __init__(self, settings: Llm) -> None:
        """Takes prices and bounds.

        Raises:
            Mistake: money is bounded and no price is known.
        """
        if settings.budget and not (settings.price_in or settings.price_out):
            raise Mistake("llm.budget bounds money, and no price is set: set llm.price_in and llm.price_out too")
        self.tokens_in = self.tokens_out = 0
        self._settings = settings
        self._held: list[Bill] = []
        self._lock = threading.Lock()

    @property
    def spent(self) -> float:
        """Money so far."""
        return self.cost(self.tokens_in, self.tokens_out)

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Money for so many tokens, by the prices."""
        return (tokens_in * self._settings.price_in + tokens_out * self._settings.price_out) / 1e6

    @contextmanager
    def paying(self, most_in: int, most_out: int) -> Iterator[Bill]:
        """Sets the worst case of a call aside while it runs; what its bill says is then spent.

        Raises:
            OutOfBudget: the worst case is more than is left.
        """
        bill, held = Bill(), Bill(most_in, most_out)
        with self._lock:
            self._affordable([*self._held, held])
            self._held.append(held)
        try:
            yield bill
        finally:
            with self._lock:
                self._held = [other for other in self._held if other is not held]
                self.tokens_in += bill.tokens_in
                self.tokens_out += bill.tokens_out

    def _affordable(self, held: Sequence[Bill]) -> None:
        most_in = self.tokens_in + sum(bill.tokens_in for bill in held)
        most_out = self.tokens_out + sum(bill.tokens_out for bill in held)
        money, tokens = self._settings.budget, self._settings.budget_tokens
        if money and self.cost(most_in, most_out) > money:
            raise OutOfBudget(
                f"{self.spent:.4g} of llm.budget={money:g} is spent, and the next call may cost "
                f"{self.cost(held[-1].tokens_in, held[-1].tokens_out):.4g}; nothing was sent"
            )
        if tokens and most_in + most_out > tokens:
            raise OutOfBudget(
                f"{self.tokens_in + self.tokens_out} of llm.budget_tokens={tokens} are used, and the next call may use "
                f"{held[-1].tokens_in + held[-1].tokens_out}; nothing was sent"
            )


def most_tokens(messages: Sequence[Message]) -> int:
    """More tokens than any server counts for messages, pictures and words about them included."""
    return sum(
        A_MESSAGE
        + len(message.text.encode())
        + sum(len(name.encode()) + len(words.encode()) + A_MESSAGE for name, words in message.words)
        + sum(len(name.encode()) + A_MESSAGE + A_PICTURE for name, _ in message.images)
        for message in messages
    )
