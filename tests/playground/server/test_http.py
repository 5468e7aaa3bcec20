"""The page's HTTP, asked as no page would: made-up sessions, other hosts, other pages, too much of everything."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from instruct2act.bench.browsing import PROGRAM, Browser, Server, serving

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail")]
ONE, OTHER = "a-token-of-one-user-1", "a-token-of-another-2"
ENDLESS = "def main() -> dict:\n    while True:\n        GetImage()\n"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that wants tokens, with small limits."""
    small = ("playground.plans_minute=3", "playground.queue=3", "playground.wall_s=4", "playground.workers=2")
    secret = {"OPENAI_API_KEY": "sk-canary-of-the-key"}
    hosted = ("llm.model=some", "llm.base_url=http://127.0.0.1:9/v1")
    with serving(tmp_path_factory.mktemp("closed"), *small, *hosted, tokens=(ONE, OTHER), environment=secret) as made:
        yield made


def known(server: Server, token: str) -> Browser:
    browser = server.browser()
    assert browser.login(token).status == 200
    browser.hello()
    return browser


def test_page_and_headers(server: Server) -> None:
    page = server.browser().get("/")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    for answer in (page, server.browser().get("/api/hello"), server.browser().get("/static/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
    assert server.browser().get("/healthz").json == {"ok": True}


def test_metrics(server: Server, browser: Browser) -> None:
    told = server.browser().get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = told.body.decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values["instruct2act_sessions"]) >= 1
    assert float(values["instruct2act_workers"]) == 4
    assert browser.cookie.partition("=")[2] not in told.body.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:80"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_other_pages_are_refused(server: Server, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/api/hello"), ("POST", "/api/scenes"), ("GET", "/metrics")):
        answer = server.browser().ask(method, path, {} if method == "POST" else None, **headers)
        assert answer.status == 403, (method, path)
        assert "set-cookie" not in answer.headers
        assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("headers", ["Origin: http://evil.example\r\n", "", "Host: evil.example\r\n"])
def test_sockets_of_other_pages_are_refused(server: Server, browser: Browser, headers: str) -> None:
    where = urlsplit(server.address)
    host = "" if "Host" in headers else f"Host: {where.netloc}\r\n"
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as link:
        asked = (
            f"GET /api/live HTTP/1.1\r\n{host}{headers}Cookie: {browser.cookie}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        link.sendall(asked.encode())
        assert b" 403 " in link.recv(200).split(b"\r\n")[0]


def test_forms_of_other_pages_say_nothing(browser: Browser) -> None:
    answer = browser.post("/api/scenes", b'{"scene_seed": 1}', content_type="text/plain")
    assert answer.status == 422 and "application/json" in answer.json["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/scenes", {"scene_seed": -1}),
        ("/api/scenes", {"scene_seed": 1, "task": "rotate"}),
        ("/api/scenes", {"task": "no such task"}),
        ("/api/scenes", {"task": "rotate", "level": "L9"}),
        ("/api/scenes", {"objects": "red unicorn"}),
        ("/api/scenes", {"robot": "arm"}),
        ("/api/scenes", {"objects": "x" * 5000}),
        ("/api/scenes", [1, 2]),
        ("/api/scenes", {"scene_seed": "1e999"}),
    ],
)
def test_scenes_that_cannot_be(browser: Browser, path: str, body: object) -> None:
    answer = browser.post(path, body)
    assert answer.status == 422, answer.body
    assert set(answer.json) == {"error", "todo"} and answer.json["error"]


def test_deep_json_is_no_trouble(browser: Browser) -> None:
    assert browser.post("/api/scenes", b"[" * 100_000, content_type="application/json").status == 422
    assert browser.post("/api/scenes", b"\xff\xfe", content_type="application/json").status == 422


