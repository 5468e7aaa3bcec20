"""The episode as a film: the instruction, what was seen and planned, the motion, the verdict.

OpenCV's wheels bring FFmpeg without an H.264 encoder (its licence). VP8 in WebM plays in browsers, VLC and mpv, and
takes a quarter of the time of VP9 at the same size of file. Without an encoder the film becomes an animated GIF.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Protocol

import numpy as np

from instruct2act.events import Carried, Ended, Event, Moving, Noted, Started
from instruct2act.listeners import panels, typeset, words
from instruct2act.listeners.panels import Panel
from instruct2act.listeners.story import Story
from instruct2act.listeners.typeset import BAD, FAINT, GOOD, INK, NEUTRAL, PAPER, WHITE, blank
from skills.types import Action, UInt8

CODECS: tuple[tuple[str, str], ...] = (("VP80", ".webm"), ("vp09", ".mp4"))
"""FourCC and file ending; the one of the asked ending is tried first."""

_BAR = 88
_STILLS = 6
_END_S = 2.4
_BACKLOG = 64
"""Frames that wait for the encoder, at most: some 60 MB."""


class Video:
    """A listener that films the motion, with a caption bar and stills of what the robot saw.

    Memory does not grow with the film's length (but for the GIF, a quarter of the size, ten pictures a second). The
    file appears under its name when it is whole.

    Args:
        path: ``.webm`` (or ``.mp4``, slower); ``path`` afterwards says what was written, should the ending differ.
        fps: frames a second; one ``Moving`` frame is one frame of the film, and robots tick every 50 ms.
        size: (width, height) of the picture above the caption bar; frames of another aspect get a margin.
        codecs: what to try, as ``CODECS``.
    """

    wants_frames = True

    def __init__(
        self,
        path: Path,
        fps: float = 20.0,
        size: tuple[int, int] = (576, 432),
        codecs: Sequence[tuple[str, str]] = CODECS,
    ) -> None:
        self.path = Path(path)
        self.frames = 0
        self.story = Story()
        self._fps, self._size, self._codecs = fps, (size[0] // 2 * 2, size[1] // 2 * 2), codecs
        self._film: _Film | None = None
        self._stage: UInt8 | None = None
        self._bar: tuple[tuple[str, str], UInt8] | None = None
        self._stills = 0
        self._plan: Sequence[Action] = ()
        self._reached = 0

    def hear(self, event: Event) -> None:
        """Adds what an event shows."""
        self.story.hear(event)
        match event:
            case Started() if self.story.looks:
                self._still(panels.before(self.story), 1.6)
            case Noted(kind="segmentation") if self.story.looks and self.story.looks[-1].segmentations:
                found = panels.merged(self.story.looks[-1].segmentations)
                self._still(panels.masks(self.story, found[-1]), 1.2)
            case Noted(kind="plan") if self.story.looks:
                self._plan, self._reached = tuple(event.facts.get("actions") or ()), 0
                self._still(panels.plan(self.story, self.story.looks[-1]), 1.2)
            case Moving(frame=frame) if frame is not None:
                self._stage = frame
                self._add(self._fitted(frame), self._doing())
            case Carried():
                self._reached += 1
                if event.outcome.status != "done" and self._stage is not None:
                    self._hold(self._fitted(self._stage), 0.8, words.outcome(event.outcome))
            case Ended():
                self._verdict()
                self.close()

    def close(self) -> None:
        """Ends the film with what it has and gives it its name; without a frame nothing is left."""
        film, self._film = self._film, None
        if film is not None:
            self.path = film.close()

    def abandon(self) -> None:
        """Ends without a file."""
        film, self._film = self._film, None
        if film is not None:
            film.close().unlink(missing_ok=True)

    def _still(self, panel: Panel, seconds: float) -> None:
        """Holds a panel under its title; the first few only, for a film is about the motion."""
        if self._stills < _STILLS:
            self._stills += 1
            self._hold(self._fitted(panel[1]), seconds, panel[0])

    def _verdict(self) -> None:
        last = self.story.last_view()
        picture = self._stage if self._stage is not None else last.rgb if last is not None else None
        if picture is None and self.story.looks:
            picture = self.story.looks[-1].view.rgb
        if picture is not None:
            self._hold(self._fitted(picture), _END_S, words.scores(self.story.record))

    def _hold(self, picture: UInt8, seconds: float, text: str) -> None:
        self._add(picture, text, max(1, round(seconds * self._fps)))

    def _add(self, picture: UInt8, text: str, times: int = 1) -> None:
        whole = np.concatenate([picture, self._caption(text)])
        if self._film is None:
            self._film = _open(self.path, self._fps, (whole.shape[1], whole.shape[0]), self._codecs)
        for _ in range(times):
            self._film.add(whole)
        self.frames += times

    def _doing(self) -> str:
        """The motion that goes on, which of how many, and its phase."""
        what = self.story.call
        if self._reached < len(self._plan):
            several = f"{self._reached + 1} of {len(self._plan)}: " if len(self._plan) > 1 else ""
            what = several + words.action(self._plan[self._reached])
        phase = f"({self.story.phase})" if what and self.story.phase else self.story.phase
        return f"{what}   {phase}".strip()

    def _fitted(self, picture: UInt8) -> UInt8:
        """A picture in the middle of the film's, whole."""
        width, height = self._size
        if picture.shape[:2] == (height, width):
            return picture
        small = _grown(picture, height, width)
        sheet = blank(height, width, (236, 238, 236))
        y, x = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
        sheet[y : y + small.shape[0], x : x + small.shape[1]] = small
        return sheet

    def _caption(self, text: str) -> UInt8:
        """The bar: the instruction above, what goes on below, at the end the verdict; drawn anew when it changes."""
        verdict, good = words.verdict(self.story.record) if self.story.ended else ("", None)
        if self._bar is not None and self._bar[0] == (text, verdict):
            return self._bar[1]
        width = self._size[0]
        bar = blank(_BAR, width, PAPER)
        asked = typeset.sentence(self.story.instruction, width - 28, 16, most=2)
        if asked.shape[0] > _BAR - 34:
            asked = typeset.thumbnail(asked, _BAR - 34, width - 28)
        bar[6 : 6 + asked.shape[0], 14 : 14 + asked.shape[1]] = asked
        x = 14
        if verdict:
            pill = blank(24, typeset.width_of(verdict, 15) + 20, GOOD if good else NEUTRAL if good is None else BAD)
            typeset.write(pill, (10, 2), verdict, 15, WHITE)
            bar[_BAR - 30 : _BAR - 6, x : x + pill.shape[1]] = pill[:, : width - x]
            x += pill.shape[1] + 12
        color = INK if verdict else FAINT
        typeset.write(bar, (x, _BAR - 27), typeset.fit(text, 14, width - x - 14), 14, color)
        self._bar = (text, verdict), bar
        return bar


