from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruct2act.authoring.program import LARGEST_REPLY, Program, Refusal, Unusable, take_out

MAIN = "def main() -> dict:\n    return RobotExecution([])\n"


@pytest.mark.parametrize(
    "reply",
    [
        MAIN,
        f"```python\n{MAIN}```",
        f"Sure! Here it is:\n\n```python\n{MAIN}```\nIt moves nothing.",
        f"```\n{MAIN}```",
        f"~~~py\n{MAIN}~~~",
        f"```Python title=main.py\n{MAIN}```",
        f"First the helper:\n```python\nx = 1\n```\nand the program:\n```python\n{MAIN}```",
        f"```python\n{MAIN}```\nTo test:\n```python\nprint(main())\n```",
        f"```bash\npip install x\n```\n```python\n{MAIN}```",
        f"```python\n{MAIN}",
    ],
    ids=["bare", "fence", "prose", "unnamed", "tilde", "titled", "two", "usage after", "other language", "cut off"],
)
def test_the_program_is_found(reply: str) -> None:
    assert take_out(reply) == Program(MAIN)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("", "no program"),
        ("I would first look at the table.", "no program"),
        ("```javascript\nfunction main() {}\n```", "javascript"),
        ("```json\n{}\n```", "json"),
        ("# nothing", "no program"),
        ("x" * (LARGEST_REPLY + 1), "characters"),
    ],
)
def test_a_reply_without_a_program_says_why(reply: str, why: str) -> None:
    found = take_out(reply)
    assert isinstance(found, Unusable)
    assert why in found.problems[0].message


@given(*[st.text(alphabet="abc {}'.,-", min_size=1, max_size=30).map(str.strip).filter(bool)] * 3)
def test_a_refusal_reads_back_as_it_was_written(understood: str, missing: str, hint: str) -> None:
    refusal = Refusal(understood, missing, hint)
    assert take_out(refusal.as_text()) == refusal
    assert missing in str(refusal)


def test_a_refusal_in_other_words_is_still_one() -> None:
    assert take_out("REFUSED: the arm has no hands") == Refusal("", "the arm has no hands", "")


def test_code_counts_more_than_the_word_refused() -> None:
    assert take_out(f"REFUSED nothing:\n```python\n{MAIN}```") == Program(MAIN)


def test_flat_code_is_a_program() -> None:
    assert take_out("```python\nRobotExecution([])\n```") == Program("RobotExecution([])\n")


def test_the_reward_is_taken_where_a_reward_is_wanted() -> None:
    reward = "def reward(history, slots):\n    return {}\n"
    assert take_out(f"```python\n{reward}```\n```python\n{MAIN}```", "reward") == Program(reward, "reward")
