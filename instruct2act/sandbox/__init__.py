"""Generated code runs here, contained: `Gateway` runs programs, `Function` calls what one defines, a reward.

Names are imported when they are first asked for: the command line builds without them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from instruct2act.sandbox.clocks import Limits, StopFlag, Watch
    from instruct2act.sandbox.errors import Failure, Problem, SandboxUnavailable
    from instruct2act.sandbox.execution import CallEnded, CallStarted, Execution, Listener, Printed, SkillCall
    from instruct2act.sandbox.functions import Function, Score, scores
    from instruct2act.sandbox.gateway import Gateway

_HOMES = {
    "clocks": ("Limits", "StopFlag", "Watch"),
    "errors": ("Failure", "Problem", "SandboxUnavailable"),
    "execution": ("CallEnded", "CallStarted", "Execution", "Listener", "Printed", "SkillCall"),
    "functions": ("Function", "Score", "scores"),
    "gateway": ("Gateway",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "CallEnded",
    "CallStarted",
    "Execution",
    "Failure",
    "Function",
    "Gateway",
    "Limits",
    "Listener",
    "Printed",
    "Problem",
    "SandboxUnavailable",
    "Score",
    "SkillCall",
    "StopFlag",
    "Watch",
    "scores",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
