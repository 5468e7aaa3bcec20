"""Generated code runs here, contained: `Gateway` runs programs, `run_reward` scores with reward functions."""

from instruct2act.sandbox.clocks import Limits, StopFlag, Watch
from instruct2act.sandbox.errors import Failure, Problem, SandboxUnavailable
from instruct2act.sandbox.execution import CallEnded, CallStarted, Execution, Listener, Printed, SkillCall
from instruct2act.sandbox.functions import Score, call, run_reward
from instruct2act.sandbox.gateway import Gateway

__all__ = [
    "CallEnded",
    "CallStarted",
    "Execution",
    "Failure",
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
    "call",
    "run_reward",
]
