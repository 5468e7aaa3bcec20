"""Files of a run that are made when somebody asks for them, so that no run pays for what nobody wants."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instruct2act.events import Ended, Moving, Started
from instruct2act.playground.processes import wire
from instruct2act.playground.processes.messages import FILM, RECORDING
from instruct2act.playground.work.pacing import FILM_FPS, FRAME
from instruct2act.playground.work.playing import FRAMES, settle
from skills.errors import Mistake
from skills.types import Instruction, Observation, UInt8

if TYPE_CHECKING:
    from instruct2act.playground.work.preload import TableRuntime


def work(pipe: socket.socket, runtime: TableRuntime, job: dict[str, Any]) -> int:
    """Makes one; the exit status."""
    settle(Path(job["folder"]))
    os.nice(10)  # what runs now comes first
    why = "nothing was seen of this run"
    try:
        done = film(Path(), job["text"]) if job["name"] == FILM else recording(Path(), runtime)
    except Mistake as mistake:
        done, why = False, str(mistake)
    wire.send(pipe, {"done": done, "error": "" if done else why})
    return 0


def recording(folder: Path, runtime: TableRuntime) -> bool:
    """Writes a Rerun file by playing the record again; whether that could be done."""
    from instruct2act.evaluation.record import read
    from instruct2act.exports import exporting, rerun

    record = next(iter(read(folder / "record.jsonl")), None)
    with runtime:
        if record is None or exporting.one(record, runtime, rerun.exporter(folder)):
            return False
    (folder / f"{record.id}.rrd").replace(folder / RECORDING)
    return True


def film(folder: Path, text: str) -> bool:
    """Writes ``video.webm`` from the pictures in a run's folder; whether there were any."""
    import cv2
    import numpy as np

    from instruct2act.evaluation.record import read
    from instruct2act.listeners.video import Video

    record = next(iter(read(folder / "record.jsonl")), None) if (folder / "record.jsonl").is_file() else None
    video = Video(folder / FILM, fps=FILM_FPS, size=(480, 240))
    video.hear(Started(Instruction(text), Observation({}, 0.0), ""))
    for phase, jpeg in frames(folder / FRAMES):
        bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:
            break
        rgb: UInt8 = np.ascontiguousarray(np.asarray(bgr, np.uint8)[..., ::-1])
        video.hear(Moving(phase, rgb))
    if record is not None:
        video.hear(Ended(record, None))
    video.close()
    return (folder / FILM).is_file()


def frames(path: Path) -> Iterator[tuple[str, bytes]]:
    """Phase and JPEG of each picture that was kept; a torn last one is left out."""
    if not path.is_file():
        return
    content = path.read_bytes()
    at = 0
    while at + FRAME.size <= len(content):
        _, named, length = FRAME.unpack_from(content, at)
        at += FRAME.size
        if at + named + length > len(content):
            return
        yield content[at : at + named].decode(errors="replace"), content[at + named : at + named + length]
        at += named + length
