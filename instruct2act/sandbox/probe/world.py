"""What a program is played in: a host in which every reach of it would show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import skills
from instruct2act.sandbox import Execution, Gateway, Limits
from skills import Skill
from skills.errors import NothingFound
from skills.types import Action, Image, Mask, Pose

CANARY = "canary-7f3a91"
VARIABLE = "INSTRUCT2ACT_CANARY"
"""An environment variable of the host's that holds the canary while the battery runs."""
LIMITS = Limits(program_s=1.0, turn_s=0.25)


@cache
def registry() -> Mapping[str, Skill]:
    """Every skill."""
    return dict(skills.load())


@dataclass
class World:
    """What the host has: pictures, a robot's log, a file that holds a secret."""

    file: Path
    moved: list[Any] = field(default_factory=list)
    stopped: int = 0
    held: int = 0
    image: Image = field(default_factory=lambda: Image(np.zeros((128, 256, 3), np.uint8)))
    bounds: dict[str, list[float]] = field(default_factory=lambda: {"x": [0.25, 0.75], "y": [-0.5, 0.5]})
    clicks: list[tuple[float, float]] = field(default_factory=lambda: [(100.0, 60.0)])
    seen: list[Mask] = field(default_factory=list)

    def dispatch(self, skill: Skill, arguments: Mapping[str, Any]) -> Any:
        """Carries calls out without models or simulator."""
        match skill.name:
            case "GetImage":
                return self.image
            case "SAM":
                self.seen = [_mask(row) for row in (10, 40, 70)]
                return list(self.seen)
            case "ImageCrop":
                return [self.image] * len(arguments["masks"]), arguments["masks"]
            case "CLIPRetrieval":
                if not arguments["objs"]:
                    raise NothingFound("there is nothing to choose from")
                return 0
            case "Pixel2Loc":
                obj = arguments["obj"]
                return [0.5, 0.1, float(self.seen.index(obj)) if isinstance(obj, Mask) else 0.0]
            case "PickPlace":
                return Action("pick_place", Pose(*arguments["pick"][:2]), Pose(*arguments["place"][:2]))
            case "RobotExecution":
                self.moved.append(arguments["action"])
                return {"done": 1, "of": 1, "failed": [], "clipped": 0}
        raise KeyError(f"{CANARY} in {self.file}")

    def names(self) -> dict[str, Any]:
        """The program's globals."""
        return {
            "templates": {"dragged_obj": self.image},
            "BOUNDS": self.bounds,
            "clicks": self.clicks,
            "CANARY_FILE": str(self.file),
        }

    def on_normal(self) -> None:
        """The robot holds its pose."""
        self.held += 1

    def on_abnormal(self) -> None:
        """The robot stops."""
        self.stopped += 1

    def run(self, gateway: Gateway, source: str, check: bool = False, limits: Limits = LIMITS) -> Execution:
        """Runs a program in this world."""
        return gateway.run(
            source,
            registry(),
            self.dispatch,
            globals=self.names(),
            limits=limits,
            check=check,
            on_normal=self.on_normal,
            on_abnormal=self.on_abnormal,
        )


def _mask(row: int) -> Mask:
    array = np.zeros((128, 256), bool)
    array[row : row + 10, 20:40] = True
    return Mask.of(array)
