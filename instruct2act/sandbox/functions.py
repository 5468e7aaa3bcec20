"""Calls a function that a program defines, many times in one session: how rewards are scored.

No skill can be called from there: the function computes with what it is given. The session is one worker; a call that
hits a limit costs that call and a new worker.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from instruct2act.sandbox import check as checks
from instruct2act.sandbox.clocks import Limits
from instruct2act.sandbox.errors import Failure, Frame, clipped, refused
from instruct2act.sandbox.guest import Backend, Called, Done, Event, Flooded, Guest, Raised
from instruct2act.sandbox.values import Refused, Table, inward

_AT_ONCE = 8
"""Calls that a worker is asked for in one turn: going to and fro costs as much as a small one."""
_GOES_ON = ("runtime", "unsupported", "syntax")
"""Failures after which a worker is as good as before."""
_STAGES = {"syntax": "syntax", "unsupported": "unsupported", "runtime": "runtime", "broken": "runtime"}


@dataclass(frozen=True)
class Score:
    """A reward: the score and its named parts, each in [0, 1]."""

    score: float
    parts: dict[str, float]


def scores(
    function: Function, episodes: Sequence[tuple[Any, Any]], *, twice: bool = True, to_failure: bool = False
) -> list[Score | Failure]:
    """Scores episodes in one session.

    Args:
        function: ``reward(history, slots) -> {"score": …, "parts": {name: …}}``.
        episodes: (history, slots) each, plain data.
        twice: scores them again in reverse order; a reward that then differs remembers something and is refused.
        to_failure: nothing is scored after the first call that fails.
    """
    # In one session: what a function remembers of the first round is still there in the second.
    asked = [*episodes, *reversed(episodes)] if twice else episodes
    found = [_score(result) for result in function.calls(asked, to_failure)]
    if not twice or len(found) < len(asked):
        return found[: len(episodes)]
    forth, back = found[: len(episodes)], found[: len(episodes) - 1 : -1]
    message = "the reward gave another score for the same episode when asked again: it must not remember anything"
    return [
        Failure("runtime", "HiddenState", message, failed_at="reward") if isinstance(a, Score) and a != b else a
        for a, b in zip(forth, back)
    ]


def _score(result: Any) -> Score | Failure:
    if isinstance(result, Failure):
        return result
    if not isinstance(result, dict) or set(result) != {"score", "parts"} or not isinstance(result["parts"], dict):
        return _bad('reward returns {"score": number, "parts": {name: number}}')
    numbers = {"score": result["score"], **{f"part {name!r}": value for name, value in result["parts"].items()}}
    for name, value in numbers.items():
        if type(value) not in (int, float) or not 0 <= value <= 1:
            return _bad(f"{name} must be a number in [0, 1], got {str(value)[:40]}")
    return Score(float(result["score"]), {str(name): float(value) for name, value in result["parts"].items()})


def _bad(message: str) -> Failure:
    return Failure("runtime", "BadReward", message, failed_at="reward")


class Function:
    """A function that a program defines, in a worker that is started when it is first called. Close it when done."""

    def __init__(
        self, backend: Backend, source: str, name: str, *, prelude: str = "", limits: Limits | None = None
    ) -> None:
        """Args.

        Args:
            backend: runs it.
            source: defines the function.
            name: its name.
            prelude: trusted source, loaded first.
            limits: of each call's computing; the defaults when left out.
        """
        if not name.isidentifier():
            raise ValueError(f"{name!r} is not a function's name")
        self.name = name
        limits = limits or Limits()
        prepared = checks.prepare(source, {}, {}, limits.source_bytes, backend.language)
        self._problems = [problem for problem in prepared.problems if problem.stage != "api"]
        self._session_of = partial(_Session, backend, prepared, prelude, limits)
        self._session: _Session | None = None

    def calls(self, batch: Sequence[Sequence[Any]], to_failure: bool = False) -> list[Any]:
        """Calls it with the arguments, plain data, of each of a batch.

        Args:
            batch: arguments of each call.
            to_failure: nothing is called after the first failure.

        Returns:
            For each call what it returned, bounded plain data, or a Failure.
        """
        if not batch:
            return []
        if self._problems:
            return [refused(self._problems)] * len(batch)
        results: list[Any] = []
        # One by itself first: what hits a limit there is not tried together with others.
        for first in (0, *range(1, len(batch), _AT_ONCE)):
            part = batch[first : first + (_AT_ONCE if first else 1)]
            # Where one of them fails, or all together are too much, each is called by itself.
            together = self._fit().calls(self.name, part)
            for place, arguments in enumerate(part):
                session = self._fit()
                results.append(together[place] if together else session.failure or session.call(self.name, arguments))
                if to_failure and isinstance(results[-1], Failure):
                    return results
        return results

    def close(self) -> None:
        """Ends the worker; a further call starts another."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def __enter__(self) -> Function:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fit(self) -> _Session:
        """A worker that has hit no limit."""
        if self._session is not None and self._session.spent:
            self.close()
        if self._session is None:
            self._session = self._session_of()
        return self._session


