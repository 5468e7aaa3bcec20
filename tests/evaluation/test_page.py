"""The page is read as a browser reads it; where Chromium is here, by Chromium."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

import pytest

from instruct2act.evaluation import page, report
from instruct2act.evaluation.record import PICTURES, RECORDS, Call, EpisodeRecord, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

Made = Callable[..., EpisodeRecord]
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u202egnp"
PICTURE = "ab12.webp"
FITS = "document.documentElement.scrollWidth <= innerWidth"


class _Read(HTMLParser):
    """What a browser would see: elements with their attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = tag
        if tag in self.inside:
            self.inside[tag].append("")

    def handle_data(self, data: str) -> None:
        if self._in in self.inside:
            self.inside[self._in][-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._in = ""


@pytest.fixture
def folders(tmp_path: Path, made: Made) -> list[Path]:
    """Two runs with failures, hostile text, a picture, and an episode on which they differ."""
    call = Call(name="SAM", arguments={"image": HOSTILE}, line=2, seconds=0.1)
    shown = (Shown(file=PICTURE, title=HOSTILE, call=0), Shown(file="../" * 8 + "etc/passwd", title="x", call=-1))
    failed = {"status": "failed", "success": False, "failed_at": "perception"}
    rich = {"instruction": HOSTILE, "program": f"image = 1\n# {HOSTILE}\n", "calls": (call,), "pictures": shown}
    runs = [
        [made(0), made(1, **failed, **rich, label=HOSTILE), made(2, level="L2"), made(3, **failed)],
        [made(0), made(1, **rich), made(2, level="L2", **failed), made(3, **failed)],
    ]
    found = []
    for name, records in zip(("one", "other"), runs):
        folder = tmp_path / name
        (folder / PICTURES / PICTURE[:2]).mkdir(parents=True)
        (folder / PICTURES / PICTURE[:2] / PICTURE).write_bytes(b"a picture")
        (folder / RECORDS).write_text("".join(record.line() for record in records), encoding="utf-8")
        found.append(folder)
    return found


def _data(read: _Read) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read.inside["script"][0])
    return found


