"""What language models cost: counted, and refused before it is more than the budget.

A call's worst case is set aside before it is sent and settled by what the server reports, so that calls that run at
once, in one process or in several, can't overspend together. Text is counted at one token a byte, which no tokenizer
exceeds.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from instruct2act.authoring.llm import Message, OutOfBudget
from instruct2act.config import Llm
from skills.errors import Mistake

A_PICTURE = 2000
"""Tokens that a picture of this project may count for; servers count between some 80 and 1,600."""
POLL_S = 0.05
"""Between two looks at what other calls have set aside."""
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
    """Tokens and money, of this process or of all that share `llm.accounts`.

    Attributes:
        tokens_in, tokens_out: used by this process.
    """

    def __init__(self, settings: Llm) -> None:
        """Takes prices and bounds.

        Raises:
            Mistake: money is bounded and no price is known; the accounts can't be read.
        """
        if settings.budget and not (settings.price_in or settings.price_out):
            raise Mistake("llm.budget bounds money, and no price is set: set llm.price_in and llm.price_out too")
        self.tokens_in = self.tokens_out = 0
        self._settings = settings
        self._accounts = Accounts(settings.accounts)
        with self._accounts.opened():
            pass  # what can't be read is said before anything is asked

    @property
    def spent(self) -> float:
        """Money so far, by everyone who shares the accounts."""
        with self._accounts.opened() as book:
            return self.cost(book.used.tokens_in, book.used.tokens_out)

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Money for so many tokens, by the prices."""
        return (tokens_in * self._settings.price_in + tokens_out * self._settings.price_out) / 1e6

    @contextmanager
    def paying(self, most_in: int, most_out: int) -> Iterator[Bill]:
        """Sets the worst case of a call aside while it runs; what its bill says is then spent.

        Waits while calls under way have set aside what this one needs: most of them use far less.

        Raises:
            OutOfBudget: the worst case is more than is left.
        """
        bill, held, name = Bill(), Bill(most_in, most_out), f"{os.getpid()}-{next(_calls)}"
        ends = time.monotonic() + 2 * self._settings.deadline_s
        while not self._set_aside(name, held, time.monotonic() < ends):
            time.sleep(POLL_S)
        try:
            yield bill
        finally:
            with self._accounts.opened() as book:
                book.held.pop(name, None)
                for account in (self, book.used):
                    account.tokens_in += bill.tokens_in
                    account.tokens_out += bill.tokens_out

    def _set_aside(self, name: str, asked: Bill, patient: bool) -> bool:
        """Sets a call's worst case aside; False while there is only too little for want of other calls' ends.

        Raises:
            OutOfBudget: there is too little in any case, or patience has ended.
        """
        with self._accounts.opened() as book:
            trouble = self._trouble(book.used, [asked])
            if not trouble:
                trouble = self._trouble(book.used, [*book.held.values(), asked])
                if trouble and patient:
                    return False
            if trouble:
                raise OutOfBudget(trouble)
            book.held[name] = asked
            return True

    def _trouble(self, used: Bill, held: Sequence[Bill]) -> str:
        """What speaks against setting so much aside; "" when nothing does."""
        most_in = used.tokens_in + sum(bill.tokens_in for bill in held)
        most_out = used.tokens_out + sum(bill.tokens_out for bill in held)
        money, tokens, asked = self._settings.budget, self._settings.budget_tokens, held[-1]
        if money and self.cost(most_in, most_out) > money:
            return (
                f"{self.cost(used.tokens_in, used.tokens_out):.4g} of llm.budget={money:g} is spent, and the next call "
                f"may cost {self.cost(asked.tokens_in, asked.tokens_out):.4g}; nothing was sent"
            )
        if tokens and most_in + most_out > tokens:
            return (
                f"{used.tokens_in + used.tokens_out} of llm.budget_tokens={tokens} are used, and the next call may use "
                f"{asked.tokens_in + asked.tokens_out}; nothing was sent"
            )
        return ""


_calls = itertools.count()


@dataclass
class Book:
    """What was used, and the worst cases of calls under way, by process and number."""

    used: Bill = field(default_factory=Bill)
    held: dict[str, Bill] = field(default_factory=dict)


class Accounts:
    """A book in memory, or in a file that several processes share and later ones go on with.

    What a process had set aside when it was killed counts as used: the call may have been answered.
    """

    def __init__(self, path: Path | None) -> None:
        self._path, self._book = path, Book()
        self._lock = threading.Lock()

    @contextmanager
    def opened(self) -> Iterator[Book]:
        """The book, for nobody else until the block ends; kept then, unless the block raises.

        Raises:
            Mistake: the file can't be read as one.
        """
        with self._lock:
            if self._path is None:
                yield self._book
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.with_suffix(".lock").open("a", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                book = self._read(self._path)
                yield book
                whole = self._path.with_suffix(".part")
                whole.write_text(json.dumps(asdict(book), indent=1) + "\n", encoding="utf-8")
                whole.replace(self._path)

    def _read(self, path: Path) -> Book:
        if not path.is_file():
            return Book()
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            book = Book(Bill(**told["used"]), {name: Bill(**held) for name, held in told["held"].items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Mistake(f"{path} is no account of what was spent; move it away to begin a new one") from None
        for name in [name for name in book.held if not _alive(int(name.partition("-")[0]))]:
            lost = book.held.pop(name)
            book.used.add(lost.tokens_in, lost.tokens_out)
        return book


def _alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def most_tokens(messages: Sequence[Message]) -> int:
    """More tokens than any server counts for messages, pictures and words about them included."""
    return sum(
        A_MESSAGE
        + len(message.text.encode())
        + sum(len(name.encode()) + len(words.encode()) + A_MESSAGE for name, words in message.words)
        + sum(len(name.encode()) + A_MESSAGE + A_PICTURE for name, _ in message.images)
        for message in messages
    )
