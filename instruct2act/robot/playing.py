"""The commands ``robot run``, ``record`` and ``replay``: one instruction on an arm, or on what an arm once saw."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from instruct2act import asking, config
from instruct2act import run as running
from instruct2act.config import Config
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec
from instruct2act.events import Listener
from instruct2act.robot import files, plans
from instruct2act.robot.stage import Grips, StageRuntime
from instruct2act.sandbox import SandboxUnavailable
from skills.errors import Mistake
from skills.robots import Robot
from skills.robots.recording import Recorded, Replayed
from skills.robots.rosbridge.errors import BridgeError
from skills.robots.wrappers import Approved, DryRun

BASE = "robot"
"""The config that an arm's episodes begin with; a ``--config`` of one's own takes its place."""
_PERCEIVED = "reward.state=perceived"


@dataclass(frozen=True)
class Request:
    """What a person asked for; see ``instruct2act robot run --help``."""

    sentence: str
    robot: Path
    approve: str = "each"
    dry_run: bool = False
    pictures: tuple[str, ...] = ()
    clicks: tuple[str, ...] = ()
    out: Path | None = None
    keep: bool = False


def run(request: Request, config_file: str | None, sets: Sequence[str], json_line: bool) -> int:
    """Plays a request on the arm; the exit status.

    Raises:
        Mistake: the request, the robot's file or the arm as it is can't be.
    """
    settings = config.load(config_file or BASE, [*sets, _PERCEIVED])
    if settings.perception.truth:
        raise Mistake("nobody knows the truth of a real table: perception can't be oracle")
    given = files.read(request.robot)
    read = [asking.picture(entry) for entry in request.pictures]
    spec = EpisodeSpec(
        robot=files.name(given),
        text=request.sentence,
        pictures={name: digest for name, _, digest in read},
        clicks=tuple(asking.click(entry) for entry in request.clicks),
    )
    out = request.out or _new_folder(settings, given.name)
    arm = files.robot(request.robot)
    plan = plans.Plan(out / "plan.png", arm.info.workspace)
    robot: Robot = arm
    if request.keep:
        robot = Recorded(robot, out / "session", {"text": request.sentence, "pictures": list(request.pictures)})
    if request.dry_run:
        robot = DryRun(robot)
    elif request.approve != "none":
        robot = Approved(robot, plans.asker(robot, out), request.approve == "first")
    listeners: list[Listener] = [plan, Grips(arm.grips)]
    with running.interruptible() as stop:
        try:
            with StageRuntime(settings, robot).load() as runtime:  # everything slow before the arm is connected
                arm.open()
                if arm.trouble:
                    raise Mistake(f"the arm must not move: {arm.trouble} (instruct2act robot check)")
                pictures = {name: picture for name, picture, _ in read}
                record = running.play(spec, runtime, out, pictures, stop, not json_line, listeners)
        except (BridgeError, SandboxUnavailable) as missing:
            raise Mistake(str(missing)) from None
        finally:
            trouble = arm.trouble
            arm.close()
    return _told(record, plan, request.dry_run, trouble, json_line)


def replay(
    session: Path,
    sentence: str | None,
    pictures: tuple[str, ...],
    out: Path | None,
    config_file: str | None,
    sets: Sequence[str],
    json_line: bool,
) -> int:
    """Plays a session again at the desk; 0 when the arm did then what is asked now.

    Raises:
        Mistake: no session, or one without an instruction.
    """
    settings = config.load(config_file or BASE, [*sets, _PERCEIVED])
    folder = session / "session" if (session / "session").is_dir() else session
    robot = Replayed(folder)
    text = sentence or robot.facts.get("text")
    if not isinstance(text, str) or not text:
        raise Mistake("the session has no instruction; give one")
    read = [asking.picture(entry) for entry in pictures or tuple(map(str, robot.facts.get("pictures", ())))]
    spec = EpisodeSpec(robot=f"{robot.info.name}", text=text, pictures={name: digest for name, _, digest in read})
    out = out or _new_folder(settings, "replay")
    plan = plans.Plan(out / "plan.png", robot.info.workspace)
    with running.interruptible() as stop:
        try:
            with StageRuntime(settings, robot).load() as runtime:
                shown = {name: picture for name, picture, _ in read}
                record = running.play(spec, runtime, out, shown, stop, not json_line, [plan])
        except SandboxUnavailable as missing:
            raise Mistake(str(missing)) from None
    for told in robot.strayed:
        sys.stderr.write(f"Other than then: {told}\n")
    return max(_told(record, plan, False, "", json_line), int(bool(robot.strayed)))


def _told(record: EpisodeRecord, plan: plans.Plan, dry: bool, trouble: str, json_line: bool) -> int:
    """Says how it ended; the exit status. A dry run is fine when something was planned."""
    if json_line:
        facts = {"plan": str(plan.path) if plan.actions else None, "dry_run": dry, "trouble": trouble}
        sys.stdout.write(json.dumps({**running.summary(record), **facts}) + "\n")
    elif plan.actions:
        sys.stdout.write(f"The plan is drawn in {plan.path}{'; nothing was sent to the arm' if dry else ''}\n")
    if trouble and not json_line:
        sys.stderr.write(f"{trouble}\n")
    status = running.status(record)
    if status or dry:
        return status or int(not plan.actions)
    return int(any(action.status != "done" for action in record.actions))


def _new_folder(settings: Config, name: str) -> Path:
    return settings.output.folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"
