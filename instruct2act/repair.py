"""Why a run is worth another answer, told to the author so that it can mend its program or go on from there.

What goes back is what the program could see for itself: the sandbox's account of an error, what RobotExecution
returned, and, where `llm.check_goal` or `llm.looks` ask for it, the parts of the author's own reward. The simulator's
verdict is never part of it.
"""

from __future__ import annotations

import json
from typing import Any

from instruct2act.sandbox import Execution, Score
from skills.types import Outcome

PASSES = 0.5
"""A reward from which an author says that its instruction was carried out (prompts/compact/reward.md)."""

_KEPT = ("stage", "type", "message", "line", "source_line", "frames", "api_calls_so_far", "prints_tail")


def trouble(execution: Execution) -> dict[str, Any] | None:
    """What was wrong with a run, by the run itself; None when nothing was, or when no author can mend it."""
    if execution.status in ("failed", "refused") and execution.error is not None:
        told = execution.error.as_dict()
        return {name: told[name] for name in _KEPT if told[name]}
    value = execution.value if execution.status == "finished" else None
    if isinstance(value, dict) and value.get("failed"):
        return {"stage": "api", "type": "RobotExecution", "message": "the last one failed", "returned": value}
    return None


def unreached(score: Score | None) -> dict[str, Any] | None:
    """What the author's own reward says against a run that ended well; None when it is content, or there is none."""
    if score is None or score.score >= PASSES:
        return None
    parts = {name: round(part, 3) for name, part in score.parts.items()}
    return {"stage": "goal", "type": "NotReached", "message": "your reward function", "score": score.score, **parts}


def message(told: dict[str, Any], moved: int) -> str:
    """The trouble as JSON, and from which scene the next program begins."""
    where = (
        f"{moved} action{'s' if moved != 1 else ''} had been carried out by then, and things stay where they are now: "
        "the next program goes on from there."
        if moved
        else "Nothing had moved: the next program begins at the same scene."
    )
    return f"{json.dumps(told, ensure_ascii=False, default=str)}\n{where}"


def looked(score: Score | None, actions_left: int | None) -> str:
    """What an author that looks again is told beside pictures, as JSON: its own reward's parts, and what it may do.

    Args:
        score: by its own reward; None when there is none.
        actions_left: of the episode's budget; None where nobody counts.
    """
    told: dict[str, Any] = {"stage": "look"}
    if score is not None:
        told |= {"score": round(score.score, 3), "parts": {name: round(part, 3) for name, part in score.parts.items()}}
    if actions_left is not None:
        told["actions_left"] = actions_left
    return json.dumps(told, ensure_ascii=False)


def moved(outcomes: list[Outcome] | list[Any]) -> int:
    """How many of the actions may have changed the scene."""
    return sum(outcome.status != "rejected" for outcome in outcomes)
