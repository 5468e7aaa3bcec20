"""Rewards: scored in batches, in [0, 1], with no memory."""

from __future__ import annotations

import pytest
from contained import World, run_reward

from instruct2act.sandbox import Failure, Function, Gateway, Limits, Score

pytestmark = pytest.mark.needs("jail")


@pytest.fixture
def gateway(both: Gateway) -> Gateway:
    """Rewards are scored by either interpreter."""
    return both


PRELUDE = '''
"""Words."""
import math

def near(a, b):
    return max(0.0, 1.0 - math.dist(a, b))
'''
REWARD = """
def reward(history, slots):
    start, end = history[0]["objects"][0]["pose"], history[-1]["objects"][0]["pose"]
    parts = {"near": near((end["x"], end["y"]), slots["goal"])}
    return {"score": parts["near"], "parts": parts}
"""


def episode(x: float) -> tuple[list[dict[str, object]], dict[str, object]]:
    return [
        {"objects": [{"id": 1, "pose": {"x": 0.0, "y": 0.0}}]},
        {"objects": [{"id": 1, "pose": {"x": x, "y": 0.0}}]},
    ], {"goal": [1.0, 0.0]}


def test_a_batch_is_scored_with_the_preludes_words(gateway: Gateway) -> None:
    scores = run_reward(gateway.backend, REWARD, [episode(x / 4) for x in range(5)], prelude=PRELUDE)
    assert scores == [Score(x / 4, {"near": x / 4}) for x in range(5)]


@pytest.mark.parametrize(
    "body, type_, line, said",
    [
        ("return 3", "BadReward", 0, "returns"),
        ("return {'score': 2, 'parts': {}}", "BadReward", 0, "must be a number in [0, 1], got 2"),
        ("return {'score': -0.1, 'parts': {}}", "BadReward", 0, "in [0, 1]"),
        ("return {'score': True, 'parts': {}}", "BadReward", 0, "in [0, 1]"),
        ("return {'score': float('nan'), 'parts': {}}", "BadReturn", 0, "finite"),
        ("return {'score': 0.5, 'parts': {'a': 'b'}}", "BadReward", 0, "part 'a'"),
        ("return {'score': 0.5}", "BadReward", 0, "returns"),
        ("return history[7]", "IndexError", 2, "range"),
        ("return far(1, 2)", "NameError", 2, "'far' is not defined"),
        ("while True: pass", "TimeLimit", 0, "computed"),
        ("return [0] * 10**9", "MemoryLimit", 2, "MB"),
        ("return open('/etc/passwd').read()", "PermissionError", 2, "/etc/passwd"),
        ("return GetImage()", "NameError", 2, "not defined"),
    ],
)
def test_a_reward_that_fails(body: str, type_: str, line: int, said: str, gateway: Gateway) -> None:
    source = f"def reward(history, slots):\n    {body}\n"
    limits = Limits(turn_s=0.25)
    first, second = run_reward(gateway.backend, source, [episode(0), episode(1)], prelude=PRELUDE, limits=limits)
    assert isinstance(first, Failure) and isinstance(second, Failure)
    assert (first.type, first.line, first.failed_at) == (type_, line, "reward") and said in first.message


def test_one_bad_episode_costs_only_itself(gateway: Gateway) -> None:
    source = REWARD + "    \n" + "def slow(n):\n    while n > 0.5: pass\n"
    source = source.replace("    parts =", "    slow(end['x'])\n    parts =", 1)
    limits = Limits(turn_s=0.25)
    scores = run_reward(gateway.backend, source, [episode(x) for x in (0.25, 1.0, 0.5)], prelude=PRELUDE, limits=limits)
    assert [type(score) for score in scores] == [Score, Failure, Score]


def test_a_reward_that_remembers_is_refused(gateway: Gateway) -> None:
    source = (
        "seen = []\ndef reward(history, slots):\n    seen.append(0.1)\n    return {'score': sum(seen), 'parts': {}}\n"
    )
    for episodes in ([episode(0), episode(1)], [episode(0)]):
        scores = run_reward(gateway.backend, source, episodes)
        assert [score.type for score in scores if isinstance(score, Failure)] == ["HiddenState"] * len(episodes)


def test_a_source_that_does_not_parse_is_refused(gateway: Gateway) -> None:
    (failure,) = run_reward(gateway.backend, "def reward(:", [episode(0)])
    assert isinstance(failure, Failure) and failure.stage == "syntax"


def test_arguments_are_copies(gateway: Gateway, world: World) -> None:
    history, slots = episode(1)
    source = "def change(history, slots):\n    history.clear()\n    slots['goal'] = None\n    return len(history)\n"
    with Function(gateway.backend, source, "change") as function:
        assert function.calls([(history, slots), (history, slots)]) == [0, 0]
    assert (history, slots) == episode(1)


COUNTING = """
SEEN = []

def count(wait):
    SEEN.append(1)
    while wait:
        pass
    return len(SEEN)
"""


def test_calls_share_a_worker_until_one_hits_a_limit_or_it_is_closed(gateway: Gateway) -> None:
    with Function(gateway.backend, COUNTING, "count", limits=Limits(turn_s=0.25)) as function:
        assert function.calls([(False,), (False,)]) == [1, 2]
        assert function.calls([(False,)]) == [3]
        assert function.calls([]) == []
        (failure,) = function.calls([(True,)])
        assert isinstance(failure, Failure) and failure.type == "TimeLimit"
        assert function.calls([(False,)]) == [1]
        function.close()
        assert function.calls([(False,)]) == [1]


def test_nothing_is_called_after_a_failure_if_so_wanted(gateway: Gateway) -> None:
    source = "SEEN = []\n\ndef divide(by):\n    SEEN.append(by)\n    return [1 / by, len(SEEN)]\n"
    with Function(gateway.backend, source, "divide") as function:
        first, failure = function.calls([(1,), (0,), (2,)], to_failure=True)
        assert first == [1, 1] and isinstance(failure, Failure) and failure.type == "ZeroDivisionError"


def test_only_a_name_is_called(gateway: Gateway) -> None:
    with pytest.raises(ValueError, match="not a function's name"):
        Function(gateway.backend, COUNTING, "count(False) or count")
