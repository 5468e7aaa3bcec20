"""Episodes are played for real; workers are killed and stopped for real."""

import gc
import multiprocessing
import os
import signal
import time
from collections import Counter
from dataclasses import replace

import pytest

from instruct2act.config import Config
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.evaluation.runners import Job, play, processes, serial
from instruct2act.runtime import Runtime
from instruct2act.sandbox import StopFlag
from skills.errors import Mistake
from skills.types import Image, Mask, View

pytestmark = pytest.mark.needs("jail")
SPECS = [EpisodeSpec(task="visual_manipulation", seed=seed) for seed in range(6)]
OUTCOME = ("id", "program", "success", "progress", "reward", "reward_parts", "status", "actions")


@pytest.fixture(scope="module")
def job(settings: Config, origin: Origin) -> Job:
    return Job(settings, origin, workers=2)


@pytest.fixture(scope="module")
def alone(job: Job) -> dict[int, EpisodeRecord]:
    return {played.record.spec.seed: played.record for played in serial.play_all(SPECS, job)}


def _outcome(record: EpisodeRecord) -> list[object]:
    kept = record.model_dump()
    for action in kept["actions"]:
        del action["seconds"]
    return [kept[name] for name in OUTCOME]


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost_doubled_or_changed(
    job: Job, alone: dict[int, EpisodeRecord]
) -> None:
    records, killed = [], set()
    for played in processes.play_all(SPECS, job):
        records.append(played.record)
        if len(records) == 1:
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGKILL)
                killed.add(child.pid)
    assert killed
    assert Counter(record.spec.seed for record in records) == Counter(range(6))
    assert {record.spec.seed: _outcome(record) for record in records} == {
        seed: _outcome(record) for seed, record in alone.items()
    }
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_a_worker_that_hangs_is_replaced(job: Job) -> None:
    records, stopped = [], 0
    for played in processes.play_all(SPECS[:4], replace(job, patience_s=20.0, start_s=40.0)):
        records.append(played.record)
        if not stopped:
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGSTOP)
                stopped += 1
    assert stopped
    assert sorted(record.spec.seed for record in records) == [0, 1, 2, 3]
    assert {record.status for record in records} == {"finished"}
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_an_episode_that_loses_two_workers_is_recorded_beside_the_rates(job: Job) -> None:
    """No episode ends within a few milliseconds: each of its workers counts as hanging."""
    (played,) = processes.play_all(SPECS[:1], replace(job, patience_s=0.003))
    assert played.record.status == "infrastructure"
    assert played.record.error["type"] == "WorkerLost"
    assert "hung" in played.record.error["message"] and "tried again" in played.record.error["message"]


def test_a_worker_made_of_something_else_is_refused(job: Job) -> None:
    changed = replace(job, origin=job.origin.model_copy(update={"revision": "0" * 12}))
    with pytest.raises(Mistake, match="revision: 000000000000 -> "):
        list(processes.play_all(SPECS[:1], changed))
    assert not multiprocessing.active_children()


def test_models_that_cant_be_are_said_before_anything_is_played(settings: Config) -> None:
    broken = settings.model_copy(
        update={"perception": settings.perception.model_copy(update={"segmenter_options": {"nonsense": 1}})}
    )
    for runner in (serial, processes):
        with pytest.raises(Mistake, match="nonsense"):
            list(runner.play_all(SPECS[:1], Job(broken, Origin.of(broken))))


def test_a_stop_ends_it(job: Job) -> None:
    stop = StopFlag()
    stop.set()
    for runner in (serial, processes):
        assert list(runner.play_all(SPECS, replace(job, stop=stop))) == []


def test_a_stop_in_the_middle_is_quick_and_keeps_what_was_played(job: Job) -> None:
    stop = StopFlag()
    records = []
    for played in serial.play_all(SPECS, replace(job, stop=stop)):
        records.append(played.record)
        stop.set()
    assert [record.status for record in records] == ["finished"]
    began = time.monotonic()
    assert list(serial.play_all(SPECS, replace(job, stop=stop))) == []
    assert time.monotonic() - began < 30


def test_what_goes_wrong_on_our_side_is_a_record(origin: Origin) -> None:
    class Broken:
        """Stands for a runtime whose simulator raises what nobody thought of."""

        def __getattr__(self, name: str) -> object:
            raise OSError("no space left on device")

    record = play(SPECS[0], Broken(), origin).record  # type: ignore[arg-type]
    assert (record.status, record.error["type"]) == ("infrastructure", "OSError")
    assert record.spec == SPECS[0]


@pytest.mark.slow
def test_an_episode_that_is_over_leaves_none_of_its_pictures_behind(settings: Config, origin: Origin) -> None:
    """Not in rings of objects either, which wait for a collection that counts objects and not megabytes."""
    with Runtime(settings) as runtime:
        play(SPECS[0], runtime, origin, "all")
        gc.collect()
        gc.disable()
        try:
            before = {id(one) for one in _seen()}
            played = play(SPECS[1], runtime, origin, "all")
            held = [type(one).__name__ for one in _seen() if id(one) not in before]
        finally:
            gc.enable()
    assert played.pictures and not held


def _seen() -> list[object]:
    """Every picture and mask of this process."""
    return [one for one in gc.get_objects() if type(one) in (View, Image, Mask)]  # asks no object for its class
