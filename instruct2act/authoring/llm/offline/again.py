"""A second reading, where perception found nothing that a description fits: its colours alone, then its noun alone."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from instruct2act.authoring.llm.offline.plan import Plan
from instruct2act.authoring.llm.offline.reading.names import COLORS, is_look

_NOTHING = re.compile(r"nothing fits '([^']+)'")


def read_again(plan: Plan, troubles: Iterable[str]) -> Plan:
    """The plan with looser descriptions, as far as earlier answers failed for want of what they describe.

    Args:
        plan: as the instruction was understood.
        troubles: what became of earlier answers. One that moved something is not read again: things are no longer where
            the instruction means them.
    """
    looser: dict[str, str] = {}
    for trouble in troubles:
        found = None if "RobotExecution" in trouble else _NOTHING.search(trouble)
        for text in _texts(plan) if found else ():
            readings = [text, *_looser(text)]
            for reading, after in itertools.pairwise(readings):
                if found and found[1] == reading.lower():
                    looser[text] = after
    steps = tuple(_with(step, looser) for step in plan.steps)
    return replace(plan, steps=steps)


def _looser(text: str) -> list[str]:
    """What else "red and yellow stripe heart" may be: the thing that looks so, a heart."""
    words = text.split()
    place = next((k for k in range(len(words), 0, -1) if is_look(words[:k][-1:]) or words[k - 1] in COLORS), 0)
    look, noun = " ".join(words[:place]), " ".join(words[place:])
    return [f"{look} object", noun] if look and noun and noun != "object" else []


def _texts(node: Any) -> list[str]:
    """Every description in a plan."""
    if isinstance(node, tuple):
        return [text for part in node for text in _texts(part)]
    if not is_dataclass(node) or isinstance(node, type):
        return []
    text = getattr(node, "text", "")
    return [text] * bool(text) + [said for field in fields(node) for said in _texts(getattr(node, field.name))]


def _with(node: Any, looser: dict[str, str]) -> Any:
    if isinstance(node, tuple):
        return tuple(_with(part, looser) for part in node)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    values = {field.name: _with(getattr(node, field.name), looser) for field in fields(node)}
    if "text" in values:
        values["text"] = looser.get(values["text"], values["text"])
    return replace(node, **values)
