from pathlib import Path

import pytest

from instruct2act import config
from instruct2act.config import Config
from instruct2act.resources import folder
from skills.errors import Mistake


def test_a_setting_changes_what_it_names_and_nothing_else() -> None:
    changed = config.load(sets=["sandbox.cpu_s=2", "perception.segmenter_options.checkpoint=vit.pth"])
    assert changed.sandbox.cpu_s == 2
    assert changed.perception.segmenter_options == {"checkpoint": "vit.pth"}
    assert changed.sim == Config().sim


def test_later_settings_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("sim: {motion: arm}\nsandbox: {calls: 9}\n", encoding="utf-8")
    loaded = config.load(file, ["sandbox.calls=10"])
    assert (loaded.sim.motion, loaded.sandbox.calls) == ("arm", 10)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("sandbox.cpu=2", "did you mean 'sandbox.cpu_s'"),
        ("sandbox.cpu_s=-1", "sandbox.cpu_s"),
        ("sandbox.cpu_s", "key=value"),
        ("sim.motion=fly", "'fast' or 'arm'"),
        ("workers.more=1", "workers"),
    ],
)
def test_a_setting_that_cannot_be_is_named(entry: str, said: str) -> None:
    with pytest.raises(Mistake, match=said):
        config.load(sets=[entry])


@pytest.mark.parametrize(
    "url",
    ["ftp://host/v1", "host:80", "https://me:hunter2@host/v1", "https://host/v1?key=hunter2", "https://host/#hunter2"],
)
def test_an_address_is_one_and_holds_no_secret(url: str) -> None:
    with pytest.raises(Mistake, match=r"llm\.base_url must") as told:
        config.load(sets=[f"llm.base_url={url!r}"])
    assert "hunter2" not in str(told.value)


def test_a_key_is_not_taken_for_a_variable_s_name() -> None:
    with pytest.raises(Mistake, match=r"llm\.key_env must be the name") as told:
        config.load(sets=["llm.key_env=sk-hunter2"])
    assert "hunter2" not in str(told.value)
    assert config.load(sets=["llm.key_env=''"]).llm.key_env == ""


def test_off_is_a_word_here() -> None:
    loaded = config.load(sets=["llm.images=off", "llm.replay=off"])
    assert (loaded.llm.images, loaded.llm.replay) == ("off", "off")


def test_an_unknown_file_says_which_there_are() -> None:
    with pytest.raises(Mistake, match="did you mean 'ci'"):
        config.load("cii")


def test_only_what_changes_outcomes_changes_the_digest() -> None:
    base = Config().digest()
    for name in ("key_env=K", "deadline_s=1", "retries=1", "price_in=1", "budget=1", "accounts=a", "cassette=b"):
        assert config.load(sets=[f"llm.{name}"]).digest() == base, name
    assert (
        config.load(sets=["workers=4", "output.folder=elsewhere", "output.video=false", "llm.key_env=K"]).digest()
        == base
    )
    for entry in ("sim.motion=arm", "sandbox.calls=3", "perception.segmenter=oracle", "llm.repairs=1", "llm.model=m"):
        assert config.load(sets=[entry]).digest() != base, entry


@pytest.mark.parametrize("path", sorted(folder("configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_in_the_repository_loads(path: Path) -> None:
    assert config.load(path.stem) != Config()
