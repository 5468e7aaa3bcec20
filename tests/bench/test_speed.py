"""The comparison of speeds, against a stand-in for a VIMABench checkout."""

import os
from pathlib import Path

import pytest

from instruct2act.bench.speed import Times, speed

DOUBLE = Path(__file__).parents[1] / "doubles" / "vimabench"


def test_an_episode_is_a_median_reset_and_median_actions() -> None:
    times = Times()
    times.add([(0.2, 0.9), (0.01, 0.5), (0.03, 0.5)])
    times.add([(0.4, 0.9), (0.02, 0.5)])
    assert times.episode_s(2.0) == pytest.approx(0.3 + 2 * 0.02)


@pytest.mark.slow
def test_ours_and_theirs_in_turns(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "none of a checkout's business")  # the stand-in looks
    cores = getattr(os, "sched_getaffinity", lambda _: None)(0)
    speed(2, "L1", "visual_manipulation", DOUBLE, None, seed0=0)
    assert getattr(os, "sched_getaffinity", lambda _: None)(0) == cores
    row, mean, clocks = capfd.readouterr().out.splitlines()[-3:]
    name, ours, theirs, ratios = row[:30].strip(), *row[30:].split("|")
    assert name == "L1 visual_manipulation"
    reset, pictured, action = map(float, ours.split())
    assert min(reset, pictured, action) > 1 and len(theirs.split()) == 2
    assert mean.startswith("mean of 1 ratios") and mean.split("|")[1].split() == ratios.split()
    assert clocks.startswith("wall clock over CPU time")
