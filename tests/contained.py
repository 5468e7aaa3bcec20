"""For tests of the sandbox: a gateway, and a world in which every reach of a program would show."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skills
from instruct2act.sandbox import Execution, Gateway, Limits
from skills import Skill
from skills.errors import NothingFound
from skills.types import Action, Image, Mask, Pose

CANARY = "canary-7f3a91"
LIMITS = Limits(program_s=1.0, turn_s=0.25)


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
        self.held += 1

    def on_abnormal(self) -> None:
        self.stopped += 1

    def run(self, gateway: Gateway, source: str, check: bool = False, limits: Limits = LIMITS) -> Execution:
        """Runs a program in this world."""
        return gateway.run(
            source,
            SKILLS,
            self.dispatch,
            globals=self.names(),
            limits=limits,
            check=check,
            on_normal=self.on_normal,
            on_abnormal=self.on_abnormal,
        )


SKILLS = dict(skills.load())


def _mask(row: int) -> Mask:
    array = np.zeros((128, 256), bool)
    array[row : row + 10, 20:40] = True
    return Mask.of(array)


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    os.environ["INSTRUCT2ACT_CANARY"] = CANARY
    with Gateway() as made:
        yield made
    os.environ.pop("INSTRUCT2ACT_CANARY", None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    file = tmp_path / "secret.txt"
    file.write_text(CANARY, encoding="utf-8")
    return World(file)
