"""Messages for an author: what may be called, examples, and the instruction as data.

A style is a folder of prompts/: ``system.md`` and ``reward.md`` (system texts for programs and for rewards),
``turn.md`` (the user's turn), ``examples/*.py``, whose docstring is an instruction and whose code is its program, and
``rewards/*.py``, likewise. A text that a style lacks is that of ``compact``; its examples are its own. What a program
may rely on is in ``rules.md`` for every style; signatures and docstrings are printed from the code.

The instruction goes along as JSON strings between tags, so that nothing in its text reads as part of the prompt.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any, Literal

from instruct2act.authoring import calls, vocabulary
from instruct2act.authoring.llm import Message
from instruct2act.resources import folder
from instruct2act.sandbox.errors import clipped
from skills import describe
from skills.errors import UnknownName
from skills.types import Image, Instruction, ObjectState, Slot

Wanted = Literal["program", "reward"]

_TAGS = ("<instruction>", "</instruction>")
_EXAMPLES = {"program": "examples", "reward": "rewards"}
_SIGNATURES = {"program": "main() -> dict", "reward": "reward(history, slots) -> dict"}
LONGEST_ANSWER = 20_000
"""Bytes of an earlier answer that go back to its author, and into the record."""


@dataclass(frozen=True)
class Request:
    """An instruction as an author gets it.

    Attributes:
        wanted: what is to be written.
        text: the instruction, with ``{slots}``.
        slots: name -> {"kind": object | scene | frame | click | word}, with its "word" or "click" (an index).
        clicks: how many clicks there are.
        objects: names of what is on the table, where those are given.
    """

    wanted: Wanted
    text: str
    slots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    clicks: int = 0
    objects: tuple[str, ...] = ()

    @classmethod
    def of(cls, instruction: Instruction, wanted: Wanted, objects: Sequence[ObjectState] = ()) -> Request:
        """What an author is told of an instruction: no picture's content, no binding."""
        slots = {name: _slot(slot, instruction) for name, slot in instruction.slots.items()}
        names = tuple(f"{state.texture} {state.name}".strip() for state in objects)
        return cls(wanted, instruction.text, slots, len(instruction.clicks), names)

    def as_text(self) -> str:
        """Between tags, one JSON value a line; a slot of which only the kind is to be said is its kind."""
        values = vars(self) | {"slots": {name: _in_short(slot) for name, slot in self.slots.items()}}
        lines = [f"{key}: {json.dumps(value)}" for key, value in values.items() if key != "objects" or value]
        # A tag inside the text is spelled otherwise, so that only the last line closes the block.
        return "\n".join([_TAGS[0], *(line.replace("<", "\\u003c") for line in lines), _TAGS[1]])


def read(text: str) -> Request | None:
    """The request in a message, or None: the inverse of ``Request.as_text``."""
    block = re.search(rf"^{_TAGS[0]}\n(.*?)\n{_TAGS[1]}$", text, re.MULTILINE | re.DOTALL)
    if block is None:
        return None
    values = {key: json.loads(value) for key, value in re.findall(r"^(\w+): (.*)$", block[1], re.MULTILINE)}
    slots = values.get("slots", {})
    values["slots"] = {name: {"kind": slot} if isinstance(slot, str) else slot for name, slot in slots.items()}
    if "objects" in values:
        values["objects"] = tuple(values["objects"])
    return Request(**values)


@dataclass(frozen=True, eq=False)
class Shown:
    """What goes along with an instruction: pictures by name, and the same in words, for models that take none."""

    images: tuple[tuple[str, Image], ...] = ()
    words: tuple[tuple[str, str], ...] = ()


def _in_short(slot: Mapping[str, Any]) -> Any:
    return slot["kind"] if list(slot) == ["kind"] else slot


def for_program(instruction: Instruction, style: str = "compact", shown: Shown | None = None) -> list[Message]:
    """The messages that ask for a program; with the instruction's own pictures when nothing else is to be shown."""
    return _messages(Request.of(instruction, "program"), instruction, style, shown)


def for_reward(instruction: Instruction, objects: Sequence[ObjectState] = (), style: str = "compact") -> list[Message]:
    """The messages that ask for a reward function, from the instruction and the objects' names alone: no picture."""
    return _messages(Request.of(instruction, "reward", objects), instruction, style, Shown())


