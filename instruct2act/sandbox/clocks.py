"""Limits, stop, and the four clocks of an episode.

A program's own computing, its skills, and each motion have a clock each; waiting for a person counts against none. The
`Watch` keeps them and is the `skills.robots.Monitor` of every motion: a robot that ticks is stopped within one tick.

Covered: stop and deadlines during a motion or any skill that ticks, and between calls. Not covered: a skill that
neither ticks nor returns. It blocks its own thread; a person's hardware stop stays independent of all this.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from skills.errors import Aborted
from skills.types import UInt8


@dataclass(frozen=True)
class Limits:
    """What a run may use.

    Attributes:
        program_s: seconds of the program's own computing, all turns together.
        turn_s: the same between two skill calls; checking types counts too.
        skills_s: seconds of skills, motions and waiting not counted.
        motion_factor, motion_slack_s: a motion planned for t seconds may take ``factor * t + slack``.
        episode_s: seconds of everything but waiting.
        calls: skill calls.
        memory_bytes: the program's heap.
        print_chars: of everything it prints.
        source_bytes: of the program's text.
    """

    program_s: float = 2.5
    turn_s: float = 1.0
    skills_s: float = 120.0
    motion_factor: float = 2.0
    motion_slack_s: float = 5.0
    episode_s: float = 600.0
    calls: int = 200
    memory_bytes: int = 64 << 20
    print_chars: int = 64_000
    source_bytes: int = 50_000


class StopFlag:
    """Set once, from any thread: the emergency stop of a run, or of everything that shares the flag."""

    def __init__(self) -> None:
        self._set = threading.Event()
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.RLock()  # a signal handler may set the flag while this thread holds it
        self.reason = ""

    def set(self, reason: str = "stop was asked for") -> None:
        """Asks everything that shares this flag to stop; the first reason stays."""
        with self._lock:
            if self._set.is_set():
                return
            self.reason = reason
            self._set.set()
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def is_set(self) -> bool:
        """Whether stop was asked for."""
        return self._set.is_set()

    def clear(self) -> None:
        """Lets a next run begin."""
        with self._lock:
            self.reason = ""
            self._set.clear()

    @contextmanager
    def calls(self, listener: Callable[[], None]) -> Iterator[None]:
        """Calls ``listener``, from the thread that stops, while the block runs; at once if it did before."""
        with self._lock:
            self._listeners.append(listener)
            already = self._set.is_set()
        try:
            if already:
                listener()
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)


class Watch:
    """Keeps an episode's clocks; every motion's monitor.

    Attributes:
        limits: what may be used.
        stop: who may end it.
        expired: whose limit passed, as a record counts it (program | sandbox | motion); "" while none has.
        broken: what ``on_tick`` raised, None if nothing.
        program_s, skills_s, motion_s, waiting_s: seconds used so far.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        stop: StopFlag | None = None,
        *,
        on_tick: Callable[[str, UInt8 | None], None] | None = None,
        wants_frame: Callable[[], bool] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args.

        Args:
            limits: the defaults when left out.
            stop: a flag of its own when left out.
            on_tick: hears each tick's phase and frame; an exception in it ends the run and leaves `Gateway.run`.
            wants_frame: asked by a robot before it renders a frame.
            now: the clock, in seconds.
        """
        self.limits = limits or Limits()
        self.stop = stop or StopFlag()
        self.expired = ""
        self.broken: Exception | None = None
        self.program_s = self.skills_s = self.motion_s = self.waiting_s = 0.0
        self._on_tick, self._wants_frame, self._now = on_tick, wants_frame, now
        self._began = now()
        self._call_began: float | None = None
        self._aside = 0.0  # motion and waiting inside the current call
        self._motion_began: float | None = None
        self._motion_last = 0.0
        self._motion_waited = self._motion_last_waited = 0.0
        self._motion_allowed: float | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start, waiting not counted."""
        return self._now() - self._began - self.waiting_s

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by clock."""
        return {
            "program": self.program_s,
            "skills": self.skills_s,
            "motion": self.motion_s,
            "waiting": self.waiting_s,
            "wall": self._now() - self._began,
        }

    def check(self) -> None:
        """Raises Aborted when stop was asked for or a limit passed."""
        if self.stop.is_set():
            raise Aborted(self.stop.reason)
        clock, sentence = self._passed()
        if clock:
            self.expired = self.expired or clock
            raise Aborted(sentence)

    def tick(self, phase: str, frame: UInt8 | None = None) -> None:
        """A robot's report that it is at work; raises Aborted as `check` does."""
        now = self._now()
        if self._motion_began is None:
            self._motion_began, self._motion_waited = now, self.waiting_s
        self._motion_last, self._motion_last_waited = now, self.waiting_s
        self.check()
        if self._on_tick is not None:
            try:
                self._on_tick(phase, frame)
            except (
                Exception
            ) as error:  # a robot or a skill would take it for its own: end the motion, and raise it later
                self.broken = error
                raise Aborted("a listener failed") from error

    def wants_frame(self) -> bool:
        """Whether someone would look at a frame now."""
        return self._wants_frame is not None and self._wants_frame()

    def planned(self, seconds: float) -> None:
        """A motion planned for this long begins; `tick` raises once it takes more than ``limits`` allow."""
        self._end_motion()
        self._motion_began = self._motion_last = self._now()
        self._motion_waited = self._motion_last_waited = self.waiting_s
        self._motion_allowed = self.limits.motion_factor * max(0.0, seconds) + self.limits.motion_slack_s

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The block waits for a person; no clock runs."""
        began = self._now()
        try:
            yield
        finally:
            spent = self._now() - began
            self.waiting_s += spent
            self._aside += spent

    @contextmanager
    def calling(self) -> Iterator[None]:
        """The block is one skill call."""
        self._call_began, self._aside = self._now(), 0.0
        try:
            yield
        finally:
            self._end_motion()
            self.skills_s += self._now() - self._call_began - self._aside
            self._call_began = None

    @contextmanager
    def computing(self) -> Iterator[None]:
        """The block is the program's own computing."""
        began = self._now()
        try:
            yield
        finally:
            self.program_s += self._now() - began

    def _end_motion(self) -> None:
        if self._motion_began is not None:
            spent = self._motion_last - self._motion_began - (self._motion_last_waited - self._motion_waited)
            self.motion_s += max(0.0, spent)
            self._aside += max(0.0, spent)
        self._motion_began = self._motion_allowed = None

    def _passed(self) -> tuple[str, str]:
        limits, now = self.limits, self._now()
        skills_s = self.skills_s
        if self._motion_began is not None:
            moving = now - self._motion_began - (self.waiting_s - self._motion_waited)
            if self._motion_allowed is not None and moving > self._motion_allowed:
                return "motion", f"a motion took longer than the {self._motion_allowed:.1f} s it was allowed"
        elif self._call_began is not None:
            skills_s += now - self._call_began - self._aside
        if skills_s > limits.skills_s:
            return "sandbox", f"skills took more than {limits.skills_s:g} s"
        if self.program_s > limits.program_s:
            return "program", f"the program computed for more than {limits.program_s:g} s"
        if self.elapsed_s > limits.episode_s:
            return "sandbox", f"the episode took more than {limits.episode_s:g} s"
        return "", ""
