"""A worker's process: JSON comes in through a pipe, a record and its pictures go out."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from typing import Any

from pydantic import BaseModel

from instruct2act.config import Config
from instruct2act.evaluation.origin import Origin
from instruct2act.evaluation.record import EpisodeSpec
from instruct2act.evaluation.runners import Pictures, play, threads
from instruct2act.runtime import Runtime
from instruct2act.sandbox import SandboxUnavailable
from instruct2act.sandbox.launcher import end_with_parent
from skills.errors import Mistake


class Hello(BaseModel):
    """What a worker says first: what it is made of, or why it can't be."""

    origin: Origin | None = None
    mistake: str = ""


def work(pipe: Connection[Any, Any], config: str, workers: int, pictures: Pictures) -> None:
    """Plays what the pipe asks for until it is closed.

    Args:
        pipe: spec in; record, then each of its pictures out.
        config: the settings, JSON.
        workers: how many share this machine.
        pictures: of which episodes they are sent.
    """
    host = multiprocessing.parent_process()
    end_with_parent(host.pid or 0 if host else 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal goes to the host, which decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads(workers)))  # read when torch is first imported
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait leave their core to the sandbox
    settings = Config.model_validate_json(config)
    try:
        origin = Origin.of(settings)
        runtime = Runtime(settings).load()
    except (Mistake, SandboxUnavailable) as error:
        pipe.send_bytes(Hello(mistake=str(error)).model_dump_json().encode())
        return
    with runtime:
        pipe.send_bytes(Hello(origin=origin).model_dump_json().encode())
        while True:
            try:
                asked = pipe.recv_bytes()
            except EOFError:
                return
            played = play(EpisodeSpec.model_validate_json(asked), runtime, origin, pictures)
            pipe.send_bytes(played.record.model_dump_json().encode())
            for content in played.pictures.values():
                pipe.send_bytes(content)
