"""What a session has on the server: scenes and pictures, as files of a folder of its own."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from instruct2act.evaluation.record import EpisodeSpec


@dataclass(eq=False)
class Picture:
    """An upload or a crop: a PNG that a process of ours wrote."""

    id: str
    file: Path
    width: int = 0
    height: int = 0

    def told(self) -> dict[str, Any]:
        """As the page reads it."""
        return {"picture": self.id, "url": f"/api/pictures/{self.id}", "width": self.width, "height": self.height}


@dataclass(eq=False)
class Scene:
    """A table, or a person's own picture.

    Attributes:
        asked: what it was made of.
        spec: fields of an `EpisodeSpec` that name it; None for a picture.
        picture: the file of a picture.
        facts: what the desk found.
    """

    id: str
    folder: Path
    asked: Mapping[str, Any]
    spec: dict[str, Any] | None = None
    picture: Path | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """A phrase for people."""
        return EpisodeSpec.model_validate({"text": "-", **self.spec}).scene() if self.spec else "a picture"

    def source(self) -> dict[str, Any]:
        """What the desk needs to find it, or to make it again."""
        if self.picture is not None:
            return {"id": self.id, "picture": str(self.picture)}
        return {"id": self.id, "spec": {"text": "-", **(self.spec or {})}}

    def told(self) -> dict[str, Any]:
        """As the page reads it."""
        facts, base = self.facts, f"/api/scenes/{self.id}"
        slots = {
            name: {"kind": slot["kind"], "word": slot["word"], "pictures": [f"{base}/{file}" for file in slot["files"]]}
            for name, slot in facts["slots"].items()
        }
        return {
            "scene": self.id,
            "spec": self.spec or {},
            "asked": dict(self.asked),
            "title": self.title,
            "text": facts["text"],
            "slots": slots,
            "width": facts["width"],
            "height": facts["height"],
            "top": f"{base}/top.png",
            "front": f"{base}/front.png" if facts["front"] else None,
            "inventory": facts["inventory"],
            "playable": self.spec is not None,
        }

    def file(self, name: str) -> Path | None:
        """One of its pictures."""
        slots = [file for slot in self.facts.get("slots", {}).values() for file in slot["files"]]
        return self.folder / name if name in ("top.png", "front.png", *slots) else None


def named() -> str:
    """A name that nobody guesses."""
    return secrets.token_urlsafe(9)


def command(
    scene: Scene,
    text: str | None,
    pictures: Sequence[str],
    clicks: Sequence[Sequence[float]],
    reward: bool,
) -> str:
    """The command that does the same; its files are those that the page offers for download."""
    spec = scene.spec or {}
    words = ["instruct2act", "run"]
    words += [text] if text is not None else []
    for name in ("task", "level", "objects", "seed", "scene_seed"):
        if spec.get(name) is not None:
            words += [f"--{name.replace('_', '-')}", str(spec[name])]
    for name in pictures:
        words += ["--picture", f"{name}={name}.png"]
    for x, y in clicks:
        words += ["--click", f"{x:g},{y:g}"]
    words += ["--program", "program.py"]
    words += ["--reward", "reward.py"] if reward else []
    words += ["--set", "sim.motion=arm"]
    return shlex.join(words)
