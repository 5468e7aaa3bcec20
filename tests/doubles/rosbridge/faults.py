"""What can go wrong, each on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Faults:
    """All well by default; may be changed at any time.

    `cut_at` and `freeze_at` name the phase of a motion in which the wire breaks (`links`: control | safety | cameras).
    `deaf`: no heartbeat arrives.
    """

    cut_at: str = ""
    freeze_at: str = ""
    links: tuple[str, ...] = ("control", "safety", "cameras")
    reject_silently: bool = False
    result: Literal[
        "", "never", "lies", "aborted_true", "twice", "late", "wrong_type", "nan", "unknown_code", "other_id"
    ] = ""
    state: Literal["", "never", "nan", "wrong_type", "moving", "grasped"] = ""
    stop: Literal["", "never", "refuses"] = ""
    images: Literal["", "none", "stale", "future", "wrong_type", "half", "slow"] = ""
    tf: Literal["", "none", "nan", "frozen", "strays"] = ""
    clock_skew_s: float = 0.0
    camera_skew_s: float = 0.0
    fragments: bool = False
    misses: bool = False
    deaf: bool = False
