"""A real arm behind a rosbridge server, as programs and skills know any arm: the ``Robot`` protocol.

Three connections: control; safety (heartbeat, stop, state); cameras. Whatever goes wrong closes a latch, and nothing
moves again before ``acknowledge``. This class never makes an arm safe: that is for its own watchdog, its workspace box
and the emergency stop in a person's hand (docs/real-robot.md).
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from skills.robots import Monitor, RobotInfo
from skills.robots.rosbridge import calibration, checks, clocks, topdown
from skills.robots.rosbridge.errors import BridgeError, LinkLost, Refused
from skills.robots.rosbridge.grasps import Grip
from skills.robots.rosbridge.latch import Latch, Latched
from skills.robots.rosbridge.link import safe_url
from skills.robots.rosbridge.messages import Dialect, State
from skills.robots.rosbridge.motion import Motion
from skills.robots.rosbridge.parts import Connect, Parts, connected, transport
from skills.robots.rosbridge.profiles import Order
from skills.robots.rosbridge.settings import Settings
from skills.robots.rosbridge.settings import settings as read_settings
from skills.robots.rosbridge.witness import Witness
from skills.types import Action, Observation, Outcome, Pose

SLOWEST = 0.05
CLOCK_S = 30.0
"""A clock's offset older than this is asked for anew before a look."""


