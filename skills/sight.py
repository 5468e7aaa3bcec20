"""What of the cameras' pictures may be used: ground truth, depth, views beside the main one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from skills.types import Image, Observation, View

Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Sight:
    """Takes off pictures what is not to be seen. Every picture goes through it before a skill gets it.

    Attributes:
        truth: the simulator's ground truth stays.
        depth: depth stays, where a camera measures it.
        beside: cameras beside the main one count.
    """

    truth: bool = False
    depth: bool = True
    beside: bool = True

    def view(self, view: View) -> View:
        """A camera's picture."""
        seen = view if self.truth else view.without_truth()
        return seen if self.depth else replace(seen, depth_m=None)

    def image(self, image: Image) -> Image:
        """A whole picture, or a piece of one."""
        view = image.view and self.view(image.view)
        return replace(image, view=view, truth=image.truth if self.truth else None)

    def views(self, by_camera: Mapping[str, Shown], main: str) -> dict[str, Shown]:
        """What there is of each camera, the main one's alone where others don't count."""
        return {name: shown for name, shown in by_camera.items() if self.beside or name == main}

    def observation(self, seen: Observation, main: str) -> Observation:
        """A look."""
        views = self.views(seen.views, main)
        return replace(seen, views={name: self.view(view) for name, view in views.items()})