LOOKED = "That ran to its end. What came of it:"
"""How a message begins that asks an author to look again."""


def again(messages: Sequence[Message], answer: str, trouble: str, shown: Shown | None = None) -> list[Message]:
    """The same conversation, the answer, what was wrong with it (JSON, so data), and what is to be seen by now."""
    return _answered(messages, answer, f"That does not work:\n{trouble}\nAnswer again, in full.", shown)


def looked(messages: Sequence[Message], answer: str, told: str, shown: Shown | None = None) -> list[Message]:
    """The same conversation, the answer, what its run came to (JSON, so data), and what is to be seen by now."""
    text = (
        f"{LOOKED}\n{told}\nWhere the instruction is carried out, or nothing can be done about what is not, answer "
        "DONE and no code. Else answer with a program for what is left to do; it begins with the table as it is now."
    )
    return _answered(messages, answer, text, shown)


def _answered(messages: Sequence[Message], answer: str, text: str, shown: Shown | None) -> list[Message]:
    shown = shown or Shown()
    return [
        *messages,
        Message("assistant", clipped(answer, LONGEST_ANSWER)),
        Message("user", text, shown.images, shown.words),
    ]


@lru_cache(maxsize=8)
def system(wanted: Wanted, style: str = "compact") -> str:
    """The system text of a style, its gaps filled from the code and the examples."""
    shown = "\n\n".join(f'Instruction: "{text}"\n```python\n{code}\n```' for text, code in examples(style, wanted))
    if wanted == "reward":
        filled = Template(_text(style, "reward.md")).substitute(vocabulary=vocabulary.describe(), examples=shown)
    else:
        rules = (folder("prompts") / "rules.md").read_text(encoding="utf-8").strip()
        filled = Template(_text(style, "system.md")).substitute(
            rules=rules, brief=calls.in_brief(), skills=describe(), examples=shown
        )
    return re.sub(r"\n{3,}", "\n\n", filled)


def examples(style: str = "compact", wanted: Wanted = "program") -> list[tuple[str, str]]:
    """(instruction, code) of each of a style's examples, by file name."""
    found = []
    for path in sorted((style_folder(style) / _EXAMPLES[wanted]).glob("*.py")):
        source = path.read_text(encoding="utf-8")
        module = ast.parse(source)
        text = ast.get_docstring(module)
        if text is None or len(module.body) < 2:
            raise ValueError(f"{path.name}: an example is a docstring, the instruction, and a program")
        after = module.body[0].end_lineno or 0
        found.append((text, "\n".join(source.splitlines()[after:]).strip("\n")))
    return found


def styles() -> list[str]:
    """The styles there are: folders of prompts/ with a system text."""
    return sorted(path.name for path in folder("prompts").iterdir() if (path / "system.md").is_file())


def style_folder(style: str) -> Path:
    """Where a style's files are.

    Raises:
        UnknownName: there is no such style.
    """
    if style not in styles():
        raise UnknownName("prompt style", style, styles())
    return folder("prompts") / style


def _messages(request: Request, instruction: Instruction, style: str, shown: Shown | None) -> list[Message]:
    signature = _SIGNATURES[request.wanted]
    turn = Template(_text(style, "turn.md")).substitute(instruction=request.as_text(), wanted=signature)
    shown = shown or Shown(tuple((name, picture(slot)) for name, slot in instruction.slots.items() if slot.pictures))
    return [Message("system", system(request.wanted, style)), Message("user", turn, shown.images, shown.words)]


def picture(slot: Slot) -> Image:
    """The picture that stands for a slot: the top view's, else any."""
    return slot.pictures.get("top") or next(iter(slot.pictures.values()))


def _slot(slot: Slot, instruction: Instruction) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": slot.kind}
    if slot.kind == "word":
        told["word"] = slot.word
    if slot.kind == "click":
        clicks = [tuple(click) for click in instruction.clicks]
        told["click"] = clicks.index(tuple(slot.click)) if slot.click and tuple(slot.click) in clicks else 0
    return told


def _text(style: str, name: str) -> str:
    """A text of a style, or that of ``compact`` where the style has none of its own."""
    own = style_folder(style) / name
    return (own if own.is_file() else folder("prompts") / "compact" / name).read_text(encoding="utf-8")
