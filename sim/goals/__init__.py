"""What an instruction asks for, as conditions that can be asked (``holds``, ``closeness``) and solved (``solve``).

A goal is a sequence of stages and things that must never happen: success, progress, failure, oracle come from it.
"""

from sim.goals.condition import RULES, VIMA_REACH, Condition, Fact, Rule, carry, heading_error
from sim.goals.goal import All, Goal, share_of
from sim.goals.placing import At, Inside, turned
from sim.goals.sweeping import Strayed, Swept, Touched, Zone

__all__ = [
    "RULES",
    "VIMA_REACH",
    "All",
    "At",
    "Condition",
    "Fact",
    "Goal",
    "Inside",
    "Rule",
    "Strayed",
    "Swept",
    "Touched",
    "Zone",
    "carry",
    "heading_error",
    "share_of",
    "turned",
]
