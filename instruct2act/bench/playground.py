"""The playground in figures: to a page, a click, a program, a picture, a stop; a crowd; memory over many runs."""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instruct2act.bench.browsing import PROGRAM, SENTENCE, Browser, Page, Server, serving
from instruct2act.playground.server.metrics import resident

LONG = """def main() -> dict:
    for k in range(3):
        RobotExecution(action=PickPlace(pick=[0.3, -0.4, 0.03], place=[0.7, 0.4, 0.01]))
        RobotExecution(action=PickPlace(pick=[0.7, 0.4, 0.03], place=[0.3, -0.4, 0.01]))
    return {}
"""
"""A program that keeps the arm moving, whatever lies there."""
DESKS = 2


@dataclass
class One:
    """One of a crowd: what it was answered, where it waited, how it ended, what it saw.

    Attributes:
        places: that it was told, in order.
        oldest_s: age of its oldest picture when it came.
    """

    status: int = 0
    place: int = 0
    places: list[int] = field(default_factory=list)
    ended: str = ""
    waited_s: float = 0.0
    frames: int = 0
    rate: float = 0.0
    oldest_s: float = 0.0


@dataclass(frozen=True)
class Stop:
    """From the press of Stop, seconds: 0 where nothing came after it.

    Attributes:
        still_s: to the last change of the arm's pose, by the clock that the worker shares.
        seen_s: to the last picture.
        gone_s: to the end of the worker, its record written.
        status: of the run.
    """

    still_s: float
    seen_s: float
    gone_s: float
    status: str


@dataclass(frozen=True)
class Sizes:
    """After so many runs: resident memory of the server and of the zygote, and files in the temporary folder."""

    runs: int
    server_mb: float
    zygote_mb: float
    files: int


def tokens(count: int) -> list[str]:
    """So many users' tokens."""
    return [f"token-of-user-number-{number:03d}" for number in range(count)]


def known(server: Server, token: str) -> Browser:
    """A browser that was let in."""
    browser = server.browser()
    browser.login(token)
    browser.hello()
    return browser


