"""The server and all its processes ask no other machine for anything: every connection that Python makes is noted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from instruct2act.bench.browsing import SENTENCE, serving

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail")]
NOTING = """
import json, os, sys

def hear(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        try:
            with open({file!r}, "a") as log:
                log.write(json.dumps([event, os.getpid(), [str(arg) for arg in args]]) + "\\n")
        except OSError:
            pass  # in the jail, where nothing connects either

sys.addaudithook(hear)
hear("socket.gethostbyname", ["noting began"])
"""


def test_a_session_asks_nobody_outside(tmp_path: Path) -> None:
    log, hook = tmp_path / "connections", tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(NOTING.format(file=str(log)), encoding="utf-8")
    around = {"PYTHONPATH": os.pathsep.join(filter(None, [str(hook), os.environ.get("PYTHONPATH", "")]))}
    with serving(tmp_path, environment=around) as server:
        browser = server.browser()
        browser.hello()
        scene = browser.scene()["scene"]
        browser.post(f"/api/scenes/{scene}/masks", {"words": "red heart"})
        browser.post("/api/pictures", browser.get(f"/api/scenes/{scene}/top.png").body, content_type="image/png")
        with browser.page() as page:
            browser.post("/api/plans", {"scene": scene, "text": SENTENCE})
            sources = {each["what"]: each["source"] for each in (page.until("written"), page.until("written"))}
            page.until("plan_done")
            run = browser.run(scene, sources["program"], reward=sources["reward"], speed="fast").json["run"]
            assert page.until("ended", run)["reward"] == 1.0
        assert browser.get(f"/api/runs/{run}/files/video.webm").status == 200
    noted = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len({pid for _, pid, args in noted if args == ["noting began"]}) >= 2  # the server and the zygote
    asked = [(event, args) for event, _, args in noted if args != ["noting began"]]
    outside = [(event, args) for event, args in asked if "family=1," not in args[0] and "127.0.0.1" not in args]
    assert outside == []
