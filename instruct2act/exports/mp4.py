"""A film an episode, MP4: what was seen and planned, the motion, the verdict, as ``run`` makes one in WebM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from instruct2act.evaluation.record import EpisodeRecord
from instruct2act.events import Listener
from instruct2act.exports.retelling import Telling
from instruct2act.listeners.video import CODECS, Video

_MP4 = tuple(codec for codec in CODECS if codec[1] == ".mp4")


def exporter(out: Path) -> Films:
    """A folder of films, ``<task>-<level>-<seed>-<id>.mp4``."""
    return Films(out)


class Films:
    """Films what it hears."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._film: Video | None = None
        self._written: list[Path] = []

    def begin(self, record: EpisodeRecord) -> Sequence[Listener]:
        """A camera that is always on."""
        spec = record.spec
        scene = f"{spec.task}-{spec.level}-{spec.seed}" if spec.task else "scene"
        self._film = Video(self.out / f"{scene}-{record.id}.mp4", codecs=_MP4)
        return [self._film]

    def drop(self) -> None:
        """Takes the film away again."""
        if self._film is not None:
            self._film.path.unlink(missing_ok=True)

    def keep(self, told: Telling) -> None:
        """The film has ended with the episode."""
        del told
        if self._film is not None:
            self._written.append(self._film.path)

    def close(self) -> str:
        """Says what there is."""
        return f"{self.out}/: {len(self._written)} films"
