"""What goes wrong between a laptop and an arm. Each is a sentence: what was asked, what came, what to do."""

from __future__ import annotations

from skills.errors import MotionFailed


class BridgeError(MotionFailed):
    """The arm, its bridge or its cameras did not do what was asked. A program may see it; the robot stays latched."""


class LinkLost(BridgeError):
    """The connection is gone, or was never there. Nothing is queued for later."""


class NoAnswer(BridgeError):
    """A deadline passed."""


class Refused(BridgeError):
    """The other side said no."""


class BadMessage(BridgeError):
    """A message has another shape, type or value than it must have."""


class NoPicture(BridgeError):
    """No camera gave a picture that may be used: fresh, complete, of a known place."""

    stage = "perception"
