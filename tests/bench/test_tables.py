"""What the benchmarks are asked for."""

import pytest

import sim
from instruct2act.bench.tables import asked
from skills.errors import UnknownName


def test_every_task_at_every_level_it_is_played_at() -> None:
    everything = asked("", "all")
    assert list(everything) == ["L1", "L2", "L3", "L4"]
    assert sum(map(len, everything.values())) == sum(len(task.levels) for task in sim.TASKS.values())


def test_a_named_task_is_left_out_where_it_is_not_played() -> None:
    assert asked("rotate, follow_motion", "L1,L4") == {"L1": ["rotate"], "L4": ["follow_motion"]}


@pytest.mark.parametrize(("names", "levels", "why"), [
    ("rotat", "L1", "did you mean"), ("rotate", "L4", "L1, L2, L3"), ("", "L5", "L1, L2, L3, L4, all"),
])  # fmt: skip
def test_what_there_is_not_is_said(names: str, levels: str, why: str) -> None:
    with pytest.raises(UnknownName, match=why):
        asked(names, levels)
