"""Keeps what an episode gave while it goes on, so that a record can be made at any moment, also after a bad end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from instruct2act import __version__, events, repair
from instruct2act.authoring import policy
from instruct2act.authoring.llm import Completion
from instruct2act.authoring.program import Program
from instruct2act.authoring.prompt import LONGEST_ANSWER
from instruct2act.evaluation import labels
from instruct2act.evaluation.record import Attempt, Call, Carried, EpisodeRecord, EpisodeSpec, Stage, Status, identity
from instruct2act.events import Event, Listener
from instruct2act.resources import revision
from instruct2act.runtime import Runtime
from instruct2act.sandbox import CallEnded, CallStarted, Execution, Printed, Score
from instruct2act.sandbox.errors import clipped
from instruct2act.sandbox.values import summary
from skills import Skill
from skills.types import Action, Outcome, UInt8

_STAGE_OF = {"skills.perception": "perception", "skills.geometry": "geometry"}


class Diary:
    """One episode's notes. Tells listeners what happens, and makes the record.

    Attributes:
        run_s: wall time of programs so far, motions included; part of the stages that ``seconds`` names.
    """

    def __init__(self, spec: EpisodeSpec, runtime: Runtime, listeners: Sequence[Listener]) -> None:
        self.spec, self.runtime, self.listeners = spec, runtime, list(listeners)
        self.facts: dict[str, Any] = {"instruction": spec.text or "", "revision": revision()}
        self.seconds: dict[str, float] = {}
        self.tokens: dict[str, int] = {}
        self.cost = 0.0
        self.run_s = 0.0
        self.actions: list[Carried] = []
        self.status: Status = "infrastructure"
        self.failed_at: Stage | None = None
        self.error: dict[str, Any] = {}
        self._began = time.monotonic()

    def tell(self, event: Event) -> None:
        """Every listener hears an event."""
        for listener in self.listeners:
            listener.hear(event)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Seconds of the block count for a stage."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._spent(name, time.monotonic() - began)

    def ended(self, status: Status, failed_at: Stage | None = None, error: Mapping[str, Any] | None = None) -> None:
        """Says how it ended; the first bad end stays."""
        if not self.error and self.failed_at is None:
            self.status, self.failed_at = status, failed_at
            self.error = json.loads(json.dumps(error or {}))  # as it will be read back

    def answered(self, completion: Completion, stage: str = "llm") -> None:
        """An author's answer: its tokens and price, and who gave it, and for which stage of those that take time."""
        for name, count in ((f"{stage} in", completion.tokens_in), (f"{stage} out", completion.tokens_out)):
            self.tokens[name] = self.tokens.get(name, 0) + count
        self.cost += completion.cost
        self.facts |= {"model": completion.model, "fingerprint": completion.fingerprint}

    # --- what the sandbox and the robot tell --------------------------------------------------------------------------

    def hear_call(
        self, skills: Mapping[str, Skill], waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> Callable[[CallStarted | CallEnded | Printed], None]:
        """A listener for the gateway; in a block of ``waiting`` no clock runs."""

        def hear(event: CallStarted | CallEnded | Printed) -> None:
            match event:
                case CallStarted():
                    shown = {name: text(value) for name, value in event.arguments.items()}
                    self.tell(events.SkillCalled(event.name, shown, event.line, waiting))
                case CallEnded():
                    stage = _STAGE_OF.get(skills[event.name].function.__module__, "motion")
                    self._spent(stage, event.seconds)
                    self.tell(
                        events.SkillReturned(event.name, event.result, text(event.result), event.seconds, event.error)
                    )
                case Printed():
                    self.tell(events.Printed(event.text))

        return hear

    def noted(self, kind: str, facts: Any) -> None:
        """A skill's note; an outcome is an event of its own."""
        if kind == "outcome":
            self.carried(facts["outcome"])
        else:
            self.tell(events.Noted(kind, facts))

    def carried(self, outcome: Outcome) -> None:
        """An action was carried out, or not."""
        self.actions.append(_carried(outcome))
        self.tell(events.Carried(outcome))

    def moved(self, ids: tuple[int, ...]) -> None:
        """What the last action moved, by the simulator: evidence for a label, and for nothing else."""
        self.actions[-1] = self.actions[-1].model_copy(update={"moved": ids})

    def moving(self, phase: str, frame: UInt8 | None) -> None:
        """A motion's tick."""
        self.tell(events.Moving(phase, frame))

    def wants_frame(self) -> bool:
        """Whether a listener looks at motions."""
        return any(listener.wants_frames for listener in self.listeners)

    def wrote(self, program: Program) -> None:
        """The program that runs next."""
        self.facts["program"] = program.source
        self.tell(events.Written("program", program.source, self.facts.get("model", ""), self.seconds.get("llm", 0.0)))

    def ran(self, execution: Execution) -> None:
        """One run of a program: its calls and prints, after those of earlier runs."""
        calls = tuple(
            Call(
                name=call.name,
                arguments={name: _short(value) for name, value in call.arguments.items()},
                seconds=call.seconds,
                line=call.line,
                error=call.error,
            )
            for call in execution.calls
        )
        self.facts["calls"] = (*self.facts.get("calls", ()), *calls)
        self.facts["prints"] = self.facts.get("prints", "") + execution.prints
        self.facts["sandbox"] = execution.backend
        self._spent("program", execution.seconds.get("program", 0.0))
        self.run_s += execution.seconds.get("wall", 0.0)

    def attempted(self, attempts: Sequence[policy.Attempt]) -> None:
        """Answers so far that were not right, and what was said of each."""
        for one in attempts[len(self.facts.get("attempts", ())) :]:
            self.tell(events.SentBack(one.trouble))
        self.facts["attempts"] = tuple(
            Attempt(answer=clipped(one.answer, LONGEST_ANSWER), trouble=one.trouble) for one in attempts
        )

    def looked(self, looks: Sequence[policy.Attempt]) -> None:
        """Answers that ran and were looked at again, and what was said of each."""
        self.facts["looks"] = tuple(
            Attempt(answer=clipped(one.answer, LONGEST_ANSWER), trouble=one.trouble) for one in looks
        )

    def executed(self, execution: Execution) -> None:
        """How the last run ended."""
        failure = execution.error
        if failure is None:
            self.ended("finished")
            return
        stage: Any = failure.failed_at if execution.status in ("failed", "refused") else None
        # A program that can't run as written is an author's failure, found before anything moved.
        status: Status = "failed" if execution.status == "refused" else execution.status
        self.ended(status, stage, failure.as_dict())

    def judged(self, verdict: Any) -> None:
        """The goal's verdict (None on a free scene); where nothing can do what is asked, a refusal is right."""
        if self.spec.refusal:
            refused = self.status == "refused" and not repair.moved(self.actions)
            self.facts |= {"success": refused, "progress": float(refused)}
            if self.status == "finished":
                self.failed_at, self.error = "llm", {"type": "NotRefused", "message": "nothing can do what was asked"}
            return
        if verdict is None:
            return
        self.facts |= {
            "success": verdict.success and self.status == "finished",
            "progress": verdict.progress,
            "verdicts": dict(verdict.by_rule),
        }
        if not verdict.success and self.status == "finished":
            missed = next((action for action in reversed(self.actions) if action.status != "done"), None)
            self.failed_at = "motion" if missed else "goal"
            reason = verdict.reason or "; ".join(f"not reached: {stage}" for stage, held in verdict.stages if not held)
            self.error = {"type": "Goal", "message": f"{missed.status}: {missed.error}" if missed else reason}

    def unscored(self, error: Mapping[str, Any]) -> None:
        """No reward could be had; how the episode ended stays."""
        self.ended(self.status, "reward", error)

    def scored(self, score: Score, source: str, state: str) -> None:
        """The reward."""
        self.facts |= {
            "reward": score.score,
            "reward_parts": score.parts,
            "reward_source": source,
            "reward_state": state,
        }

    def record(self, files: dict[str, str] | None = None) -> EpisodeRecord:
        """The record as of now."""
        digest, weights = self.runtime.config.digest(), self.runtime.weights
        record = EpisodeRecord(
            id=identity(self.spec, digest, self.facts.get("prompt", ""), weights, __version__),
            spec=self.spec,
            config=digest,
            version=__version__,
            weights=weights,
            actions=tuple(self.actions),
            status=self.status,
            failed_at=self.failed_at,
            error=self.error,
            tokens=self.tokens,
            cost=self.cost,
            seconds={**self.seconds, "total": time.monotonic() - self._began},
            files=files or {},
            **self.facts,
        )
        label, rule = labels.label(record)
        return record.model_copy(update={"label": label, "label_rule": rule})

    def _spent(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds


def told(error: Exception) -> dict[str, str]:
    """An exception as a record keeps it."""
    return {"type": type(error).__name__, "message": str(error)}


def text(value: Any) -> str:
    """A skill's argument or result, short."""
    if isinstance(value, (list, tuple)) and value and isinstance(summary(value[0]), dict):
        kind = summary(value[0]).get("kind", "item").lower()
        return f"{len(value)} {kind}{'s' if len(value) != 1 else ''}"
    return _short(summary(value))


def _short(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"kind", "id"}:
        return f"{value['kind'].lower()} {value['id']}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return f"[{', '.join(_short(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_short(item)}" for key, item in value.items()) + "}"
    return repr(value) if isinstance(value, str) else str(value)


def _carried(outcome: Outcome) -> Carried:
    action: Action = outcome.action
    start, end = action.start, action.end
    return Carried(
        primitive=action.primitive,
        tool=action.tool,
        start=(start.x, start.y, start.z, start.yaw),
        end=(end.x, end.y, end.z, end.yaw),
        status=outcome.status,
        error=outcome.error,
        seconds=outcome.seconds,
    )
