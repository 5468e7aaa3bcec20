"""A page's socket: events in order, pictures that change, stop, step, pause, and what is left when a page closes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from instruct2act.bench import playground as bench
from instruct2act.bench.browsing import PROGRAM, SENTENCE, Browser, Server

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail")]
DESKS = 2
SLOWLY = """def main() -> dict:
    RobotSetting(speed=0.05)
    action = PickPlace(pick=[0.5, -0.4, 0.03], place=[0.5, 0.4, 0.01])
    return RobotExecution(action=action)
"""
BAD = """def main() -> dict:
    image = GetImage()
    print("so far")
    return {"last": [1, 2][5]}
"""


def patiently(what: Callable[[], bool], patience_s: float = 60.0) -> bool:
    ends = time.monotonic() + patience_s
    while not what():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def idle(server: Server) -> bool:
    return len(server.workers()) <= DESKS


def test_a_run_from_end_to_end(browser: Browser) -> None:
    scene = browser.scene()["scene"]
    with browser.page() as page:
        plan = browser.post("/api/plans", {"scene": scene, "text": SENTENCE, "page": page.id}).json["plan"]
        written = page.until("written")
        assert written["plan"] == plan and written["what"] == "program" and "PickPlace" in written["source"]
        reward = page.until("written")
        assert reward["what"] == "reward"
        page.until("plan_done")
        asked = browser.run(scene, written["source"], reward=reward["source"], speed="fast", plan_by="offline")
        run = asked.json["run"]
        assert asked.json["place"] == 0
        heard = [page.until("starting", run)]
        while heard[-1]["type"] != "ended":
            heard.append(page.next())
    kinds = [event["type"] for event in heard]
    assert kinds.index("started") < kinds.index("call") < kinds.index("planned") < kinds.index("carried")
    assert [event["seq"] for event in heard] == sorted(event["seq"] for event in heard)
    calls = [event for event in heard if event["type"] == "call"]
    back = [event for event in heard if event["type"] == "returned"]
    assert [event["n"] for event in calls] == [event["n"] for event in back] == list(range(1, len(calls) + 1))
    lines = written["source"].split("\n")
    assert all(event["skill"] in lines[event["line"] - 1] for event in calls)
    masks = next(event for event in back if event["skill"] == "SAM")
    assert len(masks["masks"]) == 3 and masks["picture"] and masks["title"]
    assert browser.get(masks["picture"]).body.startswith(b"\x89PNG")
    chosen = next(event for event in back if event["skill"] == "CLIPRetrieval")
    assert len(chosen["scores"]) == len(chosen["crops"]) == 3 and chosen["chosen"] in (0, 1, 2)
    assert all(browser.get(crop).status == 200 for crop in chosen["crops"])
    planned = next(event for event in heard if event["type"] == "planned")
    assert all(0 <= x <= 256 and 0 <= y <= 128 for x, y in (planned["pick"], planned["place"]))
    ended = heard[-1]
    assert ended["status"] == "finished" and ended["error"] is None
    assert ended["reward"] == 1.0 and set(ended["parts"].values()) == {1.0}
    told = browser.get(f"/api/runs/{run}").json
    assert told["events"] == heard
    assert told["record"]["status"] == "finished"
    assert set(told["record"]["files"].values()) <= set(told["files"])
    assert "instruct2act run" in told["command"] and "--program program.py" in told["command"]
    assert browser.get(f"/api/runs/{run}/files/program.py").body.decode() == written["source"]
    assert browser.get(f"/api/runs/{run}/files/strip.png").body.startswith(b"\x89PNG")
    assert browser.get(f"/api/runs/{run}/files/video.webm").body[:4] == b"\x1aE\xdf\xa3"
    row = browser.hello()["history"][0]
    assert row["run"] == run and row["status"] == "finished" and row["plan_by"] == "offline"
    assert browser.hello()["session"]["program"] == written["source"]


@pytest.mark.needs("rerun")
def test_a_rerun_recording_is_made_when_asked_for(browser: Browser) -> None:
    scene = browser.scene()["scene"]
    with browser.page() as page:
        run = browser.run(scene, speed="fast").json["run"]
        assert "recording.rrd" in page.until("ended", run)["files"]
    recording = browser.get(f"/api/runs/{run}/files/recording.rrd")
    assert recording.status == 200 and recording.body[:4] in (b"RRF2", b"RRIO") and len(recording.body) > 10_000
    assert browser.hello()["extras"]["rerun"] is True


def test_stop_ends_the_motion_and_the_worker(server: Server, browser: Browser) -> None:
    scene = browser.scene()["scene"]
    with browser.page() as page:
        stop = bench.stopped(server, browser, page, scene)
    assert stop.status == "interrupted"
    assert max(stop.still_s, stop.seen_s) < 5.0  # 0.2 s on an idle machine: `bench playground` measures it
    assert patiently(lambda: idle(server))
    assert browser.hello()["history"][0]["stopped"] == "stopped"


def test_a_closed_page_takes_its_worker_along(server: Server, browser: Browser) -> None:
    scene = browser.scene()["scene"]
    with browser.page() as page:
        run = browser.run(scene, SLOWLY).json["run"]
        waits = browser.run(scene).json
        assert waits["place"] == 1
        page.until("phase", run)
        assert not idle(server)
    assert patiently(lambda: idle(server))
    assert patiently(lambda: browser.get(f"/api/runs/{run}").json["state"] == "ended")
    told = browser.get(f"/api/runs/{run}").json
    assert told["status"] == "interrupted" and told["stopped"] == "the page was closed"
    assert any(event["type"] == "call" for event in told["events"])
    assert browser.get(f"/api/runs/{waits['run']}").json["state"] == "ended"


def test_a_run_is_its_own_pages(server: Server, browser: Browser) -> None:
    """With two pages of a session, the end of one ends what it asked for and nothing else."""
    scene = browser.scene()["scene"]
    with browser.page() as stays:
        with browser.page() as goes:
            mine = browser.run(scene, SLOWLY, page=goes.id).json["run"]
            goes.until("phase", mine)
        assert stays.until("ended", mine)["error"]["message"] == "the page was closed"
        with browser.page():
            other = browser.run(scene, SLOWLY, page=stays.id).json["run"]
            stays.until("phase", other)
        assert browser.get(f"/api/runs/{other}").json["state"] == "running"
        browser.post(f"/api/runs/{other}/stop")
        stays.until("ended", other)


def test_steps_and_pauses_do_not_count(browser: Browser) -> None:
    scene = browser.scene()["scene"]
    with browser.page() as page:
        run = browser.run(scene, PROGRAM, stepping=True, speed="fast").json["run"]
        assert page.until("paused", run)["n"] == 1
        time.sleep(1.5)
        assert browser.get(f"/api/runs/{run}").json["state"] == "paused"
        browser.post(f"/api/runs/{run}/step")
        assert page.until("returned", run)["skill"] == "GetImage"
        assert page.until("paused", run)["n"] == 2
        assert browser.post(f"/api/runs/{run}/resume").status == 200
        ended = page.until("ended", run)
        assert ended["status"] == "finished"
        assert ended["seconds"]["total"] >= 1.5
        told = browser.get(f"/api/runs/{run}").json["events"]
    assert sum(event["type"] == "paused" for event in told) == 2


def test_stop_while_waiting_for_a_person(browser: Browser) -> None:
    scene = browser.scene()["scene"]
    with browser.page() as page:
        run = browser.run(scene, PROGRAM, stepping=True).json["run"]
        page.until("paused", run)
        browser.post(f"/api/runs/{run}/stop")
        assert page.until("ended", run)["status"] == "interrupted"


def test_one_plan_after_the_other(browser: Browser) -> None:
    """Whoever hears that a program is written may ask for the next one at once."""
    scene = browser.scene()["scene"]
    with browser.page() as page:
        for _ in range(3):
            assert browser.post("/api/plans", {"scene": scene, "text": SENTENCE}).status == 200
            page.until("plan_done")


def test_an_error_is_on_its_line(browser: Browser) -> None:
    scene = browser.scene()["scene"]
    with browser.page() as page:
        run = browser.run(scene, BAD).json["run"]
        assert page.until("printed", run)["text"].strip() == "so far"
        ended = page.until("ended", run)
        assert ended["status"] == "failed" and ended["error"]["line"] == 4
        assert "list index out of range" in ended["error"]["message"]
    checked = browser.post("/api/check", {"scene": scene, "program": "def main():\n    return PickPlac(1)\n"}).json
    (problem,) = checked["problems"]
    assert problem["line"] == 2 and "PickPlace" in problem["message"]
    assert browser.post("/api/check", {"scene": scene, "program": PROGRAM}).json == {"problems": []}


def test_a_page_that_reads_nothing_holds_nobody_up(browser: Browser) -> None:
    """Pictures are dropped for a page that says what it sees and falls behind; its run goes on."""
    scene = browser.scene()["scene"]
    with browser.page() as page:
        page.acknowledges = False
        run = browser.run(scene, PROGRAM).json["run"]
        page.until("started", run)
        page.frame()
        page.socket.send('{"seen": 0}')  # from here on only what was seen is followed by more
        ended = page.until("ended", run)
        assert ended["status"] == "finished"
        assert len(page.frames) <= 6


def test_a_page_that_says_what_it_may_not_is_let_go(browser: Browser) -> None:
    from websockets.exceptions import ConnectionClosed

    for said in ("no json", "x" * 4000, '{"seen": "x"}', b"\x00\x01"):
        with browser.page() as page:
            page.socket.send(said)
            with pytest.raises(ConnectionClosed):
                page.next(10)


def test_nothing_is_left(server: Server, browser: Browser) -> None:
    assert patiently(lambda: idle(server))
    (root,) = [path for path in server.folder.iterdir() if path.name.startswith("instruct2act-play-")]
    assert patiently(lambda: not list(root.glob("s-*/runs/*/tmp")))
    assert not list(root.glob("s-*/plans/*"))
    others = {path.name for path in server.folder.iterdir()} - {root.name}
    assert not others
    assert Path(server.log).read_text(encoding="utf-8") == ""
