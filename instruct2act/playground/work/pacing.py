"""A listener between a person and the arm: steps, pauses, real time, and the pictures of the motion."""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Callable
from typing import Any

from instruct2act.events import Event, Moving, SkillCalled, Started
from instruct2act.playground.work.outbox import Outbox, now
from instruct2act.playground.work.picturing import jpeg
from instruct2act.sandbox import StopFlag
from skills.errors import Aborted

_TICK_S = 0.05
"""Simulated time between two ticks of a motion."""
FILM_FPS = 10.0
"""Pictures a second of a film."""
FRAME = struct.Struct(">dII")


class Pace:
    """Holds the episode's thread: before calls while a person steps or pauses, in motions to real time.

    Attributes:
        wants_frames: whether a picture is due.
    """

    def __init__(
        self,
        outbox: Outbox,
        stop: StopFlag,
        portrait: Callable[[], Any],
        *,
        stepping: bool,
        real: bool,
        fps: float,
        wait_s: float,
        real_s: float,
        film: io.BufferedWriter | None = None,
    ) -> None:
        """Args.

        Args:
            outbox: where pictures and pauses are told.
            stop: ends every waiting.
            portrait: makes a picture of the table at rest.
            stepping: whether to wait before each call.
            real: whether motions take as long as they would.
            fps: pictures a second, at most.
            wait_s: how long a person may be waited for, in all.
            real_s: after so long an episode is no longer held to real time: it is to end within its limit.
            film: gets ten pictures a second, for a film to be made later.
        """
        self._outbox, self._stop, self._portrait = outbox, stop, portrait
        self._stepping, self._real, self._film = stepping, real, film
        self._every, self._wait_s, self._real_s = 1 / fps, wait_s, real_s
        self._changed = threading.Condition()
        self._paused, self._steps = False, 0
        self._began = self._due = now()
        self._next = self._filmed = 0.0
        self._n = 0

    @property
    def wants_frames(self) -> bool:
        """Whether a picture is due."""
        return now() >= self._next - 0.4 * self._every  # ticks come when they come: on the whole the rate is kept

    def do(self, asked: str) -> None:
        """What a person presses, from another thread: pause, resume, step; anything else only wakes."""
        with self._changed:
            if asked == "pause":
                self._paused, self._steps = True, 0
            elif asked == "resume":
                self._paused = self._stepping = False
            elif asked == "step":
                self._steps += 1
                self._paused = True
            self._changed.notify_all()

    def hear(self, event: Event) -> None:
        """Waits, or shows."""
        match event:
            case Started():
                self._show(self._portrait(), "")
            case SkillCalled():
                self._n += 1
                self._wait(event)
            case Moving():
                if event.frame is not None:
                    self._show(event.frame, event.phase)
                self._keep_time()

    def close(self) -> None:
        """The film ends."""
        if self._film is not None and not self._film.closed:
            self._film.close()

    def _wait(self, call: SkillCalled) -> None:
        with self._changed:
            if not (self._stepping or self._paused):
                return
            if self._steps:
                self._steps -= 1
                return
            self._outbox.tell({"type": "paused", "n": self._n, "line": call.line})
            began = now()
            with call.waiting():
                self._changed.wait_for(self._may_go, timeout=max(self._wait_s, 0.0))
            spent = now() - began
            self._wait_s -= spent
            self._began += spent
            if self._stop.is_set():
                raise Aborted(self._stop.reason)
            if not self._may_go():
                self._stop.set("nobody went on for too long")
                raise Aborted(self._stop.reason)
            self._steps = max(0, self._steps - 1)
            self._outbox.tell({"type": "resumed", "n": self._n})

    def _may_go(self) -> bool:
        return self._steps > 0 or self._stop.is_set() or not (self._stepping or self._paused)

    def _keep_time(self) -> None:
        at = now()
        if not self._real or at - self._began > self._real_s:
            return
        # A motion that fell behind does not hurry to catch up: it is watched by a person.
        self._due = max(self._due + _TICK_S, at)
        with self._changed:
            self._changed.wait_for(self._stop.is_set, timeout=min(self._due - at, _TICK_S))

    def _show(self, rgb: Any, phase: str) -> None:
        at = now()
        self._next = max(self._next + self._every, at)
        content = jpeg(rgb)
        self._outbox.show(at, content)
        if self._film is not None and at - self._filmed >= 1 / FILM_FPS - 0.02:
            self._filmed = at
            named = phase.encode()
            self._film.write(FRAME.pack(at, len(named), len(content)) + named + content)