def test_nothing_that_records_say_can_run_or_ask_for_anything(folders: list[Path]) -> None:
    text = page.html(report.read(folders))
    read = _Read(text)
    assert [tag for tag, _ in read.elements].count("script") == 2
    assert not [tag for tag, _ in read.elements if tag in ("img", "link", "iframe", "object", "base")]
    assert not [
        name for _, given in read.elements for name in given if name.startswith("on") or name in ("src", "style")
    ]
    assert all((given.get("href") or "#").startswith("#") for _, given in read.elements)
    policy = next(given["content"] for tag, given in read.elements if tag == "meta" and "content" in given)
    assert policy is not None and policy.startswith("default-src 'none'; img-src data:;")
    for name, content in (("style", read.inside["style"][0]), ("script", read.inside["script"][1])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "\u202e" not in re.sub(r"<script.*?</script>", "", text, flags=re.S)


def test_the_script_sets_text_and_never_html() -> None:
    script = (Path(page.__file__).parent / "browser.js").read_text(encoding="utf-8")
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("):
        assert word not in script


def test_every_number_leads_to_its_episodes(folders: list[Path]) -> None:
    read = _Read(page.html(report.read(folders)))
    episodes = _data(read)["episodes"]
    links = [html.unescape(given["href"] or "") for tag, given in read.elements if tag == "a"]
    assert len(links) > 10
    for link in links:
        wanted = dict(parse_qsl(link.removeprefix("#list?")))
        label = wanted.pop("label", None)
        found = [episode for episode in episodes if all(str(episode[name]) == value for name, value in wanted.items())]
        if label is not None:
            found = [one for one in found if label == (one["label"] or one["kind"])]
        assert found, link


def test_parts_of_a_suite_have_a_row_each_that_leads_to_theirs(tmp_path: Path, made: Made) -> None:
    records = [made(seed) for seed in range(3)]
    records += [
        record.model_copy(update={"spec": record.spec.model_copy(update={"variation": "light"}), "success": False})
        for record in records
    ]
    (tmp_path / RECORDS).write_text("".join(record.line() for record in records), encoding="utf-8")
    read = _Read(page.html(report.read([tmp_path])))
    links = [html.unescape(given["href"] or "") for tag, given in read.elements if tag == "a"]
    parts = [dict(parse_qsl(link.removeprefix("#list?"))) for link in links if "part=" in link]
    assert [wanted["part"] for wanted in parts if "kind" not in wanted] == ["as they are", "light"]
    held = _data(read)["episodes"]
    assert [sum(one["part"] == name for one in held) for name in ("as they are", "light")] == [3, 3]


def test_an_episode_is_whole_in_the_page(folders: list[Path]) -> None:
    data = _data(_Read(page.html(report.read(folders))))
    assert data["runs"] == ["one", "other"]
    assert len(data["episodes"]) == 8
    assert [episode["key"] for episode in data["episodes"][:2]] == [data["episodes"][0]["key"]] * 2  # differing first
    episode = next(one for one in data["episodes"] if one["label"] == HOSTILE)
    assert episode["program"].startswith("image = 1\n# " + HOSTILE)
    assert episode["calls"][0]["arguments"]["image"] == HOSTILE
    assert episode["again"] == "instruct2act run --task rotate --level L1 --seed 1"


def test_pictures_go_in_by_their_hash_alone_and_as_far_as_there_is_room(folders: list[Path]) -> None:
    assert page.embedding.data(report.read(folders), 1.0)["pictures"] == {
        PICTURE: base64.b64encode(b"a picture").decode()
    }
    assert page.embedding.data(report.read(folders), 0.0)["pictures"] == {}


def test_a_page_of_many_episodes_holds_some_of_each_kind(tmp_path: Path, made: Made) -> None:
    records = [
        made(seed, level=level, success=seed % 3 != 0, failed_at=None if seed % 3 else "goal")
        for level in ("L1", "L2")
        for seed in range(300)
    ]
    (tmp_path / RECORDS).write_text("".join(record.line() for record in records), encoding="utf-8")
    held = _data(_Read(page.html(report.read([tmp_path], kept=5))))["episodes"]
    assert sorted((one["level"], one["kind"]) for one in held) == sorted(
        (level, kind) for level in ("L1", "L2") for kind in ("success", "goal") for _ in range(5)
    )


@pytest.mark.slow
@pytest.mark.needs("playwright")
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_steps_through_an_episode(
    chromium: Chromium, folders: list[Path], tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    file = tmp_path / "report.html"
    page.write(file, report.read(folders))
    seen = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True)
    troubles: list[str] = []
    seen.on("pageerror", lambda error: troubles.append(str(error)))
    seen.on("dialog", lambda dialog: troubles.append(dialog.message))
    seen.goto(file.as_uri())
    assert seen.evaluate(FITS), "nothing but tables, each in its own frame, is wider than the screen"
    dark = seen.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(part => part < 100)")
    assert dark == (scheme == "dark")
    seen.locator("a", has_text=HOSTILE[:30]).first.click()
    seen.locator(".list a").first.click()
    assert HOSTILE[:30] in seen.locator(".viewer").inner_text()
    assert seen.locator(".code .now").count() == 0
    seen.keyboard.press("ArrowRight")
    assert seen.locator(".steps span").inner_text() == "call 1 of 1: SAM"
    assert "alert(1)" in seen.locator(".code .now").inner_text(), "the line that runs"
    assert seen.locator("figure img").count() == 1 and seen.evaluate(FITS)
    seen.keyboard.press("ArrowRight")
    assert "Reward parts" in seen.locator(".viewer").inner_text() and seen.evaluate(FITS)
    seen.get_by_text("the same in other").click()
    seen.locator(".viewer h3", has_text="in other").first.wait_for()
    assert not troubles
    seen.close()


@pytest.mark.slow
@pytest.mark.needs("chromium")
def test_chromium_opens_an_episode(folders: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    page.write(file, report.read(folders))
    dom = _dumped(f"{file.as_uri()}#list?run=0&kind=perception")
    assert "2 shown here" in dom
    dom = _dumped(f"{file.as_uri()}#e0")
    assert 'class="viewer"' in dom and "call" not in re.findall(r"<span>(.*?)</span>", dom)
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in dom
    assert "<img src=x" not in dom.replace('"', "")


def _dumped(address: str) -> str:
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]
    done = subprocess.run(
        ["chromium", *quiet, "--dump-dom", address], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout
