"""The second connection: heartbeat, stop and the arm's own account of itself. Nothing slow ever goes over it.

The heart beats only while everything is well: not while the latch is closed, not while a motion is under way whose
loop has not come round for ``STALE_S``, and not when this process is gone. The robot's watchdog stops it after 0.5 s
of silence, so that each of these stops the arm even when the stop service can't be reached.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from contextlib import suppress

from skills.robots.rosbridge.errors import BadMessage, BridgeError, LinkLost
from skills.robots.rosbridge.latch import Latch
from skills.robots.rosbridge.link import Bridge
from skills.robots.rosbridge.messages import Dialect, State, read
from skills.robots.rosbridge.settings import Settings

STALE_S = 0.5
"""A motion's loop comes round every 50 ms; after so long without, something here hangs."""


class Safety:
    """Stop, heartbeat and state over a link of their own.

    Attributes:
        seen: the newest state of the arm, and when it came; None before one came since a motion began or ended.
        session: what the heartbeat says: which client it is.
    """

    def __init__(self, bridge: Bridge, settings: Settings, latch: Latch, spare: Bridge) -> None:
        self._bridge, self._settings, self._latch, self._spare = bridge, settings, latch, spare
        self._end = threading.Event()
        self._moving = threading.Event()
        self._came_round = self._held_until = 0.0
        self._beats: deque[float] = deque(maxlen=2)
        self.seen: tuple[float, State] | None = None
        self.session = uuid.uuid4().hex[:12]
        bridge.advertise(settings.names.heartbeat, Dialect(settings.ros).type("std_msgs/String"))
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("heartbeat", self._beat), ("arm's state", self._ask))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def lost(self) -> str:
        """Why its link is gone; "" while it holds."""
        return self._bridge.lost

    @property
    def beating(self) -> bool:
        """Whether the last two heartbeats went out just now, so that one has arrived."""
        beats = list(self._beats)
        return len(beats) == 2 and time.monotonic() - beats[0] < 4 * self._settings.deadlines.beat_s

    def moving(self, is_so: bool) -> None:
        """A motion begins or is over; while it goes on, ``alive`` has to be called, and ``seen`` is kept new."""
        self._came_round = time.monotonic()
        self.seen = None
        if is_so:
            self._moving.set()
        else:
            self._moving.clear()

    def alive(self) -> None:
        """The motion's loop came round."""
        self._came_round = time.monotonic()

    def state(self) -> State:
        """What the arm's node says of itself, now. An emergency stop or fault closes the latch.

        Raises:
            BridgeError: it does not say, or not so that it can be understood.
        """
        deadline = self._settings.deadlines.call_s
        state = read(State, self._bridge.call(self._settings.names.get_state, {}, deadline))
        if state.state in ("ESTOP", "FAULT"):
            told = f": {state.error_code}" if state.error_code else ""
            self._latch.trip("ESTOP" if state.state == "ESTOP" else "FAULT", f"the arm reports {state.state}{told}")
        self.seen = time.monotonic(), state
        return state

    def stop(self) -> str:
        """Asks the arm to stop; "" when it says that it did, else why that is not known. Never raises.

        Over the spare link too where this one gives no answer.
        """
        unconfirmed = self._trigger(self._settings.names.stop, self._bridge)
        return unconfirmed and self._trigger(self._settings.names.stop, self._spare)

    def acknowledge(self) -> str:
        """Tells the arm's node that a person acknowledged; "" when it agrees, else why not."""
        return self._trigger(self._settings.names.acknowledge, self._bridge)

    def hold_breath(self, seconds: float) -> None:
        """No heartbeat for so long, to see whether the arm's node notices."""
        self._held_until = time.monotonic() + seconds

    def close(self) -> None:
        """The heart stops, and the link is closed."""
        self._end.set()
        self._moving.set()  # wakes the thread that waits for a motion
        for thread in self._threads:
            if threading.current_thread() is not thread:
                thread.join(2.0)
        self._bridge.close()

    def _trigger(self, service: str, bridge: Bridge) -> str:
        try:
            values = bridge.call(service, {}, self._settings.deadlines.stop_s)
        except BridgeError as error:
            return str(error)
        if values.get("success") is not True:
            return f"{service} answered {str(values.get('message') or values)[:200]!r}"
        return ""

    def _beat(self) -> None:
        while not self._end.wait(self._settings.deadlines.beat_s):
            if not self._latch.ready or time.monotonic() < self._held_until:
                self._beats.clear()
                continue
            if self._moving.is_set() and time.monotonic() - self._came_round > STALE_S:
                self._latch.trip("FAULT", f"this program was stuck for {STALE_S:g} s while the arm moved")
                continue
            try:
                self._bridge.publish(self._settings.names.heartbeat, {"data": self.session})
            except (LinkLost, BadMessage):
                continue  # the link's own loss closes the latch
            self._beats.append(time.monotonic())

    def _ask(self) -> None:
        """Keeps ``seen`` new while the arm moves; what can't be had or understood leaves it old, which is noticed."""
        while self._moving.wait() and not self._end.wait(self._settings.deadlines.beat_s):
            with suppress(BridgeError):
                self.state()
