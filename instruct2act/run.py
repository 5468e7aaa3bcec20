"""The command ``run``: a request becomes a spec, the episode is played, told and written down."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from instruct2act import asking, config
from instruct2act.config import Config
from instruct2act.evaluation.record import EpisodeRecord, EpisodeSpec, ended_well
from instruct2act.evaluation.record import append as append_record
from instruct2act.events import Listener
from instruct2act.sandbox import SandboxUnavailable, StopFlag
from skills.errors import Mistake, did_you_mean
from skills.types import Image


@dataclass(frozen=True)
class Request:
    """What a person asked for at the command line; see ``instruct2act run --help``."""

    sentence: str | None = None
    task: str | None = None
    level: str | None = None
    seed: int = 0
    scene_seed: int | None = None
    objects: str | None = None
    pictures: tuple[str, ...] = ()
    clicks: tuple[str, ...] = ()
    out: Path | None = None
    program: Path | None = None
    reward: Path | None = None
    variation: str = ""


def run(request: Request, config_file: str | None, sets: Sequence[str], json_line: bool, quiet: bool) -> int:
    """Plays a request; returns the exit status.

    Raises:
        Mistake: the request can't be.
    """
    settings = config.load(config_file, sets)
    spec, pictures = understood(request)
    out = request.out or settings.output.folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{_slug(spec)}"
    with interruptible() as stop:
        from instruct2act.runtime import Runtime

        try:
            with Runtime(settings).load() as runtime:
                record = play(spec, runtime, out, pictures, stop, account=not (json_line or quiet))
        except SandboxUnavailable as missing:
            raise Mistake(str(missing)) from None
    if json_line:
        sys.stdout.write(json.dumps(summary(record)) + "\n")
    elif quiet:
        sys.stdout.write(f"{words_for(record)}   {out}/\n")
    return status(record)


def play(
    spec: EpisodeSpec,
    runtime: Any,
    out: Path,
    pictures: Mapping[str, Image],
    stop: StopFlag,
    account: bool = True,
    more: Sequence[Listener] = (),
) -> EpisodeRecord:
    """Plays a spec and writes its folder: record, program, reward function, picture strip, video; ``more`` listen."""
    from instruct2act.episode import run_episode

    settings: Config = runtime.config
    files = Files(out, settings)
    shown = [_console()] if account else []
    listeners = [*files.listeners, *shown, *more]
    try:
        record = files.kept(run_episode(spec, runtime, listeners, stop, pictures))
    finally:
        for listener in listeners:
            listener.close()
    if account:
        sys.stdout.write(f"Written to {out}/: {', '.join(Path(file).name for file in record.files.values())}\n")
    return record


class Files:
    """Writes what is to be kept of one episode into its folder.

    Attributes:
        written: kind -> file name.
        listeners: those that draw pictures while the episode goes on.
    """

    def __init__(self, folder: Path, settings: Config) -> None:
        from instruct2act.listeners.strip import Strip
        from instruct2act.listeners.video import Video

        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.written: dict[str, str] = {}
        self.listeners: list[Listener] = []
        self._picture = Strip(folder / "strip.png") if settings.output.pictures else None
        self._video = Video(folder / "video.webm") if settings.output.video else None
        self.listeners += [listener for listener in (self._picture, self._video) if listener is not None]

    def kept(self, record: EpisodeRecord) -> EpisodeRecord:
        """Writes the record and the sources; the record with the names of its files."""
        for kind, name, text in (
            ("program", "program.py", record.program),
            ("reward", "reward.py", record.reward_source),
        ):
            if text:
                (self.folder / name).write_text(text, encoding="utf-8")
                self.written[kind] = name
        for kind, listener in (("strip", self._picture), ("video", self._video)):
            path = getattr(listener, "path", None)
            if path is not None and Path(path).is_file():
                self.written[kind] = Path(path).name
        self.written["record"] = "record.jsonl"
        record = record.model_copy(update={"files": {k: str(self.folder / name) for k, name in self.written.items()}})
        (self.folder / "record.jsonl").unlink(missing_ok=True)
        append_record(self.folder / "record.jsonl", record)
        return record


def understood(request: Request) -> tuple[EpisodeSpec, dict[str, Image]]:
    """The spec of a request, and the pictures given.

    Raises:
        Mistake: no scene or several, no instruction, an unreadable picture, a click that is none.
    """
    read = [asking.picture(entry) for entry in request.pictures]
    scene_seed = request.scene_seed
    if request.task is None and request.objects is None and scene_seed is None:
        scene_seed = request.seed
    try:
        spec = EpisodeSpec(
            task=request.task,
            level=request.level or _first_level(request.task),
            seed=request.seed,
            scene_seed=scene_seed,
            objects=request.objects,
            text=request.sentence,
            pictures={name: digest for name, _, digest in read},
            clicks=tuple(asking.click(entry) for entry in request.clicks),
            program=_source(request.program),
            reward=_source(request.reward),
            variation=request.variation,
        )
    except ValidationError as error:
        raise Mistake("; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())) from None
    return spec, {name: picture for name, picture, _ in read}


def _first_level(task: str | None) -> str:
    """Some tasks have no L1: their first level goes where none was asked for; an unknown task is refused later."""
    import sim

    known = sim.TASKS.get(task) if task is not None else None
    return known.levels[0] if known else "L1"


def _source(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        beside = [found.name for found in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise Mistake(
            f"{str(path)!r} can't be read as Python source ({error}){did_you_mean(path.name, beside)}"
        ) from None


def words_for(record: EpisodeRecord) -> str:
    """One line: how it ended, progress and reward."""
    from instruct2act.listeners import words

    return f"{words.verdict(record)[0]}   {words.scores(record)}"


def status(record: EpisodeRecord) -> int:
    """The exit status of a command that played one episode."""
    if record.status == "interrupted":
        return 130
    return 0 if ended_well(record.status, record.success) else 1


def summary(record: EpisodeRecord) -> dict[str, Any]:
    """What ``--json`` prints."""
    kept = record.model_dump(mode="json")
    names = ("id", "instruction", "program", "calls", "actions", "success", "progress", "verdicts", "reward")
    more = ("reward_parts", "status", "failed_at", "error", "label", "label_rule", "seconds", "files")
    author = ("model", "fingerprint", "attempts", "candidates", "looks", "tokens", "cost")
    return {name: kept[name] for name in (*names, *more, *author)}


def _slug(spec: EpisodeSpec) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", (spec.text or f"{spec.task}-{spec.level}-{spec.seed}").lower()).strip("-")
    digest = hashlib.sha256(spec.model_dump_json().encode()).hexdigest()[:4]
    return f"{words[:40].rstrip('-')}-{digest}"


def _console() -> Listener:
    import rich.console

    from instruct2act.listeners.console import Console

    return Console(rich.console.Console(highlight=False))


@contextmanager
def interruptible() -> Iterator[StopFlag]:
    """The first Ctrl-C or kill stops the arm and lets a record be written; a second one ends at once."""
    stop = StopFlag()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _: object) -> None:
        for each, handler in before.items():
            signal.signal(each, handler)
        stop.set(f"interrupted by {signal.Signals(number).name}")
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
