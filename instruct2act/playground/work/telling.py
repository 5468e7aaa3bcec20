"""An episode's events as the page reads them: plain JSON, pictures as files, points as pixels of the top view."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from instruct2act.evaluation.album import Album
from instruct2act.events import (
    Carried,
    Ended,
    Event,
    Moving,
    Noted,
    Printed,
    SentBack,
    SkillCalled,
    SkillReturned,
    Started,
    Written,
)
from instruct2act.listeners import drawing, words
from instruct2act.playground.work import outlining
from instruct2act.playground.work.outbox import Outbox
from instruct2act.playground.work.picturing import png, write_png
from skills.types import Camera, Image, Mask, Pose

_CROPS = 12
_MASKS = 40
_LONGEST = 4000


class Teller:
    """A listener that tells the page; pictures of calls go into a folder."""

    wants_frames = False

    def __init__(self, outbox: Outbox, folder: Path) -> None:
        self._outbox, self._folder = outbox, folder
        self._album = Album()
        self._camera: Camera | None = None
        self._calls: list[tuple[int, int]] = []  # number and line of those under way
        self._n = 0
        self._phase = ""
        self._noted: list[Noted] = []

    def hear(self, event: Event) -> None:
        """Tells one event."""
        self._album.hear(event)
        match event:
            case Started():
                view = event.observation.views.get("top")
                self._camera = view.camera if view else None
                self._tell("started", scene=event.scene, inventory=list(event.inventory))
            case Written(what=what, source=source, model=model, seconds=seconds):
                self._tell("written", what=what, source=source, model=model, seconds=seconds)
            case SentBack(trouble=trouble):
                self._tell("sent_back", trouble=words.sent_back(trouble))
            case SkillCalled():
                self._n += 1
                self._calls.append((self._n, event.line))
                self._noted = []
                self._tell("call", n=self._n, line=event.line, skill=event.name, arguments=dict(event.arguments))
            case SkillReturned():
                self._returned(event)
            case Noted():
                self._noted.append(event)
                if event.kind == "action":
                    action = event.facts["action"]
                    self._tell("planned", pick=self._pixel(action.start), place=self._pixel(action.end))
            case Moving(phase=phase) if phase != self._phase:
                self._phase = phase
                self._tell("phase", phase=phase)
            case Carried(outcome=outcome):
                self._phase = ""
                self._tell(
                    "carried",
                    status=outcome.status,
                    primitive=outcome.action.primitive,
                    error=outcome.error,
                    seconds=outcome.seconds,
                )
            case Printed(text=text):
                self._tell("printed", text=text[:_LONGEST])
            case Ended():
                pass  # the worker does, once the files are written

    def close(self) -> None:
        """Nothing to let go of."""

    def _tell(self, type: str, **facts: Any) -> None:
        self._outbox.tell({"type": type, **facts})

    def _returned(self, event: SkillReturned) -> None:
        n, line = self._calls.pop() if self._calls else (self._n, 0)
        facts: dict[str, Any] = {"picture": None, "title": None, "scores": None, "points": None}
        panels = self._album.newest() if self._noted else []
        if panels:
            facts["title"], picture = panels[-1]
            facts["picture"] = self._picture(f"call-{n}", picture)
        for note in self._noted:
            self._add(note, n, facts)
        shown = words.result(event.result, event.shown)[:_LONGEST] if not event.error else ""
        self._tell(
            "returned",
            n=n,
            skill=event.name,
            line=line,
            seconds=event.seconds,
            shown=shown,
            error=event.error or None,
            **facts,
        )

    def _add(self, note: Noted, n: int, facts: dict[str, Any]) -> None:
        """What a note adds to the call that made it."""
        told = note.facts
        if note.kind == "segmentation":
            masks: Sequence[Mask] = told["masks"]
            image: Image = told["image"]
            if image.view is not None and image.mask is None:
                facts["masks"] = [outlining.shown(mask, f"{n}-{i}") for i, mask in enumerate(masks[:_MASKS])]
        elif note.kind == "retrieval":
            scores = told.get("probabilities") or told.get("scores") or ()
            crops = [crop for crop in told.get("objs") or () if isinstance(crop, Image)][:_CROPS]
            query = told.get("query")
            facts["query"] = query if isinstance(query, str) else "a picture"
            facts["scores"] = [[str(i), round(float(score), 4)] for i, score in enumerate(scores)][:_CROPS]
            facts["crops"] = [self._crop(f"call-{n}-crop-{i}", crop) for i, crop in enumerate(crops)]
            facts["chosen"] = told.get("chosen")
        elif note.kind in ("location", "place") and "xyz" in told:
            facts["points"] = [*(facts["points"] or []), self._pixel(Pose(*map(float, told["xyz"])))]

    def _picture(self, name: str, rgb: Any) -> str:
        write_png(self._folder / f"{name}.png", rgb)
        return f"{name}.png"

    def _crop(self, name: str, crop: Image) -> str:
        (self._folder / f"{name}.png").write_bytes(png(np.ascontiguousarray(drawing.cut_out(crop))))
        return f"{name}.png"

    def _pixel(self, pose: Pose) -> list[float] | None:
        if self._camera is None:
            return None
        (x, y), *_ = self._camera.project([(pose.x, pose.y, pose.z)])[0]
        return [round(float(x), 2), round(float(y), 2)]
