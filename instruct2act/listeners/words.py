"""Short texts of an episode's values, and text of unknown origin made harmless for terminals and pictures."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from skills.types import Action, Image, Mask, Outcome

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that move cursors, reorder or hide text, or can't be written: shown as escapes instead."""

_LONG = re.compile(r"(?<![\w.])-?\d+\.\d{4,}(?![\w.])")


def plain(text: str, encoding: str = "utf-8", lines: bool = False) -> str:
    r"""Text that can only ever be read: control characters become escapes such as ``\x1b``.

    Args:
        text: from a model, a program or a person.
        encoding: what the reader can show; other characters become escapes too.
        lines: keep line ends (tabs become four spaces either way).
    """
    shown: list[str] = []
    for character in text.replace("\t", "    "):
        if character == "\n" and lines:
            shown.append(character)
        elif unicodedata.category(character) in _HIDDEN:
            shown.append(character.encode("unicode_escape").decode("ascii"))
        elif unicodedata.category(character) == "Zs":
            shown.append(" ")
        else:
            shown.append(character)
    return "".join(shown).encode(encoding, "backslashreplace").decode(encoding)


def shorten(text: str, length: int) -> str:
    """At most ``length`` characters, the middle left out: the ends of a sentence tell the most."""
    if len(text) <= length:
        return text
    head = max(1, (length - 5) * 2 // 3)
    return f"{text[:head].rstrip()} ... {text[len(text) - max(0, length - head - 5) :].lstrip()}"


def sent_back(told: str) -> str:
    """What an author was told of its answer (JSON, one problem a line), as a sentence: the first problem."""
    try:
        return trouble(json.loads(told.split("\n", 1)[0]))
    except (ValueError, AttributeError):
        return " ".join(told.split())


def rounded(text: str) -> str:
    """Numbers with more than three decimals cut to three: 0.32277430466 m is no better than 0.323."""
    return _LONG.sub(lambda number: f"{float(number[0]):.3f}", text)


def result(value: Any, shown: str) -> str:
    """What a skill gave, in words: ``5 masks``, ``crop 31 x 28``; ``shown`` where it is no picture, mask or action."""
    if isinstance(value, tuple) and value and all(isinstance(part, list) for part in value):
        parts = [_several(part) for part in value]
        return ", ".join(part for part in parts if part) if all(parts) else shown
    if isinstance(value, list):
        return _several(value) or shown
    if isinstance(value, dict) and {"done", "of"} <= value.keys():
        more = ", ".join(f"{value[key]} {key}" for key in ("clipped",) if value.get(key))
        return f"{value['done']} of {value['of']} done" + (f", {more}" if more else "")
    return _one(value) or shown


def action(value: Action) -> str:
    """``pick (0.42, -0.13) -> place (0.55, 0.20), turn 30 deg clockwise``; metres, base frame."""
    start, end = (f"({pose.x:.2f}, {pose.y:.2f})" for pose in (value.start, value.end))
    clipped = ", clipped to the workspace" if value.clipped else ""
    if value.primitive == "push":
        return f"push {start} -> {end}{clipped}"
    turn = turn_words(value.end.yaw - value.start.yaw)
    return f"pick {start} -> place {end}{', turn ' + turn if turn else ''}{clipped}"


def turn_words(radians: float, unit: str = " deg") -> str:
    """``30 deg clockwise`` as the top view shows it, "" below one degree; full turns are taken off."""
    degrees = math.degrees(math.remainder(radians, 2 * math.pi))
    if abs(degrees) < 1:
        return ""
    return f"{abs(degrees):.0f}{unit} {'counter-clockwise' if degrees > 0 else 'clockwise'}"


def outcome(value: Outcome) -> str:
    """``done``, or the status and the robot's sentence."""
    return value.status if value.status == "done" or not value.error else f"{value.status}: {value.error}"


def ranking(scores: Sequence[float], chosen: int) -> str:
    """``0.93; next 0.04``: the chosen score and the best of the others; the best one where nothing was chosen."""
    if not len(scores):
        return ""
    others = [float(score) for index, score in enumerate(scores) if index != chosen]
    if not 0 <= chosen < len(scores):
        return f"best {max(others):.2f}"
    return f"{scores[chosen]:.2f}" + (f"; next {max(others):.2f}" if others else "")


def verdict(record: Any) -> tuple[str, bool | None]:
    """One word or two for how an episode ended, and whether that is good (None: neither)."""
    if record is None:
        return "not finished", False
    if record.status != "finished":
        where = f" at {record.failed_at}" if record.failed_at and record.status == "failed" else ""
        return f"{record.status}{where}", False if record.status == "failed" else None
    if record.success is None:
        return "finished", None
    return ("success", True) if record.success else ("goal not reached", False)


def scores(record: Any) -> str:
    """``progress 1.00   reward 0.98 (inside 1.00, unchanged 0.96)``; what is not known is left out."""
    if record is None:
        return ""
    shown = [] if record.progress is None else [f"progress {record.progress:.2f}"]
    if record.reward is not None:
        parts = named(record.reward_parts)
        shown.append(f"reward {record.reward:.2f}" + (f" ({parts})" if parts else ""))
    return "   ".join(shown)


def named(values: Mapping[str, float]) -> str:
    """``inside 1.00, unchanged 0.96``."""
    return ", ".join(f"{name} {value:.2f}" for name, value in values.items())


def trouble(error: Mapping[str, Any]) -> str:
    """A record's error as one sentence, the program's line first; "" without one."""
    message = str(error.get("message") or error.get("error") or "")
    if not message:
        return ""
    line = error.get("line")
    return f"line {line}: {message}" if line else message


def _one(value: Any) -> str:
    if isinstance(value, Image):
        height, width = value.shape
        return f"{'picture' if value.mask is None else 'crop'} {width} x {height}"
    if isinstance(value, Mask):
        return f"mask of {value.area} px, score {value.score:.2f}"
    return action(value) if isinstance(value, Action) else ""


def _several(values: list[Any]) -> str:
    for kind, one, many in ((Mask, "mask", "masks"), (Image, "picture", "pictures"), (Action, "action", "actions")):
        if values and all(isinstance(value, kind) for value in values):
            cut_out = kind is Image and values[0].mask is not None
            one, many = ("crop", "crops") if cut_out else (one, many)
            return f"{len(values)} {one if len(values) == 1 else many}"
    return ""
