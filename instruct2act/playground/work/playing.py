"""One run's process: its own simulated table, its own sandbox, told and stopped through a pipe."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instruct2act import asking
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.playground.processes.messages import MADE, nothing
from instruct2act.playground.work.outbox import Ear, Outbox
from instruct2act.playground.work.pacing import Pace
from instruct2act.playground.work.telling import Teller
from instruct2act.sandbox import StopFlag
from skills.errors import Mistake

if TYPE_CHECKING:
    from instruct2act.evaluation.record import EpisodeRecord
    from instruct2act.playground.work.preload import TableRuntime

FRAMES = "frames.bin"
REAL_SHARE = 0.6
"""Of the time that a run has, in which motions are held to real time."""
_log = logging.getLogger(__name__)


def work(pipe: socket.socket, runtime: TableRuntime, job: dict[str, Any]) -> int:
    """Plays a run; the exit status."""
    settle(Path(job["folder"]))
    stop = StopFlag()
    signal.signal(signal.SIGXCPU, lambda *_: stop.set(f"the run used its {job['cpu_s']:g} s of processor time"))
    outbox = Outbox(pipe)
    try:
        _play(pipe, outbox, runtime, job, stop)
    except Mistake as mistake:
        outbox.tell({"type": "ended", **nothing("refused", str(mistake))})
    except MemoryError:
        outbox.tell({"type": "ended", **nothing("failed", f"the run used its {job['memory_mb']} MB of memory")})
    except Exception:
        _log.exception("a run failed")
        outbox.tell(
            {"type": "ended", **nothing("infrastructure", "something of ours broke; the server's log says what")}
        )
    outbox.tell({"type": "finished"})
    outbox.close()
    return 0


def settle(folder: Path) -> None:
    """Makes a folder this process's place, for what it writes and for temporary files."""
    os.chdir(folder)
    tempfile.tempdir = str(folder / "tmp")
    Path(tempfile.tempdir).mkdir(exist_ok=True)


def spec_of(job: dict[str, Any]) -> tuple[EpisodeSpec, dict[str, Any]]:
    """The spec of a job, and the pictures of its sentence.

    Raises:
        Mistake: a picture can't be read.
    """
    images, digests = {}, {}
    for name, file in job["pictures"].items():
        images[name] = asking.decode(Path(file))
        digests[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return EpisodeSpec.model_validate({**job["spec"], "pictures": digests}), images


def _play(pipe: socket.socket, outbox: Outbox, runtime: TableRuntime, job: dict[str, Any], stop: StopFlag) -> None:
    from instruct2act import run
    from instruct2act.episode import run_episode
    from instruct2act.listeners.strip import Strip

    spec, pictures = spec_of(job)
    limits = runtime.config.playground
    # The run's own time; the sandbox's other limits stay.
    sandbox = runtime.config.sandbox.model_copy(
        update={"episode_s": min(runtime.config.sandbox.episode_s, limits.wall_s)}
    )
    runtime.config = runtime.config.model_copy(update={"sandbox": sandbox})

    def portrait() -> Any:
        assert runtime.robot_now is not None
        return runtime.robot_now.env.portrait()

    pace = Pace(
        outbox,
        stop,
        portrait,
        stepping=bool(job["stepping"]),
        real=job["speed"] == "real",
        fps=limits.fps,
        wait_s=limits.wait_s,
        real_s=REAL_SHARE * limits.wall_s,
        film=open(FRAMES, "wb"),  # noqa: SIM115, PTH123 (closed by the listener)
    )

    def hear(asked: dict[str, Any]) -> None:
        if asked["do"] == "stop":
            stop.set(asked.get("why", "stopped"))
        elif asked["do"] == "gone":
            os._exit(0)
        pace.do(asked["do"])

    Ear(pipe, hear)
    strip = Strip(Path("strip.png"))
    teller = Teller(outbox, Path())
    files = run.Files(Path(), runtime.config.model_copy(update={"output": _NOTHING_DRAWN}))
    outbox.tell({"type": "starting"})
    try:
        record = run_episode(spec, runtime, [teller, pace, _NotAtTheEnd(strip)], stop, pictures)
        record = files.kept(record)
        _ended(outbox, record, files.written, runtime.moved_at)
        strip.close()
    finally:
        pace.close()
        runtime.close()


def _ended(outbox: Outbox, record: EpisodeRecord, written: dict[str, str], moved_at: float) -> None:
    if record.reward is not None:
        outbox.tell(
            {
                "type": "score",
                "score": record.reward,
                "parts": record.reward_parts,
                "source": record.reward_source,
            }
        )
    error = record.error
    outbox.tell(
        {
            "type": "ended",
            "status": record.status,
            "success": record.success,
            "progress": record.progress,
            "reward": record.reward,
            "parts": record.reward_parts,
            "error": {"message": str(error.get("message", "")), "line": int(error.get("line") or 0)} if error else None,
            "seconds": record.seconds,
            "moved_at": moved_at,
            "files": [*written.values(), "strip.png", *MADE],
        }
    )


class _NotAtTheEnd:
    """Passes everything on but the asking for a file at the end: the page hears of the end before it is drawn."""

    wants_frames = False

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def hear(self, event: Any) -> None:
        """Passes it on."""
        self._inner.story.hear(event)

    def close(self) -> None:
        """Nothing to do yet."""


def _nothing_drawn() -> Any:
    from instruct2act.config import Output

    return Output(pictures=False, video=False)


_NOTHING_DRAWN = _nothing_drawn()
