"""A listener that keeps an episode's pictures, each with the skill call that it shows the result of."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from typing import Any

from instruct2act.evaluation.record import Shown
from instruct2act.events import Ended, Event, Noted, SkillCalled, SkillReturned, Started
from instruct2act.listeners import drawing, panels, tiles
from instruct2act.listeners.panels import Panel
from instruct2act.listeners.story import Look, Match, Retrieval, Segmentation, Story
from skills.types import Observation, UInt8

BEFORE, AFTER = -1, -2
_QUALITY = 75


class Album:
    """Collects while the episode goes on; draws when it is asked for the pictures."""

    wants_frames = False

    def __init__(self) -> None:
        self.story = Story()
        self._pages: list[tuple[int, Callable[[], list[Panel]]]] = []
        self._call = -1
        self._noted: list[str] = []

    def hear(self, event: Event) -> None:
        """Notes what is worth a picture."""
        self.story.hear(event)
        match event:
            case Started():
                self._add(BEFORE, lambda: self._start(event.observation))
            case SkillCalled():
                self._call += 1
                self._noted = []
            case Noted():
                self._noted.append(event.kind)
            case SkillReturned():
                self._returned()
            case Ended() if event.observation is not None:
                seen = event.observation
                self._add(AFTER, lambda: _views("After", seen))

    def close(self) -> None:
        """Lets go of what it kept: its pages know it, and a ring of some 100 MB would wait long to be collected."""
        self._pages.clear()
        self.story = Story()

    def pictures(self) -> tuple[tuple[Shown, ...], Mapping[str, bytes]]:
        """What is shown, in order, and the files: name -> WebP."""
        shown: list[Shown] = []
        files: dict[str, bytes] = {}
        for call, draw in self._pages:
            for title, rgb in draw():
                content = _encoded(rgb)
                name = hashlib.sha256(content).hexdigest()[:24] + ".webp"
                files[name] = content
                shown.append(Shown(file=name, title=title, call=call))
        return tuple(shown), files

    def newest(self) -> list[Panel]:
        """What the last skill call that returned gave to look at, drawn now."""
        return [panel for call, draw in self._pages if call == self._call >= 0 for panel in draw()]

    def _start(self, seen: Observation) -> list[Panel]:
        return [panels.before(self.story), *_views("Before", seen)[1:], *_slots(self.story)]

    def _returned(self) -> None:
        if not self.story.looks:
            return
        look = self.story.looks[-1]
        for kind in dict.fromkeys(self._noted):
            if kind == "segmentation" and look.segmentations:
                self._masks(look.segmentations[-1])
            elif kind == "retrieval" and look.retrievals:
                self._retrieval(look, look.retrievals[-1])
            elif kind == "match" and look.matches:
                self._match(look, look.matches[-1])
            elif kind == "plan":
                self._add(self._call, lambda: [panels.plan(self.story, look)])

    def _masks(self, found: Segmentation) -> None:
        self._add(self._call, lambda: [panels.masks(self.story, found)])

    def _retrieval(self, look: Look, found: Retrieval) -> None:
        alone = Look(look.view, list(look.views), retrievals=[found])
        self._add(self._call, lambda: tiles.retrievals(self.story, alone))

    def _match(self, look: Look, found: Match) -> None:
        alone = Look(look.view, list(look.views), matches=[found])
        self._add(self._call, lambda: tiles.matches(alone))

    def _add(self, call: int, draw: Callable[[], list[Panel]]) -> None:
        self._pages.append((call, draw))


def _views(title: str, seen: Observation) -> list[Panel]:
    """Every camera's picture, the top view first."""
    names = sorted(seen.views, key=lambda name: name != "top")
    return [(title if name == "top" else f"{title}, {name}", _plain(seen.views[name].rgb)) for name in names]


def _slots(story: Story) -> list[Panel]:
    """The instruction's own pictures."""
    found: list[Panel] = []
    for name, slot in story.instruction.slots.items():
        if image := next(iter(slot.pictures.values()), None):  # the others are not drawn if nobody looks at them
            found.append((f"{{{name}}}", drawing.enlarge(drawing.cut_out(image), 2.0)))
    return found


def _plain(rgb: UInt8) -> UInt8:
    return drawing.enlarge(rgb, drawing.scale_for((rgb.shape[0], rgb.shape[1]), tiles.COLUMN))


def _encoded(rgb: Any) -> bytes:
    from PIL import Image as Pillow

    content = io.BytesIO()
    Pillow.fromarray(rgb).save(content, format="WEBP", quality=_QUALITY, method=2)
    return content.getvalue()
