"""A robot's file on disk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from instruct2act.resources import mapping
from skills.robots.rosbridge.robot import RosRobot
from skills.robots.rosbridge.settings import Settings, settings


def read(path: Path) -> Settings:
    """A robot's settings; calibration files are looked for beside it.

    Raises:
        Mistake: no such file, not YAML, an unknown key, an impossible value.
    """
    beside = [found.name for found in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    values = mapping(path, "robot file", str(path), beside, "copy configs/robots/arm.yaml")
    for camera in (values.get("cameras") or {}).values() if isinstance(values.get("cameras"), dict) else ():
        if isinstance(camera, dict) and isinstance(camera.get("calibration"), str):
            camera["calibration"] = str(path.parent / Path(camera["calibration"]).expanduser())
    return settings(values)


def robot(path: Path) -> RosRobot:
    """The robot of a file, not opened yet.

    Raises:
        Mistake: as ``read``; or the extra ``robot`` is not installed.
    """
    return RosRobot(read(path))


def name(given: Settings) -> str:
    """What a record calls it: its name and eight digits of everything that its file says."""
    text = json.dumps(given.model_dump(mode="json"), sort_keys=True)
    return f"{given.name} {hashlib.sha256(text.encode()).hexdigest()[:8]}"
