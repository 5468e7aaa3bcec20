"""A run as the server knows it: who asked for what, how far it is, what it told."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from instruct2act.playground.jobs.saying import without_paths
from instruct2act.playground.jobs.users import Session, User

if TYPE_CHECKING:
    from instruct2act.playground.jobs.scenes import Scene
    from instruct2act.playground.processes.zygote import Child

State = Literal["queued", "starting", "running", "paused", "ended"]

MOST_TOLD = 8 << 20
"""Bytes that a run may tell."""
_PICTURE = re.compile(r"^[\w-]{1,60}\.png$")
_EVENTS = "events.jsonl"


@dataclass(eq=False)
class Run:
    """One run.

    Attributes:
        place: how many are before it in the queue and itself; 0 once it has a worker.
        events: what was told, as the page reads it; on disk once it ended.
        page: the page that asked for it, whose end is its end.
        waited_s: how long it waited for a person.
        done: whether its worker is gone too, which draws a little longer than the run goes on.
    """

    id: str
    session: Session
    scene: Scene
    request: dict[str, Any]
    folder: Path
    command: str
    page: str | None = None
    state: State = "queued"
    done: bool = False
    place: int = 0
    child: Child | None = None
    stopped: str = ""
    at: float = field(default_factory=time.time)
    began: float = 0.0
    waited_s: float = 0.0
    paused_at: float | None = None
    seq: int = 0
    frames: int = 0
    told: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] = field(default_factory=dict)
    making: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def user(self) -> User:
        """Whose limits it counts for."""
        return self.session.user

    def left_s(self, wall_s: float, wait_s: float, slack_s: float) -> float:
        """Seconds that it may go on as it is now."""
        now = time.monotonic()
        if self.paused_at is not None:
            return wait_s + slack_s - self.waited_s - (now - self.paused_at)
        return wall_s + slack_s - (now - self.began - self.waited_s)

    def note(self, message: dict[str, Any]) -> dict[str, Any]:
        """Takes something told in; as the page reads it.

        Raises:
            ValueError: it told too much.
        """
        kind = message["type"]
        if kind == "paused" and self.paused_at is None:
            self.state, self.paused_at = "paused", time.monotonic()
        elif kind == "resumed" and self.paused_at is not None:
            self.waited_s += time.monotonic() - self.paused_at
            self.state, self.paused_at = "running", None
        elif kind == "started":
            self.state = "running"
        elif kind == "ended":
            self.end, self.state = message, "ended"
            message["command"] = self.command
            if message.get("error"):
                message["error"]["message"] = without_paths(str(message["error"].get("message", "")))
            message["files"] = list(dict.fromkeys([*message.get("files", ()), *self.given()]))
        for key in ("picture", "crops"):
            if message.get(key):
                message[key] = self._url(message[key])
        self.seq += 1
        whole = {**message, "run": self.id, "seq": self.seq}
        self.told += len(json.dumps(whole))
        if self.told > MOST_TOLD:
            raise ValueError(f"the run had more than {MOST_TOLD >> 20} MB to tell")
        self.events.append(whole)
        return whole

    def given(self) -> list[str]:
        """Files that were there before it began: what its command names."""
        names = ["program.py"] + (["reward.py"] if self.request["reward"] else [])
        return names + [f"{name}.png" for name in self.request["pictures"]]

    def _url(self, name: Any) -> Any:
        if isinstance(name, list):
            return [self._url(one) for one in name]
        if isinstance(name, str) and _PICTURE.match(name):
            return f"/api/runs/{self.id}/pictures/{name}"
        return None

    def file(self, name: str) -> Path | None:
        """A file that is offered; None where there is none of that name."""
        return self.folder / name if name in self.end.get("files", self.given()) else None

    def picture(self, name: str) -> Path | None:
        """A picture of a call."""
        return self.folder / name if _PICTURE.match(name) else None

    def put_away(self) -> None:
        """Its events go to disk: what ended costs no memory."""
        lines = "".join(json.dumps(event) + "\n" for event in self.events)
        (self.folder / _EVENTS).write_text(lines, encoding="utf-8")
        self.events = []

    def all_events(self) -> list[dict[str, Any]]:
        """What was told, from memory or from disk."""
        path = self.folder / _EVENTS
        if self.events or not path.is_file():
            return self.events
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def row(self) -> dict[str, Any]:
        """A line of the history."""
        return {
            "run": self.id,
            "title": self.scene.title,
            "text": self.request["text"] if self.request["text"] is not None else self.scene.facts.get("text", ""),
            "scene": self.scene.id,
            "state": "running" if self.state == "starting" else self.state,
            "place": self.place,
            "status": self.end.get("status"),
            "stopped": self.stopped,
            "success": self.end.get("success"),
            "progress": self.end.get("progress"),
            "reward": self.end.get("reward"),
            "seconds": (self.end.get("seconds") or {}).get("total"),
            "at": self.at,
            "plan_by": self.request.get("plan_by"),
        }

    def whole(self) -> dict[str, Any]:
        """Everything of it."""
        return {
            **self.row(),
            "request": {**self.request, "spec": self.scene.spec},
            "events": self.all_events(),
            "record": self._record(),
            "files": self.end.get("files", self.given()),
            "command": self.command,
        }

    def _record(self) -> Any:
        path = self.folder / "record.jsonl"
        return json.loads(path.read_text(encoding="utf-8")) if self.state == "ended" and path.is_file() else None
