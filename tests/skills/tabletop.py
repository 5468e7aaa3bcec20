"""What tests of skills share: an episode whose skills are called as a program calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import skills
from sim.env import TabletopEnv
from sim.robot import SimRobot
from skills.backends.oracle import Oracle
from skills.context import Context
from skills.sight import Sight
from skills.types import Image, Instruction

Table = Callable[[str], TabletopEnv]
"""What the fixture ``table`` is: names of objects, with places -> an environment."""


class Calls:
    """Every skill under its program's name, and the program's globals."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.notes: list[tuple[str, Mapping[str, Any]]] = []
        ctx.note = lambda kind, facts: self.notes.append((kind, facts))
        self.templates: dict[str, Image] = ctx.templates()
        self.BOUNDS = ctx.bounds()
        self.clicks = list(ctx.instruction.clicks)

    def __getattr__(self, name: str) -> Any:
        known = skills.load()[name]

        def call(*args: Any, **kwargs: Any) -> Any:
            return known.function(self.ctx, *args, **{known.aliases.get(k, k): v for k, v in kwargs.items()})

        return call

    def look(self) -> tuple[list[Any], list[Any]]:
        """Objects and masks of a new picture."""
        image = self.GetImage()
        return self.ImageCrop(image, self.SAM(image))  # type: ignore[no-any-return]

    def named(self) -> dict[str, Any]:
        """Globals of a program as text."""
        return {**{name: getattr(self, name) for name in skills.load()}, "templates": self.templates,
                "BOUNDS": self.BOUNDS, "clicks": self.clicks}  # fmt: skip


def play(env: TabletopEnv, instruction: Instruction | None = None) -> Calls:
    """Skills over a simulated table, with perception that reads its truth."""
    oracle = Oracle()
    return Calls(Context(SimRobot(env), oracle, oracle, instruction or env.instruction, sight=Sight(truth=True)))
