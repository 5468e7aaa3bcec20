"""A made-up episode: six things on a dark table, seen by the real top camera."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.events import Carried, Ended, Event, Moving, Noted, SkillCalled, SkillReturned, Started, Written
from sim.cameras import TOP
from skills.types import Action, Camera, Image, Instruction, Mask, Observation, Outcome, Pose, Slot, View

COLORS = [(220, 40, 40), (40, 80, 220), (40, 180, 60), (230, 200, 40), (150, 60, 180), (240, 120, 20)]
PROGRAM = "def main() -> dict:\n    image = GetImage()\n    return RobotExecution(PickPlace([0.4, 0], [0.5, 0]))\n"


@dataclass
class Play:
    """The parts of an episode, for tests to tell or to change."""

    text: str = "put the red block into the yellow one"
    slots: dict[str, Slot] = field(default_factory=dict)
    clicks: list[tuple[float, float]] = field(default_factory=list)
    frames: int = 30
    yaw: float = -0.5
    record: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.camera: Camera = TOP.camera()
        rgb = np.full((128, 256, 3), 52, np.uint8)
        self.masks, self.crops = [], []
        self.centres = [(30 + 60 * (i % 4), 35 + 55 * (i // 4)) for i in range(6)]
        for (x, y), color in zip(self.centres, COLORS):
            array = np.zeros((128, 256), np.bool_)
            array[y - 9 : y + 10, x - 9 : x + 10] = True
            rgb[array] = color
            self.masks.append(Mask.of(array, 0.97))
        self.view = View(rgb, self.camera)
        self.image = Image(rgb, view=self.view)
        for mask in self.masks:
            x0, y0, x1, y1 = mask.box_xyxy
            rows, columns = slice(y0 - 2, y1 + 2), slice(x0 - 2, x1 + 2)
            self.crops.append(Image(rgb[rows, columns], mask.array[rows, columns], self.view, (x0 - 2, y0 - 2)))
        start, end = self.camera.meet_plane([self.centres[0], self.centres[3]])
        self.action = Action("pick_place", Pose(start[0], start[1]), Pose(end[0], end[1], yaw=self.yaw))

    def observation(self) -> Observation:
        return Observation({"top": self.view}, 0.0)

    def retrieval(self, query: str | Image, chosen: int | None, excluded: tuple[int, ...] = ()) -> Noted:
        scores = [0.0 if i in excluded else 0.9 if i == chosen else 0.02 for i in range(6)]
        facts = {"objs": self.crops, "query": query, "probabilities": scores, "chosen": chosen, "excluded": excluded}
        return Noted("retrieval", facts)

    def begin(self) -> Started:
        instruction = Instruction(self.text, self.slots, self.clicks)
        return Started(instruction, self.observation(), "made-up scene", ["red block", "blue block"])

    def middle(self) -> Iterator[Event]:
        yield Written("program", PROGRAM, "offline", 0.02)
        yield SkillCalled("GetImage", {}, 2)
        yield SkillReturned("GetImage", self.image, "Image 1", 0.01)
        yield SkillCalled("SAM", {"image": "Image 1"}, 3)
        yield Noted("segmentation", {"image": self.image, "masks": self.masks, "prompt": "everything"})
        yield SkillReturned("SAM", self.masks, "[6 Masks]", 0.4)
        for query, chosen, excluded in (("the red block", 0, ()), ("the yellow block", 3, (0,))):
            yield SkillCalled("CLIPRetrieval", {"objs": "[6 Images]", "query": repr(query)}, 4)
            yield self.retrieval(query, chosen, excluded)
            yield SkillReturned("CLIPRetrieval", chosen, str(chosen), 0.05)
        yield SkillCalled("RobotExecution", {"action": "Action 9"}, 5)
        yield Noted("plan", {"actions": (self.action,)})
        for index in range(self.frames):
            frame = np.full((96, 160, 3), 200, np.uint8)
            frame[40:60, 4 * index : 4 * index + 20] = (200, 30, 30)
            yield Moving("carry", frame)
        yield Carried(Outcome(self.action, "done", self.action.end, False, "", 2.1))
        yield SkillReturned("RobotExecution", {"done": 1, "of": 1, "failed": [], "clipped": 0}, "{...}", 2.3)

    def end(self) -> Ended:
        facts: dict[str, object] = {
            "status": "finished",
            "success": True,
            "progress": 1.0,
            "reward": 0.98,
            "reward_parts": {"inside": 1.0, "unchanged": 0.96},
            "seconds": {"perception": 0.5, "motion": 2.3},
        }
        given = {**facts, **self.record}
        spec = EpisodeSpec(scene_seed=3, text="x")
        record = EpisodeRecord.model_validate(
            {"id": "0", "spec": spec, "config": "c", "version": "0", "instruction": self.text, **given}
        )
        return Ended(record, self.observation(), {"video": "out/video.webm"})

    def events(self) -> Iterator[Event]:
        yield self.begin()
        yield from self.middle()
        yield self.end()


@pytest.fixture
def play() -> Play:
    return Play()
