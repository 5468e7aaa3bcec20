"""What an episode hands to its skills: the robot, the models, the instruction's pictures, and what was seen so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from skills.backends import Encoded, Retriever, Segmenter
from skills.footprints import Footprint
from skills.robots import Monitor, Robot, Silent
from skills.sight import Sight
from skills.types import Image, Instruction, Mask, Observation, Outcome, View


def _nobody(kind: str, facts: Mapping[str, Any]) -> None:
    """Hears nothing."""


NOTES = {
    "image": "image",
    "segmentation": "image, masks, points, boxes",
    "retrieval": "objs (ids), masks (each object's, or None), query (phrase or Image), scores (cosines), "
    "probabilities, minimum, chosen (index or None)",
    "match": "masks1, masks2, scores (N, M), pairs",
    "location": "xyz, depth (measured, or the table's plane), and grasp and mask, or pixel",
    "place": "xyz, mask",
    "action": "action, mask (or None)",
    "outcome": "outcome",
}
"""What skills tell listeners: kind -> its facts."""


@dataclass(frozen=True)
class Located:
    """A location that was handed to the program, and the thing it belongs to.

    Attributes:
        xyz: metres, base frame; the visible centre, as the program got it.
        grasp: metres, base frame: the point of the thing's surface that suction should take.
        mask, view: where it was seen.
        planned_by: id of the action that is to bring it there; 0 when it is there.
    """

    xyz: tuple[float, float, float]
    grasp: tuple[float, float, float]
    mask: Mask
    view: View
    planned_by: int = 0


@dataclass
class Context:
    """One episode's surroundings. Skills get it as their first argument; programs never see it.

    Attributes:
        robot: the arm.
        segmenter, retriever: perception backends.
        instruction: what was asked, with its pictures and clicks.
        sight: what of pictures perception may use; the rest is taken off before a skill sees them.
        monitor: passed to every motion.
        note: tells listeners a fact for people to look at; kinds and facts are listed in ``NOTES``.
        camera: the view that counts as the one from above.
        tracking: whether ``Track`` goes by looks; else by place alone.
        observation: the newest look.
        located: locations handed out, newest last.
        outcomes: of every action carried out, in order.
        pictures: what was looked at or segmented, by image id: the way from a mask to its camera.
        looked: ids of the pictures that the robot took.
        wanted: what pictures in the instruction show, as far as they were segmented, by image id.
        cut_from: the mask of each cut-out, by the cut-out's id.
        footprints: where masks lie on the table, by mask id.
        beside: by image id, pictures of the same moment from every camera: an instruction's, or one look's.
        planned: by mask id, where things will be (metres) once the actions built since the last look are done.
    """

    robot: Robot
    segmenter: Segmenter
    retriever: Retriever
    instruction: Instruction
    sight: Sight = field(default_factory=Sight)
    monitor: Monitor = field(default_factory=Silent)
    note: Callable[[str, Mapping[str, Any]], None] = _nobody
    camera: str = "top"
    tracking: bool = True
    observation: Observation | None = None
    located: list[Located] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    pictures: dict[int, Image] = field(default_factory=dict)
    looked: set[int] = field(default_factory=set)
    wanted: dict[int, list[Mask]] = field(default_factory=dict)
    cut_from: dict[int, Mask] = field(default_factory=dict)
    footprints: dict[int, Footprint] = field(default_factory=dict)
    beside: dict[int, Mapping[str, Image]] = field(default_factory=dict)
    planned: dict[int, tuple[float, float]] = field(default_factory=dict)
    _encoded: dict[int, Encoded] = field(default_factory=dict)

    def look(self) -> View:
        """A new look with every camera, as far as ``sight`` goes; returns the main one's view."""
        self.observation = self.sight.observation(self.robot.observe(), self.camera)
        return self.observation.views[self.camera]

    @property
    def cameras(self) -> list[str]:
        """Names of the cameras that count."""
        return list(self.sight.views(dict.fromkeys(self.robot.info.cameras), self.camera))

    def take(self, camera: str) -> Image:
        """A picture of a new look by one camera, known beside those of the others."""
        self.look()
        views = self.observation.views if self.observation else {}
        taken = {name: Image(view.rgb, view=view) for name, view in views.items()}
        self.beside |= {image.id: taken for image in taken.values()}
        self.looked |= {image.id for image in taken.values()}
        self.pictures[taken[camera].id] = taken[camera]
        return taken[camera]

    def other_views(self, image_id: int) -> list[Image]:
        """What other cameras saw at the moment of a whole picture, or of an instruction's picture of one thing."""
        others = self.beside.get(image_id, {})
        return [self.sight.image(other) for other in others.values() if other.id != image_id]

    def encoded(self, image: Image) -> Encoded:
        """The segmenter's costly step, once an image."""
        if image.id not in self._encoded:
            self._encoded[image.id] = self.segmenter.encode(image)
        return self._encoded[image.id]

    def settle_plans(self, done: int | None = None) -> None:
        """Counts an action that was carried out as a fact; without one, forgets all that is only planned."""
        if done is not None:
            self.located = [replace(it, planned_by=0) if it.planned_by == done else it for it in self.located]
            return
        self.located = [it for it in self.located if not it.planned_by]
        self.planned.clear()

    def bounds(self) -> dict[str, list[float]]:
        """The workspace as programs get it under the name ``BOUNDS``: {"x": [low, high], "y": …, "z": …} metres."""
        limits = self.robot.info.workspace
        return {axis: [low, high] for axis, low, high in zip("xyz", limits.low, limits.high)}

    def templates(self) -> dict[str, Image]:
        """The instruction's pictures by slot name, as programs get them: the top view's, or the user's own."""
        return {name: self._shown(slot.pictures) for name, slot in self.instruction.slots.items() if slot.pictures}

    def _shown(self, pictures: Mapping[str, Image]) -> Image:
        image = pictures.get(self.camera) or next(iter(pictures.values()))
        self.beside[image.id] = pictures if self.sight.beside else {}
        return self.sight.image(image)