def test_what_is_anothers_is_not_there(server: Server, browser: Browser) -> None:
    scene = browser.scene()
    crop = browser.post(f"/api/scenes/{scene['scene']}/crop", {"box": [10, 10, 60, 60]}).json
    run = browser.run(scene["scene"]).json["run"]
    stranger = server.browser()
    stranger.hello()
    made_up = server.browser(cookie="instruct2act_session=made-up-by-the-client")
    for path in (
        f"/api/runs/{run}",
        f"/api/pictures/{crop['picture']}",
        scene["top"],
        f"/api/runs/{run}/files/program.py",
    ):
        assert browser.get(path).status == 200, path
        assert stranger.get(path).status == 404, path
        assert made_up.get(path).status == 404, path
    for path, body in (
        (f"/api/scenes/{scene['scene']}/masks", {"everything": True}),
        ("/api/runs", {"scene": scene["scene"], "program": PROGRAM}),
        ("/api/plans", {"scene": scene["scene"], "text": "x"}),
        ("/api/check", {"scene": scene["scene"], "program": PROGRAM}),
        ("/api/scenes", {"picture": crop["picture"]}),
        (f"/api/runs/{run}/stop", None),
    ):
        assert stranger.post(path, body).status == 404, path
    assert run not in stranger.get("/api/history").body.decode()
    assert browser.post(f"/api/runs/{run}/stop").status == 200
    # A cookie of the client's own making begins nothing under that name.
    assert made_up.hello()["history"] == []
    assert made_up.cookie != "instruct2act_session=made-up-by-the-client"


@pytest.mark.parametrize("name", ["../record.jsonl", "%2e%2e%2fprogram.py", "events.jsonl", "frames.bin", "tmp", ""])
def test_files_beside_those_offered_are_not(browser: Browser, name: str) -> None:
    run = browser.run(browser.scene()["scene"]).json["run"]
    assert browser.get(f"/api/runs/{run}/files/{name}").status in (404, 405)
    assert browser.get(f"/api/runs/{run}/pictures/{name}").status in (404, 405)
    browser.post(f"/api/runs/{run}/stop")


@pytest.mark.slow
def test_a_user_is_one_whatever_the_session(server: Server) -> None:
    """One running and two waiting, whatever cookies, names and addresses of this machine are tried."""
    taken: list[tuple[Browser, str]] = []
    try:
        for source in ("127.0.0.1", "127.0.0.2", "127.0.0.1"):
            browser = server.browser(source=source)
            browser.hello()
            answer = browser.run(browser.scene()["scene"], stepping=True)
            assert answer.status == 200, answer.body
            taken.append((browser, answer.json["run"]))
        tried: tuple[dict[str, str], ...] = (
            {},
            {"x_forwarded_for": "203.0.113.9"},
            {"forwarded": "for=203.0.113.9"},
            {"x_real_ip": "203.0.113.9"},
            {"user_agent": "another"},
            {"authorization": "Bearer made-up-token-of-nobody"},
        )
        for number, headers in enumerate(tried):
            browser = server.browser(source=f"127.0.1.{number + 1}")
            browser.hello()
            scene = browser.scene()["scene"]
            answer = browser.post("/api/runs", {"scene": scene, "program": PROGRAM, "text": "x"}, **headers)
            assert answer.status == 429, headers
            assert int(answer.headers["retry-after"]) >= 1 and answer.json["todo"]
    finally:
        for browser, run in reversed(taken):
            browser.post(f"/api/runs/{run}/stop")


