"""Calls a function that a program defines, many times in one session: how rewards are scored.

No skill can be called from there: the function computes with what it is given. The session is one worker; a call that
hits a limit costs that call and a new worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from instruct2act.sandbox import check as checks
from instruct2act.sandbox.clocks import Limits
from instruct2act.sandbox.errors import Failure, Frame, clipped, refused
from instruct2act.sandbox.guest import Backend, Called, Done, Event, Flooded, Guest, Raised
from instruct2act.sandbox.values import Refused, Table, inward, outward

_NODES = 500_000
_STAGES = {"syntax": "syntax", "unsupported": "unsupported", "runtime": "runtime", "broken": "runtime"}


@dataclass(frozen=True)
class Score:
    """A reward: the score and its named parts, each in [0, 1]."""

    score: float
    parts: dict[str, float]


def run_reward(
    backend: Backend,
    source: str,
    episodes: Sequence[tuple[Any, Any]],
    *,
    prelude: str = "",
    limits: Limits | None = None,
    twice: bool = True,
) -> list[Score | Failure]:
    """Scores episodes with ``reward(history, slots)``.

    Args:
        backend: runs it.
        source: defines ``reward(history, slots) -> {"score": …, "parts": {name: …}}``.
        episodes: (history, slots) each, plain data.
        prelude: trusted source that defines the words that ``source`` may use.
        limits: of each call's computing; the defaults when left out.
        twice: scores them again in reverse order; a reward that then differs remembers something and is refused.
    """
    # In one session: what a function remembers of the first round is still there in the second.
    asked = [*episodes, *reversed(episodes)] if twice else episodes
    found = [_score(result) for result in call(backend, source, "reward", asked, prelude=prelude, limits=limits)]
    if not twice:
        return found
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


def call(
    backend: Backend,
    source: str,
    function: str,
    batch: Sequence[Sequence[Any]],
    *,
    prelude: str = "",
    limits: Limits | None = None,
) -> list[Any]:
    """Calls ``function(*arguments)`` for each of a batch.

    Args:
        backend: runs it.
        source: defines the function.
        function: its name.
        batch: arguments of each call, plain data.
        prelude: trusted source, loaded first.
        limits: of each call's computing.

    Returns:
        For each call what it returned, bounded plain data, or a Failure.
    """
    limits = limits or Limits()
    prepared = checks.prepare(source, {}, {}, limits.source_bytes, backend.language)
    problems = [problem for problem in prepared.problems if problem.stage != "api"]
    if problems:
        return [refused(problems)] * len(batch)
    if not function.isidentifier():
        raise ValueError(f"{function!r} is not a function's name")
    results: list[Any] = []
    session: _Session | None = None
    try:
        for arguments in batch:
            if session is None:
                session = _Session(backend, prepared, prelude, limits)
            results.append(session.failure or session.call(function, arguments))
            if session.spent:
                session.close()
                session = None
    finally:
        if session is not None:
            session.close()
    return results


class _Session:
    """A worker that has loaded the prelude and the source."""

    def __init__(self, backend: Backend, prepared: checks.Prepared, prelude: str, limits: Limits) -> None:
        self.prepared, self.limits = prepared, limits
        self.table = Table()
        self.printed: list[str] = []
        self.spent = False
        self.offset = prelude.count("\n") + 1
        self.guest: Guest = backend.guest(limits, functions=frozenset())
        event = self.guest.start(f"{prelude}\n{prepared.source}", {}, self._heard, check=False)
        self.failure = self._failure(self._past_calls(event))

    def call(self, function: str, arguments: Sequence[Any]) -> Any:
        self.printed.clear()
        names = {f"_argument_{place}": outward(value, self.table, _NODES) for place, value in enumerate(arguments)}
        event = self._past_calls(self.guest.start(f"{function}({', '.join(names)})", names, self._heard, check=False))
        failure = self._failure(event)
        if failure is not None or not isinstance(event, Done):
            return failure
        try:
            return inward(event.value, self.table)
        except Refused as refusal:
            return Failure(
                "runtime", "BadReturn", f"what {function} returned cannot be kept: {refusal}", failed_at="reward"
            )

    def close(self) -> None:
        self.guest.close()

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
        self.spent = event.cause not in ("runtime", "unsupported", "syntax")
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
