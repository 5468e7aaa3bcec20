"""Budgets: never exceeded, also by calls at once, in several processes, or after one was killed."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest

from instruct2act.authoring.llm import Message, OutOfBudget
from instruct2act.authoring.spending import Purse, most_tokens
from instruct2act.config import Llm
from skills.errors import Mistake

CALL = (100, 50)


def spend(settings: Llm) -> int:
    """Calls until the budget says no."""
    purse, calls = Purse(settings), 0
    try:
        while calls < 1000:
            with purse.paying(*CALL) as bill:
                bill.add(80, 20)
            calls += 1
    except OutOfBudget:
        pass
    return calls


def killed(settings: Llm) -> None:
    """Ends in the middle of a call."""
    with Purse(settings).paying(*CALL):
        os._exit(9)


def test_a_budget_is_used_and_not_exceeded() -> None:
    assert spend(Llm(budget_tokens=1000)) == 9  # the tenth might have used 150 more
    assert spend(Llm(budget=1e-6 * 300, price_in=1.0)) == 3


def test_calls_at_once_wait_for_each_other_and_do_not_overspend_together() -> None:
    purse = Purse(Llm(budget_tokens=2 * sum(CALL) + 80))
    under_way: list[int] = []
    most, refused = [0], []

    def call(number: int) -> None:
        try:
            with purse.paying(*CALL) as bill:
                under_way.append(number)
                most[0] = max(most[0], len(under_way))
                time.sleep(0.02)
                bill.add(10, 10)
                under_way.remove(number)
        except OutOfBudget as error:
            refused.append(error)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] <= 2
    assert 150 < purse.tokens_in + purse.tokens_out <= 380
    assert len(refused) == 4


def test_patience_with_a_call_that_does_not_end_has_an_end() -> None:
    purse = Purse(Llm(budget_tokens=200, deadline_s=0.05))
    with purse.paying(*CALL), pytest.raises(OutOfBudget), purse.paying(*CALL):
        pass


def test_processes_that_share_accounts_share_a_budget(tmp_path: Path) -> None:
    settings = Llm(budget_tokens=2000, accounts=tmp_path / "kept" / "spending.json")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        counts = pool.map(spend, [settings] * 2)
    assert sum(counts) == 19
    assert spend(settings) == 0
    assert spend(settings.model_copy(update={"budget_tokens": 3000})) == 10


def test_what_a_killed_process_had_set_aside_is_spent(tmp_path: Path) -> None:
    settings = Llm(budget_tokens=1000, accounts=tmp_path / "spending.json")
    process = multiprocessing.get_context("spawn").Process(target=killed, args=(settings,))
    process.start()
    process.join()
    assert process.exitcode == 9
    process.close()
    assert spend(settings) == 8  # 150 of 1000 are gone


def test_accounts_that_can_t_be_read_are_not_taken_for_empty(tmp_path: Path) -> None:
    path = tmp_path / "spending.json"
    path.write_text('{"used": ', encoding="utf-8")
    with pytest.raises(Mistake, match=r"spending\.json"):
        Purse(Llm(accounts=path))


def test_no_tokenizer_makes_more_tokens_than_there_are_bytes() -> None:
    text = "日本語 def main(): 🙂"
    assert most_tokens([Message("user", text, words=(("a", text),))]) >= 2 * len(text.encode())