class RosRobot:
    """An arm. Construct it, ``open`` it (or use ``with``), and ``close`` it.

    Args:
        settings: the robot's file.
        connect: makes a connection; by the settings' transport when left out.

    Raises:
        Mistake: the address or a calibration file can't be.
    """

    def __init__(self, settings: Settings, connect: Connect | None = None) -> None:
        self.settings = settings
        safe_url(settings.url, settings.insecure)
        self._connect = connect or transport(settings)
        self._dialect = Dialect(settings.ros)
        self._hand_eye = {
            name: calibration.load(given.calibration, given.mount).matrix
            for name, given in settings.cameras.items()
            if given.calibration is not None
        }
        self._latch = Latch()
        self._latch.trip("LINK_LOST", "it was not opened yet")
        self._parts: Parts | None = None
        self._gate, self._one = threading.Lock(), threading.Lock()
        self._motion: Motion | None = None
        self._speed = settings.speed
        self._workspace = settings.limits
        self._above = topdown.above(settings.limits, settings.top_size)
        self._clock, self._clock_s = clocks.Offset(0.0, 0.0), -math.inf
        self._moved_s = -math.inf
        self._motions = 0
        self._unclear: str = ""
        self.grips: dict[int, Grip] = {}
        self.resolved: tuple[str, bool, str] | None = None

    # --- the Robot protocol -------------------------------------------------------------------------------------------

    @property
    def info(self) -> RobotInfo:
        """What this robot is; ``more`` has its profile and gripper. To programs either gripper is ``suction``."""
        cameras = ("top", *(name for name in self.settings.cameras if name != self.settings.top))
        more = {"profile": self.settings.profile, "gripper": self.settings.gripper, "ros": self.settings.ros}
        speeds = (SLOWEST, self.settings.top_speed)
        return RobotInfo(self.settings.name, self._workspace, ("suction",), cameras, speeds, simulated=False, more=more)

    @property
    def state(self) -> Latched:
        """READY, or why it must not move."""
        return self._latch.state

    @property
    def trouble(self) -> str:
        """State, reason and way out in a sentence; "" while READY."""
        return self._latch.sentence()

    def configure(self, *, speed: float | None = None) -> None:
        """Sets the speed as a fraction of full, for the motions to come.

        Raises:
            ValueError: outside ``info.speed_range``.
        """
        low, high = self.info.speed_range
        if speed is None:
            return
        if not low <= speed <= high:
            raise ValueError(f"speed {speed} lies outside {low:g}..{high:g}, the robot file's top_speed")
        self._speed = float(speed)

    def observe(self, newer_than: float | None = None) -> Observation:
        """Looks with every camera. ``stamp_s`` is ``time.monotonic`` of the oldest picture.

        A picture counts only if it is fresh and was taken after the last motion's end.

        Raises:
            LinkLost: the link is gone.
            NoPicture: a camera gave none that may be used; says why.
            BridgeError: the arm did not tell its state.
        """
        parts = self._linked()
        if time.monotonic() - self._clock_s > CLOCK_S:
            self._set_clock(parts)
        newest = max(self._moved_s, -math.inf if newer_than is None else newer_than)
        views, taken = parts.eyes.look(newest, self._linked)
        if self.settings.top == "made":
            first = next(iter(views.values()))
            views = {"top": topdown.seen_from_above(first, self._above), **views}
        else:
            chosen = views.pop(self.settings.top)
            views = {"top": replace(chosen, camera=replace(chosen.camera, name="top")), **views}
        return Observation(views, taken, "suction", parts.safety.state().grasped)

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """Carries one action out; what is reported was measured.

        ``rejected``: nothing was sent, or the arm refused and did not move. ``missed``: nothing was held. ``unknown``:
        anything that is not clear, and the latch is closed.

        Raises:
            Aborted: the monitor or another thread's ``stop`` ended the motion.
        """
        if not self._one.acquire(blocking=False):
            return Outcome(action, "rejected", error="another motion is under way")
        try:
            return self._execute(action, monitor)
        finally:
            self._motion = None
            self._one.release()

    def hold(self) -> None:
        """A normal end: the arm stands still already, ready for the next."""

    def stop(self) -> None:
        """Stops the arm and closes the latch; may come from any thread, any number of times, and never raises."""
        self._latch.trip("STOPPED", "stop was asked for")
        parts = self._parts
        if parts is None:
            return
        unconfirmed = parts.safety.stop()
        # A goal that was being sent just now is out once the gate can be taken; none is sent after that.
        taken = self._gate.acquire(timeout=self.settings.deadlines.stop_s)
        try:
            motion = self._motion
            if motion is not None and motion.leg is not None:
                with suppress(BridgeError):
                    motion.leg.cancel()
                unconfirmed = parts.safety.stop()
        finally:
            if taken:
                self._gate.release()
        if unconfirmed:
            self._latch.trip(
                "FAULT", f"stop was not confirmed ({unconfirmed}): if the arm still moves, press its emergency stop"
            )

    def acknowledge(self) -> None:
        """A person saw what happened and lets the robot move again. Connects anew where the link was lost.

        What became of a motion whose end is not known is asked for, and kept in ``resolved``.

        Raises:
            BridgeError: it must not move yet; says why and what to do. The latch stays closed.
        """
        if not self._one.acquire(blocking=False):
            raise Refused("a motion is under way")
        try:
            if self._parts is None or self._lost():
                self._reopen()
            parts = self._linked(whatever=True)
            state = self._agreed(parts)
            self._set_clock(parts)
            if self._unclear and state.last_command_id == self._unclear:
                self.resolved = (self._unclear, state.last_success, state.last_error_code)
            self._unclear = ""
            self._motions = 0
            self._moved_s = time.monotonic()
            self._latch.clear()
            self._still_there()
        finally:
            self._one.release()

    def close(self) -> None:
        """Stops a motion that is under way, and ends the connections. May be called again."""
        if self._motion is not None:
            self.stop()
        self._latch.trip("LINK_LOST", "it was closed")
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.close()

    # --- what the commands use besides --------------------------------------------------------------------------------

    def open(self) -> RosRobot:
        """Connects, asks for state and boundaries; itself.

        Raises:
            BridgeError: no bridge, no answer, or an arm that can't be used as it is.
        """
        import cv2  # noqa: F401  # its loading takes longer than a picture may be old

        self._reopen()
        parts = self._linked(whatever=True)
        self._set_clock(parts)
        state = parts.safety.state()
        self._meet(state)
        self._latch.clear()
        self._still_there()
        if state.state != "IDLE":
            told = f"the arm is {state.state} {f'({state.error_code}) ' if state.error_code else ''}and not IDLE"
            kinds: Mapping[str, Latched] = {"ESTOP": "ESTOP", "FAULT": "FAULT", "HOLDING": "STOPPED"}
            self._latch.trip(kinds.get(state.state, "FAULT"), told)
        return self

    def __enter__(self) -> RosRobot:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def parts(self) -> Parts:
        """The connection's parts, for ``robot check``.

        Raises:
            LinkLost: there is none.
        """
        return self._linked(whatever=True)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _execute(self, action: Action, monitor: Monitor) -> Outcome:
        began = time.monotonic()
        problem = self._problem(action)
        if problem:
            return Outcome(action, "rejected", error=problem)
        try:
            parts = self._linked()
            witness = Witness(parts.transforms, self.settings, self._clock)
            problem = self._not_now(parts, witness)
        except BridgeError as error:
            self._latch.trip("LINK_LOST" if isinstance(error, LinkLost) else "FAULT", str(error))
            problem = self._latch.sentence()
        if problem:
            return Outcome(action, "rejected", error=problem)
        start, end = action.start, action.end
        way = math.dist((start.x, start.y), (end.x, end.y)) + 4 * self.settings.clearance_m
        at = witness.path[-1]
        way += math.dist((at.x, at.y), (start.x, start.y))
        planned = self.settings.planned_s(way, self._speed)
        monitor.planned(planned)
        order = self._order(action, planned)
        self._motion = Motion(
            order, parts.profile, parts.safety, self._latch, witness, self.settings, self._workspace, monitor,
            self._gate, parts.eyes.glimpse, planned,
        )  # fmt: skip
        self._motions += 1
        self._unclear = order.command_id
        try:
            report = self._motion.run()
        finally:
            self._moved_s = time.monotonic()
        if report.status != "unknown":
            self._unclear = ""
        seconds = time.monotonic() - began
        return Outcome(action, report.status, report.end, report.grasped, report.error, seconds)

    def _problem(self, action: Action) -> str:
        """Why it is not sent, by what is known here."""
        if not self._latch.ready:
            return self._latch.sentence()
        if self._motions >= self.settings.motions:
            return f"the {self.settings.motions} motions that the robot's file allows are used; acknowledge to go on"
        if self.settings.gripper == "parallel":
            grip = self.grips.get(action.id)
            if grip is None:
                return "this gripper needs to know how wide the thing is: pick a location that Pixel2Loc gave"
            if not 0 < grip.width_m <= self.settings.jaw_m - 0.005:
                wide = f"{grip.width_m * 1000:.0f} mm wide"
                return f"the thing is {wide}, and the gripper opens to {self.settings.jaw_m * 1000:.0f} mm"
        return checks.problem(action, self.settings, self._workspace)

    def _not_now(self, parts: Parts, witness: Witness) -> str:
        """Why it is not sent, by what the arm says at this moment."""
        unheard = self._unheard(parts)
        if unheard:
            return unheard
        state = parts.safety.state()
        if state.state == "HOLDING":
            self._latch.trip("STOPPED", f"the arm stopped by itself: {state.error_code or 'no reason given'}")
        if not self._latch.ready:
            return self._latch.sentence()
        if state.state != "IDLE":
            return f"the arm is {state.state}; somebody else may be moving it"
        if state.grasped:
            return "something is in the gripper: take it out first"
        until = time.monotonic() + self.settings.deadlines.tf_age_s
        while (unknown := witness.unknown()) and self._latch.ready and time.monotonic() < until:
            time.sleep(0.01)  # it comes by itself shortly after a connection was made
        return self._latch.sentence() or unknown

    def _unheard(self, parts: Parts) -> str:
        """Why the arm's watchdog would stop a motion at once, by the arm's own word; "" when it hears the heart.

        The first beats after a connection or an acknowledgement are waited for as long as for the connection itself.
        """
        limits = self.settings.deadlines
        until = time.monotonic() + limits.connect_s
        while self._latch.ready:
            if parts.safety.beating and parts.safety.state().heartbeat is not False:
                return ""
            if time.monotonic() > until:
                return "the arm does not hear a heartbeat, so that its watchdog would stop it"
            time.sleep(limits.beat_s / 2)
        return self._latch.sentence()

    def _order(self, action: Action, planned: float) -> Order:
        grip = self.grips.get(action.id) if self.settings.gripper == "parallel" else None
        turn = 0.0 if grip is None else grip.yaw
        limits = self.settings.deadlines
        start, end = (
            Pose(pose.x, pose.y, max(pose.z, 0.0), _wrapped(pose.yaw + turn)) for pose in (action.start, action.end)
        )
        timeout = planned * limits.motion_factor + limits.motion_slack_s
        stamp = self._clock.theirs(time.monotonic())
        width = None if grip is None else grip.width_m
        return Order(start, end, uuid.uuid4().hex, timeout, self._speed, stamp, width)

    def _reopen(self) -> None:
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.close()
        self._parts = connected(self.settings, self._hand_eye, self._latch, self._connect)

    def _lost(self) -> str:
        parts = self._parts
        return "there is no connection" if parts is None else parts.lost

    def _linked(self, whatever: bool = False) -> Parts:
        """The parts of a connection that holds.

        Raises:
            LinkLost: it does not.
        """
        lost = self._lost()
        if lost or self._parts is None:
            raise LinkLost(f"{lost}; acknowledge to connect anew" if self._parts is not None and not whatever else lost)
        return self._parts

    def _still_there(self) -> None:
        """A loss while the latch was being cleared counts."""
        lost = self._lost()
        if lost:
            self._latch.trip("LINK_LOST", lost)
            raise LinkLost(self._latch.sentence())

    def _agreed(self, parts: Parts) -> State:
        """The arm's state once its node agrees that it may move.

        Raises:
            Refused: it does not.
        """
        state = parts.safety.state()
        if state.state == "MOVING":
            raise Refused("the arm is still moving: wait, or stop it")
        if state.state in ("HOLDING", "FAULT", "ESTOP"):
            answer = parts.safety.acknowledge()
            state = parts.safety.state()
            if state.state != "IDLE":
                told = f"{state.state} {state.error_code}".strip()
                raise Refused(f"the arm stays {told}{'; ' + answer if answer else ''}; {self._latch.sentence()}")
        self._meet(state)
        return state

    def _meet(self, state: State) -> None:
        try:
            self._workspace = checks.overlap(self.settings, state)
        except ValueError as error:
            raise Refused(str(error)) from None

    def _set_clock(self, parts: Parts) -> None:
        self._clock, self._clock_s = parts.ask_time(self.settings), time.monotonic()


def build(**options: Any) -> RosRobot:
    """See ``skills.robots.rosbridge.build``."""
    return RosRobot(read_settings(options))


def _wrapped(yaw: float) -> float:
    return (yaw + math.pi) % (2 * math.pi) - math.pi
