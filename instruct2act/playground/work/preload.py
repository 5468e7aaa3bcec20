"""The runtime that every process of the playground begins with, its models loaded and warm."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from instruct2act.config import Config
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.runtime import Runtime
from skills.errors import Mistake

if TYPE_CHECKING:
    from sim.robot import SimRobot
    from sim.vimabench import VimaBenchRobot


class TableRuntime(Runtime):
    """A runtime that remembers the robot it made, for pictures of it; simulated tables of our own only.

    Attributes:
        robot_now: the newest.
        moved_at: the monotonic clock when its arm last moved, seconds, as is seen every 50 ms of simulated time.
    """

    robot_now: SimRobot | None = None
    moved_at = 0.0

    def robot(self, spec: EpisodeSpec) -> SimRobot | VimaBenchRobot:
        """As ``Runtime``; frames have the size that the playground's settings ask for."""
        from sim.cameras import WIDE
        from sim.robot import SimRobot

        made = super().robot(spec)
        if isinstance(made, SimRobot):
            shown = self.config.playground
            made.env.frame_camera = WIDE
            made.env.frame_size = shown.frame_height, shown.frame_width
            self.robot_now = made
            self._watch(made)
        return made

    def _watch(self, robot: SimRobot) -> None:
        world, last = robot.env.world, robot.env.world.tool

        def look() -> None:
            nonlocal last
            if world.tool != last:
                last, self.moved_at = world.tool, time.monotonic()

        world.watchers.append(look)

    def table(self, spec: EpisodeSpec) -> SimRobot:
        """The robot of a simulated table of ours.

        Raises:
            Mistake: as ``robot``; another table.
        """
        self.robot(spec)
        if self.robot_now is None:
            raise Mistake("the playground plays on our own table: leave sim.env at table")
        return self.robot_now


def forbid() -> None:
    """From here on this process, and whatever it forks, can import no real robot: an import of one fails."""
    for name in ("skills.robots.rosbridge", "instruct2act.robot"):
        cast(dict[str, Any], sys.modules)[name] = None


def runtime(config: Config) -> TableRuntime:
    """Models loaded, each used once; the sandbox and the author are each process's own.

    Raises:
        Mistake: a backend, a file or an option that can't be.
        SandboxUnavailable: this machine can't contain programs.
    """
    from pathlib import Path

    from instruct2act.evaluation import album  # noqa: F401 (with all that it draws with)
    from instruct2act.playground.work import decoding
    from instruct2act.resources import revision
    from instruct2act.sandbox import SandboxUnavailable, jail
    from skills import load

    made = TableRuntime(config)
    lack = jail.missing() if config.sandbox.mode == "jailed" else ""
    if lack:
        raise SandboxUnavailable(lack)
    with suppress(ImportError, FileNotFoundError):
        from pydantic_monty._binary import find_monty_binary

        jail.libraries(Path(find_monty_binary()))
    forbid()
    load()
    revision()
    decoding.warm()
    _used(made)
    return made


def _used(made: TableRuntime) -> None:
    """Looks at a scene and reads a sentence once: much is built when it is first used."""
    from instruct2act.authoring import llm, prompt
    from instruct2act.config import Llm
    from skills.perception import cut
    from skills.types import Image, Instruction

    robot = made.robot(EpisodeSpec(objects="red heart; blue bowl", text="-"))
    view = robot.observe().views["top"]
    image = Image(view.rgb, view=made.config.perception.sight.view(view))
    encoded = made.segmenter.encode(image)
    made.segmenter.prompt(encoded, points=[[[60, 60]]])
    crops = [cut(image, mask) for mask in made.segmenter.everything(encoded)]
    made.retriever.embed_images(crops, "identity")
    made.retriever.embed_texts(["red heart"])
    if hasattr(made.retriever, "names"):
        made.retriever.names(crops)
    if made.robot_now is not None:
        made.robot_now.env.portrait()
    robot.close()
    made.robot_now = None
    author = llm.load("offline", Llm())
    instruction = Instruction("put the red heart into the blue bowl")
    author.complete(prompt.for_program(instruction, made.config.author.style))
    _ = made.weights
