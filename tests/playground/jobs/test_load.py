"""Many at once, and for long: everybody's run ends or says its place, and nothing grows or stays."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from instruct2act.bench import playground as bench
from instruct2act.bench.browsing import PROGRAM, serving

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail")]
SESSIONS = 20
ORACLE = ("perception.segmenter=oracle", "perception.retriever=oracle")
"""Where nothing of perception is asked for: a server that starts without models."""


def test_twenty_sessions_and_four_workers(tmp_path: Path) -> None:
    tokens = bench.tokens(SESSIONS)
    with serving(tmp_path, tokens=tokens) as server:
        crowd = bench.crowd(server, tokens, speed="fast")
        assert len(crowd) == SESSIONS
        # Four run, sixteen wait: nobody is turned away, everybody who waited was told where.
        for one in crowd:
            assert one.status == 200, one
            assert one.ended == "finished", one
            assert one.place == 0 or one.places[0] == one.place, one
            assert one.places == sorted(one.places, reverse=True), one
        assert max(one.place for one in crowd) >= SESSIONS - 4 - 2
        assert bench.quiet(server)
        assert max(one.oldest_s for one in crowd) <= 0.3 + 2.0  # 0.3 s when it is sent; a busy reader adds to it


def test_more_than_the_queue_holds_are_told_so(tmp_path: Path) -> None:
    tokens = bench.tokens(6)
    with serving(tmp_path, *ORACLE, "playground.workers=1", "playground.queue=2", tokens=tokens) as server:
        answers = []
        browsers = [bench.known(server, token) for token in tokens]
        scenes = [browser.scene()["scene"] for browser in browsers]
        for browser, scene in zip(browsers, scenes):
            answers.append(browser.run(scene, PROGRAM, stepping=True))
        assert [answer.status for answer in answers] == [200, 200, 200, 429, 429, 429]
        assert [answer.json.get("place") for answer in answers[:3]] == [0, 1, 2]
        assert "2 runs are waiting" in answers[3].json["error"]


def test_rates_hold_whatever_the_session(tmp_path: Path) -> None:
    small = ("playground.runs_minute=2", "playground.looks_minute=6", "playground.waiting_each=9")
    with serving(tmp_path, *ORACLE, *small) as server:
        runs, looks = [], []
        for number in range(4):
            browser = server.browser(source=f"127.0.0.{number + 1}")
            browser.hello()
            made = browser.post("/api/scenes", {"scene_seed": 1}).json
            runs.append(browser.run(made["scene"], PROGRAM, stepping=True))
        assert [answer.status for answer in runs] == [200, 200, 429, 429]
        assert "at most 2 runs a minute" in runs[2].json["error"] and int(runs[2].headers["retry-after"]) > 1
        for number in range(4):
            browser = server.browser(source=f"127.0.0.{number + 1}")
            browser.hello()
            looks.append(browser.post("/api/scenes", {"scene_seed": 1}).status)
        assert looks == [200, 200, 429, 429]  # four scenes were looked at before
        told = server.browser().get("/metrics").body.decode()
        assert "instruct2act_refused_total 4" in told


def test_nothing_grows_and_nothing_stays(tmp_path: Path) -> None:
    with serving(tmp_path, "playground.runs_minute=10000", "playground.kept_runs=8") as server:
        sizes = list(bench.series(server, 18))
        first, last = sizes[9], sizes[-1]
        runs = last.runs - first.runs
        assert last.server_mb - first.server_mb < 0.75 * runs, sizes
        assert last.zygote_mb - first.zygote_mb < 0.75 * runs, sizes
        assert last.files <= first.files, sizes
    left = [path.name for path in (tmp_path / "tmp").iterdir()]
    assert left == []


def test_waiting_for_a_person_has_its_own_bound(tmp_path: Path) -> None:
    """Longer than a run's own time, and bounded all the same."""
    with serving(tmp_path, *ORACLE, "playground.wall_s=8", "playground.wait_s=12") as server:
        browser = server.browser()
        browser.hello()
        scene = browser.scene()["scene"]
        with browser.page() as page:
            run = browser.run(scene, PROGRAM, stepping=True, speed="fast").json["run"]
            page.until("paused", run)
            time.sleep(9)
            browser.post(f"/api/runs/{run}/resume")
            assert page.until("ended", run)["status"] == "finished"
            run = browser.run(scene, PROGRAM, stepping=True, speed="fast").json["run"]
            page.until("paused", run)
            ended = page.until("ended", run, 40)
            assert ended["status"] == "interrupted" and "nobody went on" in ended["error"]["message"]


def test_a_server_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    with serving(tmp_path, *ORACLE) as server:
        browser = server.browser()
        browser.hello()
        with browser.page() as page:
            browser.run(browser.scene()["scene"], PROGRAM, stepping=True)
            page.until("paused")
            there = [*server.children(), *server.workers()]
            assert len(there) >= 4
            killing = threading.Thread(target=server.process.kill)
            killing.start()
            killing.join()
            ends = time.monotonic() + 60
            while any(Path(f"/proc/{pid}/cmdline").is_file() and _alive(pid) for pid in there):
                assert time.monotonic() < ends
                time.sleep(0.1)
        assert list(server.folder.iterdir()) == []  # the zygote took the folder along


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def test_processor_time_of_a_run(tmp_path: Path) -> None:
    """What skills use counts too, not the program's own computing alone."""
    looking = "def main() -> dict:\n    for k in range(60):\n        SAM(image=GetImage())\n    return {}\n"
    with serving(tmp_path, "playground.cpu_s=2", "playground.wall_s=120") as server:
        browser = server.browser()
        browser.hello()
        scene = browser.scene()["scene"]
        with browser.page() as page:
            ended = page.until("ended", browser.run(scene, looking).json["run"])
        assert ended["status"] in ("interrupted", "failed")
        assert "2 s of processor time" in ended["error"]["message"]
        assert bench.quiet(server)


def test_models_that_cannot_be_loaded_are_said(tmp_path: Path) -> None:
    missing = "perception.segmenter_options={checkpoint: /srv/models/there-is-none.pth}"
    with serving(tmp_path, missing) as server:
        browser = server.browser()
        browser.hello()
        answer = browser.post("/api/scenes", {"scene_seed": 1})
        assert answer.status == 503 and "there-is-none" not in answer.body.decode()
        assert "'sam' can't be loaded" in answer.json["error"]
        assert browser.get("/healthz").status == 503
        assert browser.get("/").status == 200
        assert "there-is-none.pth" in server.log.read_text(encoding="utf-8")
