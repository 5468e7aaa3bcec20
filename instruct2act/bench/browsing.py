"""A playground in a process of its own, and what talks to it as a page does: for figures, and for tests."""

from __future__ import annotations

import http.client
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FRAME = struct.Struct(">cIdd")
PROGRAM = """def main() -> dict:
    image = GetImage()
    objs, masks = ImageCrop(image=image, masks=SAM(image=image))
    heart = CLIPRetrieval(objs, "red heart")
    bowl = CLIPRetrieval(objs, "blue bowl", heart)
    action = PickPlace(pick=Pixel2Loc(heart, masks), place=Pixel2Loc(bowl, masks))
    return RobotExecution(action=action)
"""
OBJECTS = "red heart; blue bowl; green star"
SENTENCE = "put the red heart into the blue bowl"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Browser:
    """One browser: its cookies and, where given, its token.

    Attributes:
        source: address that it speaks from.
        headers: sent with every request.
    """

    address: str
    source: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; a body that is not bytes goes as JSON."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookie:
            sent.setdefault("cookie", self.cookie)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        where = urlsplit(self.address)
        link = http.client.HTTPConnection(where.hostname or "", where.port, 180, (self.source, 0))
        try:
            link.request(method, path, body, sent)
            heard = link.getresponse()
            answer = Answer(heard.status, {k.lower(): v for k, v in heard.getheaders()}, heard.read())
        finally:
            link.close()
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.ask("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """POST; without a body an empty one."""
        return self.ask("POST", path, b"" if body is None else body, **headers)

    def hello(self) -> Any:
        """Begins, or goes on with, a session."""
        return self.get("/api/hello").json

    def login(self, token: str) -> Answer:
        """Gives a token."""
        return self.post("/api/login", {"token": token})

    def scene(self, **asked: Any) -> Any:
        """A scene of three things, or what is asked."""
        return self.post("/api/scenes", asked or {"objects": OBJECTS, "seed": 0}).json

    def run(self, scene: str, program: str = PROGRAM, **more: Any) -> Answer:
        """Asks for a run."""
        return self.post("/api/runs", {"scene": scene, "text": SENTENCE, "program": program, **more})

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A page's socket."""
        from websockets.sync.client import connect

        origin = self.address.rstrip("/")
        url = origin.replace("http", "ws", 1) + "/api/live"
        headers = {**self.headers, "Cookie": self.cookie, "Origin": origin}
        with connect(url, additional_headers=headers, compression=None, max_size=None) as socket:
            yield Page(socket)


class Page:
    """An open socket.

    Attributes:
        id: as the server calls this page.
        frames: (sequence number, seconds since it was taken when it came, when it came) of every picture.
        last: the newest picture, JPEG.
        acknowledges: whether each picture is said to be seen.
    """

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.frames: list[tuple[int, float, float]] = []
        self.last = b""
        self.acknowledges = True
        self.id: str = self.until("page")["page"]

    def next(self, patience_s: float = 60.0) -> Any:
        """The next message; pictures are counted by the way."""
        while (message := self._piece(patience_s)) is None:
            pass
        return message

    def frame(self, patience_s: float = 60.0) -> bytes:
        """The next picture, JPEG; messages by the way are passed over."""
        while self._piece(patience_s) is not None:
            pass
        return self.last

    def _piece(self, patience_s: float) -> Any:
        """A message, or None for a picture."""
        piece = self.socket.recv(timeout=patience_s)
        if isinstance(piece, str):
            return json.loads(piece)
        _, seq, captured, _ = FRAME.unpack_from(piece)
        at = time.monotonic()
        self.frames.append((seq, at - captured, at))
        self.last = piece[FRAME.size :]
        if self.acknowledges:
            self.socket.send(json.dumps({"seen": seq}))
        return None

    def until(self, kind: str, run: str | None = None, patience_s: float = 90.0) -> Any:
        """The next message of a kind, and of a run where one is named."""
        ends = time.monotonic() + patience_s
        while True:
            message = self.next(max(ends - time.monotonic(), 0.01))
            if message["type"] == kind and run in (None, message.get("run")):
                return message

    def rate(self) -> float:
        """Pictures a second while they came."""
        if len(self.frames) < 3:
            return 0.0
        return (len(self.frames) - 2) / max(self.frames[-1][2] - self.frames[1][2], 1e-9)


@dataclass
class Server:
    """A playground that runs; its folder for temporary files, and what it wrote to stderr."""

    address: str
    process: subprocess.Popen[str]
    folder: Path
    log: Path

    def children(self, pid: int | None = None) -> list[int]:
        """The processes that a process started; the server's own by default."""
        try:
            told = Path(f"/proc/{pid or self.process.pid}/task/{pid or self.process.pid}/children")
            return [int(word) for word in told.read_text(encoding="ascii").split()]
        except OSError:
            return []

    def workers(self) -> list[int]:
        """What the zygote forked."""
        return [pid for zygote in self.children() for pid in self.children(zygote)]

    def surroundings(self) -> bytes:
        """The environments of all its processes, as they were started."""
        found = b""
        for pid in (*self.children(), *self.workers()):
            with suppress(OSError):
                found += Path(f"/proc/{pid}/environ").read_bytes()
        return found

    def browser(self, **more: Any) -> Browser:
        """A browser without cookies."""
        return Browser(self.address, **more)


@contextmanager
def serving(
    folder: Path,
    *sets: str,
    tokens: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    port: int = 0,
) -> Iterator[Server]:
    """Starts a playground on a port (0: one that is free), and ends it as Ctrl-C does."""
    temporary, log = folder / "tmp", folder / "server.log"
    temporary.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "instruct2act.cli", "play", "--no-open", "--port", str(port)]
    words += [word for entry in sets for word in ("--set", entry)]
    around = {**os.environ, "TMPDIR": str(temporary), "INSTRUCT2ACT_TOKENS": " ".join(tokens), **(environment or {})}
    with log.open("w", encoding="utf-8") as complaints:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=complaints, text=True, env=around)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = next((word for word in line.split() if word.startswith("http")), "")
            if not address:
                raise RuntimeError(f"the playground did not start: {log.read_text(encoding='utf-8')}")
            yield Server(address, process, temporary, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
