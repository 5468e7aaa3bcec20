"""What a robot saw and did, kept in a folder, and played again at the desk without the robot.

A session is ``session.jsonl`` (the robot, then looks and motions in order) and one compressed ``.npz`` a look. Arrays
are read without pickle, so that a session of somebody else's can be opened safely.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from skills.errors import Mistake
from skills.robots import Monitor, Robot, RobotInfo
from skills.robots.wrappers import Wrapper
from skills.types import Action, Camera, Observation, Outcome, Pose, View, Workspace

LINES = "session.jsonl"
NEAR_M, NEAR_RAD = 0.02, 0.1
"""An action this close to the one that was recorded gets its outcome."""


class Recorded(Wrapper):
    """Keeps every look and every motion of the robot inside.

    Args:
        inner: the robot.
        folder: a new session's; made if it is not there.
        facts: what is kept of the session besides, such as the instruction.

    Raises:
        Mistake: the folder holds a session already.
    """

    def __init__(self, inner: Robot, folder: Path, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(inner)
        self.folder, self._looks = folder, 0
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / LINES).exists():
            raise Mistake(f"{folder} holds a session already; name another folder")
        info = inner.info
        self._write(
            {
                "kind": "robot",
                "name": info.name,
                "low": info.workspace.low,
                "high": info.workspace.high,
                "tools": info.tools,
                "cameras": info.cameras,
                "speed_range": info.speed_range,
                "facts": dict(facts or {}),
            }
        )

    def observe(self, newer_than: float | None = None) -> Observation:
        """As the robot inside; a look that failed is kept as its sentence."""
        try:
            seen = self.inner.observe(newer_than)
        except Exception as error:
            self._write({"kind": "no look", "error": str(error)})
            raise
        name = f"{self._looks:04d}.npz"
        self._looks += 1
        with (self.folder / name).open("wb") as file:
            np.savez_compressed(file, **_arrays(seen))
        self._write({"kind": "look", "file": name, "stamp_s": seen.stamp_s, "holding": seen.holding, "tool": seen.tool})
        return seen

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """As the robot inside; a motion that was aborted is kept as such."""
        outcome = Outcome(action, "aborted", error="aborted by this program")
        try:
            outcome = self.inner.execute(action, monitor)
            return outcome
        finally:
            self._write({"kind": "motion", "action": _plain(action), "outcome": {**asdict(outcome), "action": None}})

    def stop(self) -> None:
        """As the robot inside."""
        self._write({"kind": "stop"})
        super().stop()

    def _write(self, line: Mapping[str, Any]) -> None:
        with (self.folder / LINES).open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")


class Replayed:
    """A session as a robot: shows what was seen, and answers an action as the arm did when it is the same.

    Attributes:
        facts: of the session.
        strayed: where what was asked differs from what was recorded, in sentences.

    Raises:
        Mistake: the folder holds no session that can be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.strayed = folder, list[str]()
        try:
            lines = [json.loads(line) for line in (folder / LINES).read_text(encoding="utf-8").splitlines()]
            first = lines[0]
            self.facts: dict[str, Any] = dict(first["facts"])
            self._info = RobotInfo(
                f"{first['name']}, replayed",
                Workspace(_three(first["low"]), _three(first["high"])),
                tuple(first["tools"]),
                tuple(first["cameras"]),
                (float(first["speed_range"][0]), float(first["speed_range"][1])),
            )
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise Mistake(f"{folder} holds no session that can be read: {error}") from None
        self._looks = [line for line in lines if line["kind"] == "look"]
        self._motions = [line for line in lines if line["kind"] == "motion"]
        self._lines = lines[1:]
        self._at = 0
        if not self._looks:
            raise Mistake(f"{folder} holds no look")

    @property
    def info(self) -> RobotInfo:
        """As the robot's that was recorded, but simulated."""
        return self._info

    def configure(self, *, speed: float | None = None) -> None:
        """Makes no difference here."""

    def observe(self, newer_than: float | None = None) -> Observation:
        """The next look of the session before its next motion; the last one again when there are no more."""
        at = next((i for i in range(self._at, len(self._lines)) if self._lines[i]["kind"] in ("look", "motion")), None)
        if at is not None and self._lines[at]["kind"] == "look":
            self._at = at + 1
            return self._read(self._lines[at])
        before = [line for line in self._lines[: self._at] if line["kind"] == "look"]
        return self._read(before[-1] if before else self._looks[0])

    def execute(self, action: Action, monitor: Monitor) -> Outcome:
        """The recorded outcome of the same action; ``rejected`` when it is another than the arm carried out."""
        monitor.tick("replay")
        at = next((i for i in range(self._at, len(self._lines)) if self._lines[i]["kind"] == "motion"), None)
        if at is None:
            return self._other(action, "the session has no further motion")
        kept = _action(self._lines[at]["action"])
        off = max(_apart(action.start, kept.start), _apart(action.end, kept.end))
        turned = abs(math.remainder((action.end.yaw - action.start.yaw) - (kept.end.yaw - kept.start.yaw), math.tau))
        if off > NEAR_M or turned > NEAR_RAD or action.primitive != kept.primitive:
            return self._other(action, f"it is {off:.3f} m and {math.degrees(turned):.0f} degrees off")
        self._at = at + 1
        told = self._lines[at]["outcome"]
        end = Pose(**told["end"]) if told["end"] else None
        return Outcome(action, told["status"], end, bool(told["holding"]), str(told["error"]), float(told["seconds"]))

    def hold(self) -> None:
        """Nothing to hold."""

    def stop(self) -> None:
        """Nothing to stop."""

    def acknowledge(self) -> None:
        """Nothing to acknowledge."""

    def close(self) -> None:
        """Nothing to close."""

    def _other(self, action: Action, why: str) -> Outcome:
        told = f"not what the arm carried out then: {why}"
        self.strayed.append(told)
        return Outcome(action, "rejected", error=told)

    def _read(self, line: Mapping[str, Any]) -> Observation:
        name = Path(str(line["file"])).name  # never out of the folder
        try:
            with np.load(self.folder / name, allow_pickle=False) as arrays:
                views = _views({key: arrays[key] for key in arrays.files})
        except (OSError, ValueError, KeyError) as error:
            raise Mistake(f"{name} of the session can't be read: {error}") from None
        return Observation(views, float(line["stamp_s"]), "suction", bool(line["holding"]))


