"""What an episode hands to its skills: the robot, the models, the instruction's pictures, and what was seen so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from skills.backends import Encoded, Retriever, Segmenter
from skills.robots import Monitor, Robot, Silent
from skills.types import Image, Instruction, Mask, Observation, Outcome, View


def _nobody(kind: str, facts: Mapping[str, Any]) -> None:
    """Hears nothing."""


@dataclass(frozen=True)
class Located:
    """A location that was handed to the program, and the thing it belongs to.

    Attributes:
        xyz: metres, base frame; the visible centre, as the program got it.
        grasp: metres, base frame: the point of the thing's surface that suction should take.
        mask, view: where it was seen.
    """

    xyz: tuple[float, float, float]
    grasp: tuple[float, float, float]
    mask: Mask
    view: View


@dataclass
class Context:
    """One episode's surroundings. Skills get it as their first argument; programs never see it.

    Attributes:
        robot: the arm.
        segmenter, retriever: perception backends.
        instruction: what was asked, with its pictures and clicks.
        truth: whether perception may read the simulator's ground truth (``perception=oracle``); otherwise it is taken
            off every picture before a skill sees it.
        monitor: passed to every motion.
        note: tells listeners a fact for people to look at: ``note("retrieval", {"scores": [...], "chosen": 2})``.
        camera: the view that ``GetImage`` returns.
        observation: the newest look.
        located: locations handed out, newest last.
        outcomes: of every action carried out, in order.
        pictures: what was looked at or segmented, by image id: the way from a mask to its camera.
        cut_from: the mask of each cut-out, by the cut-out's id.
    """

    robot: Robot
    segmenter: Segmenter
    retriever: Retriever
    instruction: Instruction
    truth: bool = False
    monitor: Monitor = field(default_factory=Silent)
    note: Callable[[str, Mapping[str, Any]], None] = _nobody
    camera: str = "top"
    observation: Observation | None = None
    located: list[Located] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    pictures: dict[int, Image] = field(default_factory=dict)
    cut_from: dict[int, Mask] = field(default_factory=dict)
    _encoded: dict[int, Encoded] = field(default_factory=dict)

    def look(self) -> View:
        """A new look with every camera; returns the main one's view, without ground truth unless perception has it."""
        seen = self.robot.observe()
        self.observation = seen if self.truth else seen.without_truth()
        return self.observation.views[self.camera]

    def encoded(self, image: Image) -> Encoded:
        """The segmenter's costly step, once an image."""
        if image.id not in self._encoded:
            self._encoded[image.id] = self.segmenter.encode(image)
        return self._encoded[image.id]

    def templates(self) -> dict[str, Image]:
        """The instruction's pictures by slot name, as programs get them: the top view's, or the user's own."""
        return {name: self._shown(slot.pictures) for name, slot in self.instruction.slots.items() if slot.pictures}

    def _shown(self, pictures: Mapping[str, Image]) -> Image:
        image = pictures.get(self.camera) or next(iter(pictures.values()))
        if self.truth:
            return image
        return replace(image, truth=None, view=image.view.without_truth() if image.view else None)
