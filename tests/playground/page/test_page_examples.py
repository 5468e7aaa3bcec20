"""What the page offers to try works, and the command beside a run does the same again."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from instruct2act.bench.browsing import Browser, Page
from instruct2act.cli import main
from instruct2act.playground.server.greeting import EXAMPLES

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail"), pytest.mark.needs("weights")]


def asked_for(browser: Browser, example: dict[str, Any]) -> dict[str, Any]:
    """An example as the page makes it: a scene, crops at its points."""
    scene = browser.scene(**example["scene"])["scene"]
    pictures = {}
    for name, crop in example["crops"].items():
        (mask,) = browser.post(f"/api/scenes/{scene}/masks", {"points": [crop["point"]]}).json["masks"]
        pictures[name] = browser.post(f"/api/scenes/{scene}/crop", {"mask": mask["id"]}).json["picture"]
    return {"scene": scene, "text": example["text"], "clicks": example["clicks"], "pictures": pictures}


def written(browser: Browser, page: Page, wanted: dict[str, Any]) -> dict[str, str]:
    browser.post("/api/plans", wanted)
    return {each["what"]: each["source"] for each in (page.until("written"), page.until("written"))}


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["title"] for example in EXAMPLES])
def test_examples_work_and_repeat(
    browser: Browser,
    example: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = asked_for(browser, example)
    with browser.page() as page:
        sources = written(browser, page, wanted)
        page.until("plan_done")
        run = browser.post("/api/runs", {**wanted, **sources, "speed": "fast"}).json["run"]
        ended = page.until("ended", run)
    assert ended["status"] == "finished" and ended["reward"] == 1.0 and ended["success"] is not False, ended
    for name in ended["files"]:
        if name.startswith(("program", "reward", "obj")):
            (tmp_path / name).write_bytes(browser.get(f"/api/runs/{run}/files/{name}").body)
    command = shlex.split(ended["command"])
    assert command[0] == "instruct2act"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [*command, "--json", "--out", str(tmp_path / "again")])
    with pytest.raises(SystemExit) as exited:
        main()
    assert not exited.value.code
    again = json.loads(capsys.readouterr().out)
    first = browser.get(f"/api/runs/{run}").json["record"]
    for name in ("status", "success", "progress", "reward", "reward_parts", "actions"):
        assert again[name] == first[name], name
