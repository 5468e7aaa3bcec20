from collections.abc import Callable
from pathlib import Path

import pytest

from instruct2act import config
from instruct2act.evaluation.ledger import ORIGIN, Ledger
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import PICTURES, RECORDS, EpisodeRecord, EpisodeSpec, mend, read
from skills.errors import Mistake

Made = Callable[..., EpisodeRecord]


def _specs(count: int) -> list[EpisodeSpec]:
    return [EpisodeSpec(task="rotate", seed=seed) for seed in range(count)]


def test_what_is_there_is_not_left(tmp_path: Path, origin: Origin, made: Made) -> None:
    with Ledger(tmp_path, origin) as ledger:
        ledger.keep(made(1))
    with Ledger(tmp_path, origin) as ledger:
        assert [spec.seed for spec in ledger.left([*_specs(3), *_specs(3)])] == [0, 2]
        assert ledger.said == []


def test_lost_and_interrupted_episodes_are_played_again(tmp_path: Path, origin: Origin, made: Made) -> None:
    with Ledger(tmp_path, origin) as ledger:
        for seed, status in enumerate(("infrastructure", "interrupted", "failed", "refused")):
            ledger.keep(made(seed, status=status))
        ledger.keep(made(0))
    with Ledger(tmp_path, origin) as ledger:
        assert [spec.seed for spec in ledger.left(_specs(4))] == [1]
        assert len(ledger.again) == 1


@pytest.mark.parametrize("torn", [1, 2, 100])
def test_a_torn_last_line_is_repaired_and_said(torn: int, tmp_path: Path, origin: Origin, made: Made) -> None:
    with Ledger(tmp_path, origin) as ledger:
        for seed in range(3):
            ledger.keep(made(seed))
    path = tmp_path / RECORDS
    path.write_bytes(path.read_bytes()[:-torn])
    with Ledger(tmp_path, origin) as ledger:
        assert "torn" in ledger.said[0]
        assert [spec.seed for spec in ledger.left(_specs(3))] == [2]
        ledger.keep(made(2))
    assert [record.spec.seed for record in read(path)] == [0, 1, 2]


def test_mending_reads_no_more_than_the_end(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"a\n" + b"x" * 200_000)
    assert mend(path) == 200_000
    assert path.read_bytes() == b"a\n"
    path.write_bytes(b"x" * 70_000)
    assert (mend(path), path.read_bytes()) == (70_000, b"")


def test_figures_made_with_something_else_are_refused_and_the_difference_is_shown(
    tmp_path: Path, origin: Origin, made: Made
) -> None:
    with Ledger(tmp_path, origin) as ledger:
        ledger.keep(made(0))
    before = (tmp_path / RECORDS).read_bytes()
    other = Origin.of(config.load(sets=["perception.segmenter=oracle", "sandbox.calls=7"]))
    with pytest.raises(Mistake) as refused:
        Ledger(tmp_path, other)
    for difference in (
        "sandbox.calls: 200 -> 7",
        "perception.retriever: oracle -> openclip",
        "weights.openclip: (none)",
    ):
        assert difference in str(refused.value)
    for change in ({"revision": "0" * 12}, {"weights": {"sam": "f" * 64}}, {"version": "9"}):
        with pytest.raises(Mistake, match=next(iter(change))):
            Ledger(tmp_path, origin.model_copy(update=change))
    assert (tmp_path / RECORDS).read_bytes() == before
    Ledger(tmp_path, origin).close()


@pytest.mark.parametrize("left", [None, b"", b'{"schema_version": 1, "id": "to'], ids=["no file", "empty", "torn"])
def test_a_folder_where_nothing_was_played_is_bound_to_nothing(
    left: bytes | None, tmp_path: Path, origin: Origin, made: Made
) -> None:
    Ledger(tmp_path, origin).close()
    if left is not None:
        (tmp_path / RECORDS).write_bytes(left)
    changed = origin.model_copy(update={"revision": "0" * 12})
    with Ledger(tmp_path, changed) as ledger:
        assert len(ledger.left(_specs(2))) == 2
        ledger.keep(made(0))
    with pytest.raises(Mistake, match="revision: 000000000000 -> "):
        Ledger(tmp_path, origin)
    assert [record.spec.seed for record in read(tmp_path / RECORDS)] == [0]


def test_run_settings_make_no_difference(origin: Origin) -> None:
    same = Origin.of(config.load(sets=["perception.segmenter=oracle", "perception.retriever=oracle", "workers=7"]))
    assert origin.differences(same) == []


def test_records_of_unknown_origin_are_refused(tmp_path: Path, origin: Origin, made: Made) -> None:
    with Ledger(tmp_path, origin) as ledger:
        ledger.keep(made(0))
    (tmp_path / ORIGIN).unlink()
    with pytest.raises(Mistake, match="made with"):
        Ledger(tmp_path, origin)


def test_there_is_one_writer(tmp_path: Path, origin: Origin) -> None:
    with Ledger(tmp_path, origin), pytest.raises(Mistake, match="another evaluation"):
        Ledger(tmp_path, origin)
    Ledger(tmp_path, origin).close()


def test_pictures_lie_beside_the_lines_once(tmp_path: Path, origin: Origin, made: Made) -> None:
    with Ledger(tmp_path, origin) as ledger:
        ledger.keep(made(0), {"abcd.webp": b"one"})
        ledger.keep(made(1), {"abcd.webp": b"one", "abff.webp": b"two"})
    kept = sorted(path.name for path in (tmp_path / PICTURES).rglob("*") if path.is_file())
    assert kept == ["abcd.webp", "abff.webp"]
    assert (tmp_path / PICTURES / "ab" / "abcd.webp").read_bytes() == b"one"