class _Session:
    """A worker that has loaded the prelude and the source."""

    def __init__(self, backend: Backend, prepared: checks.Prepared, prelude: str, limits: Limits) -> None:
        self.prepared, self.limits = prepared, limits
        self.table = Table()
        self.printed: list[str] = []
        self.spent = False
        before = f"{prelude}\nimport json as _json\n"
        self.offset = before.count("\n")
        self.guest: Guest = backend.guest(limits, functions=frozenset())
        event = self.guest.start(f"{before}{prepared.source}", {}, self._heard, check=False)
        self.failure = self._failure(self._past_calls(event))

    def call(self, function: str, arguments: Sequence[Any]) -> Any:
        event = self._fed(f"{function}(*_json.loads(_arguments))", arguments)
        failure = self._failure(event)
        if failure is not None or not isinstance(event, Done):
            return failure
        try:
            return inward(event.value, self.table)
        except Refused as refusal:
            return Failure(
                "runtime", "BadReturn", f"what {function} returned cannot be kept: {refusal}", failed_at="reward"
            )

    def calls(self, function: str, batch: Sequence[Sequence[Any]]) -> list[Any] | None:
        """What several calls returned, in one turn of the worker; None when any of them failed."""
        if self.failure is not None or len(batch) < 2:
            return None
        event = self._fed(f"[{function}(*_each) for _each in _json.loads(_arguments)]", batch)
        try:
            found = inward(event.value, self.table) if isinstance(event, Done) else None
        except Refused:
            return None
        self.spent = isinstance(event, Raised) and event.cause not in _GOES_ON
        return found if isinstance(found, list) and len(found) == len(batch) else None

    def close(self) -> None:
        self.guest.close()

    def _fed(self, source: str, arguments: Sequence[Any]) -> Event:
        """Runs a line that reads its arguments from one text: they cross several times as quickly as part by part."""
        self.printed.clear()
        names = {"_arguments": json.dumps(arguments)}
        return self._past_calls(self.guest.start(source, names, self._heard, check=False))

    def _past_calls(self, event: Event) -> Event:
        for _ in range(self.limits.calls):
            if not isinstance(event, Called):
                return event
            event = self.guest.throw("NameError", f"name {event.name[:80]!r} is not defined here")
        return (
            Raised("calls", "CallLimit", "too many calls of names that are not defined")
            if isinstance(event, Called)
            else event
        )

    def _failure(self, event: Event) -> Failure | None:
        if not isinstance(event, Raised):
            return None
        self.spent = event.cause not in _GOES_ON
        own = [(name, line - self.offset, column) for name, line, column in event.frames if line > self.offset]
        line, column = (own[-1][1], own[-1][2]) if own else (0, 0)
        stage: Any = _STAGES.get(event.cause, "limit")
        frames = tuple(Frame(name, at, self.prepared.line(at).strip()) for name, at, _ in own)
        text = self.prepared.line(line)
        failure = Failure(stage, event.type, clipped(event.message), line, column, text, frames, failed_at="reward")
        return failure.after((), "".join(self.printed))

    def _heard(self, text: str) -> None:
        self.printed.append(text[:1000])
        if len(text) > self.limits.print_chars or len(self.printed) > 1000:
            raise Flooded