class _Film(Protocol):
    """Something that takes frames and becomes a file."""

    def add(self, frame: UInt8) -> None:
        """Takes the next (H, W, 3) uint8 frame, which nobody changes afterwards."""

    def close(self) -> Path:
        """Ends the file, gives it its name and says it."""


class _Encoded:
    """A film by OpenCV's FFmpeg, written beside its name until it is whole.

    It is encoded in a thread of its own, in which OpenCV lets go of the interpreter: what is filmed goes on meanwhile.
    No executor: an interrupt while one starts its thread leaves it with two, and the encoder bears only one.
    """

    def __init__(self, path: Path, writer: Any, half: Path) -> None:
        self._path, self._writer, self._half = path, writer, half
        self._frames: Queue[UInt8 | None] = Queue(_BACKLOG)
        self._trouble: Exception | None = None
        self._thread = Thread(target=self._encode, name="film", daemon=True)
        self._thread.start()

    def add(self, frame: UInt8) -> None:
        self._frames.put(frame)

    def close(self) -> Path:
        self._frames.put(None)
        self._thread.join()
        self._writer.release()
        if self._trouble is not None:
            self._half.unlink(missing_ok=True)
            raise self._trouble
        self._half.replace(self._path)
        return self._path

    def _encode(self) -> None:
        import cv2

        while (frame := self._frames.get()) is not None:
            if self._trouble is None:
                try:
                    self._writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
                except Exception as trouble:  # told where the film is closed
                    self._trouble = trouble


class _Animated:
    """A GIF of half the width and height, ten frames a second; kept in memory until it ends."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._every = path, max(1, round(fps / 10))
        self._ms = round(1000 * self._every / fps)
        self._frames: list[Any] = []
        self._seen = 0

    def add(self, frame: UInt8) -> None:
        from PIL import Image

        if self._seen % self._every == 0:
            small = Image.fromarray(frame).resize((frame.shape[1] // 2, frame.shape[0] // 2), Image.Resampling.BOX)
            self._frames.append(small.quantize(128, dither=Image.Dither.NONE))
        self._seen += 1

    def close(self) -> Path:
        half = self._path.with_name(f".{self._path.name}.part")
        first, *rest = self._frames
        first.save(half, "GIF", save_all=True, append_images=rest, duration=self._ms, loop=0)
        half.replace(self._path)
        return self._path


def _open(path: Path, fps: float, size: tuple[int, int], codecs: Sequence[tuple[str, str]]) -> _Film:
    """The first encoder that works here; a GIF when none does."""
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    asked = sorted(codecs, key=lambda codec: codec[1] != path.suffix)
    for codec, ending in asked:
        named = path.with_suffix(ending)
        half = named.with_name(f".{named.stem}.part{ending}")
        with _quiet():
            writer = cv2.VideoWriter(str(half), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, size)
        if writer.isOpened():
            return _Encoded(named, writer, half)
        writer.release()
        half.unlink(missing_ok=True)
    return _Animated(path.with_suffix(".gif"), fps)


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV writes to the process's stderr that WebM has no codec tags, of which nobody has to know."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _grown(picture: UInt8, height: int, width: int) -> UInt8:
    """A picture resized to fit, smoothly: a film is looked at from afar."""
    import cv2

    scale = min(height / picture.shape[0], width / picture.shape[1])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=how), np.uint8)