def _arrays(seen: Observation) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for name, view in seen.views.items():
        camera = view.camera
        arrays[f"{name}/rgb"], arrays[f"{name}/k"] = view.rgb, camera.intrinsics
        arrays[f"{name}/pose"] = camera.base_from_camera
        arrays[f"{name}/{camera.projection}"] = np.zeros(0)
        if view.depth_m is not None:
            arrays[f"{name}/depth"] = view.depth_m
    return arrays


def _views(arrays: Mapping[str, Any]) -> dict[str, View]:
    views = {}
    for name in dict.fromkeys(key.split("/")[0] for key in arrays):
        rgb = arrays[f"{name}/rgb"]
        flat = f"{name}/orthographic" in arrays
        camera = Camera(name, rgb.shape[1], rgb.shape[0], arrays[f"{name}/k"], arrays[f"{name}/pose"])
        camera = replace(camera, projection="orthographic") if flat else camera
        views[name] = View(rgb, camera, arrays.get(f"{name}/depth"))
    return views


def _plain(action: Action) -> dict[str, Any]:
    return {
        "primitive": action.primitive,
        "tool": action.tool,
        "start": asdict(action.start),
        "end": asdict(action.end),
    }


def _action(kept: Mapping[str, Any]) -> Action:
    return Action(kept["primitive"], Pose(**kept["start"]), Pose(**kept["end"]), kept["tool"])


def _apart(a: Pose, b: Pose) -> float:
    return math.dist((a.x, a.y, a.z), (b.x, b.y, b.z))


def _three(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z
