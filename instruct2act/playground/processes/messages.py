"""What a process may tell the server beside pictures, and what files of a run there may be."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

OF_A_RUN = frozenset(
    (
        *("starting", "started", "written", "sent_back", "call", "paused", "resumed", "returned", "phase", "planned"),
        *("carried", "printed", "score", "ended"),
    )
)
"""Types of what is told of a run."""
OF_A_PLAN = frozenset(["delta", "written", "sent_back", "refused", "no_reward", "plan_failed"])
"""Types of what is told of a plan."""
FILM, RECORDING = "video.webm", "recording.rrd"
MADE = (FILM, *([RECORDING] if find_spec("rerun") else []))
"""Files that are made when they are asked for; a Rerun recording where the extra is there."""


def nothing(status: str, message: str) -> dict[str, Any]:
    """The end of a run that has no record."""
    return {
        "status": status,
        "success": None,
        "progress": None,
        "reward": None,
        "parts": {},
        "error": {"message": message, "line": 0},
        "seconds": {},
        "files": [],
    }
