from pathlib import Path

import pytest
from pydantic import ValidationError

from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec, append, counted, identity, read


def _record(**more: object) -> EpisodeRecord:
    given: dict[str, object] = {
        "id": "0" * 16,
        "spec": EpisodeSpec(task="rotate", seed=3),
        "config": "c",
        "version": "0",
        "instruction": "Rotate …",
        "status": "finished",
    }
    return EpisodeRecord.model_validate({**given, **more})


def test_a_record_survives_its_line() -> None:
    record = _record(success=True, seconds={"llm": 0.1}, reward_parts={"inside": 1.0})
    assert EpisodeRecord.model_validate_json(record.line()) == record
    assert record.line().count("\n") == 1


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    for seed in range(3):
        append(path, _record(spec=EpisodeSpec(task="rotate", seed=seed)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert [record.spec.seed for record in read(path)] == [0, 1]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "put it there"},
        {"task": "rotate", "scene_seed": 1},
        {"scene_seed": 1},
        {"objects": "red heart", "task": "rotate"},
        {"task": "rotate", "seed": -1},
    ],
)
def test_a_spec_names_one_scene_and_an_instruction(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        EpisodeSpec.model_validate(fields)


def test_the_id_depends_on_everything_that_may_change_an_outcome() -> None:
    spec = EpisodeSpec(task="rotate", seed=3)
    ids = {
        identity(spec, "c", "p", {"sam": "w"}, "1"),
        identity(EpisodeSpec(task="rotate", seed=4), "c", "p", {"sam": "w"}, "1"),
        identity(EpisodeSpec(task="rotate", seed=3, trial=1), "c", "p", {"sam": "w"}, "1"),
        identity(spec, "d", "p", {"sam": "w"}, "1"),
        identity(spec, "c", "q", {"sam": "w"}, "1"),
        identity(spec, "c", "p", {"sam": "x"}, "1"),
        identity(spec, "c", "p", {"sam": "w"}, "2"),
    }
    assert len(ids) == 7
    assert identity(EpisodeSpec(seed=3, task="rotate"), "c", "p", {"sam": "w"}, "1") in ids


def test_rates_are_made_of_episodes_that_were_played() -> None:
    records = [_record(status=status) for status in ("finished", "failed", "refused", "interrupted", "infrastructure")]
    assert [record.status for record in counted(records)] == ["finished", "failed", "refused"]
