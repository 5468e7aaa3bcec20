"""One plan's process: the author is asked for a program and a reward function, told as they come."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from instruct2act.authoring.llm import LLMError
from instruct2act.authoring.policy import NoProgram
from instruct2act.authoring.program import Done, Refusal
from instruct2act.authoring.reward import spots
from instruct2act.config import Config
from instruct2act.listeners import words
from instruct2act.playground.work.outbox import Ear, Outbox
from instruct2act.playground.work.playing import settle, spec_of
from skills.errors import Mistake

if TYPE_CHECKING:
    from instruct2act.authoring.llm import Completion
    from instruct2act.playground.work.preload import TableRuntime

_log = logging.getLogger(__name__)


def work(pipe: socket.socket, runtime: TableRuntime, job: dict[str, Any]) -> int:
    """Has a program written; the exit status."""
    settle(Path(job["folder"]))
    outbox = Outbox(pipe)
    Ear(pipe, lambda asked: os._exit(0))  # nothing is ever said but that the server is gone
    os.environ.update(job["keys"])
    job["keys"] = {}
    try:
        runtime.config = Config.model_validate(job["settings"])
        _write(outbox, runtime, job)
    except (Mistake, LLMError) as error:
        outbox.tell({"type": "plan_failed", "message": str(error)})
    except Exception:
        _log.exception("a plan failed")
        outbox.tell({"type": "plan_failed", "message": "something of ours broke; the server's log says what"})
    finally:
        runtime.close()
    outbox.tell({"type": "finished"})
    outbox.close()
    return 0


def _write(outbox: Outbox, runtime: TableRuntime, job: dict[str, Any]) -> None:
    from instruct2act import bindings
    from instruct2act.episode import instruction_of

    spec, pictures = spec_of(job)
    robot = runtime.robot(spec)
    try:
        instruction = instruction_of(spec, robot, pictures)
        start = robot.observe()
        who = ""

        def heard(completion: Completion) -> None:
            nonlocal who
            who = completion.model

        streamed = Streamed(outbox, "program")
        runtime.hear_author(streamed.hear)
        talk = runtime.policy.begin(instruction, heard=heard, shown=runtime.shown(instruction, start))
        try:
            answer = talk.answer()
        except NoProgram as none:
            if none.program is not None:
                outbox.tell({"type": "written", "what": "program", "source": none.program.source, "model": who})
            outbox.tell({"type": "plan_failed", "message": str(none)})
            return
        finally:
            for attempt in talk.attempts:
                outbox.tell({"type": "sent_back", "trouble": words.sent_back(attempt.trouble)})
        if isinstance(answer, Refusal):
            outbox.tell({"type": "refused", "message": str(answer)})
            return
        assert not isinstance(answer, Done)  # nothing has run yet
        outbox.tell({"type": "written", "what": "program", "source": answer.source, "model": who})
        streamed.what = "reward"
        view = start.views["top"]
        slots = bindings.simulated(robot.env, instruction, view, runtime.segmenter, runtime.retriever) | spots(
            instruction.clicks, view.camera
        )
        try:
            reward = runtime.rewards.write(instruction, robot.history[0].objects, slots, heard)
        except NoProgram as none:
            outbox.tell({"type": "no_reward", "message": str(none)})
            return
        if not isinstance(reward, Refusal):
            reward.close()
            outbox.tell({"type": "written", "what": "reward", "source": reward.source, "model": who})
    finally:
        robot.close()


class Streamed:
    """Tells an answer as it comes: what is new of it, or all of it where an answer began anew."""

    def __init__(self, outbox: Outbox, what: str) -> None:
        self._outbox, self.what = outbox, what
        self._told = ""

    def hear(self, text: str) -> None:
        """The answer so far."""
        if text == self._told:
            return
        anew = not (self._told and text.startswith(self._told))
        delta = text if anew else text[len(self._told) :]
        self._told = text
        self._outbox.tell({"type": "delta", "what": self.what, "text": delta, "anew": anew})
