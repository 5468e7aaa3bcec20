"""Why an episode failed, in one word, with the rule that decided: from its record alone, so that it can be told anew.

The rules are tried in their order and the first that applies decides; the sentence says on what evidence. Where none
does, there is no label: a program that runs well and does something else than was asked leaves no trace of why, unless
perception chose (then what it chose is the evidence).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, get_args

from instruct2act.evaluation.record import EpisodeRecord, ended_well
from skills.types import Moment, ObjectState

Label = Literal["nonsense", "disorder", "infeasible", "badpose", "perception", "budget", "infrastructure"]
"""nonsense: no program, or one that calls what is not there. disorder: right deeds in the wrong order. infeasible:
what no arm here can do. badpose: the right thing, wrongly grasped or put in the wrong place. perception: the wrong
thing, or nothing, was found. budget: time, calls, steps, tokens or money ran out. infrastructure: a server, worker or
robot failed; says nothing of the system."""

LABELS: tuple[Label, ...] = get_args(Label)

MOVED_M = 0.01
"""Metres from which a thing counts as moved."""
TURNED_RAD = 0.05


def label(record: EpisodeRecord) -> tuple[str, str]:
    """(label, the rule that decided and its evidence); two empty texts where there is nothing to say."""
    if record.status in ("interrupted", "refused") or ended_well(record.status, record.success):
        return "", ""
    for name, rule in RULES:
        evidence = rule(record)
        if evidence:
            return name, evidence
    return "", ""


def moved(before: Moment, after: Moment) -> tuple[int, ...]:
    """Ids of what an action moved or turned, things that lay in or on it included."""
    earlier = {state.id: state for state in before.objects}
    return tuple(state.id for state in after.objects if state.id in earlier and _differs(earlier[state.id], state))


def _differs(one: ObjectState, other: ObjectState) -> bool:
    a, b = one.pose, other.pose
    return max(abs(a.x - b.x), abs(a.y - b.y)) > MOVED_M or abs(a.yaw - b.yaw) > TURNED_RAD


# --- the rules, in the order in which they are tried ------------------------------------------------------------------


def _budget_of_money(record: EpisodeRecord) -> str:
    return f"the author's budget: {_message(record)}" if _type(record) == "OutOfBudget" else ""


def _infrastructure(record: EpisodeRecord) -> str:
    return f"the episode ended as infrastructure: {_message(record)}" if record.status == "infrastructure" else ""


def _limit(record: EpisodeRecord) -> str:
    return f"a limit of the sandbox: {_type(record)}: {_message(record)}" if _stage(record) == "limit" else ""


def _steps(record: EpisodeRecord) -> str:
    return next((f"an action was rejected: {error}" for error in _rejected(record) if "budget" in error), "")


def _not_refused(record: EpisodeRecord) -> str:
    return f"it was to be refused: {_message(record)}" if _type(record) == "NotRefused" else ""


def _no_program(record: EpisodeRecord) -> str:
    if record.failed_at == "llm" or _type(record) == "NoProgram":
        return f"no usable answer: {_message(record)}"
    if _stage(record) in ("syntax", "unsupported", "types"):
        return f"the program can't run ({_stage(record)}): {_message(record)}"
    return ""


def _not_found(record: EpisodeRecord) -> str:
    if record.failed_at in ("perception", "geometry"):
        return f"a skill that looks failed: {_type(record)}: {_message(record)}"
    return ""


def _out_of_reach(record: EpisodeRecord) -> str:
    if _type(record) == "OutOfReach":
        return f"a skill refused: {_message(record)}"
    return next((f"an action was rejected: {error}" for error in _rejected(record)), "")


def _too_early(record: EpisodeRecord) -> str:
    return f"the goal says {_message(record)}" if _message(record).startswith("too early") else ""


def _missed(record: EpisodeRecord) -> str:
    return next((f"a grasp missed: {action.error}" for action in record.actions if action.status == "missed"), "")


def _wrong_thing(record: EpisodeRecord) -> str:
    """Only where perception can err: what the oracle finds is what the program asked for."""
    if not record.asked or not record.weights:
        return ""
    first = next((ids for ids in _carried(record) if ids and not set(ids) & set(record.asked)), ())
    if first and not any(set(ids) & set(record.asked) for ids in _carried(record)):
        return f"only things that the goal does not ask for were moved: {sorted(first)}, asked {sorted(record.asked)}"
    return ""


def _wrong_place(record: EpisodeRecord) -> str:
    if record.status != "finished":
        return ""
    if record.verdicts.get("vima") and not record.verdicts.get("inside"):
        return "within ten centimetres of the goal (the published rule holds), and not there"
    carried = _carried(record)
    if carried and record.asked and all(set(ids) & set(record.asked) for ids in carried):
        return f"only things that the goal asks for were moved, and it does not hold: {_message(record)}"
    return ""


RULES: tuple[tuple[Label, Callable[[EpisodeRecord], str]], ...] = (
    ("budget", _budget_of_money),
    ("infrastructure", _infrastructure),
    ("budget", _limit),
    ("budget", _steps),
    ("infeasible", _not_refused),
    ("nonsense", _no_program),
    ("perception", _not_found),
    ("infeasible", _out_of_reach),
    ("disorder", _too_early),
    ("badpose", _missed),
    ("perception", _wrong_thing),
    ("badpose", _wrong_place),
)


def _type(record: EpisodeRecord) -> str:
    return str(record.error.get("type", ""))


def _stage(record: EpisodeRecord) -> str:
    return str(record.error.get("stage", ""))


def _message(record: EpisodeRecord) -> str:
    return str(record.error.get("message", ""))


def _rejected(record: EpisodeRecord) -> Iterable[str]:
    return (action.error for action in record.actions if action.status == "rejected")


def _carried(record: EpisodeRecord) -> list[tuple[int, ...]]:
    return [action.moved for action in record.actions if action.status == "done"]
