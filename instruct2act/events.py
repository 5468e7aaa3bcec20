"""What happens in an episode, as listeners hear it: recorder, console, picture strip, video, web page, metrics.

Events carry the host's own objects (pictures, masks, outcomes), not what a program sees. A listener must not change
them, and one that raises ends the episode as an infrastructure failure: a record that says otherwise would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from skills.types import Instruction, Observation, Outcome, UInt8


@dataclass(frozen=True)
class Started:
    """The scene is set and the instruction known; nothing was asked of an author yet."""

    instruction: Instruction
    observation: Observation
    scene: str
    """A phrase for people: "visual_manipulation L1 seed 7", "generated scene 3"."""
    inventory: Sequence[str] = ()


@dataclass(frozen=True)
class Written:
    """An author answered: a program or a reward function."""

    what: str
    source: str
    model: str
    seconds: float


@dataclass(frozen=True)
class SentBack:
    """An answer was not right and went back to its author: JSON of what was wrong, and what the author was told."""

    trouble: str


@dataclass(frozen=True)
class SkillCalled:
    """A skill is about to run; ``arguments`` is a short text of each, ``line`` the program's (0 when not known).

    A listener may have it wait for a person, inside ``with event.waiting():``, where no clock runs, and may raise
    ``Aborted``.
    """

    name: str
    arguments: Mapping[str, str]
    line: int
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True)
class SkillReturned:
    """A skill ended, with its result (host objects) or an error sentence."""

    name: str
    result: Any
    shown: str
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Noted:
    """A fact that a skill found worth looking at; kinds and their facts are listed in skills/context.py."""

    kind: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Moving:
    """A motion goes on: its phase, and a frame (H, W, 3) uint8 when a listener wants frames."""

    phase: str
    frame: UInt8 | None = None


@dataclass(frozen=True)
class Carried:
    """An action was carried out, or not."""

    outcome: Outcome


@dataclass(frozen=True)
class Printed:
    """The program printed."""

    text: str


@dataclass(frozen=True)
class Ended:
    """The episode is over: its record, and a last look (None when the robot could not give one)."""

    record: Any
    observation: Observation | None
    files: Mapping[str, str] = field(default_factory=dict)


Event = Started | Written | SentBack | SkillCalled | SkillReturned | Noted | Moving | Carried | Printed | Ended


class Listener(Protocol):
    """Hears every event of an episode, in order, in the episode's thread."""

    @property
    def wants_frames(self) -> bool:
        """Whether ``Moving`` should carry pictures (rendering them costs time); asked before each."""

    def hear(self, event: Event) -> None:
        """Called once an event."""

    def close(self) -> None:
        """Whatever happened, it is over: leaves no half-written file and no spinner. May be called again."""
