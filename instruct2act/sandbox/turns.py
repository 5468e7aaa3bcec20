"""One run's turns: the program calls, the host answers, until one of them ends it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from instruct2act.sandbox import check as checks
from instruct2act.sandbox import templates
from instruct2act.sandbox.clocks import Watch
from instruct2act.sandbox.errors import Failure, Frame, clipped, printable, refused
from instruct2act.sandbox.execution import (
    CallEnded,
    CallStarted,
    Dispatch,
    Execution,
    HeardEvent,
    Listener,
    Printed,
    SkillCall,
    Status,
)
from instruct2act.sandbox.guest import Called, Done, Event, Flooded, Guest, Raised
from instruct2act.sandbox.values import Refused, Table, fit, inward, outward, summary
from skills import Skill
from skills.errors import Aborted, BadArgument, NothingFound, OutOfReach, SkillError, did_you_mean

_log = logging.getLogger(__name__)


class _Ended(Exception):
    """The run is over, whatever the program would still do."""

    def __init__(self, status: Status, failure: Failure) -> None:
        super().__init__(failure.message)
        self.status, self.failure = status, failure


class Run:
    """One program's run: what it called, printed and held."""

    def __init__(
        self,
        prepared: checks.Prepared,
        skills: Mapping[str, Skill],
        dispatch: Dispatch,
        watch: Watch,
        listeners: Iterable[Listener],
        names: Mapping[str, Any],
    ) -> None:
        self.prepared, self.skills, self.dispatch, self.watch, self.names = prepared, skills, dispatch, watch, names
        self.listeners = list(listeners)
        self.table = Table()
        self.calls: list[SkillCall] = []
        self.printed: list[str] = []
        self.print_chars = 0
        self.thrown: tuple[str, str] = ("", "")  # the last refusal: message as it crossed, where a record counts it
        self.thrown_type = ""
        self.unheard: BaseException | None = None  # what a listener raised while the program printed

    def to_end(self, guest: Guest, check: bool) -> Execution:
        """Turn after turn, to the program's end or the host's."""
        try:
            self.watch.check()
            event = self._begin(guest, check)
            while isinstance(event, Called) and self.unheard is None:
                event = self._answer(guest, event)
            if self.unheard is not None:
                raise self.unheard
            return self._close(event)
        except _Ended as ended:
            return self.ended(ended.status, ended.failure)
        except Aborted as aborted:
            if self.watch.broken is not None:
                raise self.watch.broken from None
            return self._aborted(str(aborted))

    def ended(self, status: Status, failure: Failure) -> Execution:
        """The execution as far as it came."""
        made = (f"{call.name}({call.line})" for call in self.calls)
        prints = "".join(self.printed)
        return Execution(status, None, self.calls, prints, failure.after(made, prints))

    # --- the program's turns -----------------------------------------------------------------------------------------

    def _begin(self, guest: Guest, check: bool) -> Event:
        names = dict(self.names)
        pictures = names.get("templates")
        if isinstance(pictures, Mapping) and self.prepared.tree is not None:
            names["templates"] = templates.spelled(pictures, self.prepared.tree)
        crossing = {name: outward(value, self.table) for name, value in names.items()}
        with self.watch.computing():
            event = guest.start(self.prepared.runs, crossing, self._heard, check)
        if check and isinstance(event, Raised) and event.cause == "types":
            problems = checks.typed(event.message, self.prepared, self.skills, names)
            if problems:
                raise _Ended("refused", refused(problems))
            with self.watch.computing():
                event = guest.start(self.prepared.runs, crossing, self._heard, False)
        return event

    def _answer(self, guest: Guest, called: Called) -> Event:
        self.watch.check()
        if len(self.calls) >= self.watch.limits.calls:
            message = f"the program made more than {self.watch.limits.calls} calls"
            raise _Ended("failed", self._at(Failure("limit", "CallLimit", message), called.line, called.column))
        call = SkillCall(called.name[:80], {}, line=called.line, source_line=self.prepared.line(called.line).strip())
        self.calls.append(call)
        try:
            skill, arguments = self._bound(called)
        except Refused as refusal:
            call.error = clipped(str(refusal))
            kind = _KIND_OF_REFUSAL.get(type(refusal))
            return self._throw(guest, kind or "TypeError", call.error, kind or "BadCall", "program")
        call.arguments = {name: summary(value) for name, value in arguments.items()}
        index = len(self.calls) - 1
        self._tell(CallStarted(index, skill.name, arguments, call.line, call.source_line))
        before = self.watch.skills_s + self.watch.motion_s
        result: Any = None
        answer: Callable[[], Event]
        try:
            with self.watch.calling():
                result = self.dispatch(skill, arguments)
            crossing = outward(result, self.table)
            call.result = summary(result)
            answer = lambda: guest.resume(crossing)  # noqa: E731
        except SkillError as error:
            sentence = clipped(str(error)) or type(error).__name__
            call.error, kind, stage = sentence, _EXCEPTIONS.get(type(error), "RuntimeError"), error.stage
            name = type(error).__name__
            answer = lambda: self._throw(guest, kind, sentence, name, stage)  # noqa: E731
        except Exception as error:
            _log.exception("skill %s failed inside", skill.name)
            call.internal = clipped("".join(traceback.format_exception(error)), 20_000)
            call.error = f"{skill.name} failed for a reason of its own, not the program's"
            answer = lambda: self._throw(guest, "RuntimeError", call.error, "SkillBroke", "sandbox")  # noqa: E731
        except Aborted as aborted:
            call.error = str(aborted)
            raise
        finally:
            call.seconds = self.watch.skills_s + self.watch.motion_s - before
            self._tell(CallEnded(index, skill.name, arguments, result, call.error, call.seconds, call.line))
        self.watch.check()
        with self.watch.computing():
            return answer()

    def _throw(self, guest: Guest, kind: str, message: str, name: str, stage: str) -> Event:
        self.thrown, self.thrown_type = (message, stage), name
        return guest.throw(kind, message)

    def _bound(self, called: Called) -> tuple[Skill, dict[str, Any]]:
        """The skill and its arguments by parameter, bounded and of the right kinds."""
        if called.name.startswith("."):
            raise _NoAttribute(f"handles have facts, no methods: there is no {called.name[1:40]}(); see the skills")
        skill = self.skills.get(called.name)
        if skill is None:
            raise _NoName(f"name {called.name[:80]!r} is not defined{did_you_mean(called.name[:60], self.skills)}")
        if len(called.arguments) > len(skill.parameters):
            raise Refused(f"{skill.name} takes {len(skill.parameters)} arguments, got {len(called.arguments)}")
        given = {parameter.name: value for parameter, value in zip(skill.parameters, called.arguments)}
        by_name = {parameter.name: parameter for parameter in skill.parameters}
        for keyword, value in called.keywords.items():
            name = skill.aliases.get(keyword, keyword)
            if name not in by_name:
                meant = did_you_mean(keyword[:60], by_name)
                raise Refused(f"{skill.name} has no argument {keyword[:60]!r}{meant}. {checks.shown(skill)}")
            if name in given:
                raise Refused(f"{skill.name} got {name!r} twice. {checks.shown(skill)}")
            given[name] = value
        lacking = [p.name for p in skill.parameters if p.required and p.name not in given]
        if lacking:
            raise Refused(f"{skill.name} needs {', '.join(map(repr, lacking))}. {checks.shown(skill)}")
        arguments = {}
        for name, value in given.items():
            try:
                arguments[name] = fit(inward(value, self.table), by_name[name].annotation)
            except Refused as refusal:
                raise Refused(f"{skill.name}, argument {name!r}: {refusal}") from None
        return skill, arguments

    # --- listening ---------------------------------------------------------------------------------------------------

    def _heard(self, text: str) -> None:
        room = self.watch.limits.print_chars - self.print_chars
        kept = printable(text[: max(0, room)])
        self.print_chars += len(kept)
        if kept:
            self.printed.append(kept)
            try:
                self._tell(Printed(kept))
            except (
                BaseException
            ) as error:  # the interpreter would take it for the program's: end it, and raise it later
                self.unheard = error
                raise Flooded from None
        if len(text) > room:
            raise Flooded

    def _tell(self, event: HeardEvent) -> None:
        for listener in self.listeners:
            listener(event)

    # --- ends --------------------------------------------------------------------------------------------------------

    def _close(self, event: Event) -> Execution:
        if isinstance(event, Done):
            try:
                value = summary(inward(event.value, self.table), room=1000)
            except Refused as refusal:
                failure = Failure("runtime", "BadReturn", f"what the program returned cannot be kept: {refusal}")
                return self.ended("failed", failure)
            return Execution("finished", value, self.calls, "".join(self.printed))
        assert isinstance(event, Raised)
        if self.watch.stop.is_set():
            return self._aborted(self.watch.stop.reason)
        own = [frame for frame in event.frames if 0 < frame[1] <= len(self.prepared.lines)]
        line, column = (own[-1][1], own[-1][2]) if own else (0, 0)
        frames = tuple(Frame(name, at, self.prepared.line(at).strip()) for name, at, _ in own)
        stage: Any = {"syntax": "syntax", "unsupported": "unsupported"}.get(event.cause, "runtime")
        kind, failed_at = event.type, "program"
        if event.cause in ("time", "memory", "calls", "prints"):
            stage = "limit"
        elif event.cause == "died":
            failure = Failure("limit", "WorkerDied", event.message, failed_at="sandbox")
            return self.ended("infrastructure", failure)
        elif self.thrown[0] and self.thrown[0] == event.message:
            stage, kind, failed_at = "api", self.thrown_type, self.thrown[1]
        failure = Failure(
            stage, kind, event.message, line, column, self.prepared.line(line), frames, failed_at=failed_at
        )
        return self.ended("failed", failure)

    def _aborted(self, reason: str) -> Execution:
        last = self.calls[-1].line if self.calls else 0
        if self.watch.expired:
            failure = self._at(Failure("limit", "TimeLimit", reason, failed_at=self.watch.expired), last, 0)
            return self.ended("failed", failure)
        return self.ended("interrupted", self._at(Failure("aborted", "Aborted", clipped(reason)), last, 0))

    def _at(self, failure: Failure, line: int, column: int) -> Failure:
        return Failure(
            failure.stage,
            failure.type,
            failure.message,
            line,
            column,
            self.prepared.line(line),
            failed_at=failure.failed_at,
        )


class _NoName(Refused):
    """A function that is neither the program's nor a skill."""


class _NoAttribute(Refused):
    """A method of a handle."""


_KIND_OF_REFUSAL: Mapping[type[Refused], str] = {_NoName: "NameError", _NoAttribute: "AttributeError"}
_EXCEPTIONS: Mapping[type[SkillError], str] = {
    NothingFound: "LookupError",
    BadArgument: "ValueError",
    OutOfReach: "ValueError",
}