def test_sizes(server: Server, browser: Browser) -> None:
    scene = browser.scene()["scene"]
    long = "#" * (64 * 1024 + 1)
    for path in ("/api/runs", "/api/check"):
        assert browser.post(path, {"scene": scene, "program": long}).status == 413, path
    assert browser.post("/api/runs", {"scene": scene, "program": PROGRAM, "reward": long}).status == 413
    assert browser.post("/api/runs", {"scene": scene, "program": "é" * 33_000}).status == 413  # bytes, not characters
    assert browser.post("/api/pictures", b"x" * 5_000_001, content_type="image/png").status == 413
    assert browser.post("/api/scenes", b" " * 3_000_000, content_type="application/json").status == 413
    where = urlsplit(server.address)
    with socket.create_connection((where.hostname or "", where.port or 0), 20) as link:  # of a length that is not said
        link.sendall(
            f"POST /api/pictures HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {browser.cookie}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        try:
            for _ in range(200):
                link.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        else:
            assert b" 413 " in link.recv(100)


@pytest.mark.slow
def test_token_is_needed(closed: Server) -> None:
    stranger = closed.browser()
    for method, path in (("GET", "/api/hello"), ("GET", "/api/history"), ("GET", "/metrics"), ("POST", "/api/scenes")):
        answer = stranger.ask(method, path, {"scene_seed": 1} if method == "POST" else None)
        assert answer.status == 401 and answer.json["todo"], path
        assert "set-cookie" not in answer.headers
    assert stranger.get("/").status == 200
    assert closed.browser(cookie="instruct2act_session=made-up").get("/api/hello").status == 401
    assert known(closed, ONE).hello()["authors"]
    cookie = closed.browser().login(OTHER).headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    bearer = closed.browser(headers={"authorization": f"Bearer {ONE}"})
    assert bearer.get("/metrics").status == 200


@pytest.mark.slow
def test_two_tokens_are_two_users(closed: Server) -> None:
    one, other = known(closed, ONE), known(closed, OTHER)
    scene = one.scene()["scene"]
    assert other.post(f"/api/scenes/{scene}/masks", {"everything": True}).status == 404
    # One's cookie does not serve with the other's token.
    mixed = closed.browser(cookie=one.cookie, headers={"authorization": f"Bearer {OTHER}"})
    assert mixed.post(f"/api/scenes/{scene}/masks", {"everything": True}).status == 404


@pytest.mark.slow
def test_plans_of_a_minute(closed: Server) -> None:
    """Counted by token, whatever the session."""
    statuses = []
    for _ in range(4):
        browser = known(closed, OTHER)
        scene = browser.scene()["scene"]
        while True:
            answer = browser.post("/api/plans", {"scene": scene, "text": "put the red heart into the blue bowl"})
            if answer.status != 429 or "being written" not in answer.json["error"]:
                break
        statuses.append(answer.status)
    assert statuses == [200, 200, 200, 429]
    assert "3 plans a minute" in answer.json["error"]
    assert known(closed, ONE).hello()


@pytest.mark.slow
def test_wall_and_answers_tell_nothing_of_the_machine(closed: Server, tmp_path: Path) -> None:
    """A run ends in its time; no path, key or traceback is in anything that was ever answered."""
    browser = known(closed, ONE)
    answers = [browser.get("/api/hello"), browser.get("/healthz"), browser.get("/metrics"), browser.get("/nothing")]
    scene = browser.scene()["scene"]
    with browser.page() as page:
        run = browser.run(scene, ENDLESS).json["run"]
        ended = page.until("ended", run)
    assert ended["status"] in ("failed", "interrupted", "infrastructure")
    assert ended["error"]["message"]
    for path in (f"/api/runs/{run}", "/api/history", f"/api/runs/{run}/files/record.jsonl"):
        answers.append(browser.get(path))
    answers.append(browser.post("/api/plans", {"scene": scene, "text": "x", "author": "openai"}))
    answers.append(browser.post("/api/plans", {"scene": scene, "text": "x", "author": "../x"}))
    answers.append(browser.post("/api/pictures", b"not a picture"))
    answers.append(browser.post(f"/api/scenes/{scene}/crop", {"mask": "m999"}))
    for answer in answers:
        told = answer.body.decode(errors="replace") + json.dumps(dict(answer.headers))
        for secret in (str(closed.folder), "/tmp/", str(Path.home()), "site-packages", "sk-canary", "Traceback"):
            assert secret not in told, (secret, told[:500])
    assert b"sk-canary" not in closed.surroundings() != b""
    assert "sk-canary" not in closed.log.read_text(encoding="utf-8")
