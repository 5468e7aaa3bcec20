"""A robot's file on disk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from skills.errors import Mistake, did_you_mean
from skills.robots.rosbridge.robot import RosRobot
from skills.robots.rosbridge.settings import Settings, settings


def read(path: Path) -> Settings:
    """A robot's settings; calibration files are looked for beside it.

    Raises:
        Mistake: no such file, not YAML, an unknown key, an impossible value.
    """
    if not path.is_file():
        beside = [found.name for found in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        raise Mistake(
            f"there is no robot file {str(path)!r}{did_you_mean(path.name, beside)}; copy configs/robots/arm.yaml"
        )
    try:
        values: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise Mistake(f"{path.name} is not YAML: {error}") from None
    if not isinstance(values, dict):
        raise Mistake(f"{path.name} must hold keys and values, not {type(values).__name__}")
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
