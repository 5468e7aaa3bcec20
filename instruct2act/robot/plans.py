"""What is about to move, drawn on a picture of the table, and a person asked about it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from instruct2act.events import Event, Noted, Started
from instruct2act.listeners.drawing import Sketch, scale_for
from skills.errors import Mistake, SkillError
from skills.robots import Robot
from skills.robots.wrappers import Answer
from skills.types import Action, UInt8, View, Workspace

WIDTH = 960


def drawn(view: View, actions: Sequence[Action], workspace: Workspace) -> UInt8:
    """A view with the workspace's outline and actions as numbered arrows, (H, W, 3) uint8."""
    import cv2

    sketch = Sketch(view.rgb, scale_for(view.rgb.shape[:2], WIDTH))
    (x0, y0, _), (x1, y1, _) = workspace.low, workspace.high
    corners, _ = view.camera.project([(x0, y0, 0), (x1, y0, 0), (x1, y1, 0), (x0, y1, 0)])
    cv2.polylines(sketch.picture, [np.rint(sketch.at(corners)).astype(np.int32)], True, (86, 180, 233), 1, cv2.LINE_AA)
    for number, action in enumerate(actions, 1):
        sketch.motion(view.camera, action, number if len(actions) > 1 else None)
    return sketch.finish()


def save(path: Path, picture: UInt8) -> None:
    """Writes a PNG."""
    from PIL import Image as Pillow

    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(picture).save(path)


def words(action: Action) -> str:
    """One line about an action, in centimetres and degrees."""
    start, end = action.start, action.end
    turn = -math.degrees(end.yaw - start.yaw)
    turned = f", turned {turn:.0f} degrees clockwise" if abs(turn) > 0.5 else ""
    way = f"({start.x * 100:.1f}, {start.y * 100:.1f}, {start.z * 100:.1f}) cm to "
    return f"pick at {way}({end.x * 100:.1f}, {end.y * 100:.1f}, {end.z * 100:.1f}) cm{turned}"


def asker(robot: Robot, folder: Path, answer: Callable[[str], str] = input) -> Callable[[Action], Answer]:
    """Shows each action on a new picture in ``folder`` and asks at the terminal.

    Raises:
        Mistake: there is nobody at the terminal.
    """
    if answer is input and not sys.stdin.isatty():
        raise Mistake("motions are to be approved, and nobody is at this terminal; see --approve and --dry-run")
    count = 0

    def ask(action: Action) -> Answer:
        nonlocal count
        count += 1
        path = folder / f"approve_{count:02d}.png"
        try:
            save(path, drawn(robot.observe().views["top"], [action], robot.info.workspace))
        except SkillError as error:
            sys.stderr.write(f"There is no picture to show ({error}); not approved.\n")
            return "stop"
        sys.stderr.write(f"\nMotion {count}: {words(action)}\n  drawn in {path}\n")
        try:
            said = answer("  [y]es, [n]o, anything else stops: ").strip().lower()
        except EOFError:
            return "stop"
        return "yes" if said in ("y", "yes") else "no" if said in ("n", "no") else "stop"

    return ask


class Plan:
    """A listener that draws every plan on what was seen at the start.

    Args:
        path: the PNG; written anew with each plan.
        workspace: of the robot.
    """

    wants_frames = False

    def __init__(self, path: Path, workspace: Workspace) -> None:
        self.path, self._workspace = path, workspace
        self._view: View | None = None
        self.actions: list[Action] = []

    def hear(self, event: Event) -> None:
        """Keeps the first picture and collects what is planned."""
        if isinstance(event, Started):
            self._view = event.observation.views["top"]
        if isinstance(event, Noted) and event.kind == "plan" and self._view is not None:
            self.actions += event.facts["actions"]
            save(self.path, drawn(self._view, self.actions, self._workspace))

    def close(self) -> None:
        """Nothing to end."""
