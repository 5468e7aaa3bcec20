"""One motion, from the goal to what is known of it: watched every 20 ms, stopped when anything is unclear."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from skills.errors import Aborted
from skills.robots import Monitor
from skills.robots.rosbridge.errors import BridgeError
from skills.robots.rosbridge.latch import Latch
from skills.robots.rosbridge.messages import State
from skills.robots.rosbridge.profiles import Ending, Leg, Order, Profile, cancelled
from skills.robots.rosbridge.safety import Safety
from skills.robots.rosbridge.settings import Settings
from skills.robots.rosbridge.witness import Witness
from skills.types import Pose, Status, UInt8, Workspace

ROUND_S = 0.02
MISSED = frozenset({"MISSED", "GRASP_FAILED", "NOTHING_GRASPED"})
REJECTED = frozenset({"REJECTED", "OUT_OF_WORKSPACE", "UNREACHABLE", "DUPLICATE", "BUSY", "NO_HEARTBEAT", "BAD_GOAL"})
STOPPED = frozenset({"STOPPED", "WATCHDOG", "PREEMPTED", "CANCELLED", "CANCELED"})


class Unclear(Exception):
    """Something that must not be guessed at; the arm is stopped and the latch closed."""


@dataclass(frozen=True)
class Report:
    """What is known of a motion; ``end`` is measured."""

    status: Status
    error: str = ""
    end: Pose | None = None
    grasped: bool = False


@dataclass
class Motion:
    """Carries one order out.

    Attributes:
        gate: held while a goal is sent; who stops takes it too, so that no goal is sent after a stop.
        frame: a picture for the monitor, or None.
        leg: what is under way, for ``stop`` to cancel.
    """

    order: Order
    profile: Profile
    safety: Safety
    latch: Latch
    witness: Witness
    settings: Settings
    workspace: Workspace
    monitor: Monitor
    gate: threading.Lock
    frame: Callable[[], UInt8 | None]
    planned_s: float
    leg: Leg | None = None
    _began: float = field(default_factory=time.monotonic)
    _over_s: float = 0.0

    def run(self) -> Report:
        """To the end, whatever it is.

        Raises:
            Aborted: the monitor, another thread's stop, or Ctrl-C ended it; the arm was asked to stop.
        """
        self.safety.moving(True)
        try:
            return self._judged(self._all_legs())
        except (Unclear, BridgeError) as unclear:
            return self._given_up(str(unclear))
        except BaseException as end:  # whoever ends this program's part ends the motion
            self.latch.trip("STOPPED", str(end) or type(end).__name__)
            self._halt()
            raise
        finally:
            self.safety.moving(False)

    # --- under way ----------------------------------------------------------------------------------------------------

    def _all_legs(self) -> Ending:
        self._measured()
        ending: Ending | None = None
        for start in self.profile.legs(self.order):
            with self.gate:
                self._allowed()
                self.leg = start()
            ending = self._ended(self.leg)
            if ending.status != "succeeded" or not ending.result.success:
                break
        assert ending is not None
        return ending

    def _ended(self, leg: Leg) -> Ending:
        """Watches a leg until it ends; every leg is told to the monitor, also one that is over when first looked at."""
        sent = time.monotonic()
        while True:
            self.monitor.tick(leg.phase, self.frame() if self.monitor.wants_frame() else None)
            if leg.ending is not None:
                break
            self.safety.alive()
            self._allowed()
            if leg.trouble:
                raise Unclear(leg.trouble)
            self._in_time(leg, sent)
            self._measured()
            time.sleep(ROUND_S)
        self._allowed()  # a stop that was asked for here ends a motion as such, however quickly the arm answered
        self._measured()
        return leg.ending

    def _allowed(self) -> None:
        if self.latch.ready:
            return
        if self.latch.state == "STOPPED":
            raise Aborted(self.latch.reason)
        raise Unclear(self.latch.reason)

    def _in_time(self, leg: Leg, sent: float) -> None:
        now, limits = time.monotonic(), self.settings.deadlines
        allowed = self.planned_s * limits.motion_factor + limits.motion_slack_s
        if now - self._began > allowed:
            raise Unclear(f"the motion was planned for {self.planned_s:.1f} s and is not over after {allowed:.1f} s")
        seen = self.safety.seen
        if now - max(sent, seen[0] if seen else 0.0) > limits.feedback_s:
            raise Unclear(f"the arm has not told its state for {limits.feedback_s:g} s")
        if seen and seen[1].state == "HOLDING":
            raise Unclear(f"the arm stopped by itself: {seen[1].error_code or 'no reason given'}")
        known = seen is not None and seen[1].last_command_id == self.order.command_id
        if known and seen and seen[1].state == "IDLE":
            self._over_s = self._over_s or now
            if now - self._over_s > limits.accept_s:
                raise Unclear("the arm is at rest again, and the goal's result never came")
        taken_on = leg.heard_s > 0 or known
        if self.profile.follows_ids and not taken_on and now - sent > limits.accept_s:
            raise Unclear(f"no sign within {limits.accept_s:g} s that the goal was taken on")

    def _measured(self) -> None:
        _, age = self.witness.sample()
        if not self.witness.timely(age, self.settings.deadlines.tf_age_s + 0.2):
            raise Unclear(f"what tf tells last of where {self.settings.tool_frame!r} is, is {self.witness.aged(age)}")
        strayed = self.witness.strayed(self.workspace)
        if strayed:
            raise Unclear(strayed)

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def _judged(self, ending: Ending) -> Report:
        """Status and error code decide, then the arm's state and its measured way; ``success`` alone never."""
        code = ending.result.error_code
        told = f"{code or ending.status}{': ' + ending.result.message if ending.result.message else ''}"
        good = ending.status == "succeeded" and ending.result.success and not code
        if code in STOPPED or ending.status == "canceled":
            self.safety.state()  # an emergency stop or a fault says so, and is the worse
            self.latch.trip("STOPPED", f"the arm stopped: {told}")
            return Report("aborted", f"the arm stopped: {told}", *self._measured_end())
        if ending.result.success and not good:
            raise Unclear(f"the arm says success and {told} in one breath")
        state = self._settled()
        if good:
            end, against = self.witness.passed(self.order.pick, self.order.place)
            against = against or self._contradiction(state)
            if against:
                raise Unclear(f"the arm says that it is done, but {against}")
            return Report("done", "", end, state.grasped)
        if state.grasped:
            raise Unclear(f"{told}; and something is still in the gripper")
        if code in MISSED:
            return Report("missed", told, *self._measured_end())
        if not self.witness.moved:
            return Report("rejected", told, *self._measured_end())
        raise Unclear(f"the motion failed on its way: {told}")

    def _contradiction(self, state: State) -> str:
        """What the arm's state says against its own success."""
        if state.grasped:
            return "something is still in the gripper"
        if not self.profile.follows_ids:
            return ""
        if state.last_command_id != self.order.command_id:
            return "its state knows another command as the last one"
        if not state.last_success or state.last_error_code:
            return f"its state says that the command failed: {state.last_error_code or 'no code'}"
        return ""

    def _settled(self) -> State:
        """The arm's state once it is at rest."""
        until = time.monotonic() + self.settings.deadlines.accept_s
        while True:
            self.monitor.tick("settle")
            self.safety.alive()
            state = self.safety.state()
            self._allowed()
            if state.state == "IDLE":
                return state
            if time.monotonic() > until or state.state != "MOVING":
                raise Unclear(f"the arm is {state.state} after the motion's end, not IDLE")
            time.sleep(ROUND_S)

    def _measured_end(self) -> tuple[Pose | None, bool]:
        seen = self.safety.seen
        return (self.witness.path[-1] if self.witness.path else None), bool(seen and seen[1].grasped)

    def _given_up(self, why: str) -> Report:
        self.latch.trip("FAULT" if self.latch.state != "LINK_LOST" else "LINK_LOST", why)
        self._halt()
        return Report("unknown", self.latch.sentence(), *self._measured_end())

    def _halt(self) -> None:
        """Stop over the link of its own first, then cancel; the heart has stopped beating in any case."""
        unconfirmed = self.safety.stop()
        if self.leg is not None:
            cancelled(self.leg)
        if unconfirmed:
            self.latch.trip(
                "FAULT", f"stop was not confirmed ({unconfirmed}): if the arm still moves, press its emergency stop"
            )