def quiet(server: Server, patience_s: float = 15.0) -> bool:
    """Whether nothing but the desks is left of the processes."""
    ends = time.monotonic() + patience_s
    while len(server.workers()) > DESKS:
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def crowd(server: Server, users: Sequence[str], program: str = PROGRAM, speed: str = "real") -> list[One]:
    """Everybody asks for a run at once; how each fared."""
    browsers = [known(server, token) for token in users]
    scenes = [browser.scene()["scene"] for browser in browsers]
    found = [One() for _ in browsers]
    ready = threading.Barrier(len(browsers))

    def play(browser: Browser, scene: str, one: One) -> None:
        with browser.page() as page:
            ready.wait(60)
            asked = browser.run(scene, program, speed=speed, page=page.id)
            began = time.monotonic()
            one.status = asked.status
            if asked.status != 200:
                return
            run, one.place = asked.json["run"], asked.json["place"]
            while True:
                message = page.next(120)
                if message["type"] == "queued":
                    one.places.append(message["place"])
                elif message["type"] == "starting":
                    one.waited_s = time.monotonic() - began
                elif message["type"] == "ended" and message["run"] == run:
                    one.ended = message["status"]
                    break
            one.frames, one.rate = len(page.frames), page.rate()
            one.oldest_s = max((age for _, age, _ in page.frames), default=0.0)

    threads = [threading.Thread(target=play, args=each) for each in zip(browsers, scenes, found)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def stopped(server: Server, browser: Browser, page: Page, scene: str) -> Stop:
    """A run, stopped while its arm moves."""
    run = browser.run(scene, LONG).json["run"]
    page.until("phase", run)
    for _ in range(5):
        page.frame()
    pressed = time.monotonic()
    browser.post(f"/api/runs/{run}/stop")
    ended = page.until("ended", run)
    quiet(server)
    gone_s = time.monotonic() - pressed
    return Stop(max(ended["moved_at"] - pressed, 0.0), max(page.frames[-1][2] - pressed, 0.0), gone_s, ended["status"])


def series(server: Server, count: int) -> Iterator[Sizes]:
    """So many runs, one after the other; sizes after each."""
    browser = server.browser()
    browser.hello()
    scene = browser.scene()["scene"]
    with browser.page() as page:
        for number in range(1, count + 1):
            run = browser.run(scene, PROGRAM, speed="fast").json["run"]
            page.until("ended", run)
            quiet(server)
            zygotes = server.children()
            files = sum(1 for path in server.folder.rglob("*") if path.is_file())
            yield Sizes(number, _mb(server.process.pid), sum(map(_mb, zygotes)), files)


def playground(runs: int, sessions: int) -> None:
    """Prints all of it."""
    with tempfile.TemporaryDirectory() as folder:
        _one(Path(folder) / "one")
        _frames(Path(folder) / "frames")
        _crowd(Path(folder) / "crowd", sessions)
        _series(Path(folder) / "series", runs)


def _one(folder: Path) -> None:
    began = time.monotonic()
    with serving(folder) as server:
        browser = server.browser()
        _until_answered(browser)
        _say("start of `play` to the first page, s", time.monotonic() - began)
        browser.hello()
        browser.scene()
        _say("start of `play` to the first scene, s", time.monotonic() - began)
        _say("a scene, s", *(_timed(browser.scene) for _ in range(5)))
        scene = browser.scene()["scene"]
        points = [(x, y) for x in range(40, 240, 40) for y in (40, 70, 100)]

        def click(x: int, y: int) -> Any:
            return browser.post(f"/api/scenes/{scene}/masks", {"points": [[x, y]]})

        _say("click to outline, ms", *(1000 * _timed(lambda p=p: click(*p)) for p in points))
        with browser.page() as page:
            _say("Write (embedded) to program, ms", *(1000 * _written(browser, page, scene) for _ in range(5)))
            first = []
            for _ in range(5):
                page.frames.clear()
                began = time.monotonic()
                run = browser.run(scene, PROGRAM, speed="fast").json["run"]
                page.frame()
                first.append(time.monotonic() - began)
                page.until("ended", run)
                quiet(server)
            _say("Run to first picture, s", *first)
            stops = [stopped(server, browser, page, scene) for _ in range(9)]
            _say("Stop to the last change of the arm's pose, s", *(stop.still_s for stop in stops))
            _say("Stop to the last picture of a moving arm, s", *(stop.seen_s for stop in stops))
            _say("Stop to the end of the worker, s", *(stop.gone_s for stop in stops))
        with browser.page() as page:
            run = browser.run(scene, LONG).json["run"]
            page.until("phase", run)
            page.frame()
        began = time.monotonic()
        quiet(server)
        _say("closed page to the end of the worker, s", time.monotonic() - began)


def _frames(folder: Path) -> None:
    users = tokens(4)
    with serving(folder, tokens=users) as server:
        for count in (1, 2, 4):
            found = crowd(server, users[:count], LONG)
            _say(f"pictures a second, {count} at once", *(one.rate for one in found))
            _say(f"age of the oldest picture, {count} at once, s", *(one.oldest_s for one in found))
            quiet(server)


def _crowd(folder: Path, sessions: int) -> None:
    users = tokens(sessions)
    with serving(folder, tokens=users) as server:
        began = time.monotonic()
        found = crowd(server, users)
        _say(f"{sessions} sessions, 4 workers: s in all", time.monotonic() - began)
        waited = [one.waited_s for one in found]
        _say("waited, s", *waited)
        ended: dict[str, int] = {}
        for one in found:
            ended[one.ended or str(one.status)] = ended.get(one.ended or str(one.status), 0) + 1
        sys.stdout.write(f"ended: {ended}; told a place: {sum(bool(one.places) for one in found)}\n")
        _say("age of the oldest picture, s", *(one.oldest_s for one in found))
        quiet(server)


def _series(folder: Path, runs: int) -> None:
    with serving(folder, "playground.runs_minute=10000") as server:
        for one in series(server, runs):
            if one.runs in (1, 10, 20, 50, 100, 150) or one.runs == runs:
                told = f"server {one.server_mb:.0f} MB, zygote {one.zygote_mb:.0f} MB, {one.files} files"
                sys.stdout.write(f"after {one.runs} runs: {told}\n")
                sys.stdout.flush()
    left = len(list((folder / "tmp").rglob("*")))
    sys.stdout.write(f"left in the temporary folder: {left}\n")


def _until_answered(browser: Browser) -> None:
    while True:
        try:
            if browser.get("/").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.01)


def _written(browser: Browser, page: Page, scene: str) -> float:
    began = time.monotonic()
    browser.post("/api/plans", {"scene": scene, "text": SENTENCE, "page": page.id})
    page.until("written")
    spent = time.monotonic() - began
    page.until("plan_done")
    time.sleep(0.3)
    return spent


def _timed(work: Any) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _say(what: str, *values: float) -> None:
    middle = statistics.median(values)
    span = f" ({min(values):.3g}..{max(values):.3g}, {len(values)})" if len(values) > 1 else ""
    sys.stdout.write(f"{what}: {middle:.3g}{span}\n")
    sys.stdout.flush()


def _mb(pid: int) -> float:
    return resident(pid) / 1e6
