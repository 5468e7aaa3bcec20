"""A whole instruction through the bridge, from pixels to its end, on the simulated table; and again at the desk."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml
from doubles.rosbridge import PATIENT, Double, SimArm, robots_file

import sim
from instruct2act import config
from instruct2act.episode import run_episode
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.robot import playing
from instruct2act.robot.stage import StageRuntime
from instruct2act.runtime import Runtime
from sim.cameras import CameraSpec
from sim.env import TabletopEnv
from skills.robots.rosbridge import build

pytestmark = [pytest.mark.slow, pytest.mark.needs("jail"), pytest.mark.needs("weights")]

SLANTED = CameraSpec("camera", (1.1, 0.0, 0.9), (0.5, 0.0, 0.0), (-1.0, 0.0, 0.0), fov_y=0.95)
OBJECTS = "red block @0.4,-0.2; blue bowl @0.55,0.25; green star @0.5,-0.05"
SENTENCE = "put the red block into the blue bowl"


def on(env: TabletopEnv) -> dict[str, str]:
    """What lies in or on what, by name."""
    return {env.name_of(s.id): env.name_of(s.on) for s in env.situation().states() if s.on is not None}


def asked(path: Path, out: Path, **more: Any) -> playing.Request:
    return playing.Request(SENTENCE, path, "none", out=out, **more)


def test_a_slanted_camera_a_sentence_and_the_block_is_in_the_bowl(tmp_path: Path, capsys: Any) -> None:
    with (
        sim.make_objects(OBJECTS) as env,
        Double(SimArm(env, {"camera": (SLANTED, (480, 640))}), depth="16UC1") as double,
    ):
        file = tmp_path / "arm.yaml"
        file.write_text(yaml.safe_dump(robots_file(double, deadlines=PATIENT)), encoding="utf-8")
        quiet = ["output.video=false", "output.pictures=false"]
        assert playing.run(asked(file, tmp_path / "dry", dry_run=True), None, quiet, json_line=True) == 0
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert told["dry_run"] and Path(told["plan"]).is_file() and not double.node.motions
        assert [action["status"] for action in told["actions"]] == ["rejected"] and told["success"] is None

        assert playing.run(asked(file, tmp_path / "done", keep=True), None, quiet, json_line=True) == 0
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert on(env) == {"red block": "blue bowl"} and len(double.node.motions) == 1
        assert told["status"] == "finished" and told["actions"][0]["status"] == "done" and told["trouble"] == ""
        assert told["reward"] is not None and told["reward"] > 0.5

    # The arm is gone; its session is not.
    assert playing.replay(tmp_path / "done", None, (), tmp_path / "again", None, quiet, json_line=True) == 0
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert again["program"] == told["program"] and again["actions"][0]["status"] == "done"
    asked_now = "put the green star into the blue bowl"
    assert playing.replay(tmp_path / "done", asked_now, (), tmp_path / "other", None, quiet, json_line=True) == 1
    assert "Other than then" in capsys.readouterr().err


@pytest.mark.parametrize("ros", [1, 2])
@pytest.mark.parametrize("task", ["visual_manipulation", "rotate"])
def test_a_task_ends_as_it_does_on_the_simulator_itself(task: str, ros: int) -> None:
    spec = EpisodeSpec(task=task, seed=2)
    settings = config.load("robot")
    with Runtime(settings) as runtime:
        direct = run_episode(spec, runtime)
    with sim.make(task, seed=2) as env, Double(SimArm(env), ros, depth="32FC1") as double:
        file = robots_file(double, top="camera", reach_m=(0.1, 1.2), deadlines=PATIENT)
        with build(**file) as arm, StageRuntime(settings, arm) as runtime:
            stage = runtime.robot(spec)
            stage.env = SimpleNamespace(instruction=env.instruction, inventory=env.inventory)
            bridged = run_episode(spec, runtime)
        verdict = env.verdict()
    assert verdict is not None and direct.success is not None
    assert verdict.success == direct.success and bridged.status == direct.status
    assert bridged.program == direct.program and bridged.success is None
    assert len(bridged.actions) == len(direct.actions)
    for one, other in zip(bridged.actions, direct.actions):
        assert one.status == other.status and np.allclose(one.start, other.start, atol=1e-3)
